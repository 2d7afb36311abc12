/* own_saved: queries that people keep, for themselves until they share them with the dataset's readers. */
#include "base/id.h"
#include "base/json.h"
#include "gate/label.h"
#include "gate/own.h"
#include "gate/own_keep.h"

enum { PARAM_BYTES = 100 };

static bool
params_ok(const json_t *params)
{
    size_t i;
    json_t *one;
    if (!params)
        return true;
    if (!json_is_array(params) || json_array_size(params) > SAVED_PARAMS)
        return false;
    json_array_foreach(params, i, one) if (!json_is_string(one) || json_string_length(one) == 0 ||
                                           json_string_length(one) > PARAM_BYTES) return false;
    return true;
}

enum err
own_saved_read(struct task *t, const json_t *in, struct auth_saved *out)
{
    const json_t *params = json_object_get(in, "params");
    *out = (struct auth_saved){.name = span_trim(json_text(in, "name")),
        .dataset = json_text(in, "dataset"),
        .sql = json_text(in, "sql"),
        .about = json_text(in, "about")};
    if (out->name.n == 0 || out->name.n > SAVED_NAME_BYTES)
        return task_fail(t, E_INVALID, "A saved query needs a name of at most %d bytes.", SAVED_NAME_BYTES);
    if (out->sql.n == 0 || out->sql.n > SAVED_SQL_BYTES)
        return task_fail(t, E_INVALID, "A saved query needs a statement of at most %d bytes.", SAVED_SQL_BYTES);
    if (out->about.n > SAVED_ABOUT_BYTES)
        return task_fail(t, E_LIMIT, "The description may have at most %d bytes.", SAVED_ABOUT_BYTES);
    if (!params_ok(params))
        return task_fail(t, E_INVALID, "\"params\" is a list of at most %d names.", SAVED_PARAMS);
    out->params = params ? json_dump(t, params) : SPAN("[]");
    return E_OK;
}

enum err
own_saved_store(struct task *t, struct gate *g, struct auth_saved *s, int64_t now_ms)
{
    struct auth_saved was;
    char id[ID_BYTES + 1];
    if (auth_saved_named(t, &g->db, s->owner, s->dataset, s->name, &was) != E_OK)
        return t->err;
    id_new('s', id);
    s->id = was.id.n > 0 ? was.id : task_dup(t, span_of(id));
    s->created_ms = was.id.n > 0 ? was.created_ms : now_ms;
    s->shared = false;
    return auth_saved_put(t, &g->db, s, now_ms);
}

/* What the actor is to it. */
static enum err
judge(struct task *t, struct own_call *c, const struct auth_saved *s, struct may_object *o)
{
    struct auth_dataset d;
    struct may_object of;
    *o = (struct may_object){.exists = s->id.n > 0, .owner = s->owner, .published = s->shared};
    if (!o->exists)
        return E_OK;
    if (object_dataset(t, c->gate, c->actor, s->dataset, &d, &of) != E_OK)
        return t->err;
    o->visibility = of.visibility;
    o->reader = of.reader || (c->actor->public.principal.n > 0 && span_eq(c->actor->public.principal, of.owner));
    o->published = s->shared && of.exists;
    return E_OK;
}

static enum err
find(struct task *t, struct own_call *c, const char *verb, struct auth_saved *s)
{
    struct span id;
    struct may_object o;
    if (own_text(t, c, "id", &id) != E_OK || auth_saved_find(t, &c->gate->db, id, s) != E_OK ||
        judge(t, c, s, &o) != E_OK)
        return t->err;
    return own_may(t, c, verb, "saved", &o);
}

static json_t *
saved_json(struct task *t, const struct own_call *c, const struct auth_saved *s)
{
    const struct {
        const char *key;
        struct span value;
    } texts[] = {{"id", s->id}, {"name", s->name}, {"dataset", s->dataset}, {"sql", s->sql}, {"about", s->about}};
    json_t *j = task_json(t, json_object()), *params = NULL;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        json_object_set_new(j, texts[i].key, json_stringn(texts[i].value.p ? texts[i].value.p : "", texts[i].value.n));
    if (json_read(t, s->params, &params) == E_OK)
        json_object_set(j, "params", params);
    json_object_set_new(j, "shared", json_boolean(s->shared));
    json_object_set_new(j, "mine", json_boolean(span_eq(s->owner, c->actor->public.principal)));
    return j;
}

enum err
own_saved_list(struct task *t, struct own_call *c)
{
    struct auth_saved *s = NULL;
    size_t n = 0;
    json_t *list = json_array();
    c->out = task_json(t, json_object());
    json_object_set_new(c->out, "saved", list);
    if (own_may(t, c, "list", "saved", &(struct may_object){0}) != E_OK ||
        auth_saved_list(t, &c->gate->db, c->actor->public.principal, json_text(c->in, "dataset"), &s, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++) {
        struct may_object o;
        if (judge(t, c, &s[i], &o) != E_OK)
            return t->err;
        if (own_may(t, c, "read", "saved", &o) == E_OK)
            json_array_append(list, saved_json(t, c, &s[i]));
        else if (t->err == E_NOTFOUND)
            task_clear_error(t);
        else
            return t->err;
    }
    return t->err;
}

enum err
own_saved_get(struct task *t, struct own_call *c)
{
    struct auth_saved s;
    if (find(t, c, "read", &s) != E_OK)
        return t->err;
    c->out = saved_json(t, c, &s);
    return t->err;
}

/* Kept for oneself, it goes nowhere. */
enum err
own_saved_put(struct task *t, struct own_call *c)
{
    struct auth_saved s;
    struct auth_dataset d;
    struct may_object o;
    struct dataset_label label;
    struct span approval;
    if (own_saved_read(t, c->in, &s) != E_OK || own_dataset(t, c, "read", &d, &o) != E_OK ||
        label_of_dataset(t, c->gate, &d, &label) != E_OK)
        return t->err;
    s.owner = c->actor->public.principal;
    s.level = label.level;
    s.integrity = INTEGRITY_USER;
    struct approval_call call = {.kind = "save",
        .c = {.integrity = INTEGRITY_USER,
            .level = label.level,
            .dominates = true,
            .effect = EFFECT_DURABLE,
            .clearance = LEVEL_SECRET,
            .mode = MODE_PRIVATE},
        .args = json_dump(t, c->in),
        .dataset = d.name,
        .sink = SPAN("own")};
    if (own_decide(t, c, "saved.put", &call, &approval) != E_OK)
        return t->err;
    if (db_begin(t, &c->gate->db) != E_OK ||
        db_end(t, &c->gate->db, own_saved_store(t, c->gate, &s, c->now_ms)) != E_OK)
        return t->err;
    own_answer(t, c, "id", s.id);
    return E_OK;
}

/* Its readers are the dataset's: what the text may hold beyond that is declassified, which needs an approval. */
static enum err
share(struct task *t, struct own_call *c, const struct auth_saved *s, struct span *approval)
{
    struct auth_dataset d;
    struct may_object o;
    struct dataset_label label;
    if (object_dataset(t, c->gate, c->actor, s->dataset, &d, &o) != E_OK ||
        own_may(t, c, "read", "dataset", &o) != E_OK || label_of_dataset(t, c->gate, &d, &label) != E_OK)
        return t->err;
    struct approval_call call = {.kind = "share",
        .c = {.integrity = INTEGRITY_USER,
            .level = (enum policy_level)s->level,
            .dominates = true,
            .effect = EFFECT_OUTSIDE,
            .clearance = object_level(&d),
            .mode = MODE_PRIVATE},
        .args = task_format(t, "{\"saved\":\"%.*s\"}", SPAN_ARG(s->id)),
        .dataset = d.name,
        .sink = SPAN("readers"),
        .payload_hash = SPAN_NONE};
    char hex[HASH_HEX_BYTES];
    hash_hex(s->sql, hex);
    call.payload_hash = task_dup(t, span_of(hex));
    return own_decide(t, c, "saved.share", &call, approval);
}

enum err
own_saved_share(struct task *t, struct own_call *c)
{
    struct auth_saved s;
    struct span approval = SPAN_NONE;
    bool wanted = json_flag(c->in, "shared", true);
    struct gate_change change = {
        .actor = c->actor->public.principal, .action = wanted ? SPAN("saved.shared") : SPAN("saved.unshared")};
    if (find(t, c, "share", &s) != E_OK || (wanted && share(t, c, &s, &approval) != E_OK))
        return t->err;
    if (approval.n > 0) {
        own_answer(t, c, "approval", approval);
        return E_OK;
    }
    change.object = s.id;
    if (gate_change_begin(t, c->gate, &change) != E_OK)
        return t->err;
    return gate_change_end(t, c->gate, &change, c->now_ms, auth_saved_share(t, &c->gate->db, s.id, wanted, c->now_ms));
}

enum err
own_saved_remove(struct task *t, struct own_call *c)
{
    struct auth_saved s;
    struct gate_change change = {.actor = c->actor->public.principal, .action = SPAN("saved.remove")};
    if (find(t, c, "change", &s) != E_OK)
        return t->err;
    change.object = s.id;
    if (gate_change_begin(t, c->gate, &change) != E_OK)
        return t->err;
    return gate_change_end(t, c->gate, &change, c->now_ms, auth_saved_remove(t, &c->gate->db, s.id));
}
