/* own_share: links to answers: whoever has the address may read that one turn. */
#include "base/id.h"
#include "base/json.h"
#include "gate/label.h"
#include "gate/own.h"
#include "gate/own_keep.h"

static const char digits[] = "abcdefghijkmnpqrstuvwxyz23456789"; /* of id.c */

/* 26 digits of a hash keyed with gate's secret: the address can be shown to its owner again, and stands nowhere. */
struct span
own_share_id(struct task *t, const struct gate *g, const struct auth_share *s)
{
    const struct span keyed[] = {SPAN("lyceum/share/v1"), {(const char *)g->secret, sizeof g->secret}, s->ref};
    struct span hash = grant_args_hash(t, keyed, sizeof keyed / sizeof keyed[0]);
    char id[ID_BYTES + 1] = "h_";
    for (size_t i = 2; i < ID_BYTES; i++)
        id[i] = digits[(unsigned char)hash.p[i] & 31];
    id[ID_BYTES] = '\0';
    return task_dup(t, span_of(id));
}

static struct span
hash_of(struct task *t, struct span id)
{
    char hex[HASH_HEX_BYTES];
    hash_hex(id, hex);
    return task_dup(t, span_of(hex));
}

enum err
own_share_store(struct task *t, struct gate *g, struct auth_share *s, int64_t now_ms, struct span *id)
{
    struct auth_share was;
    char ref[44];
    if (auth_share_of_turn(t, &g->db, s->owner, s->conversation, s->turn, &was) != E_OK)
        return t->err;
    if (was.hash.n > 0 && was.level >= s->level) {
        *id = own_share_id(t, g, &was);
        return E_OK;
    }
    secret_new(ref);
    s->ref = task_dup(t, span_of(ref));
    s->created_ms = now_ms;
    *id = own_share_id(t, g, s);
    s->hash = hash_of(t, *id);
    return auth_share_add(t, &g->db, s);
}

static enum err
owned(struct task *t, struct own_call *c, const char *verb, struct auth_conversation *v)
{
    struct span id;
    struct may_object o;
    if (own_text(t, c, "conversation", &id) != E_OK || object_conversation(t, c->gate, id, v, &o) != E_OK)
        return t->err;
    return own_may(t, c, verb, "conversation", &o);
}

/* All that the conversation made goes to anybody who has the address. */
static enum err
decide(struct task *t, struct own_call *c, const struct auth_conversation *v, struct span turn, struct span *approval,
    enum policy_level *level)
{
    struct taint_state state;
    struct label context, outside;
    struct approval_call call = {.kind = "share", .conversation = v->id, .turn = turn, .sink = SPAN("link")};
    if (label_state(t, v, &state) != E_OK)
        return t->err;
    label_context(v, &state, &context);
    taint_sink_outside(LEVEL_PUBLIC, &outside);
    const struct taint_flow flow = {.proposer = PROPOSER_USER,
        .args_integrity = INTEGRITY_USER,
        .effect = EFFECT_OUTSIDE,
        .sink = &outside,
        .approval = APPROVAL_NONE};
    taint_case(state.mode, &context, &flow, &call.c);
    *level = context.level;
    call.categories = label_categories(t, &context);
    call.args = task_format(t, "{\"conversation\":\"%.*s\",\"turn\":\"%.*s\"}", SPAN_ARG(v->id), SPAN_ARG(turn));
    return own_decide(t, c, "share.make", &call, approval);
}

enum err
own_share_make(struct task *t, struct own_call *c)
{
    struct auth_conversation v;
    struct span turn, approval, id;
    enum policy_level level = LEVEL_SECRET;
    struct gate_change change = {.actor = c->actor->public.principal, .action = SPAN("share.made")};
    if (owned(t, c, "share", &v) != E_OK || own_text(t, c, "turn", &turn) != E_OK)
        return t->err;
    if (!id_is(turn, 't'))
        return task_fail(t, E_INVALID, "There is no such turn.");
    if (decide(t, c, &v, turn, &approval, &level) != E_OK)
        return t->err;
    if (approval.n > 0) {
        own_answer(t, c, "approval", approval);
        return E_OK;
    }
    struct auth_share s = {
        .owner = c->actor->public.principal, .conversation = v.id, .turn = turn, .level = (int64_t)level};
    change.object = v.id;
    if (gate_change_begin(t, c->gate, &change) != E_OK)
        return t->err;
    if (gate_change_end(t, c->gate, &change, c->now_ms, own_share_store(t, c->gate, &s, c->now_ms, &id)) != E_OK)
        return t->err;
    own_answer(t, c, "id", id);
    return E_OK;
}

enum err
own_share_list(struct task *t, struct own_call *c)
{
    struct auth_conversation v;
    struct auth_share *s = NULL;
    size_t n = 0;
    json_t *list = json_array();
    c->out = task_json(t, json_object());
    json_object_set_new(c->out, "shares", list);
    if (owned(t, c, "share", &v) != E_OK ||
        auth_share_list(t, &c->gate->db, c->actor->public.principal, v.id, &s, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++) {
        struct span id = own_share_id(t, c->gate, &s[i]);
        json_array_append_new(list, json_pack("{s:s%,s:s%,s:I}", "id", id.p, id.n, "turn", s[i].turn.p, s[i].turn.n,
                                        "created_ms", (json_int_t)s[i].created_ms));
    }
    return E_OK;
}

static enum err
find(struct task *t, struct own_call *c, struct auth_share *s)
{
    struct span id;
    if (own_text(t, c, "id", &id) != E_OK)
        return t->err;
    return auth_share_find(t, &c->gate->db, hash_of(t, id), s);
}

enum err
own_share_end(struct task *t, struct own_call *c)
{
    struct auth_share s;
    struct gate_change change = {.actor = c->actor->public.principal, .action = SPAN("share.ended")};
    if (find(t, c, &s) != E_OK)
        return t->err;
    const struct may_object o = {.exists = s.hash.n > 0, .owner = s.owner};
    if (own_may(t, c, "end", "share", &o) != E_OK)
        return t->err;
    change.object = s.conversation;
    if (gate_change_begin(t, c->gate, &change) != E_OK)
        return t->err;
    return gate_change_end(t, c->gate, &change, c->now_ms, auth_share_end(t, &c->gate->db, s.hash));
}

/* It ends with its conversation, and when that has read what is above what was shared. */
enum err
own_share_open(struct task *t, struct own_call *c)
{
    struct auth_share s;
    struct auth_conversation v = {0};
    struct may_object of = {0};
    struct label context = {.level = LEVEL_SECRET};
    if (find(t, c, &s) != E_OK)
        return t->err;
    if (s.hash.n > 0) {
        struct taint_state state;
        if (object_conversation(t, c->gate, s.conversation, &v, &of) != E_OK)
            return t->err;
        if (of.exists && label_state(t, &v, &state) != E_OK)
            return t->err;
        if (of.exists)
            label_context(&v, &state, &context);
    }
    const struct may_object o = {.exists = of.exists && (int64_t)context.level <= s.level, .owner = s.owner};
    if (own_may(t, c, "open", "share", &o) != E_OK)
        return t->err;
    own_answer(t, c, "conversation", s.conversation);
    own_answer(t, c, "turn", s.turn);
    own_answer(t, c, "mode", v.mode);
    return E_OK;
}
