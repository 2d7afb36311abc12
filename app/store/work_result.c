/* work_result: rows of table result; pages of their cells without reading the rest. */
#include "store/work_result.h"

#include "base/clock.h"
#include "base/id.h"
#include "store/work_priv.h"

#define COLUMNS                                                                                                        \
    "SELECT id, conversation, turn, handle, dataset, revision, sql, columns, row_count, truncated, reads, notes,"      \
    " shown, took_us, created_ms, level, integrity, plugin, digest, blocks FROM result "

static const char get_sql[] = COLUMNS "WHERE id = ?";
static const char handle_sql[] = COLUMNS "WHERE conversation = ? AND handle = ?";
static const char list_sql[] = COLUMNS "WHERE turn = ? ORDER BY rowid";
static const char next_sql[] =
    "SELECT coalesce(max(CAST(substr(handle, 2) AS INTEGER)), 0) + 1 FROM result WHERE conversation = ?";
static const char insert_sql[] =
    "INSERT INTO result (id, conversation, turn, handle, dataset, revision, sql, columns, row_count, truncated, reads,"
    " notes, shown, took_us, created_ms, level, integrity, cells, kind, plugin, digest, blocks)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
static const char rowid_sql[] = "SELECT rowid FROM result WHERE id = ?";

static void
read_row(struct task *t, const struct db_rows *r, struct work_result *out)
{
    *out = (struct work_result){
        .id = db_text(t, r, 0),
        .conversation = db_text(t, r, 1),
        .turn = db_text(t, r, 2),
        .handle = db_text(t, r, 3),
        .dataset = db_text(t, r, 4),
        .revision = db_text(t, r, 5),
        .sql = db_text(t, r, 6),
        .columns = db_text(t, r, 7),
        .row_count = db_i64(r, 8),
        .truncated = db_text(t, r, 9),
        .reads = db_text(t, r, 10),
        .notes = db_text(t, r, 11),
        .shown = db_text(t, r, 12),
        .took_us = db_i64(r, 13),
        .created_ms = db_i64(r, 14),
        .level = db_i64(r, 15),
        .integrity = db_i64(r, 16),
        .plugin = db_text(t, r, 17),
        .digest = db_text(t, r, 18),
        .blocks = db_text(t, r, 19),
    };
}

static enum err
not_found(struct task *t)
{
    return task_fail(t, E_NOTFOUND, "There is no such result in this conversation.");
}

enum err
work_result_next(struct task *t, struct work *w, struct span conversation, struct span *out)
{
    int64_t next;
    if (db_number(t, &w->db, next_sql, DB_ARGS(DB_TEXT(conversation)), 1, &next) != E_OK)
        return t->err;
    *out = task_format(t, "r%lld", (long long)next);
    return E_OK;
}

enum err
work_result_put(struct task *t, struct work *w, struct work_result *r, const struct cell *cells, size_t columns)
{
    struct buf *b = task_buf(t, CELLS_BYTES);
    cells_put(b, cells, columns, (size_t)r->row_count);
    if (b->failed)
        return task_fail(t, E_LIMIT, "The result is too large to be kept.");
    if (r->handle.n == 0 && work_result_next(t, w, r->conversation, &r->handle) != E_OK)
        return t->err;
    if (r->id.n == 0) {
        char id[ID_BYTES + 1];
        id_new('x', id);
        r->id = task_dup(t, span_of(id));
    }
    r->created_ms = clock_unix_ms();
    return db_run(t, &w->db, insert_sql,
        DB_ARGS(DB_TEXT(r->id), DB_TEXT(r->conversation), DB_TEXT(r->turn), DB_TEXT(r->handle), DB_TEXT(r->dataset),
            DB_TEXT(r->revision), DB_TEXT(r->sql), DB_TEXT(r->columns), DB_I64(r->row_count), DB_TEXT(r->truncated),
            DB_TEXT(r->reads), DB_TEXT(r->notes), DB_TEXT(r->shown), DB_I64(r->took_us), DB_I64(r->created_ms),
            DB_I64(r->level), DB_I64(r->integrity), DB_BLOB(buf_view(b)), DB_Z(r->plugin.n > 0 ? "blocks" : "rows"),
            DB_TEXT(r->plugin), DB_TEXT(r->digest), DB_TEXT(r->blocks)),
        NULL);
}

static enum err
take_first(struct task *t, struct db_rows *rows, bool there, struct work_result *out)
{
    if (!there)
        return t->err != E_OK ? t->err : not_found(t);
    read_row(t, rows, out);
    db_rows_end(rows);
    return E_OK;
}

enum err
work_result_get(struct task *t, struct work *w, struct span id, struct work_result *out)
{
    struct db_rows rows;
    bool there = db_first(t, &w->db, get_sql, DB_ARGS(DB_TEXT(id)), &rows);
    return take_first(t, &rows, there, out);
}

enum err
work_result_by_handle(
    struct task *t, struct work *w, struct span conversation, struct span handle, struct work_result *out)
{
    struct db_rows rows;
    bool there = db_first(t, &w->db, handle_sql, DB_ARGS(DB_TEXT(conversation), DB_TEXT(handle)), &rows);
    return take_first(t, &rows, there, out);
}

enum err
work_result_list(struct task *t, struct work *w, struct span turn, struct work_result **out, size_t *n)
{
    struct db_rows rows;
    size_t room = 0;
    void *list = NULL;
    *n = 0;
    if (db_rows(t, &w->db, list_sql, DB_ARGS(DB_TEXT(turn)), &rows) != E_OK)
        return t->err;
    while (db_next(t, &rows))
        read_row(t, &rows, work_list_room(t, &list, n, &room, sizeof **out));
    *out = list;
    return t->err;
}

/* Bytes at..at+n-1 of the open cells. */
static enum err
blob_bytes(struct task *t, struct work *w, sqlite3_blob *blob, size_t at, size_t n, struct span *out)
{
    int size = sqlite3_blob_bytes(blob);
    if (at > (size_t)size || n > (size_t)size - at)
        return task_fail(t, E_CORRUPT, "A stored result can't be read: it is shorter than it says.");
    char *p = task_alloc(t, n + 1);
    int rc = sqlite3_blob_read(blob, p, (int)n, (int)at);
    if (rc != SQLITE_OK)
        return db_fail(t, &w->db, rc);
    *out = (struct span){p, n};
    return E_OK;
}

static enum err
read_page(struct task *t, struct work *w, sqlite3_blob *blob, size_t from, size_t count, struct cells *out)
{
    struct span head, index, rows;
    size_t begin, end;
    if (blob_bytes(t, w, blob, 0, CELLS_HEAD_BYTES, &head) != E_OK ||
        cells_read_head(t, head, &out->columns, &out->total_rows) != E_OK)
        return t->err;
    out->first = from < out->total_rows ? from : out->total_rows;
    out->rows = count < out->total_rows - out->first ? count : out->total_rows - out->first;
    if (blob_bytes(t, w, blob, cells_index_at(out->first), cells_index_bytes(out->rows), &index) != E_OK ||
        cells_read_index(t, index, out->rows, &begin, &end) != E_OK ||
        blob_bytes(t, w, blob, cells_index_at(out->total_rows + 1) + begin, end - begin, &rows) != E_OK)
        return t->err;
    return cells_read_rows(t, rows, out->columns, out->rows, &out->cells);
}

enum err
work_result_page(struct task *t, struct work *w, struct span id, size_t from, size_t count, struct cells *out)
{
    int64_t rowid;
    sqlite3_blob *blob = NULL;
    *out = (struct cells){0};
    if (db_number(t, &w->db, rowid_sql, DB_ARGS(DB_TEXT(id)), 0, &rowid) != E_OK)
        return t->err;
    if (rowid == 0)
        return not_found(t);
    int rc = sqlite3_blob_open(w->db.handle, "main", "result", "cells", rowid, 0, &blob);
    if (rc != SQLITE_OK) {
        sqlite3_blob_close(blob);
        return db_fail(t, &w->db, rc);
    }
    enum err e = read_page(t, w, blob, from, count, out);
    sqlite3_blob_close(blob);
    return e;
}
