/* labels: reading them, and what they hide. */
#include "effect/labels.h"

#include "effect/sqlscan.h"

#include "base/json.h"
#include "base/must.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CHANGE_ROWS = 1000, UNDO_DAYS = 7, UNDO_DAYS_MOST = 365 };

static bool
same(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || strncasecmp(a.p, b.p, a.n) == 0);
}

static bool
read_entry(const json_t *row, struct label_entry *out)
{
    const json_t *table = json_array_get(row, 0), *column = json_array_get(row, 1), *level = json_array_get(row, 2);
    if (json_array_size(row) != 3 || !json_is_string(table) || !json_is_string(column) || !json_is_integer(level) ||
        json_integer_value(level) < 0 || json_integer_value(level) >= LABELS_LEVELS || json_string_length(table) == 0)
        return false;
    out->table = (struct span){json_string_value(table), json_string_length(table)};
    out->column = (struct span){json_string_value(column), json_string_length(column)};
    out->level = (int)json_integer_value(level);
    return true;
}

enum err
labels_read(struct task *t, struct span detail, struct labels *out)
{
    json_t *j = NULL;
    size_t i;
    const json_t *row;
    *out = (struct labels){.change_rows = CHANGE_ROWS, .undo_days = UNDO_DAYS};
    if (detail.n == 0)
        return E_OK;
    if (json_read(t, detail, &j) != E_OK)
        return t->err;
    const json_t *list = json_object_get(j, "labels");
    int64_t level = json_int(j, "level", 0), days = json_int(j, "undo_days", UNDO_DAYS);
    if (!json_is_object(j) || level < 0 || level >= LABELS_LEVELS || (list && !json_is_array(list)) ||
        json_array_size(list) > LABELS_MOST)
        return task_fail(t, E_INVALID, "The labels in the permission are malformed.");
    out->level = (int)level;
    out->hold = json_flag(j, "hold", false);
    out->change_rows = json_int(j, "change_rows", CHANGE_ROWS);
    out->undo_days = days < 0 ? 0 : days > UNDO_DAYS_MOST ? UNDO_DAYS_MOST : days;
    out->entries = task_array(t, json_array_size(list) + 1, sizeof *out->entries);
    json_array_foreach((json_t *)(uintptr_t)list, i, row)
    {
        struct label_entry *e = &out->entries[out->n];
        if (!read_entry(row, e))
            return task_fail(t, E_INVALID, "The labels in the permission are malformed.");
        out->n += e->level > out->level;
    }
    return E_OK;
}

static int
by_name(const void *a, const void *b)
{
    const struct label_entry *x = a, *y = b;
    int c = span_cmp(x->table, y->table);
    c = c ? c : span_cmp(x->column, y->column);
    return c ? c : x->level - y->level;
}

struct span
labels_text(struct task *t, const struct labels *l)
{
    if (l->n == 0)
        return SPAN("");
    struct buf *b = task_buf(t, (size_t)8 * LABELS_BYTES);
    struct label_entry *sorted = task_array(t, l->n, sizeof *sorted);
    memcpy(sorted, l->entries, l->n * sizeof *sorted);
    qsort(sorted, l->n, sizeof *sorted, by_name);
    buf_printf(b, "{\"level\":%d,\"labels\":[", l->level);
    for (size_t i = 0; i < l->n; i++) {
        buf_puts(b, i ? ",[" : "[");
        json_put_text(b, sorted[i].table);
        buf_putc(b, ',');
        json_put_text(b, sorted[i].column);
        buf_printf(b, ",%d]", sorted[i].level);
    }
    buf_puts(b, "]}");
    must(!b->failed); /* the texts came out of a grant */
    return buf_view(b);
}

bool
labels_hide_table(const struct labels *l, int clearance, struct span table)
{
    for (size_t i = 0; l && i < l->n; i++)
        if (l->entries[i].level > clearance && l->entries[i].column.n == 0 && same(l->entries[i].table, table))
            return true;
    return false;
}

bool
labels_touch(const struct labels *l, int clearance, struct span table)
{
    for (size_t i = 0; l && i < l->n; i++)
        if (l->entries[i].level > clearance && same(l->entries[i].table, table))
            return true;
    return false;
}

static bool
is_generated(const struct labels *l, struct span table, struct span column)
{
    size_t i;
    const json_t *row;
    json_array_foreach((json_t *)(uintptr_t)l->generated, i, row)
    {
        if (same(span_of(json_string_value(json_array_get(row, 0))), table) &&
            same(span_of(json_string_value(json_array_get(row, 1))), column))
            return true;
    }
    return false;
}

bool
labels_hide_column(const struct labels *l, int clearance, struct span table, struct span column)
{
    bool touched = labels_touch(l, clearance, table);
    for (size_t i = 0; touched && i < l->n; i++)
        if (l->entries[i].level > clearance && same(l->entries[i].table, table) &&
            (l->entries[i].column.n == 0 || same(l->entries[i].column, column)))
            return true;
    return touched && is_generated(l, table, column);
}

bool
labels_mention(const struct labels *l, int clearance, struct span sql)
{
    for (size_t i = 0; l && i < l->n; i++) {
        const struct label_entry *e = &l->entries[i];
        if (e->level > clearance && sqlscan_names(sql, e->column.n > 0 ? e->column : e->table))
            return true;
    }
    return false;
}

bool
labels_use(const struct labels *l, int level)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->entries[i].level == level)
            return true;
    return false;
}

int
labels_top(const struct labels *l)
{
    int top = l->level;
    for (size_t i = 0; i < l->n; i++)
        top = l->entries[i].level > top ? l->entries[i].level : top;
    return top;
}
