/* change_diff: JSON for the approval page. */
#include "effect/change_diff.h"

#include "effect/report.h"

#include "base/id.h"
#include "base/must.h"
#include "base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SCHEMA_MOST = 200, SCHEMA_BYTES = 20000, MARK_DIGITS = 8 };

struct diff_table *
diff_table(struct diff *d, struct span name, const struct change_table *table)
{
    struct diff_table *x = NULL;
    for (size_t i = 0; i < d->n && !x; i++)
        if (span_eq(d->at[i].name, name))
            x = &d->at[i];
    if (!x && d->n == DIFF_TABLES)
        return NULL;
    if (!x) {
        x = &d->at[d->n++];
        *x = (struct diff_table){.name = name, .before = -1, .after = -1};
        x->columns = json_array();
        x->changes = json_array();
        must(x->columns && x->changes);
    }
    for (size_t i = json_array_size(x->columns); table && i < table->n; i++)
        must(json_array_append_new(x->columns, report_text(table->columns[i].name)) == 0);
    return x;
}

void
diff_columns(struct diff_table *x, const struct change_table *table)
{
    size_t same = 0, n = json_array_size(x->columns);
    while (same < n && same < table->n) {
        const json_t *was = json_array_get(x->columns, same);
        if (!span_eq((struct span){json_string_value(was), json_string_length(was)}, table->columns[same].name))
            break;
        same++;
    }
    if (same == n && n > 0 && table->n == n)
        return;
    x->closed = x->closed || (same < n && json_array_size(x->changes) > 0);
    if (x->closed)
        return;
    must(json_array_clear(x->columns) == 0);
    for (size_t i = 0; i < table->n; i++)
        must(json_array_append_new(x->columns, report_text(table->columns[i].name)) == 0);
}

/* "text… (1,200 bytes, 5f3a9c01)" */
static json_t *
cut(struct span shown, struct span whole, bool blob)
{
    char hash[HASH_HEX_BYTES], mark[80];
    struct buf b;
    hash_hex(whole, hash);
    snprintf(mark, sizeof mark, "%s (%zu bytes, %.*s)", blob ? "" : "\xe2\x80\xa6", whole.n, MARK_DIGITS, hash);
    buf_init(&b, (size_t)8 * DIFF_CELL_BYTES);
    if (blob) {
        buf_puts(&b, "x'");
        hex_put(&b, shown.p, shown.n);
        buf_puts(&b, shown.n < whole.n ? "\xe2\x80\xa6'" : "'");
    } else {
        buf_span(&b, shown);
    }
    if (!blob || shown.n < whole.n)
        buf_puts(&b, mark);
    json_t *j = report_text(buf_view(&b));
    buf_reset(&b);
    return j;
}

json_t *
diff_cell(sqlite3_value *v, size_t *bytes)
{
    int type = v ? sqlite3_value_type(v) : SQLITE_NULL;
    json_t *j = NULL;
    *bytes += 16;
    if (type == SQLITE_INTEGER) {
        j = json_integer(sqlite3_value_int64(v));
    } else if (type == SQLITE_FLOAT) {
        double r = sqlite3_value_double(v);
        j = isfinite(r) ? json_real(r) : json_string(r > 0 ? "Infinity" : "-Infinity");
    } else if (type == SQLITE_TEXT || type == SQLITE_BLOB) {
        bool blob = type == SQLITE_BLOB;
        const void *p = blob ? sqlite3_value_blob(v) : (const void *)sqlite3_value_text(v);
        struct span whole = {p, p ? (size_t)sqlite3_value_bytes(v) : 0};
        struct span shown = blob ? span_first(whole, DIFF_CELL_BYTES / 2) : utf8_first(whole, DIFF_CELL_BYTES);
        *bytes += blob ? shown.n * 2 : shown.n;
        j = blob || shown.n < whole.n ? cut(shown, whole, blob) : report_text(whole);
    } else {
        j = json_null();
    }
    must(j);
    return j;
}

bool
diff_shows(const struct diff *d, const struct diff_table *table)
{
    return !table->closed && json_array_size(table->changes) < DIFF_ROWS && d->bytes < DIFF_BYTES;
}

void
diff_row(struct diff *d, struct diff_table *table, char op, int64_t rowid, json_t *old, json_t *new, size_t bytes)
{
    json_t *row = json_pack("{s:s,s:I}", "op",
        op == 'I'   ? "insert"
        : op == 'U' ? "update"
                    : "delete",
        "rowid", (json_int_t)rowid);
    must(row && (!old || json_object_set_new(row, "old", old) == 0) &&
         (!new || json_object_set_new(row, "new", new) == 0) && json_array_append_new(table->changes, row) == 0);
    d->bytes += bytes;
}

json_t *
diff_tables_json(struct task *t, const struct diff *d)
{
    json_t *list = task_json(t, json_array());
    for (size_t i = 0; i < d->n; i++) {
        const struct diff_table *x = &d->at[i];
        json_t *row = json_pack("{s:o,s:I,s:I,s:I,s:I,s:I,s:O,s:O}", "name", report_text(x->name), "before",
            (json_int_t)(x->before < 0 ? 0 : x->before), "after", (json_int_t)(x->after < 0 ? 0 : x->after), "inserted",
            (json_int_t)x->inserted, "updated", (json_int_t)x->updated, "deleted", (json_int_t)x->deleted, "columns",
            x->columns, "changes", x->changes);
        must(row && json_array_append_new(list, row) == 0);
    }
    return list;
}

static void
add_pair(json_t *list, struct span before, struct span after)
{
    json_t *row = json_pack("{s:o,s:o}", "before", report_text(utf8_first(before, SCHEMA_BYTES)), "after",
        report_text(utf8_first(after, SCHEMA_BYTES)));
    must(row && json_array_append_new(list, row) == 0);
}

json_t *
diff_schema_json(struct task *t, const struct change_schema *before, const struct change_schema *after)
{
    json_t *list = task_json(t, json_array());
    for (size_t i = 0; i < before->n && json_array_size(list) < SCHEMA_MOST; i++) {
        const struct change_object *o = &before->at[i], *now = change_object_find(after, o->type, o->name);
        if (!now || !span_eq(now->sql, o->sql))
            add_pair(list, o->sql, now ? now->sql : SPAN(""));
    }
    for (size_t i = 0; i < after->n && json_array_size(list) < SCHEMA_MOST; i++)
        if (!change_object_find(before, after->at[i].type, after->at[i].name))
            add_pair(list, SPAN(""), after->at[i].sql);
    return list;
}

void
diff_reset(struct diff *d)
{
    for (size_t i = 0; i < d->n; i++) {
        json_decref(d->at[i].columns);
        json_decref(d->at[i].changes);
    }
    memset(d, 0, sizeof *d);
}
