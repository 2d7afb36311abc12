/* own_approval: a person's own approvals and phrase, for pages. */
#include "gate/own.h"

#include "base/json.h"
#include "gate/approve.h"

static void
put(json_t *j, const char *key, struct span s)
{
    json_object_set_new(j, key, json_stringn(s.p ? s.p : "", s.n));
}

/* Counts, for the person's pages: what the approval's own page tells in full. */
static void
put_facts(struct task *t, json_t *one, struct span facts)
{
    json_t *j = NULL;
    if (facts.n == 0)
        return;
    if (json_read(t, facts, &j) == E_OK)
        json_object_set(one, "facts", j);
    else
        task_clear_error(t);
}

/* approval.list {open?: alone} -> {"approvals":[...]} */
enum err
own_approval_list(struct task *t, struct own_call *c)
{
    struct auth_approval *a = NULL;
    size_t n = 0;
    json_t *list = json_array();
    c->out = task_json(t, json_object());
    json_object_set_new(c->out, "approvals", list);
    if (approval_settle(t, c->gate, c->actor->public.principal, c->now_ms) != E_OK ||
        auth_approval_list(t, &c->gate->db, c->actor->public.principal, json_flag(c->in, "open", false), &a, &n) !=
            E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++) {
        if (approval_look(t, c->gate, a[i].id, c->now_ms, &a[i]) != E_OK)
            return t->err;
        json_t *one = json_object();
        put(one, "id", a[i].id);
        put(one, "kind", a[i].kind);
        put(one, "state", a[i].state);
        put(one, "why", a[i].why);
        put(one, "what", approve_heading(t, &a[i]));
        put(one, "conversation", a[i].conversation);
        put(one, "turn", a[i].turn);
        put(one, "dataset", a[i].dataset);
        put_facts(t, one, a[i].facts);
        json_object_set(one, "facts", approval_facts(t, &a[i]));
        json_object_set_new(one, "created_ms", json_integer(a[i].created_ms));
        json_object_set_new(one, "expires_ms", json_integer(a[i].expires_ms));
        json_array_append_new(list, one);
    }
    return E_OK;
}

enum err
own_phrase_get(struct task *t, struct own_call *c)
{
    struct span phrase;
    if (auth_phrase_get(t, &c->gate->db, c->actor->public.principal, &phrase) != E_OK)
        return t->err;
    own_answer(t, c, "phrase", phrase);
    return E_OK;
}

enum err
own_phrase_set(struct task *t, struct own_call *c)
{
    struct gate_change change = {
        .actor = c->actor->public.principal, .action = SPAN("user.phrase"), .object = c->actor->public.name};
    struct span phrase;
    if (own_text(t, c, "phrase", &phrase) != E_OK)
        return t->err;
    if (phrase.n > PHRASE_BYTES)
        return task_fail(t, E_LIMIT, "A phrase has at most %d bytes.", PHRASE_BYTES);
    if (gate_change_begin(t, c->gate, &change) != E_OK)
        return t->err;
    return gate_change_end(
        t, c->gate, &change, c->now_ms, auth_phrase_set(t, &c->gate->db, c->actor->public.principal, phrase));
}
