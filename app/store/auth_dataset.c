/* auth_dataset: SQL of datasets. */
#include "store/auth_dataset.h"

#define DATASETS                                                                                                       \
    "SELECT d.name, d.owner, d.visibility, d.meta, d.revision, d.withdrawn, d.created_ms, d.changed_ms,"               \
    " r.n, r.rows, r.bytes, r.tables, r.recorded_ms, d.level, d.integrity, d.writable, d.held, d.stale FROM dataset "  \
    "d LEFT "                                                                                                          \
    "JOIN revision r ON r.dataset = d.name AND "                                                                       \
    "r.n ="                                                                                                            \
    " (SELECT max(m.n) FROM revision m WHERE m.dataset = d.name AND m.sha = d.revision)"
static const char find_sql[] = DATASETS " WHERE d.name = ?";
static const char list_sql[] = DATASETS " ORDER BY d.name LIMIT 10000";
static const char count_sql[] = "SELECT min(count(*), 10000) FROM dataset";
static const char put_sql[] =
    "INSERT INTO dataset (name, owner, visibility, meta, revision, withdrawn, created_ms, changed_ms) VALUES (?, ?, ?, "
    "?, ?, ?, ?, ?)"
    " ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, visibility = excluded.visibility, meta = excluded.meta,"
    " revision = excluded.revision, withdrawn = excluded.withdrawn, changed_ms = excluded.changed_ms";
static const char next_sql[] = "SELECT coalesce(max(n), 0) + 1 FROM revision WHERE dataset = ?";
static const char revision_add_sql[] = "INSERT INTO revision (dataset, n, sha, rows, bytes, tables, report, by_who, "
                                       "recorded_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
static const char revision_list_sql[] = "SELECT n, rows, bytes, tables, recorded_ms, sha, by_who, report FROM revision "
                                        "WHERE dataset = ? ORDER BY n DESC LIMIT 500";
static const char revision_known_sql[] = "SELECT count(*) FROM revision WHERE dataset = ? AND sha = ?";
static const char reader_add_sql[] = "INSERT INTO dataset_reader (dataset, user) VALUES (?, ?) ON CONFLICT DO NOTHING";
static const char reader_drop_sql[] = "DELETE FROM dataset_reader WHERE dataset = ? AND user = ?";
static const char reader_is_sql[] = "SELECT count(*) FROM dataset_reader WHERE dataset = ? AND user = ?";
static const char reader_names_sql[] =
    "SELECT json_group_array(u.name) FROM dataset_reader r JOIN user u ON u.id = r.user WHERE r.dataset = ?";

static void
read_row(struct task *t, const struct db_rows *rows, struct auth_dataset *out)
{
    *out = (struct auth_dataset){
        .name = db_text(t, rows, 0),
        .owner = db_text(t, rows, 1),
        .visibility = db_text(t, rows, 2),
        .meta = db_text(t, rows, 3),
        .revision = db_text(t, rows, 4),
        .withdrawn = db_i64(rows, 5) != 0,
        .created_ms = db_i64(rows, 6),
        .changed_ms = db_i64(rows, 7),
        .n = db_i64(rows, 8),
        .rows = db_i64(rows, 9),
        .bytes = db_i64(rows, 10),
        .tables = db_i64(rows, 11),
        .at_ms = db_i64(rows, 12),
        .level = db_i64(rows, 13),
        .integrity = db_i64(rows, 14),
        .writable = db_i64(rows, 15) != 0,
        .held = db_i64(rows, 16) != 0,
        .stale = db_i64(rows, 17) != 0,
    };
}

enum err
auth_dataset_find(struct task *t, struct db *db, struct span name, struct auth_dataset *out)
{
    struct db_rows rows;
    *out = (struct auth_dataset){0};
    if (!db_first(t, db, find_sql, DB_ARGS(DB_TEXT(name)), &rows))
        return t->err;
    read_row(t, &rows, out);
    db_rows_end(&rows);
    return E_OK;
}

enum err
auth_dataset_list(struct task *t, struct db *db, struct auth_dataset **out, size_t *n)
{
    struct db_rows rows;
    int64_t most = 0;
    *n = 0;
    if (db_number(t, db, count_sql, DB_NO_ARGS, 0, &most) != E_OK ||
        db_rows(t, db, list_sql, DB_NO_ARGS, &rows) != E_OK)
        return t->err;
    *out = task_array(t, (size_t)most, sizeof **out);
    while (*n < (size_t)most && db_next(t, &rows))
        read_row(t, &rows, &(*out)[(*n)++]);
    db_rows_end(&rows);
    return t->err;
}

enum err
auth_dataset_put(struct task *t, struct db *db, const struct auth_dataset *d, int64_t now_ms)
{
    return db_run(t, db, put_sql,
        DB_ARGS(DB_TEXT(d->name), DB_TEXT(d->owner), DB_TEXT(d->visibility), DB_TEXT(d->meta), DB_TEXT(d->revision),
            DB_I64(d->withdrawn), DB_I64(now_ms), DB_I64(now_ms)),
        NULL);
}

enum err
auth_revision_add(struct task *t, struct db *db, struct span dataset, struct auth_revision *r)
{
    if (db_number(t, db, next_sql, DB_ARGS(DB_TEXT(dataset)), 1, &r->n) != E_OK)
        return t->err;
    return db_run(t, db, revision_add_sql,
        DB_ARGS(DB_TEXT(dataset), DB_I64(r->n), DB_TEXT(r->sha), DB_I64(r->rows), DB_I64(r->bytes), DB_I64(r->tables),
            DB_TEXT(r->report), DB_TEXT(r->by_who), DB_I64(r->at_ms)),
        NULL);
}

enum err
auth_revision_list(struct task *t, struct db *db, struct span dataset, struct auth_revision **out, size_t *n)
{
    struct db_rows rows;
    *n = 0;
    *out = task_array(t, AUTH_REVISIONS_LISTED, sizeof **out);
    if (db_rows(t, db, revision_list_sql, DB_ARGS(DB_TEXT(dataset)), &rows) != E_OK)
        return t->err;
    while (*n < AUTH_REVISIONS_LISTED && db_next(t, &rows))
        (*out)[(*n)++] = (struct auth_revision){
            .n = db_i64(&rows, 0),
            .rows = db_i64(&rows, 1),
            .bytes = db_i64(&rows, 2),
            .tables = db_i64(&rows, 3),
            .at_ms = db_i64(&rows, 4),
            .sha = db_text(t, &rows, 5),
            .by_who = db_text(t, &rows, 6),
            .report = db_text(t, &rows, 7),
        };
    db_rows_end(&rows);
    return t->err;
}

enum err
auth_revision_known(struct task *t, struct db *db, struct span dataset, struct span sha, bool *out)
{
    int64_t n = 0;
    enum err e = db_number(t, db, revision_known_sql, DB_ARGS(DB_TEXT(dataset), DB_TEXT(sha)), 0, &n);
    *out = n > 0;
    return e;
}

enum err
auth_reader_set(struct task *t, struct db *db, struct span dataset, struct span user, bool may)
{
    return db_run(t, db, may ? reader_add_sql : reader_drop_sql, DB_ARGS(DB_TEXT(dataset), DB_TEXT(user)), NULL);
}

enum err
auth_reader_is(struct task *t, struct db *db, struct span dataset, struct span user, bool *out)
{
    int64_t n = 0;
    enum err e = db_number(t, db, reader_is_sql, DB_ARGS(DB_TEXT(dataset), DB_TEXT(user)), 0, &n);
    *out = n > 0;
    return e;
}

enum err
auth_reader_names(struct task *t, struct db *db, struct span dataset, struct span *out)
{
    struct db_rows rows;
    *out = SPAN("[]");
    if (!db_first(t, db, reader_names_sql, DB_ARGS(DB_TEXT(dataset)), &rows))
        return t->err;
    *out = db_text(t, &rows, 0);
    db_rows_end(&rows);
    return E_OK;
}
