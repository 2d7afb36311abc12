/* approve_diff: the rows that a dry run would change, as effect shows them to gate alone. */
#include "gate/approve.h"

#include "base/id.h"
#include "base/json.h"
#include "effect/effect_client.h"
#include "gate/seal.h"
#include "render/visible.h"

#include <string.h>

enum {
    DIFF_TABLES = 50,
    DIFF_ROWS = 200,
    DIFF_COLUMNS = 200,
    DIFF_SCHEMA = 50,
    CELL_BYTES = 200,
    DEFINITION_BYTES = 20000
};

static struct span
text_of(struct task *t, struct span s, size_t most)
{
    struct span cut = span_first(s, most);
    struct span shown = visible_text(t, cut);
    return cut.n < s.n ? task_format(t, "%.*s … (%zu bytes in all)", SPAN_ARG(shown), s.n) : shown;
}

static struct span
cell_text(struct task *t, const json_t *cell)
{
    if (!cell || json_is_null(cell))
        return SPAN("NULL");
    if (json_is_string(cell))
        return text_of(t, (struct span){json_string_value(cell), json_string_length(cell)}, CELL_BYTES);
    return text_of(t, json_dump(t, cell), CELL_BYTES);
}

/* An insert has no old row, a delete no new one; of an update both stand where they differ. */
static struct view_approve_cell
one_cell(struct task *t, const json_t *was, const json_t *is, bool has_was, bool has_is)
{
    struct view_approve_cell c = {.new = cell_text(t, is), .old = cell_text(t, was)};
    bool same = has_was && has_is && json_equal(was ? was : json_null(), is ? is : json_null());
    const json_t *any = has_is ? is : was;
    c.was = has_was && !same;
    c.is = has_is && !same;
    c.class = json_is_number(any) ? SPAN("num") : any && !json_is_null(any) ? SPAN("text") : SPAN("null");
    return c;
}

static struct view_approve_row
one_row(struct task *t, const json_t *change, size_t columns)
{
    static const struct {
        const char *op, *word;
    } words[] = {{"insert", "added"}, {"update", "changed"}, {"delete", "removed"}};
    struct view_approve_row row = {.op = SPAN("changed")};
    const json_t *was = json_object_get(change, "old"), *is = json_object_get(change, "new");
    struct span op = json_text(change, "op");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (span_is(op, words[i].op))
            row.op = span_of(words[i].word);
    struct view_approve_cell *cells = task_array(t, columns + 1, sizeof *cells);
    for (size_t i = 0; i < columns; i++)
        cells[i] = one_cell(
            t, json_array_get(was, i), json_array_get(is, i), json_array_size(was) > 0, json_array_size(is) > 0);
    row.cells.at = cells;
    row.cells.n = columns;
    return row;
}

static struct view_approve_table
one_table(struct task *t, const json_t *table, size_t *left)
{
    struct span name = visible_text(t, json_text(table, "name"));
    const json_t *names = json_object_get(table, "columns"), *changes = json_object_get(table, "changes");
    size_t columns = json_array_size(names), n = json_array_size(changes);
    columns = columns > DIFF_COLUMNS ? DIFF_COLUMNS : columns;
    n = n > *left ? *left : n;
    *left -= n;
    struct span *heads = task_array(t, columns + 1, sizeof *heads);
    struct view_approve_row *rows = task_array(t, n + 1, sizeof *rows);
    for (size_t i = 0; i < columns; i++)
        heads[i] = visible_text(t, span_of(json_string_value(json_array_get(names, i))));
    for (size_t i = 0; i < n; i++)
        rows[i] = one_row(t, json_array_get(changes, i), columns);
    struct view_approve_table out = {.name = name,
        .label = task_format(t, "Rows of %.*s that change", SPAN_ARG(name)),
        .counts = task_format(t, "%lld rows before, %lld after: %lld added, %lld changed, %lld removed.",
            (long long)json_int(table, "before", 0), (long long)json_int(table, "after", 0),
            (long long)json_int(table, "inserted", 0), (long long)json_int(table, "updated", 0),
            (long long)json_int(table, "deleted", 0))};
    out.columns.at = heads;
    out.columns.n = columns;
    out.rows.at = rows;
    out.rows.n = n;
    return out;
}

static void
fill_tables(struct task *t, const json_t *diff, struct view_approve_approval *view)
{
    const json_t *list = json_object_get(diff, "tables"), *schema = json_object_get(diff, "schema");
    size_t n = json_array_size(list), left = DIFF_ROWS, n_schema = json_array_size(schema);
    n = n > DIFF_TABLES ? DIFF_TABLES : n;
    n_schema = n_schema > DIFF_SCHEMA ? DIFF_SCHEMA : n_schema;
    struct view_approve_table *tables = task_array(t, n + 1, sizeof *tables);
    struct view_approve_schema *changes = task_array(t, n_schema + 1, sizeof *changes);
    for (size_t i = 0; i < n; i++)
        tables[i] = one_table(t, json_array_get(list, i), &left);
    for (size_t i = 0; i < n_schema; i++) {
        const json_t *one = json_array_get(schema, i);
        changes[i].before = text_of(t, json_text(one, "before"), DEFINITION_BYTES);
        changes[i].after = text_of(t, json_text(one, "after"), DEFINITION_BYTES);
    }
    view->tables.at = tables;
    view->tables.n = n;
    view->schema.at = changes;
    view->schema.n = n_schema;
    int64_t more = json_int(diff, "more", 0);
    if (more > 0)
        view->more = task_format(
            t, "%lld more rows change and are not shown here. The counts above cover all.", (long long)more);
    if (json_array_size(list) > n || json_array_size(schema) > n_schema)
        view->more = SPAN("More tables change than are shown here. Decline it unless you know why.");
}

static enum err
ask_effect(struct turnstile *v, const struct auth_approval *a, json_t **out)
{
    struct span sealed, fields[] = {SPAN("diff"), a->proposal};
    struct grant grant = {.audience = SPAN("effect"),
        .subject = a->user,
        .capability = SPAN("diff"),
        .conversation = a->conversation,
        .turn = a->turn,
        .level = a->level,
        .dataset = a->dataset,
        .args_hash = grant_args_hash(v->t, fields, 2)};
    if (seal_grant(v->t, v->gate, &grant, &sealed) != E_OK)
        return v->t->err;
    return effect_diff(v->t, sealed, a->proposal, out);
}

enum err
approve_diff(struct turnstile *v, const struct auth_approval *a, struct view_approve_approval *view, struct span *sql)
{
    json_t *diff = NULL;
    char hex[HASH_HEX_BYTES];
    if (ask_effect(v, a, &diff) != E_OK)
        return v->t->err;
    *sql = json_text(diff, "sql");
    hash_hex(*sql, hex);
    /* What is shown, what was asked for and what will run are the same bytes. */
    if (!span_eq(*sql, a->args) || !span_is(a->payload_hash, hex))
        return task_fail(v->t, E_CORRUPT, "The dry run's SQL is not what was asked for. Nothing can be approved here.");
    fill_tables(v->t, diff, view);
    return E_OK;
}
