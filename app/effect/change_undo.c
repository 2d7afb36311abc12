/* change_undo: taking back the rows of a change, the last one first; each must be as the change left it. */
#include "effect/change.h"

#include "effect/change_log.h"
#include "effect/change_rules.h"
#include "effect/change_tables.h"
#include "effect/lite.h"

#include "base/fsio.h"
#include "base/must.h"

enum { LOG_SLACK = 1 << 20, SQL_BYTES = 8 << 20, BUDGET_MS = CHANGE_MS - 5000 };

/* The statements of one table; each is prepared when it is first needed. */
struct undo_table {
    const struct change_table *table;
    sqlite3_stmt *find, *insert, *update, *delete;
};
struct undo {
    struct task *t;
    struct rules rules;
    struct change_tables tables;
    struct undo_table *at;
    int64_t inserted, updated, deleted;
};

static enum err
conflict(struct undo *u)
{
    return rules_refuse(u->t, &u->rules, E_CONFLICT, WORD_CONFLICT,
        "Rows that this change touched were changed again since. Nothing was taken back.");
}

static enum err
failed(struct undo *u, int rc)
{
    return (rc & 0xff) == SQLITE_CONSTRAINT ? conflict(u) : rules_fail(u->t, &u->rules, rc, 0);
}

static struct undo_table *
find_table(struct undo *u, struct span name)
{
    for (size_t i = 0; i < u->tables.n; i++)
        if (span_eq(u->tables.at[i].name, name))
            return &u->at[i];
    return NULL;
}

/* " WHERE rowid = ?", or the primary key's columns. */
static void
put_key(struct buf *b, const struct change_table *table)
{
    const char *before = " WHERE ";
    if (table->rowid) {
        buf_printf(b, " WHERE %s = ?", table->rowid);
        return;
    }
    for (size_t i = 0; i < table->n; i++) {
        if (table->columns[i].pk == 0)
            continue;
        buf_puts(b, before);
        lite_put_name(b, table->columns[i].name);
        buf_puts(b, " = ?");
        before = " AND ";
    }
}

/* What can be written: the rowid first, then the columns that are not made of others. */
static void
put_columns(struct buf *b, const struct change_table *table, const char *behind)
{
    const char *before = "";
    if (table->rowid) {
        buf_printf(b, "%s%s", table->rowid, behind);
        before = ", ";
    }
    for (size_t i = 0; i < table->n; i++) {
        if (table->columns[i].made)
            continue;
        buf_puts(b, before);
        lite_put_name(b, table->columns[i].name);
        buf_puts(b, behind);
        before = ", ";
    }
}

static void
put_marks(struct buf *b, const struct change_table *table)
{
    size_t n = table->rowid != NULL;
    for (size_t i = 0; i < table->n; i++)
        n += !table->columns[i].made;
    for (size_t i = 0; i < n; i++)
        buf_puts(b, i > 0 ? ", ?" : "?");
}

enum { FIND, INSERT, UPDATE, DELETE };

static enum err
prepare(struct undo *u, const struct change_table *table, int what, sqlite3_stmt **out)
{
    static const char *const begins[] = {
        "SELECT * FROM main.", "INSERT INTO main.", "UPDATE main.", "DELETE FROM main."};
    struct task one;
    if (*out)
        return E_OK;
    task_begin(&one, 0);
    struct buf *b = task_buf(&one, SQL_BYTES);
    buf_puts(b, begins[what]);
    lite_put_name(b, table->name);
    if (what == INSERT) {
        buf_puts(b, " (");
        put_columns(b, table, "");
        buf_puts(b, ") VALUES (");
        put_marks(b, table);
        buf_puts(b, ")");
    } else {
        buf_puts(b, what == UPDATE ? " SET " : "");
        if (what == UPDATE)
            put_columns(b, table, " = ?");
        put_key(b, table);
    }
    must(!b->failed);
    int rc = sqlite3_prepare_v2(u->rules.db, buf_z(b), -1, out, NULL);
    task_end(&one);
    return rc == SQLITE_OK ? E_OK : failed(u, rc);
}

static int
bind_cell(sqlite3_stmt *st, int at, const struct cell *c)
{
    switch (c->kind) {
    case CELL_INT: return sqlite3_bind_int64(st, at, c->i);
    case CELL_REAL: return sqlite3_bind_double(st, at, c->r);
    case CELL_TEXT: return sqlite3_bind_text64(st, at, c->s.p, c->s.n, SQLITE_STATIC, SQLITE_UTF8);
    case CELL_BLOB: return sqlite3_bind_blob64(st, at, c->s.p, c->s.n, SQLITE_STATIC);
    case CELL_NULL: break;
    }
    return sqlite3_bind_null(st, at);
}

/* From the parameter `at` on; gives the next one. */
static int
bind_row(sqlite3_stmt *st, int at, const struct change_table *table, int64_t rowid, const struct cell *row)
{
    if (table->rowid)
        sqlite3_bind_int64(st, at++, rowid);
    for (size_t i = 0; i < table->n; i++)
        if (!table->columns[i].made)
            bind_cell(st, at++, &row[i]);
    return at;
}

static void
bind_key(sqlite3_stmt *st, int at, const struct change_table *table, int64_t rowid, const struct cell *row)
{
    if (table->rowid) {
        sqlite3_bind_int64(st, at, rowid);
        return;
    }
    for (size_t i = 0; i < table->n; i++)
        if (table->columns[i].pk > 0)
            bind_cell(st, at++, &row[i]);
}

/* Whole numbers in a column of reals are kept as integers: which of the two is told depends on who asks. */
static bool
same_number(const struct cell *c, sqlite3_stmt *row, int i)
{
    int type = sqlite3_column_type(row, i);
    if (type == SQLITE_INTEGER && c->kind == CELL_INT)
        return sqlite3_column_int64(row, i) == c->i;
    if (type != SQLITE_INTEGER && type != SQLITE_FLOAT)
        return false;
    double a = c->kind == CELL_INT ? (double)c->i : c->r, b = sqlite3_column_double(row, i);
    return !(a < b) && !(a > b);
}

static bool
same_cell(const struct cell *c, sqlite3_stmt *row, int i)
{
    int type = sqlite3_column_type(row, i);
    if (c->kind == CELL_NULL)
        return type == SQLITE_NULL;
    if (c->kind == CELL_INT || c->kind == CELL_REAL)
        return same_number(c, row, i);
    if (type != (c->kind == CELL_TEXT ? SQLITE_TEXT : SQLITE_BLOB))
        return false;
    const void *p = c->kind == CELL_TEXT ? (const void *)sqlite3_column_text(row, i) : sqlite3_column_blob(row, i);
    return span_eq(c->s, (struct span){p ? p : "", (size_t)sqlite3_column_bytes(row, i)});
}

/* Is the row there, as the change left it? */
static enum err
check_row(struct undo *u, struct undo_table *x, const struct change_event *e)
{
    const struct change_table *table = x->table;
    if (prepare(u, table, FIND, &x->find) != E_OK)
        return u->t->err;
    bind_key(x->find, 1, table, e->after, e->new);
    int rc = sqlite3_step(x->find);
    bool same = rc == SQLITE_ROW && sqlite3_column_count(x->find) == (int)table->n;
    for (size_t i = 0; same && i < table->n; i++)
        same = table->columns[i].empty || same_cell(&e->new[i], x->find, (int)i);
    sqlite3_reset(x->find);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return failed(u, rc);
    return same ? E_OK : conflict(u);
}

/* One row, and by no cascade any other one. */
static enum err
run_one(struct undo *u, sqlite3_stmt *st)
{
    sqlite3_int64 before = sqlite3_total_changes64(u->rules.db);
    int rc = sqlite3_step(st);
    sqlite3_reset(st);
    if (rc != SQLITE_DONE)
        return failed(u, rc);
    return sqlite3_total_changes64(u->rules.db) - before == 1 ? E_OK : conflict(u);
}

static enum err
put_back(struct undo *u, struct undo_table *x, const struct change_event *e)
{
    if (prepare(u, x->table, INSERT, &x->insert) != E_OK)
        return u->t->err;
    bind_row(x->insert, 1, x->table, e->before, e->old);
    u->inserted++;
    return run_one(u, x->insert);
}

static enum err
turn_back(struct undo *u, struct undo_table *x, const struct change_event *e)
{
    if (check_row(u, x, e) != E_OK || prepare(u, x->table, UPDATE, &x->update) != E_OK)
        return u->t->err;
    bind_key(x->update, bind_row(x->update, 1, x->table, e->before, e->old), x->table, e->after, e->new);
    u->updated++;
    return run_one(u, x->update);
}

static enum err
take_out(struct undo *u, struct undo_table *x, const struct change_event *e)
{
    if (check_row(u, x, e) != E_OK || prepare(u, x->table, DELETE, &x->delete) != E_OK)
        return u->t->err;
    bind_key(x->delete, 1, x->table, e->after, e->new);
    u->deleted++;
    return run_one(u, x->delete);
}

/* The table may have gone since, or have other columns now. */
static enum err
take_back(struct undo *u, const struct change_event *e)
{
    struct undo_table *x = find_table(u, e->table);
    if (!x || x->table->n != e->columns)
        return conflict(u);
    if (!x->table->rowid && !x->table->without_rowid)
        return task_fail(u->t, E_CORRUPT, "The record of the change is damaged.");
    switch (e->op) {
    case 'I': return take_out(u, x, e);
    case 'U': return turn_back(u, x, e);
    default: return put_back(u, x, e);
    }
}

static enum err
take_all_back(struct undo *u, struct span log)
{
    size_t *at, n;
    if (change_log_index(u->t, log, &at, &n) != E_OK)
        return u->t->err;
    while (n-- > 0) {
        struct task one;
        struct change_event e;
        task_begin(&one, 0);
        if (change_log_read(&one, log, &at[n], &e) != E_OK)
            task_fail(u->t, one.err, "%s", one.cause);
        else
            take_back(u, &e);
        task_end(&one);
        if (u->t->err != E_OK)
            return u->t->err;
    }
    return E_OK;
}

/* All statements are ours and the file was ours before: any row that it could have, it can have again. */
static void
widen(sqlite3 *db)
{
    static const struct {
        int limit, value;
    } rows[] = {{SQLITE_LIMIT_LENGTH, 1000000000}, {SQLITE_LIMIT_SQL_LENGTH, SQL_BYTES},
        {SQLITE_LIMIT_COLUMN, CHANGE_LOG_COLUMNS}, {SQLITE_LIMIT_VARIABLE_NUMBER, 3 * CHANGE_LOG_COLUMNS},
        {SQLITE_LIMIT_VDBE_OP, 100000000}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        sqlite3_limit(db, rows[i].limit, rows[i].value);
}

static void
finish(struct undo *u)
{
    for (size_t i = 0; u->at && i < u->tables.n; i++) {
        sqlite3_finalize(u->at[i].find);
        sqlite3_finalize(u->at[i].insert);
        sqlite3_finalize(u->at[i].update);
        sqlite3_finalize(u->at[i].delete);
    }
    rules_close(&u->rules);
}

/* Foreign keys are judged at the end, as the rows of a family come one by one. */
static enum err
undo(struct undo *u, struct span log)
{
    struct task *t = u->t;
    u->rules.ours = true;
    widen(u->rules.db);
    if (change_tables_read(t, u->rules.db, &u->tables) != E_OK)
        return t->err;
    u->at = task_array(t, u->tables.n + 1, sizeof *u->at);
    for (size_t i = 0; i < u->tables.n; i++)
        u->at[i].table = &u->tables.at[i];
    if (rules_exec(t, &u->rules, "BEGIN IMMEDIATE; PRAGMA defer_foreign_keys=ON") != E_OK ||
        take_all_back(u, log) != E_OK)
        return t->err;
    int rc = sqlite3_exec(u->rules.db, "COMMIT", NULL, NULL, NULL);
    return rc == SQLITE_OK ? E_OK : failed(u, rc);
}

enum err
change_undo(struct task *t, const struct import_job *job, json_t **out)
{
    struct undo *u = task_new(t, struct undo);
    struct rules_setup setup = {
        .path = task_printf(t, "%s/change.db", job->folder), .ceiling = LABELS_LEVELS - 1, .budget_ms = BUDGET_MS};
    struct span log;
    u->t = t;
    if (fsio_read(t, task_printf(t, "%s/undo.log", job->folder), CHANGE_LOG_BYTES + LOG_SLACK, &log) != E_OK)
        return t->err;
    if (rules_open(t, &u->rules, &setup) == E_OK)
        undo(u, log);
    finish(u);
    if (t->err != E_OK)
        return rules_tell(t, &u->rules, out);
    *out = task_json(t, json_pack("{s:I,s:I,s:I}", "inserted", (json_int_t)u->inserted, "updated",
                            (json_int_t)u->updated, "deleted", (json_int_t)u->deleted));
    must(*out);
    return E_OK;
}
