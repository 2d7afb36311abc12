/* change: what a script does to a copy: run for nothing, run again, and kept when it is what was expected. */
#include "effect/change.h"

#include "effect/change_record.h"
#include "effect/change_script.h"
#include "effect/lite.h"

#include "base/id.h"
#include "base/json.h"
#include "base/must.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* A table that the first run touched. */
struct touched {
    struct span name;
    int64_t before;
};
struct run {
    struct task *t;
    struct rules rules;
    struct record record;
    struct change_schema before, after;
    int64_t version;      /* of the schema */
    int64_t held, events; /* of the table that the statement drops: its rows, and those deleted one by one before */
    bool ddl, shrunk;
    char digest[HASH_HEX_BYTES];
};

static enum err
number(struct task *t, struct run *x, const char *sql, int64_t *out)
{
    sqlite3_stmt *st = NULL;
    *out = 0;
    x->rules.ours = true;
    int rc = sqlite3_prepare_v2(x->rules.db, sql, -1, &st, NULL);
    if (rc == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
        *out = sqlite3_column_int64(st, 0);
    rc = sqlite3_finalize(st);
    x->rules.ours = false;
    return rc == SQLITE_OK ? E_OK : rules_fail(t, &x->rules, rc, 0);
}

static enum err
count_rows(struct task *t, struct run *x, struct span table, int64_t *out)
{
    struct buf *sql = task_buf(t, 4096);
    buf_puts(sql, "SELECT count(*) FROM main.");
    lite_put_name(sql, table);
    must(!sql->failed);
    return number(t, x, buf_z(sql), out);
}

static enum err
too_many(struct task *t, struct run *x)
{
    return rules_refuse(t, &x->rules, E_LIMIT, WORD_LARGE, "The change touches more tables than one may.");
}

static bool
was_stopped(struct task *t, void *arg)
{
    struct run *x = arg;
    if (x->record.too_many)
        too_many(t, x);
    return x->record.too_many;
}

/* Rows that go with their table are seen by no hook. */
static enum err
before_statement(struct task *t, void *arg)
{
    struct run *x = arg;
    struct span name = span_of(x->rules.drop);
    const struct change_table *table = NULL;
    for (size_t i = 0; name.n > 0 && i < x->record.tables.n; i++)
        if (span_is_nocase(x->record.tables.at[i].name, x->rules.drop))
            table = &x->record.tables.at[i];
    x->held = x->events = 0;
    if (!table)
        return E_OK;
    struct diff_table *d = diff_table(&x->record.diff, table->name, table);
    if (!d)
        return too_many(t, x);
    x->events = d->deleted;
    return count_rows(t, x, table->name, &x->held);
}

static void
after_drop(struct run *x)
{
    for (size_t i = 0; x->held > 0 && i < x->record.diff.n; i++)
        if (span_is_nocase(x->record.diff.at[i].name, x->rules.drop))
            x->record.diff.at[i].deleted = x->events + x->held;
    x->held = 0;
}

static bool
has_table(const struct change_tables *tables, struct span name)
{
    return change_table_find(tables, name) != NULL;
}

/* A table made of a query has rows that no hook saw; one with a new name had them before. */
static enum err
look_at(struct task *t, struct run *x, const struct change_tables *was, const struct change_table *now, bool renamed)
{
    const struct change_table *old = change_table_find(was, now->name);
    int64_t rows = 0;
    bool same = old && old->n == now->n;
    for (size_t i = 0; same && i < now->n; i++)
        same = span_eq(old->columns[i].name, now->columns[i].name);
    if (same)
        return E_OK;
    struct diff_table *d = diff_table(&x->record.diff, now->name, now);
    if (!d)
        return too_many(t, x);
    x->shrunk = x->shrunk || (old && now->n < old->n);
    diff_columns(d, now);
    if (!old && !renamed) {
        if (count_rows(t, x, now->name, &rows) != E_OK)
            return t->err;
        d->inserted += rows;
    }
    return E_OK;
}

static enum err
after_statement(struct task *t, void *arg)
{
    struct run *x = arg;
    struct change_tables was = x->record.tables;
    int64_t version;
    bool renamed = false;
    after_drop(x);
    if (number(t, x, "PRAGMA main.schema_version", &version) != E_OK || version == x->version)
        return t->err;
    x->version = version;
    x->ddl = true;
    if (record_refresh(&x->record) != E_OK)
        return t->err;
    for (size_t i = 0; i < was.n; i++)
        if (!has_table(&x->record.tables, was.at[i].name)) {
            renamed = renamed || x->rules.drop[0] == '\0';
            if (!diff_table(&x->record.diff, was.at[i].name, &was.at[i]))
                return too_many(t, x);
        }
    for (size_t i = 0; i < x->record.tables.n; i++)
        if (look_at(t, x, &was, &x->record.tables.at[i], renamed) != E_OK)
            return t->err;
    return E_OK;
}

/* Tables whose definitions differ: their content goes into the digest, because no hook saw all of it. */
static enum err
mix_made(struct task *t, struct run *x)
{
    char hex[HASH_HEX_BYTES];
    int64_t rows;
    for (size_t i = 0; i < x->after.n; i++) {
        const struct change_object *o = &x->after.at[i], *old = change_object_find(&x->before, o->type, o->name);
        record_mix(&x->record, o->type);
        record_mix(&x->record, o->name);
        record_mix(&x->record, o->table);
        record_mix(&x->record, o->sql);
        if (!span_is(o->type, "table") || (old && span_eq(old->sql, o->sql)))
            continue;
        const struct change_table *table = change_table_find(&x->record.tables, o->name);
        if (!table)
            continue; /* one of SQLite's own */
        if (record_content(&x->record, table, &rows, hex) != E_OK)
            return t->err;
        record_mix(&x->record, span_of(hex));
    }
    return E_OK;
}

static enum err
read_schema(struct task *t, struct run *x, struct change_schema *out)
{
    x->rules.ours = true;
    enum err e = change_schema_read(t, x->rules.db, out);
    x->rules.ours = false;
    return e;
}

/* What a COMMIT would refuse. */
static enum err
check_deferred(struct task *t, struct run *x)
{
    int now = 0, high = 0;
    sqlite3_db_status(x->rules.db, SQLITE_DBSTATUS_DEFERRED_FKS, &now, &high, 0);
    if (now != 0)
        return rules_refuse(t, &x->rules, E_INVALID, WORD_CONSTRAINT,
            "FOREIGN KEY constraint failed: rows point at rows that are gone.");
    return E_OK;
}

static enum err
count_before(struct task *t, struct run *x, struct touched *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        list[i].before = -1;
        if (has_table(&x->record.tables, list[i].name) && count_rows(t, x, list[i].name, &list[i].before) != E_OK)
            return t->err;
    }
    return E_OK;
}

static enum err
count_after(struct task *t, struct run *x, const struct touched *list, size_t n)
{
    for (size_t i = 0; i < x->record.diff.n; i++) {
        struct diff_table *d = &x->record.diff.at[i];
        for (size_t k = 0; k < n; k++)
            if (span_eq(list[k].name, d->name))
                d->before = list[k].before;
        if (has_table(&x->record.tables, d->name) && count_rows(t, x, d->name, &d->after) != E_OK)
            return t->err;
    }
    return E_OK;
}

/* One run of the whole script; the transaction stays open. list: what the run before touched, or none. */
static enum err
run_script(struct task *t, struct run *x, const struct change *c, int log, struct touched *list, size_t n)
{
    const struct script_steps steps = {before_statement, after_statement, was_stopped, x};
    if (rules_exec(t, &x->rules, "BEGIN IMMEDIATE") != E_OK || read_schema(t, x, &x->before) != E_OK ||
        number(t, x, "PRAGMA main.schema_version", &x->version) != E_OK ||
        record_begin(t, &x->record, &x->rules, c, log) != E_OK)
        return t->err;
    record_mix(&x->record, c->sql);
    if (count_before(t, x, list, n) != E_OK || change_script(t, &x->rules, c->sql, &steps) != E_OK ||
        check_deferred(t, x) != E_OK)
        return t->err;
    if (x->record.too_many) /* by the last row of the last statement */
        return too_many(t, x);
    record_end(&x->record);
    if (read_schema(t, x, &x->after) != E_OK || (x->ddl && mix_made(t, x) != E_OK) ||
        count_after(t, x, list, n) != E_OK)
        return t->err;
    record_digest(&x->record, x->digest);
    return E_OK;
}

static enum err
open_run(struct task *t, struct run *x, const struct change *c, const struct import_job *job)
{
    const struct rules_setup setup = {.path = task_printf(t, "%s/change.db", job->folder),
        .labels = c->labels,
        .ceiling = c->ceiling,
        .now_ms = c->now_ms,
        .budget_ms = c->budget_ms};
    *x = (struct run){.t = t};
    return rules_open(t, &x->rules, &setup);
}

static void
close_run(struct run *x)
{
    diff_reset(&x->record.diff);
    rules_close(&x->rules); /* what is not committed is undone by it */
}

static json_t *
summary(struct task *t, const struct run *x)
{
    int64_t inserted = 0, updated = 0, deleted = 0, before = 0, after = 0;
    bool emptied = false;
    const struct diff *d = &x->record.diff;
    for (size_t i = 0; i < d->n; i++) {
        const struct diff_table *at = &d->at[i];
        inserted += at->inserted;
        updated += at->updated;
        deleted += at->deleted;
        before += at->before > 0 ? at->before : 0;
        after += at->after > 0 ? at->after : 0;
        emptied = emptied || (at->before > 0 && at->deleted >= at->before);
    }
    json_t *j = json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:b,s:b,s:b,s:b,s:O,s:O,s:I}", "digest", x->digest, "inserted",
        (json_int_t)inserted, "updated", (json_int_t)updated, "deleted", (json_int_t)deleted, "before",
        (json_int_t)before, "after", (json_int_t)after, "ddl", x->ddl, "dropped", x->rules.dropped || x->shrunk,
        "emptied", emptied, "logged", !x->ddl && !x->record.log_short, "tables", diff_tables_json(t, d), "schema",
        diff_schema_json(t, &x->before, &x->after), "more", (json_int_t)d->more);
    must(j);
    return task_json(t, j);
}

/* The first run, which leaves nothing: its digest, and which tables it touches. */
static enum err
rehearse(struct task *t, const struct change *c, const struct import_job *job, char digest[HASH_HEX_BYTES],
    struct touched *list, size_t *n, json_t **failed)
{
    struct run x;
    enum err e = open_run(t, &x, c, job);
    if (e == E_OK)
        e = run_script(t, &x, c, -1, NULL, 0);
    for (*n = 0; e == E_OK && *n < x.record.diff.n; ++*n)
        list[*n] = (struct touched){.name = task_dup(t, x.record.diff.at[*n].name)};
    memcpy(digest, x.digest, HASH_HEX_BYTES);
    e = rules_tell(t, &x.rules, failed);
    close_run(&x);
    return e;
}

/* The digest is what was approved, or the change is not made. */
static enum err
keep(struct task *t, struct run *x, const struct change *c)
{
    if (c->expected.n == 0)
        return E_OK;
    if (!span_is(c->expected, x->digest))
        return rules_refuse(t, &x->rules, E_CONFLICT, WORD_CONFLICT,
            "The data has changed since the dry run: the change would do something else now. Try it again.");
    return rules_exec(t, &x->rules, "COMMIT");
}

static enum err
perform(struct task *t, struct run *x, const struct change *c, const struct import_job *job, const char *digest,
    int log, struct touched *list, size_t n)
{
    if (open_run(t, x, c, job) != E_OK || run_script(t, x, c, log, list, n) != E_OK)
        return t->err;
    if (strcmp(digest, x->digest) != 0)
        return rules_refuse(t, &x->rules, E_INVALID, WORD_RANDOM,
            "The change did not do the same when it ran a second time: it is not-deterministic.");
    return keep(t, x, c);
}

enum err
change_try(struct task *t, const struct change *c, const struct import_job *job, json_t **out)
{
    struct touched list[DIFF_TABLES];
    struct run x;
    char digest[HASH_HEX_BYTES];
    size_t n = 0;
    int log = -1;
    *out = NULL;
    if (rehearse(t, c, job, digest, list, &n, out) != E_OK || *out)
        return t->err;
    const char *path = task_printf(t, "%s/undo.log", job->folder);
    if (c->expected.n > 0)
        log = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (c->expected.n > 0 && log < 0)
        return task_fail(t, E_UNAVAILABLE, "The change could not be recorded. Nothing was changed.");
    enum err e = perform(t, &x, c, job, digest, log, list, n);
    if (e == E_OK)
        *out = summary(t, &x);
    else
        e = rules_tell(t, &x.rules, out);
    close_run(&x);
    if (log >= 0)
        close(log);
    return e;
}
