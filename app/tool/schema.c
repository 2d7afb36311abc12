/* schema: what a model is told of tables. */
#include "tool/schema.h"

#include "base/json.h"
#include "base/utf8.h"

enum { DESCRIPTION_BYTES = 300, NAME_BYTES = 128, SAMPLE_BYTES = 60, SAMPLES_SHOWN = 5, TABLE_BYTES = 1 << 20 };

const json_t *
schema_table(const json_t *schema, struct span name)
{
    size_t i;
    json_t *table;
    const json_t *found = NULL;
    json_array_foreach(json_object_get(schema, "tables"), i, table)
    {
        struct span s = json_text(table, "name");
        if (span_eq(s, name))
            return table;
        if (s.n == name.n && s.n < NAME_BYTES && !found) {
            char z[NAME_BYTES];
            for (size_t k = 0; k < name.n; k++)
                z[k] = name.p[k];
            z[name.n] = '\0';
            found = span_is_nocase(s, z) ? table : NULL;
        }
    }
    return found;
}

const json_t **
schema_tables(struct task *t, const json_t *schema, size_t *n)
{
    const json_t *tables = json_object_get(schema, "tables");
    const json_t **list = task_array(t, json_array_size(tables), sizeof *list);
    for (*n = 0; *n < json_array_size(tables); ++*n)
        list[*n] = json_array_get(tables, *n);
    return list;
}

static void
put_text(struct buf *b, const json_t *j, const char *key, size_t most)
{
    struct span s = json_text(j, key);
    if (s.n == 0)
        return;
    json_put_key(b, key);
    json_put_text(b, utf8_first(s, most));
}

static void
put_count(struct buf *b, const json_t *j, const char *key)
{
    const json_t *v = json_object_get(j, key);
    if (!json_is_integer(v))
        return;
    json_put_key(b, key);
    buf_i64(b, json_integer_value(v));
}

static void
put_samples(struct buf *b, const json_t *column)
{
    size_t i;
    json_t *v;
    const json_t *samples = json_object_get(column, "samples");
    if (json_array_size(samples) == 0)
        return;
    json_put_key(b, "samples");
    buf_putc(b, '[');
    json_array_foreach(samples, i, v)
    {
        if (i == SAMPLES_SHOWN)
            break;
        buf_puts(b, i ? "," : "");
        if (json_is_string(v))
            json_put_text(b, utf8_first((struct span){json_string_value(v), json_string_length(v)}, SAMPLE_BYTES));
        else
            json_put(b, v);
    }
    buf_putc(b, ']');
}

static void
put_column(struct buf *b, const json_t *column)
{
    buf_putc(b, '{');
    put_text(b, column, "name", NAME_BYTES);
    put_text(b, column, "type", NAME_BYTES);
    if (json_flag(column, "pk", false) || json_int(column, "pk", 0) > 0)
        buf_puts(b, ",\"pk\":true");
    put_text(b, column, "description", DESCRIPTION_BYTES);
    put_text(b, column, "unit", SAMPLE_BYTES);
    put_count(b, column, "distinct");
    put_count(b, column, "nulls");
    put_text(b, column, "min", SAMPLE_BYTES);
    put_text(b, column, "max", SAMPLE_BYTES);
    put_samples(b, column);
    buf_putc(b, '}');
}

static void
put_columns(struct buf *b, const json_t *table, enum schema_depth depth)
{
    size_t i;
    json_t *column;
    json_put_key(b, "columns");
    buf_putc(b, '[');
    json_array_foreach(json_object_get(table, "columns"), i, column)
    {
        buf_puts(b, i ? "," : "");
        if (depth == SCHEMA_WHOLE)
            put_column(b, column);
        else
            json_put_text(b, utf8_first(json_text(column, "name"), NAME_BYTES));
    }
    buf_putc(b, ']');
}

void
schema_put_table(struct buf *b, const json_t *table, enum schema_depth depth)
{
    buf_putc(b, '{');
    put_text(b, table, "name", NAME_BYTES);
    if (span_is(json_text(table, "kind"), "view"))
        put_text(b, table, "kind", NAME_BYTES);
    put_count(b, table, "rows");
    if (depth >= SCHEMA_COLUMNS) {
        put_text(b, table, "description", DESCRIPTION_BYTES);
        put_columns(b, table, depth);
    }
    const json_t *keys = json_object_get(table, "foreign_keys");
    if (depth == SCHEMA_WHOLE && json_array_size(keys) > 0) {
        json_put_key(b, "foreign_keys");
        json_put(b, keys);
    }
    buf_putc(b, '}');
}

/* Puts the table as deep as asked, or less deep where it does not fit; false when not even its name does. */
static bool
put_fitting(struct buf *b, const json_t *table, enum schema_depth depth, size_t end)
{
    for (int d = (int)depth; d >= SCHEMA_NAMES; d--) {
        size_t before = b->n;
        schema_put_table(b, table, (enum schema_depth)d);
        if (!b->failed && b->n <= end)
            return true;
        b->n = before;
        b->failed = false;
    }
    return false;
}

void
schema_put_tables(struct buf *b, const json_t *const *tables, size_t n, enum schema_depth depth, size_t most_bytes)
{
    enum { TAIL_BYTES = 40 };
    size_t end = b->n + most_bytes - TAIL_BYTES, shown = 0;
    json_put_key(b, "tables");
    buf_putc(b, '[');
    for (; shown < n; shown++) {
        size_t before = b->n;
        buf_puts(b, shown ? "," : "");
        if (put_fitting(b, tables[shown], depth, end))
            continue;
        b->n = before;
        break;
    }
    buf_putc(b, ']');
    if (shown < n)
        buf_printf(b, ",\"more_tables\":%zu", n - shown);
}
