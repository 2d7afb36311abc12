/* import_meta: keys and descriptions by name. */
#include "effect/import_meta.h"

#include "effect/import_priv.h"

#include "base/json.h"
#include "base/utf8.h"

#include <string.h>

static const json_t *
member(const json_t *object, struct span name)
{
    const char *key;
    json_t *v;
    json_object_foreach((json_t *)(uintptr_t)object, key, v)
    {
        if (strlen(key) == name.n && sqlite3_strnicmp(key, name.p, (int)name.n) == 0)
            return v;
    }
    return NULL;
}

const json_t *
meta_table(const json_t *meta, struct span table)
{
    return member(json_object_get(meta, "tables"), table);
}

const json_t *
meta_column(const json_t *meta, struct span table, struct span column)
{
    return member(json_object_get(meta_table(meta, table), "columns"), column);
}

/* A list of column names: "id" or ["a", "b"]. Each must be in the table. */
static enum err
names(struct task *t, const struct import_table *table, const json_t *j, struct span **out, size_t *n)
{
    *n = json_is_string(j) ? 1 : json_array_size(j);
    *out = task_array(t, *n + 1, sizeof **out);
    for (size_t i = 0; i < *n; i++) {
        const json_t *v = json_is_string(j) ? j : json_array_get(j, i);
        struct span name = {json_string_value(v), json_string_length(v)};
        const struct import_column *c = name.p ? import_column_find(table, name) : NULL;
        if (!c)
            return task_fail(t, E_INVALID, "A key of the table %.*s names the column \"%.*s\", which it does not have.",
                SPAN_ARG(utf8_first(table->name, 100)), SPAN_ARG(utf8_first(name, 100)));
        (*out)[i] = c->name;
    }
    return E_OK;
}

static enum err
primary_key(struct task *t, struct import *im, struct import_table *table, const json_t *j)
{
    struct span *list;
    size_t n;
    if (!j)
        return E_OK;
    if (table->n_pk > 0) {
        report_note(im->report,
            task_printf(t, "The table %.*s keeps its own primary key.", SPAN_ARG(utf8_first(table->name, 100))));
        return E_OK;
    }
    if (names(t, table, j, &list, &n) != E_OK)
        return t->err;
    table->pk = task_array(t, n + 1, sizeof *table->pk);
    table->n_pk = n;
    for (size_t i = 0; i < n; i++) {
        table->pk[i].column = list[i];
        for (size_t k = 0; k < table->n; k++)
            if (span_eq(table->columns[k].name, list[i]))
                table->columns[k].not_null = true;
    }
    table->alias = n == 1 && span_is_nocase(import_column_find(table, list[0])->type, "integer");
    if (table->alias)
        table->rowid = NULL;
    return E_OK;
}

static enum err
foreign_key(struct task *t, struct import *im, struct import_table *table, const json_t *j)
{
    struct import_foreign f = {.table = json_text(j, "table")};
    struct span *to;
    size_t n_to;
    const struct import_table *other = import_table_find(im, f.table);
    if (!other)
        return task_fail(t, E_INVALID, "A foreign key of the table %.*s names the table \"%.*s\", which is not there.",
            SPAN_ARG(utf8_first(table->name, 100)), SPAN_ARG(utf8_first(f.table, 100)));
    if (names(t, table, json_object_get(j, "columns"), &f.columns, &f.n) != E_OK ||
        names(t, other, json_object_get(j, "to"), &to, &n_to) != E_OK)
        return t->err;
    if (f.n == 0 || (n_to != 0 && n_to != f.n))
        return task_fail(t, E_INVALID, "A foreign key of the table %.*s must name as many columns here as there.",
            SPAN_ARG(utf8_first(table->name, 100)));
    f.to = n_to ? to : task_array(t, f.n, sizeof *f.to);
    struct import_foreign *grown = task_array(t, table->n_foreign + 1, sizeof *grown);
    if (table->n_foreign > 0)
        memcpy(grown, table->foreign, table->n_foreign * sizeof *grown);
    grown[table->n_foreign++] = f;
    table->foreign = grown;
    return E_OK;
}

/* Names in meta that nothing in the data has are told, not refused: data changes more often than its description. */
static void
note_strangers(struct task *t, struct import *im)
{
    const char *name, *column;
    json_t *table_meta, *v;
    json_object_foreach(json_object_get(im->job->meta, "tables"), name, table_meta)
    {
        const struct import_table *table = import_table_find(im, span_of(name));
        if (!table) {
            report_note(
                im->report, task_printf(t, "The description names the table \"%.100s\", which is not there.", name));
            continue;
        }
        json_object_foreach(json_object_get(table_meta, "columns"), column, v)
        {
            if (!import_column_find(table, span_of(column)))
                report_note(im->report, task_printf(t,
                                            "The description names the column \"%.100s\" of the table %.100s, "
                                            "which is not there.",
                                            column, name));
        }
    }
}

enum err
import_meta_keys(struct task *t, struct import *im)
{
    for (size_t i = 0; i < im->n_tables; i++) {
        const json_t *m = meta_table(im->job->meta, im->tables[i].name);
        const json_t *key;
        size_t k;
        if (primary_key(t, im, &im->tables[i], json_object_get(m, "primary_key")) != E_OK)
            return t->err;
        json_array_foreach(json_object_get(m, "foreign_keys"), k, key)
        {
            if (foreign_key(t, im, &im->tables[i], key) != E_OK)
                return t->err;
        }
    }
    if (!im->job->labels) /* else what is missing is missing on purpose */
        note_strangers(t, im);
    return E_OK;
}
