/* sidecar: writing the description of a follower. */
#include "effect/sidecar.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/must.h"
#include "base/utf8.h"
#include "effect/import_meta.h"

#include <ctype.h>
#include <unistd.h>

enum { ABOUT_BYTES = 4000 };

static const char schema_sql[] =
    "PRAGMA page_size=4096; PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; BEGIN;"
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT);"
    "CREATE TABLE tbl (id INTEGER PRIMARY KEY, name TEXT, kind TEXT, rows INTEGER NULL, description TEXT, sql TEXT);"
    "CREATE TABLE col (tbl INTEGER, pos INTEGER, name TEXT, type TEXT, pk INTEGER, not_null INTEGER, description TEXT,"
    " unit TEXT, distinct_n INTEGER NULL, null_n INTEGER NULL, min TEXT NULL, max TEXT NULL, samples TEXT,"
    " PRIMARY KEY (tbl, pos));"
    "CREATE TABLE fk (tbl INTEGER, id INTEGER, pos INTEGER, col TEXT, to_tbl TEXT, to_col TEXT);"
    "CREATE VIRTUAL TABLE find USING fts5(name, words, description, samples,"
    " tokenize='porter unicode61 remove_diacritics 2');";

enum insert { IN_META, IN_TBL, IN_COL, IN_FK, IN_FIND, N_INSERTS };
static const char *const inserts[N_INSERTS] = {
    [IN_META] = "INSERT INTO meta VALUES (?, ?)",
    [IN_TBL] = "INSERT INTO tbl VALUES (?, ?, ?, ?, ?, ?)",
    [IN_COL] = "INSERT INTO col VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [IN_FK] = "INSERT INTO fk VALUES (?, ?, ?, ?, ?, ?)",
    [IN_FIND] = "INSERT INTO find (rowid, name, words, description, samples) VALUES (?, ?, ?, ?, ?)",
};

struct writing {
    struct import *im;
    sqlite3 *db, *idx;
    sqlite3_stmt *in[N_INSERTS];
    int64_t id; /* of the table being described */
    struct span name;
    bool is_view;
    int64_t rows;
    struct sidecar_stats *stats; /* of its columns; NULL for a view */
    size_t n_stats;
    struct buf *words, *about, *samples; /* of the table, for find */
};

static enum err
done(struct task *t, sqlite3_stmt *st)
{
    int rc = sqlite3_step(st);
    sqlite3_reset(st);
    return rc == SQLITE_DONE ? E_OK : lite_fail(t, sqlite3_db_handle(st), rc);
}

/* worldwideGross, worldwide_gross and "Worldwide Gross" all become "worldwide gross" to the tokenizer. */
static void
put_words(struct buf *b, struct span name)
{
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i], before = i ? (unsigned char)name.p[i - 1] : ' ';
        if ((isupper(c) && islower(before)) || (isalpha(c) && isdigit(before)) || (isdigit(c) && isalpha(before)))
            buf_putc(b, ' ');
        buf_putc(b, c == '_' || c == '-' ? ' ' : (char)c);
    }
    buf_putc(b, ' ');
}

static struct span
about(const json_t *meta, const char *key)
{
    return utf8_first(json_text(meta, key), ABOUT_BYTES);
}

static void
bind_count(sqlite3_stmt *st, int at, int64_t n)
{
    if (n >= 0)
        sqlite3_bind_int64(st, at, n);
    else
        sqlite3_bind_null(st, at);
}

/* table_xinfo: cid, name, type, notnull, dflt, pk, hidden. */
static enum err
take_column(struct task *t, sqlite3_stmt *row, void *arg)
{
    struct writing *w = arg;
    sqlite3_stmt *st = w->in[IN_COL];
    struct sidecar_stats stats = {.distinct = -1, .nulls = -1, .samples = SPAN("[]")};
    int cid = sqlite3_column_int(row, 0);
    struct span name = lite_text(row, 1);
    const json_t *meta = meta_column(w->im->job->meta, w->name, name);
    struct span description = about(meta, "description");
    if (w->stats && cid >= 0 && (size_t)cid < w->n_stats)
        stats = w->stats[cid];
    sqlite3_bind_int64(st, 1, w->id);
    sqlite3_bind_int(st, 2, cid);
    lite_bind(st, 3, name);
    lite_bind(st, 4, lite_text(row, 2));
    sqlite3_bind_int(st, 5, sqlite3_column_int(row, 5));
    sqlite3_bind_int(st, 6, sqlite3_column_int(row, 3));
    lite_bind(st, 7, description);
    lite_bind(st, 8, about(meta, "unit"));
    bind_count(st, 9, stats.distinct);
    bind_count(st, 10, stats.nulls);
    lite_bind(st, 11, stats.min);
    lite_bind(st, 12, stats.max);
    lite_bind(st, 13, stats.samples);
    put_words(w->words, name);
    buf_span(w->about, description);
    buf_putc(w->about, ' ');
    buf_span(w->samples, stats.words);
    return done(t, st);
}

/* foreign_key_list: id, seq, table, from, to. */
static enum err
take_foreign(struct task *t, sqlite3_stmt *row, void *arg)
{
    struct writing *w = arg;
    sqlite3_stmt *st = w->in[IN_FK];
    sqlite3_bind_int64(st, 1, w->id);
    sqlite3_bind_int(st, 2, sqlite3_column_int(row, 0));
    sqlite3_bind_int(st, 3, sqlite3_column_int(row, 1));
    lite_bind(st, 4, lite_text(row, 3));
    lite_bind(st, 5, lite_text(row, 2));
    lite_bind(st, 6, lite_text(row, 4));
    return done(t, st);
}

static enum err
take_number(struct task *t, sqlite3_stmt *row, void *arg)
{
    (void)t;
    *(int64_t *)arg = sqlite3_column_int64(row, 0);
    return E_OK;
}

static const char *
about_table(struct task *t, const char *before, struct span table, const char *after)
{
    struct buf *b = task_buf(t, (size_t)1 << 20);
    buf_puts(b, before);
    lite_put_name(b, table);
    buf_puts(b, after);
    must(!b->failed);
    return buf_z(b);
}

static enum err
write_find(struct task *t, struct writing *w)
{
    sqlite3_stmt *st = w->in[IN_FIND];
    sqlite3_bind_int64(st, 1, w->id);
    lite_bind(st, 2, w->name);
    lite_bind(st, 3, buf_view(w->words));
    lite_bind(st, 4, buf_view(w->about));
    lite_bind(st, 5, buf_view(w->samples));
    return done(t, st);
}

static enum err
count_column(struct task *t, sqlite3_stmt *row, void *arg)
{
    (void)t, (void)row;
    ++*(size_t *)arg;
    return E_OK;
}

/* Reads the table: its rows and what its columns hold. */
static enum err
measure(struct task *t, struct writing *w)
{
    w->rows = -1;
    w->stats = NULL;
    w->n_stats = 0;
    if (w->is_view)
        return E_OK;
    if (lite_each(t, w->db, about_table(t, "SELECT count(*) FROM main.", w->name, ""), take_number, &w->rows) != E_OK ||
        lite_each(t, w->db, about_table(t, "PRAGMA main.table_xinfo(", w->name, ")"), count_column, &w->n_stats) !=
            E_OK)
        return t->err;
    w->stats = task_array(t, w->n_stats + 1, sizeof *w->stats);
    return sidecar_stats(t, w->db, w->name, w->n_stats, w->stats);
}

/* sqlite_schema: name, type, sql. */
static enum err
take_table(struct task *t, sqlite3_stmt *row, void *arg)
{
    struct writing *w = arg;
    sqlite3_stmt *st = w->in[IN_TBL];
    w->id++;
    w->name = task_dup(t, lite_text(row, 0));
    w->is_view = span_is(lite_text(row, 1), "view");
    buf_clear(w->words);
    buf_clear(w->about);
    buf_clear(w->samples);
    if (measure(t, w) != E_OK)
        return t->err;
    import_say(w->im, false, "Describing %.*s", SPAN_ARG(utf8_first(w->name, 100)));
    struct span description = about(meta_table(w->im->job->meta, w->name), "description");
    sqlite3_bind_int64(st, 1, w->id);
    lite_bind(st, 2, w->name);
    lite_bind(st, 3, w->is_view ? SPAN("view") : SPAN("table"));
    bind_count(st, 4, w->rows);
    lite_bind(st, 5, description);
    lite_bind(st, 6, lite_text(row, 2));
    put_words(w->words, w->name);
    buf_span(w->about, description);
    buf_putc(w->about, ' ');
    if (done(t, st) != E_OK ||
        lite_each(t, w->db, about_table(t, "PRAGMA main.table_xinfo(", w->name, ")"), take_column, w) != E_OK ||
        lite_each(t, w->db, about_table(t, "PRAGMA main.foreign_key_list(", w->name, ")"), take_foreign, w) != E_OK)
        return t->err;
    return write_find(t, w);
}

static enum err
write_meta(struct task *t, struct writing *w, const char *sha)
{
    const struct {
        const char *key;
        struct span value;
    } rows[] = {
        {"version", SPAN("1")},
        {"dataset", w->im->job->dataset},
        {"sha256", span_of(sha)},
        {"built_ms", task_format(t, "%lld", (long long)clock_unix_ms())},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        lite_bind(w->in[IN_META], 1, span_of(rows[i].key));
        lite_bind(w->in[IN_META], 2, rows[i].value);
        if (done(t, w->in[IN_META]) != E_OK)
            return t->err;
    }
    return E_OK;
}

static enum err
write_all(struct task *t, struct writing *w, const char *sha)
{
    if (lite_exec(t, w->idx, schema_sql) != E_OK)
        return t->err;
    for (size_t i = 0; i < N_INSERTS; i++)
        if (lite_prepare(t, w->idx, inserts[i], &w->in[i]) != E_OK)
            return t->err;
    if (write_meta(t, w, sha) != E_OK || lite_each(t, w->db,
                                             "SELECT name, type, sql FROM sqlite_schema WHERE type IN ('table', 'view')"
                                             " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid",
                                             take_table, w) != E_OK)
        return t->err;
    return lite_exec(t, w->idx, "INSERT INTO find(find) VALUES ('optimize'); COMMIT");
}

enum err
sidecar_write(struct task *t, struct import *im, sqlite3 *db, const char *path, const char *sha)
{
    enum { FIND_BYTES = 1 << 20 };
    struct writing w = {.im = im,
        .db = db,
        .words = task_buf(t, FIND_BYTES),
        .about = task_buf(t, (size_t)4 * FIND_BYTES),
        .samples = task_buf(t, (size_t)4 * FIND_BYTES)};
    unlink(path);
    int rc = sqlite3_open_v2(
        path, &w.idx, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX, NULL);
    enum err e = rc == SQLITE_OK ? write_all(t, &w, sha) : lite_fail(t, w.idx, rc);
    for (size_t i = 0; i < N_INSERTS; i++)
        sqlite3_finalize(w.in[i]);
    sqlite3_close(w.idx);
    return e;
}
