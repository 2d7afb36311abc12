/* labels: reading gate's list, finding a place in it. */
#include "pages/labels.h"

#include "base/json.h"
#include "pages/level.h"
#include "pages/own.h"

static struct span
text_at(const json_t *row, size_t i)
{
    const json_t *s = json_array_get(row, i);
    return (struct span){json_string_value(s), json_string_length(s)};
}

void
labels_read(struct task *t, const json_t *j, struct labels *out)
{
    const json_t *list = json_object_get(j, "labels"), *row;
    size_t i;
    *out = (struct labels){.level = level_member(j, "level", 0), .writable = json_flag(j, "writable", false)};
    out->at = task_array(t, json_array_size(list), sizeof *out->at);
    json_array_foreach((json_t *)(uintptr_t)list, i, row)
    {
        const json_t *level = json_array_get(row, 2), *integrity = json_array_get(row, 3);
        if (out->n < LABELS_MOST && json_is_integer(level) && text_at(row, 0).n > 0)
            out->at[out->n++] = (struct label){text_at(row, 0), text_at(row, 1), json_integer_value(level),
                json_is_integer(integrity) ? json_integer_value(integrity) : -1};
    }
}

void
labels_get(struct visit *v, struct span dataset, struct labels *out)
{
    const struct own_field in[] = {{"dataset", dataset}};
    json_t *reply = NULL;
    *out = (struct labels){0};
    if (v->who.session.n == 0)
        return;
    if (own_call(v, "label.get", own_fields(in, 1), &reply) != E_OK) {
        task_clear_error(v->t); /* not theirs to know: a page without marks */
        return;
    }
    labels_read(v->t, reply, out);
}

bool
labels_are_mine(const struct visit *v, const json_t *record)
{
    struct span owner = json_text(record, "owner");
    return v->actor.signed_in &&
           (span_is(v->actor.role, "admin") || span_eq(owner, v->actor.principal) || span_eq(owner, v->actor.name));
}

struct span
labels_word(const struct labels *l, struct span table, struct span column)
{
    for (size_t i = 0; i < l->n; i++)
        if (span_eq(l->at[i].table, table) && span_eq(l->at[i].column, column) && l->at[i].level > l->level)
            return level_word(l->at[i].level);
    return SPAN_NONE;
}

void
labels_put(struct task *t, const struct labels *l, struct span table, const struct view_column_fact **at, size_t n)
{
    if (l->n == 0)
        return;
    struct view_column_fact *f = task_array(t, n, sizeof *f);
    for (size_t i = 0; i < n; i++) {
        f[i] = (*at)[i];
        f[i].level = labels_word(l, table, f[i].column);
    }
    *at = f;
}
