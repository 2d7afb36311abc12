/* conversation: whose it is, which mode it has for ever, and who may go on with it. */
#include "gate/conversation.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/id.h"
#include "base/json.h"
#include "gate/approval.h"
#include "gate/label.h"
#include "gate/seal.h"
#include "gate/wire.h"
#include "store/auth_session.h"

static const int64_t HOUR_MS = 3600 * 1000;
enum { ADDRESS_FACTOR = 10 }; /* visitors behind one address together */

static enum err
take(struct task *t, struct gate *g, struct span who, int64_t now_ms, int64_t most)
{
    bool taken = false;
    if (auth_budget_take(t, &g->db, who, now_ms / HOUR_MS, most, &taken) != E_OK)
        return t->err;
    if (taken)
        return E_OK;
    return task_fail(t, E_BUDGET, "Visitors may ask %lld questions an hour. Sign in, or come back in %lld minutes.",
        (long long)conf_int("limits.anonymous_turns_hour"), (long long)((HOUR_MS - now_ms % HOUR_MS) / 60000 + 1));
}

/* Counts a visitor's turn, in the caller's transaction. Addresses are kept as keyed hashes. */
static enum err
budget(struct task *t, struct gate *g, const struct actor *a, struct span address, int64_t now_ms)
{
    int64_t most = conf_int("limits.anonymous_turns_hour");
    if (a->public.signed_in)
        return E_OK;
    if (take(t, g, a->public.principal, now_ms, most) != E_OK || address.n == 0)
        return t->err;
    struct span keyed[] = {SPAN("address"), {(const char *)g->secret, sizeof g->secret}, address};
    struct buf *hex = task_buf(t, HASH_HEX_BYTES);
    struct span h = grant_args_hash(t, keyed, 3);
    hex_put(hex, h.p, h.n);
    return take(t, g, buf_view(hex), now_ms, most * ADDRESS_FACTOR);
}

/* Each named dataset must be the actor's to read; gives the mode, label and list. What a dataset is called and said to
 * be stands in the conversation from the start: its label does too. */
static enum err
begin_label(struct task *t, struct gate *g, const struct actor *a, const struct may_rules *rules, struct span names,
    bool private_chat, struct auth_conversation *c)
{
    struct span name;
    struct label all = {0}, one;
    struct buf *list = task_buf(t, 4096);
    size_t n = 0;
    if (names.n == 0)
        return task_fail(t, E_INVALID, "Choose a dataset to ask about.");
    buf_putc(list, '[');
    while (span_cut(&names, '\n', &name)) {
        struct auth_dataset d;
        struct may_object o;
        const char *why = "";
        if (n++ == GATE_DATASETS)
            return task_fail(t, E_LIMIT, "One conversation may use at most %d datasets.", GATE_DATASETS);
        if (object_dataset(t, g, a, name, &d, &o) != E_OK)
            return t->err;
        enum err e = gate_may(&a->public, "read", "dataset", &o, rules, &why);
        if (e != E_OK)
            return task_fail(t, e, "%s", why);
        label_init_dataset(name, object_level(&d), 0, &one);
        one.n_sources = 0; /* nothing of its rows was read */
        label_join(&all, &one);
        buf_puts(list, n > 1 ? "," : "");
        json_put_text(list, name);
    }
    buf_putc(list, ']');
    c->datasets = buf_view(list);
    c->level = all.level;
    c->categories = label_categories(t, &all);
    c->mode = c->level > LEVEL_PUBLIC || private_chat ? SPAN("private") : SPAN("public");
    taint_message(span_is(c->mode, "public") ? MODE_PUBLIC : MODE_PRIVATE, &one);
    c->message = one.level;
    return E_OK;
}

static enum err
check(struct task *t, struct gate *g, const struct actor *a, const char *verb, const struct may_object *o,
    struct may_rules *rules)
{
    const char *why = "";
    if (who_rules(t, g, rules) != E_OK)
        return t->err;
    enum err e = gate_may(&a->public, verb, "conversation", o, rules, &why);
    return e == E_OK ? E_OK : task_fail(t, e, "%s", why);
}

static struct span
fresh_id(struct task *t, char prefix)
{
    char id[ID_BYTES + 1];
    id_new(prefix, id);
    return task_dup(t, span_of(id));
}

static enum err
give_ticket(struct task *t, struct gate *g, const struct auth_conversation *c, struct span turn, struct started *out)
{
    out->conversation = c->id;
    out->mode = c->mode;
    out->turn = turn;
    return seal_ticket(t, g, c, turn, &out->ticket);
}

/* A label that is raised later raises the conversation's, too. */
static enum err
note_datasets(struct task *t, struct gate *g, const struct auth_conversation *c)
{
    json_t *list = NULL, *one;
    size_t i;
    if (json_read(t, c->datasets, &list) != E_OK)
        return t->err;
    json_array_foreach(
        list, i, one) if (auth_taint_read(t, &g->db, c->id, span_of(json_string_value(one)), 0) != E_OK) return t->err;
    return E_OK;
}

enum err
conversation_start(
    struct task *t, struct gate *g, struct actor *a, const struct start_ask *ask, int64_t now_ms, struct started *out)
{
    struct may_rules rules;
    struct auth_conversation c = {.id = fresh_id(t, 'c'), .created_ms = now_ms};
    if (check(t, g, a, "start", &(struct may_object){0}, &rules) != E_OK ||
        begin_label(t, g, a, &rules, ask->datasets, ask->private_chat, &c) != E_OK)
        return t->err;
    struct gate_change change = {.action = SPAN("conversation.start"),
        .object = c.id,
        .detail = task_format(t, "{\"datasets\":%.*s,\"mode\":\"%.*s\"}", SPAN_ARG(c.datasets), SPAN_ARG(c.mode))};
    if (gate_change_begin(t, g, &change) != E_OK)
        return t->err;
    enum err e = E_OK;
    if (a->public.principal.n == 0)
        e = who_visitor_new(t, g, now_ms, a, &out->visitor_cookie);
    else if (!a->public.signed_in)
        e = auth_visitor_touch(t, &g->db, a->public.principal, now_ms);
    change.actor = c.owner = a->public.principal;
    if (e == E_OK)
        e = budget(t, g, a, ask->address, now_ms);
    if (e == E_OK)
        e = auth_conversation_add(t, &g->db, &c);
    if (e == E_OK)
        e = note_datasets(t, g, &c);
    if (gate_change_end(t, g, &change, now_ms, e) != E_OK)
        return t->err;
    return give_ticket(t, g, &c, fresh_id(t, 't'), out);
}

/* The owner may have lost a dataset since; then the conversation may be read, but asks no more. */
static enum err
still_theirs(struct task *t, struct gate *g, const struct actor *a, const struct auth_conversation *c)
{
    struct object_walk w = {.names = c->datasets};
    struct auth_dataset d;
    struct may_object o;
    while (object_next(t, g, a, &w, &d, &o))
        if (!o.exists || !o.published || !gate_may_see(&a->public, &o))
            return task_fail(t, E_DENIED, "The dataset %s is no longer open to you. What was answered stays readable.",
                json_string_value(json_array_get(w.list, w.next - 1)));
    return t->err;
}

enum err
conversation_turn(struct task *t, struct gate *g, const struct actor *a, struct span id, struct span turn,
    const char *verb, struct span address, int64_t now_ms, struct started *out)
{
    struct may_rules rules;
    struct auth_conversation c;
    struct may_object o;
    bool answers = span_is(span_of(verb), "answer");
    if (object_conversation(t, g, id, &c, &o) != E_OK || check(t, g, a, verb, &o, &rules) != E_OK ||
        still_theirs(t, g, a, &c) != E_OK)
        return t->err;
    if (answers && !id_is(turn, 't'))
        return task_fail(t, E_INVALID, "There is no such turn.");
    if (!answers && !a->public.signed_in) {
        if (db_begin(t, &g->db) != E_OK || db_end(t, &g->db, budget(t, g, a, address, now_ms)) != E_OK)
            return t->err;
    }
    return give_ticket(t, g, &c, id_is(turn, 't') ? turn : fresh_id(t, 't'), out);
}

enum err
conversation_ticket(struct task *t, struct gate *g, struct span ticket, struct span pool, int64_t now_ms,
    struct grant *out, struct actor *a, struct auth_conversation *c)
{
    struct may_object o;
    if (grant_open(t, g->key, ticket, "gate", now_ms, out) != E_OK)
        return t->err;
    if (!span_is(out->capability, "turn"))
        return task_fail(t, E_DENIED, "That is not a turn's ticket.");
    if (pool.n > 0 && !span_eq(out->mode, pool))
        return task_fail(t, E_DENIED, "That turn is another pool's.");
    if (who_was(t, g, out->subject, a) != E_OK || object_conversation(t, g, out->conversation, c, &o) != E_OK)
        return t->err;
    if (!o.exists || !span_eq(c->owner, out->subject) || !span_eq(c->mode, out->mode))
        return task_fail(t, E_DENIED, "The conversation was deleted.");
    return E_OK;
}

enum err
conversation_delete(struct task *t, struct gate *g, const struct actor *a, struct span id, int64_t now_ms)
{
    struct gate_change change = {.actor = a->public.principal, .action = SPAN("conversation.delete"), .object = id};
    if (gate_change_begin(t, g, &change) != E_OK)
        return t->err;
    enum err e = auth_conversation_delete(t, &g->db, id);
    if (e == E_OK)
        e = approval_void_conversation(t, g, id, "deleted", now_ms);
    if (e == E_OK)
        e = auth_approval_forget(t, &g->db, id);
    if (gate_change_end(t, g, &change, now_ms, e) != E_OK)
        return t->err;
    share_revoke(g->share, "conversation", id);
    return E_OK;
}
