/* import_schema: what is in the publisher's database: tables to copy, views to try, and what is left behind. */
#include "effect/import_priv.h"
#include "effect/sqlscan.h"

#include "base/must.h"
#include "base/utf8.h"

#include <string.h>

/* Tables that a virtual table keeps its content in: <name>_<suffix>. */
static const struct {
    const char *module, *suffixes[6];
} shadows[] = {
    {"fts5", {"data", "idx", "content", "docsize", "config"}},
    {"fts4", {"content", "segments", "segdir", "docsize", "stat"}},
    {"fts3", {"content", "segments", "segdir", "docsize", "stat"}},
    {"rtree", {"node", "rowid", "parent"}},
    {"rtree_i32", {"node", "rowid", "parent"}},
    {"geopoly", {"node", "rowid", "parent"}},
    {"spellfix1", {"vocab"}},
};

struct object {
    struct span type, name, sql;
};
struct objects {
    struct import *im;
    struct object *rows;
    size_t n, room;
};

/* A name that can't be shown, typed or quoted is refused before anything else looks at it. */
static enum err
check_name(struct task *t, struct span name)
{
    if (name.n > 0 && memchr(name.p, '\0', name.n))
        return task_fail(t, E_INVALID,
            "A name in the database's schema holds a NUL byte (after \"%s\"). Rename it: no "
            "program can use such a name safely.",
            task_z(t, span_first(name, 60)));
    if (!utf8_valid(name))
        return task_fail(t, E_INVALID, "A name in the database's schema is not UTF-8. Rename it.");
    if (name.n > IMPORT_NAME_BYTES)
        return task_fail(t, E_LIMIT,
            "A name in the database's schema has %zu bytes (\"%.*s...\"); at most %d are allowed.", name.n,
            SPAN_ARG(utf8_first(name, 60)), IMPORT_NAME_BYTES);
    return E_OK;
}

static enum err
take_object(struct task *t, sqlite3_stmt *row, void *arg)
{
    enum { MOST = 100000 };
    struct objects *list = arg;
    struct object o = {task_dup(t, lite_text(row, 0)), task_dup(t, lite_text(row, 1)), task_dup(t, lite_text(row, 2))};
    if (check_name(t, o.name) != E_OK)
        return t->err;
    if (o.sql.n > 0 && memchr(o.sql.p, '\0', o.sql.n))
        return task_fail(t, E_INVALID,
            "The definition of %.*s holds a NUL byte, so a name in it is cut off. The database's "
            "schema was tampered with.",
            SPAN_ARG(utf8_first(o.name, 60)));
    if (list->n == MOST)
        return task_fail(t, E_LIMIT, "The database has more than %d tables, views, indexes and triggers.", MOST);
    if (list->n == list->room) {
        struct object *old = list->rows;
        list->room = list->room * 2 + 64;
        list->rows = task_array(t, list->room, sizeof *list->rows);
        if (old)
            memcpy(list->rows, old, list->n * sizeof *old);
    }
    list->rows[list->n++] = o;
    return E_OK;
}

static bool
is_virtual(const struct object *o)
{
    return span_is(o->type, "table") && sqlscan_count(span_first(o->sql, 200), "virtual") > 0 &&
           sqlscan_module(o->sql).n > 0;
}

/* Is `name` <virtual table>_<suffix of its module>? */
static bool
is_shadow(struct span name, const struct object *v)
{
    struct span module = sqlscan_module(v->sql);
    if (name.n <= v->name.n + 1 || !span_is_nocase(span_first(name, v->name.n), v->name.p) || name.p[v->name.n] != '_')
        return false;
    struct span suffix = span_from(name, v->name.n + 1);
    /* fts5(content='notes_content') reads an ordinary table of that name. */
    if (span_is_nocase(suffix, "content") && sqlscan_count(v->sql, "content") > 0)
        return false;
    for (size_t i = 0; i < sizeof shadows / sizeof shadows[0]; i++)
        for (size_t k = 0; span_is_nocase(module, shadows[i].module) && k < 6 && shadows[i].suffixes[k]; k++)
            if (span_is_nocase(suffix, shadows[i].suffixes[k]))
                return true;
    return false;
}

static const struct object *
shadow_of(const struct objects *all, const struct object *o)
{
    for (size_t i = 0; i < all->n; i++)
        if (is_virtual(&all->rows[i]) && is_shadow(o->name, &all->rows[i]))
            return &all->rows[i];
    return NULL;
}

static enum err
add_view(struct task *t, struct import *im, const struct object *o)
{
    if (labels_mention(im->job->labels, im->job->clearance, o->sql) ||
        labels_mention(im->job->labels, im->job->clearance, o->name)) {
        report_dropped(im->report, "view", o->name, "It speaks of something that is not for these readers.");
        return E_OK;
    }
    if (json_array_size(im->views) >= IMPORT_VIEWS)
        return task_fail(t, E_LIMIT, "The database has more than %d views.", IMPORT_VIEWS);
    if (!utf8_valid(o->sql)) {
        report_dropped(im->report, "view", o->name, "Its definition is not UTF-8.");
        return E_OK;
    }
    json_t *row = json_pack("{s:o,s:o}", "name", report_text(o->name), "sql", report_text(o->sql));
    must(row && json_array_append_new(im->views, row) == 0);
    return E_OK;
}

static enum err
add_table(struct task *t, struct import *im, const struct objects *all, const struct object *o)
{
    if (span_starts(o->name, "sqlite_"))
        return E_OK; /* SQLite's own; statistics are made afresh */
    if (labels_hide_table(im->job->labels, im->job->clearance, o->name))
        return E_OK;
    if (is_virtual(o)) {
        report_dropped(im->report, "virtual table", o->name,
            task_printf(t,
                "It is a virtual table (%.*s): only ordinary "
                "tables are published.",
                SPAN_ARG(sqlscan_module(o->sql))));
        return E_OK;
    }
    const struct object *v = shadow_of(all, o);
    if (v) {
        report_dropped(im->report, "virtual table", o->name,
            task_printf(t, "It belongs to the virtual table %.*s.", SPAN_ARG(utf8_first(v->name, 100))));
        return E_OK;
    }
    if (o->name.n == 0) {
        report_dropped(im->report, "table", SPAN("(no name)"), "Its name is empty.");
        return E_OK;
    }
    if (im->n_tables == IMPORT_TABLES)
        return task_fail(
            t, E_LIMIT, "The database has more than %d tables. Split it into several datasets.", IMPORT_TABLES);
    size_t checks = sqlscan_count(o->sql, "check");
    if (checks > 0)
        report_dropped(im->report, "check", o->name,
            task_printf(t,
                "%zu CHECK constraint%s: a published copy is never "
                "written.",
                checks, checks == 1 ? "" : "s"));
    im->tables[im->n_tables++] = (struct import_table){.name = o->name};
    return E_OK;
}

static enum err
sort_objects(struct task *t, struct import *im, const struct objects *all)
{
    for (size_t i = 0; i < all->n; i++) {
        const struct object *o = &all->rows[i];
        enum err e = E_OK;
        if (span_is(o->type, "table"))
            e = add_table(t, im, all, o);
        else if (span_is(o->type, "view"))
            e = add_view(t, im, o);
        else if (span_is(o->type, "trigger"))
            report_dropped(
                im->report, "trigger", o->name, "Triggers are not published: a published copy is never written.");
        if (e != E_OK)
            return e;
    }
    return E_OK;
}

static enum err
take_option(struct task *t, sqlite3_stmt *row, void *arg)
{
    (void)t;
    struct import_table *table = import_table_find(arg, lite_text(row, 1));
    if (!table || !span_is(lite_text(row, 0), "main"))
        return E_OK;
    table->without_rowid = sqlite3_column_int(row, 4) != 0;
    table->strict = sqlite3_column_int(row, 5) != 0;
    return E_OK;
}

/* PRAGMA table_list prepares each view to count its columns, which a hostile view makes endless: it must fail at once.
 */
static int
no_select(void *arg, int action, const char *a, const char *b, const char *c, const char *d)
{
    (void)arg, (void)a, (void)b, (void)c, (void)d;
    return action == SQLITE_SELECT ? SQLITE_DENY : SQLITE_OK;
}

static enum err
read_options(struct task *t, struct import *im)
{
    sqlite3_set_authorizer(im->from, no_select, NULL);
    enum err e = lite_each(t, im->from, "PRAGMA main.table_list", take_option, im);
    sqlite3_set_authorizer(im->from, NULL, NULL);
    return e;
}

enum err
import_schema_read(struct task *t, struct import *im)
{
    struct objects all = {.im = im};
    size_t columns = 0;
    im->tables = task_array(t, IMPORT_TABLES, sizeof *im->tables);
    if (lite_each(t, im->from, "SELECT type, name, sql FROM sqlite_schema ORDER BY rowid", take_object, &all) != E_OK ||
        sort_objects(t, im, &all) != E_OK || read_options(t, im) != E_OK)
        return t->err;
    size_t kept = 0;
    for (size_t i = 0; i < im->n_tables; i++) {
        struct import_table *table = &im->tables[i];
        if (import_table_read(t, im, table) != E_OK)
            return t->err;
        columns += table->n;
        if (columns > IMPORT_COLUMNS_ALL)
            return task_fail(
                t, E_LIMIT, "The database's tables have more than %d columns together.", IMPORT_COLUMNS_ALL);
        if (table->n > 0)
            im->tables[kept++] = *table;
        else if (table->columns) /* else it was too wide, and is named already */
            report_dropped(im->report, "table", table->name, "None of its columns can be read.");
    }
    im->n_tables = kept;
    return E_OK;
}
