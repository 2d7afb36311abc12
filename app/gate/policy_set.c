/* policy_set: the table of settings; one JSON object in the setting "policy". */
#include "gate/policy_set.h"

#include "base/json.h"
#include "store/auth_plugin.h"
#include "store/auth_registry.h"

#include <stddef.h>

static const struct {
    const char *name;
    size_t offset;
    bool flag;
    int64_t fallback, low, high;
    const char *what;
} rows[] = {
#define FIELD(name) #name, offsetof(struct policy_set, name)
    {FIELD(strict), true, 0, 0, 1, "true or false"},
    {FIELD(fetch), true, 1, 0, 1, "true or false"},
    {FIELD(approve_durable_ms), false, 900000, 10000, 86400000, "milliseconds from 10,000 to 86,400,000 (a day)"},
    {FIELD(approve_outside_ms), false, 300000, 10000, 3600000, "milliseconds from 10,000 to 3,600,000 (an hour)"},
    {FIELD(approve_authority_ms), false, 300000, 10000, 3600000, "milliseconds from 10,000 to 3,600,000 (an hour)"},
    {FIELD(change_rows), false, 1000, 0, 1000000000, "a number of rows from 0 to 1,000,000,000"},
    {FIELD(turn_calls), false, 500, 1, 100000, "a number of calls from 1 to 100,000"},
    {FIELD(turn_refusals), false, 8, 1, 100000, "a number of calls from 1 to 100,000"},
    {FIELD(turn_declines), false, 2, 1, 100, "a number from 1 to 100"},
    {FIELD(undo_days), false, 7, 0, 365, "a number of days from 0 to 365"},
#undef FIELD
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static int64_t
get(const struct policy_set *p, size_t i)
{
    const void *at = (const char *)p + rows[i].offset;
    return rows[i].flag ? *(const bool *)at : *(const int64_t *)at;
}

static void
set(struct policy_set *p, size_t i, int64_t v)
{
    void *at = (char *)p + rows[i].offset;
    if (rows[i].flag)
        *(bool *)at = v != 0;
    else
        *(int64_t *)at = v;
}

json_t *
policy_set_json(const struct policy_set *p)
{
    json_t *j = json_object();
    for (size_t i = 0; i < ROWS; i++)
        json_object_set_new(j, rows[i].name, rows[i].flag ? json_boolean(get(p, i)) : json_integer(get(p, i)));
    json_object_set_new(j, "hash", json_string(p->hash));
    return j;
}

/* What else decides: how far each model is cleared. */
static enum err
put_models(struct task *t, struct gate *g, struct buf *b)
{
    struct auth_model *m = NULL;
    size_t n = 0;
    if (auth_model_list(t, &g->db, &m, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++) {
        json_t *body = NULL;
        if (json_read(t, m[i].body, &body) != E_OK)
            return t->err;
        buf_putc(b, '\n');
        json_put_text(b, m[i].name);
        json_put_text(b, json_text(body, "clearance"));
    }
    return E_OK;
}

static enum err
put_hash(struct task *t, struct gate *g, struct policy_set *p)
{
    enum { HASHED_BYTES = 256 * 1024 };
    struct buf *b = task_buf(t, HASHED_BYTES);
    buf_puts(b, POLICY_FUNCTION);
    for (size_t i = 0; i < ROWS; i++)
        buf_printf(b, "\n%s=%lld", rows[i].name, (long long)get(p, i));
    struct span plugins;
    if (put_models(t, g, b) != E_OK || auth_plugin_fingerprint(t, &g->db, &plugins) != E_OK)
        return t->err;
    if (plugins.n > 0) {
        buf_putc(b, '\n');
        buf_span(b, plugins);
    }
    hash_hex(buf_view(b), p->hash);
    return b->failed ? task_fail(t, E_LIMIT, "There are too many models and plugins.") : E_OK;
}

static enum err
read_stored(struct task *t, struct gate *g, json_t **out)
{
    struct span stored;
    if (auth_setting_get(t, &g->db, "policy", &stored) != E_OK)
        return t->err;
    return json_read(t, stored.n > 0 ? stored : SPAN("{}"), out);
}

enum err
policy_set_read(struct task *t, struct gate *g, struct policy_set *out)
{
    json_t *stored = NULL;
    *out = (struct policy_set){0};
    if (read_stored(t, g, &stored) != E_OK)
        return t->err;
    for (size_t i = 0; i < ROWS; i++)
        set(out, i,
            rows[i].flag ? json_flag(stored, rows[i].name, rows[i].fallback != 0)
                         : json_int(stored, rows[i].name, rows[i].fallback));
    return put_hash(t, g, out);
}

static bool
value_ok(size_t i, const json_t *v)
{
    if (rows[i].flag)
        return json_is_boolean(v);
    return json_is_integer(v) && json_integer_value(v) >= rows[i].low && json_integer_value(v) <= rows[i].high;
}

static size_t
row_of(const char *name)
{
    size_t i = 0;
    while (i < ROWS && !span_is(span_of(name), rows[i].name))
        i++;
    return i;
}

enum err
policy_set_write(struct task *t, struct gate *g, json_t *changes, int64_t now_ms)
{
    json_t *stored = NULL, *v;
    const char *name;
    if (!json_is_object(changes) || json_object_size(changes) == 0)
        return task_fail(t, E_INVALID, "Name the settings of the policy that are to change.");
    if (read_stored(t, g, &stored) != E_OK)
        return t->err;
    json_object_foreach(changes, name, v)
    {
        size_t i = row_of(name);
        if (i == ROWS)
            return task_fail(t, E_INVALID, "The policy has no setting %.*s.", SPAN_ARG(span_first(span_of(name), 60)));
        if (!value_ok(i, v))
            return task_fail(t, E_INVALID, "The policy's setting %s is %s.", rows[i].name, rows[i].what);
        json_object_set(stored, name, v);
    }
    return auth_setting_set(t, &g->db, "policy", json_dump(t, stored), now_ms);
}
