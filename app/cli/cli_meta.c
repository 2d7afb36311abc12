/* cli_meta: reading and merging. */
#include "cli/cli_meta.h"

#include "base/fsio.h"
#include "base/json.h"
#include "base/must.h"

enum { META_BYTES = 1 << 20 };

static json_t *
member(json_t *object, struct span name, json_t *fresh)
{
    json_t *v = json_object_getn(object, name.p, name.n);
    if (v) {
        json_decref(fresh);
        return v;
    }
    must(json_object_setn_new(object, name.p, name.n, fresh) == 0);
    return fresh;
}

static json_t *
table_of(json_t *meta, struct span table)
{
    return member(member(meta, SPAN("tables"), json_object()), table, json_object());
}

/* "T.c" or "c". */
static enum err
split(struct task *t, struct span word, struct span fallback, struct span *table, struct span *column)
{
    struct span rest = word;
    *table = fallback;
    *column = word;
    if (span_has(word, '.')) {
        span_cut(&rest, '.', table);
        *column = rest;
    }
    if (table->n == 0 || column->n == 0)
        return task_fail(t, E_INVALID, "\"%.*s\" should be TABLE.COLUMN.", SPAN_ARG(span_first(word, 100)));
    return E_OK;
}

static enum err
add_pk(struct task *t, json_t *meta, struct span words, struct span fallback)
{
    struct span word, table, column;
    while (words.n > 0 && span_cut(&words, ',', &word)) {
        if (split(t, word, fallback, &table, &column) != E_OK)
            return t->err;
        fallback = table; /* T.a,b */
        json_t *list = member(table_of(meta, table), SPAN("primary_key"), json_array());
        if (!json_is_array(list) || json_array_append_new(list, json_stringn(column.p, column.n)) != 0)
            return task_fail(t, E_INVALID, "The description has a primary key for this table already.");
    }
    return E_OK;
}

static enum err
add_fk(struct task *t, json_t *meta, struct span words, struct span fallback)
{
    struct span from, table, column, to_table, to_column, to = words;
    if (!span_has(words, '=') || !span_cut(&to, '=', &from))
        return task_fail(t, E_INVALID, "--fk wants TABLE.COLUMN=OTHER.COLUMN.");
    if (split(t, from, fallback, &table, &column) != E_OK || split(t, to, SPAN_NONE, &to_table, &to_column) != E_OK)
        return t->err;
    json_t *key = json_pack("{s:[s%],s:s%,s:[s%]}", "columns", column.p, column.n, "table", to_table.p, to_table.n,
        "to", to_column.p, to_column.n);
    if (!key || json_array_append_new(member(table_of(meta, table), SPAN("foreign_keys"), json_array()), key) != 0)
        return task_fail(t, E_INVALID, "The foreign key \"%.*s\" is malformed.", SPAN_ARG(span_first(words, 100)));
    return E_OK;
}

static enum err
add_each(struct task *t, json_t *meta, const char *lines, struct span fallback,
    enum err (*add)(struct task *t, json_t *meta, struct span words, struct span fallback))
{
    struct span rest = span_of(lines), line;
    while (rest.n > 0 && span_cut(&rest, '\n', &line))
        if (add(t, meta, line, fallback) != E_OK)
            return t->err;
    return E_OK;
}

static enum err
read_file(struct task *t, const char *path, json_t **out)
{
    struct span text;
    if (fsio_read(t, path, META_BYTES, &text) != E_OK)
        return t->err;
    if (json_read(t, text, out) != E_OK) {
        const char *why = task_printf(t, "%s", t->cause);
        task_clear_error(t);
        return task_fail(t, E_INVALID, "%s: %s", path, why);
    }
    return json_is_object(*out) ? E_OK : task_fail(t, E_INVALID, "%s is not a JSON object.", path);
}

enum err
cli_meta_read(struct task *t, const struct cli_meta_words *w, struct span dataset, struct span table, json_t **out)
{
    const struct {
        const char *key, *value;
    } texts[] = {{"title", w->title}, {"description", w->description}, {"license", w->license}, {"source", w->source}};
    char *fallback = task_z(t, table.n ? table : dataset);
    for (char *p = fallback; table.n == 0 && *p; p++)
        *p = *p == '-' ? '_' : *p;
    *out = NULL;
    if (w->file && read_file(t, w->file, out) != E_OK)
        return t->err;
    if (!*out)
        *out = task_json(t, json_object());
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].value && json_object_set_new(*out, texts[i].key, json_string(texts[i].value)) != 0)
            return task_fail(t, E_INVALID, "The %s is not UTF-8.", texts[i].key);
    if (add_each(t, *out, w->pk, span_of(fallback), add_pk) != E_OK ||
        add_each(t, *out, w->fk, span_of(fallback), add_fk) != E_OK)
        return t->err;
    if (json_object_size(*out) == 0)
        *out = NULL;
    return E_OK;
}
