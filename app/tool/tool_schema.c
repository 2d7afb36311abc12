/* tool_schema: find_tables and describe: the two steps to the tables that a question needs. */
#include "base/json.h"
#include "tool/schema.h"
#include "tool/tool_priv.h"

enum { WORDS_BYTES = 1000, TABLES_FOUND = 8, TABLES_ASKED = 20, HEAD_BYTES = 600 };

static const struct tool_param FIND_PARAMS[] = {
    {.name = "words",
        .type = ARG_TEXT,
        .low = 0,
        .high = WORDS_BYTES,
        .about = "Words of the question and other names for the same things. Left out: all tables."},
    TOOL_PARAM_DATASET,
};
static const struct tool_param DESCRIBE_PARAMS[] = {
    {.name = "tables",
        .type = ARG_TEXTS,
        .required = true,
        .low = 1,
        .high = TABLES_ASKED,
        .about = "Names of tables."},
    TOOL_PARAM_DATASET,
};

static struct span
find_doing(struct task *t, struct tool_world *w, const json_t *args)
{
    (void)w;
    bool words = span_trim(json_text(args, "words")).n > 0;
    return words ? SPAN("Looking for tables that fit the question") : task_format(t, "Listing the tables");
}

/* The begin of a result: {"dataset":name. */
static struct buf *
begin(struct task *t, const struct tool_dataset *d)
{
    struct buf *b = task_buf(t, (size_t)4 << 20);
    buf_putc(b, '{');
    json_put_key(b, "dataset");
    json_put_text(b, d->name);
    return b;
}

static void
finish(struct task *t, struct buf *b, struct span line, struct tool_done *out)
{
    (void)t;
    buf_putc(b, '}');
    out->json = buf_view(b);
    out->line = line;
}

/* Tables that the index gives for the words, best first. */
static enum err
found_tables(
    struct task *t, struct tool_world *w, struct tool_dataset *d, struct span words, const json_t ***out, size_t *n)
{
    struct span grant;
    json_t *names, *v;
    size_t i;
    struct span hash = query_own_hash(t, "find", d->name, words);
    if (tool_grant(t, w, "read", d->name, hash, &grant) != E_OK ||
        query_find(t, grant, d->name, words, TABLES_FOUND, &names) != E_OK)
        return t->err;
    *out = task_array(t, json_array_size(names), sizeof **out);
    *n = 0;
    json_array_foreach(names, i, v)
    {
        struct span name = json_is_string(v) ? span_of(json_string_value(v)) : json_text(v, "name");
        const json_t *table = schema_table(d->schema, name);
        if (table)
            (*out)[(*n)++] = table;
    }
    return E_OK;
}

static enum err
find_run(struct task *t, struct tool_world *w, const json_t *args, struct tool_done *out)
{
    struct tool_dataset *d;
    json_t *schema;
    const json_t **tables = NULL;
    size_t n = 0;
    if (tool_dataset(t, w, args, &d) != E_OK || tool_schema(t, w, d->name, &schema) != E_OK)
        return t->err;
    struct span words = span_trim(json_text(args, "words"));
    if (words.n > 0 && found_tables(t, w, d, words, &tables, &n) != E_OK)
        return t->err;
    bool found = n > 0;
    if (!found)
        tables = schema_tables(t, schema, &n);
    struct buf *b = begin(t, d);
    if (words.n > 0 && !found)
        buf_puts(b, ",\"note\":\"No table fits these words. These are all.\"");
    schema_put_tables(b, tables, n, SCHEMA_COLUMNS, TOOL_RESULT_BYTES - HEAD_BYTES);
    finish(t, b, task_format(t, "%zu table%s", n, n == 1 ? "" : "s"), out);
    return E_OK;
}

static struct span
describe_doing(struct task *t, struct tool_world *w, const json_t *args)
{
    (void)w;
    const json_t *tables = json_object_get(args, "tables");
    struct buf *b = task_buf(t, 400);
    buf_puts(b, "Reading about ");
    for (size_t i = 0; i < json_array_size(tables) && i < 3; i++)
        buf_printf(b, "%s%.80s", i ? ", " : "", json_string_value(json_array_get(tables, i)));
    if (json_array_size(tables) > 3)
        buf_puts(b, " and others");
    return buf_view(b);
}

/* A name that is not there: a problem with the names that are. */
static void
no_table(struct task *t, const json_t *schema, struct span name, struct tool_done *out)
{
    size_t n;
    const json_t **tables = schema_tables(t, schema, &n);
    struct span *names = task_array(t, n, sizeof *names);
    for (size_t i = 0; i < n; i++)
        names[i] = json_text(tables[i], "name");
    struct query_problem p = {
        .code = SPAN("no_such_table"),
        .message = task_format(t, "There is no table \"%.*s\".", SPAN_ARG(span_first(name, 128))),
        .offset = -1,
        .token = name,
        .suggestions = names,
        .n_suggestions = n,
        .hint = SPAN("find_tables lists the tables."),
    };
    tool_problem(t, &p, out);
}

static enum err
describe_run(struct task *t, struct tool_world *w, const json_t *args, struct tool_done *out)
{
    struct tool_dataset *d;
    json_t *schema, *v;
    size_t i, n = 0;
    if (tool_dataset(t, w, args, &d) != E_OK || tool_schema(t, w, d->name, &schema) != E_OK)
        return t->err;
    const json_t *tables[TABLES_ASKED];
    json_array_foreach(json_object_get(args, "tables"), i, v)
    {
        struct span name = {json_string_value(v), json_string_length(v)};
        tables[n] = schema_table(schema, name);
        if (!tables[n++]) {
            no_table(t, schema, name, out);
            return E_OK;
        }
    }
    struct buf *b = begin(t, d);
    schema_put_tables(b, tables, n, SCHEMA_WHOLE, TOOL_RESULT_BYTES - HEAD_BYTES);
    finish(t, b, task_format(t, "%zu table%s", n, n == 1 ? "" : "s"), out);
    return E_OK;
}

const struct tool tool_find_tables = {
    .name = "find_tables",
    .alias = "list_tables",
    .description = "Lists the tables of a dataset, or those that fit words of the question best.",
    .params = FIND_PARAMS,
    .n_params = sizeof FIND_PARAMS / sizeof *FIND_PARAMS,
    .effect = EFFECT_READ,
    .doing = find_doing,
    .run = find_run,
};
const struct tool tool_describe = {
    .name = "describe",
    .description = "Gives the columns of tables: types, keys, meaning, units, ranges and samples of values.",
    .params = DESCRIBE_PARAMS,
    .n_params = sizeof DESCRIBE_PARAMS / sizeof *DESCRIBE_PARAMS,
    .effect = EFFECT_READ,
    .doing = describe_doing,
    .run = describe_run,
};
