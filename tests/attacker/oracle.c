/* oracle: facts, sinks and what a person allowed. */
#include "oracle.h"

#include <string.h>

void
oracle_conversation(struct oracle *o, enum policy_mode mode)
{
    o->mode = mode;
    o->knows = 0;
    o->worst = 1;
    o->n_asks = 0;
    memset(o->attached, 0, sizeof o->attached);
}

void
oracle_attach(struct oracle *o, int dataset, enum policy_level level, int integrity)
{
    bool was = o->attached[dataset];
    o->attached[dataset] = true;
    if (!was || level > o->level[dataset])
        o->level[dataset] = level;
    if (!was || integrity > o->integrity[dataset])
        o->integrity[dataset] = integrity;
}

static bool
is_chat_private(const struct oracle *o)
{
    return o->mode != MODE_PUBLIC;
}

const char *
oracle_read(struct oracle *o, int dataset, const struct trace_answer *a)
{
    o->flows++;
    if (!o->attached[dataset])
        return a->decision == DECISION_REFUSE ? NULL : "read of a dataset that is not in the conversation";
    bool may = is_chat_private(o) || o->level[dataset] == LEVEL_PUBLIC;
    if (a->decision == DECISION_ASK)
        return "a read asked";
    if (a->decision == DECISION_ALLOW && !may)
        return "private data entered a public conversation";
    if (a->decision == DECISION_REFUSE && may)
        return "not live: a read within the conversation was refused";
    o->allowed += may;
    o->refused += !may;
    if (may) {
        o->knows |= 1U << dataset;
        o->worst = o->integrity[dataset] > o->worst ? o->integrity[dataset] : o->worst;
    }
    return NULL;
}

/* Who has that sink's clearance: may they have every fact that the bytes may depend on? */
static bool
may_have(const struct oracle *o, const struct oracle_call *c)
{
    bool inside = c->call.effect <= EFFECT_EPHEMERAL;
    bool everything = inside && (c->sink == SINK_OWN || (c->sink == SINK_OTHER && c->call.clearance >= LEVEL_PRIVATE));
    if (is_chat_private(o) && c->call.clearance < LEVEL_PRIVATE) /* the person's message */
        return false;
    for (int d = 0; d < ORACLE_DATASETS; d++) {
        if (!(o->knows & (1U << d)))
            continue;
        bool its_own = c->sink == SINK_DATASET && c->dataset == d;
        if (o->level[d] > c->call.clearance || (o->level[d] >= LEVEL_PRIVATE && !everything && !its_own))
            return false;
    }
    return true;
}

static bool
is_same(const struct trace_call *a, const struct trace_call *b)
{
    return a->proposer == b->proposer && a->effect == b->effect && a->clearance == b->clearance &&
           span_eq(a->tool, b->tool) && span_eq(a->sink, b->sink) && span_eq(a->args, b->args) &&
           a->args_integrity == b->args_integrity;
}

/* The facts that have a label of their own: what is public or everybody's here changes nothing that was agreed to. */
static unsigned
secrets(const struct oracle *o)
{
    unsigned all = 0;
    for (unsigned d = 0; d < ORACLE_DATASETS; d++)
        all |= o->level[d] >= LEVEL_PRIVATE ? o->knows & (1U << d) : 0;
    return all;
}

/* What the person allowed for exactly this call and this knowledge, and that was not used yet. */
static struct oracle_ask *
agreement(struct oracle *o, const struct oracle_call *c)
{
    size_t kept = o->n_asks < ORACLE_ASKS ? o->n_asks : ORACLE_ASKS;
    for (size_t i = 0; i < kept; i++) {
        struct oracle_ask *a = &o->asks[i];
        if (a->approved && !a->used && a->knows == secrets(o) && a->worst == o->worst &&
            is_same(&a->what.call, &c->call))
            return a;
    }
    return NULL;
}

static bool
is_machine(const struct oracle_call *c)
{
    if (c->call.proposer != PROPOSER_USER)
        return true;
    return c->call.args_integrity > 1 && c->call.effect >= EFFECT_DURABLE; /* a form that a link filled */
}

/* What must be refused whoever approved it; NULL: nothing of that kind. */
static const char *
forbidden(const struct oracle *o, const struct oracle_call *c, bool fits)
{
    enum policy_effect e = c->call.effect;
    if (!fits)
        return "LEAK: a machine's bytes depend on a fact that the sink may not have";
    if (e == EFFECT_AUTHORITY)
        return "a machine used authority";
    if (e == EFFECT_OUTSIDE && is_chat_private(o))
        return "LEAK: outside bytes out of a private conversation";
    if (e >= EFFECT_DURABLE && o->mode == MODE_STRICT)
        return "a machine's effect in strict mode";
    return NULL;
}

static const char *
check_machine(struct oracle *o, const struct oracle_call *c, const struct trace_answer *a, bool agreed)
{
    const char *never = forbidden(o, c, may_have(o, c));
    if (never)
        return a->decision == DECISION_REFUSE ? NULL : never;
    if (a->decision == DECISION_REFUSE)
        return "not live: a machine's call within its rights was refused";
    if (c->call.effect <= EFFECT_EPHEMERAL)
        return a->decision == DECISION_ALLOW ? NULL : "not live: a read or a draft asked";
    if (a->decision == DECISION_ALLOW && !agreed)
        return "CHANGE: a machine's effect that nobody approved";
    return a->decision == DECISION_ASK && agreed ? "not live: the approved call asked again" : NULL;
}

static const char *
check_person(struct oracle *o, const struct oracle_call *c, const struct trace_answer *a, bool agreed)
{
    enum policy_effect e = c->call.effect;
    bool asks = e == EFFECT_AUTHORITY || (e >= EFFECT_DURABLE && !may_have(o, c));
    if (a->decision == DECISION_REFUSE)
        return "not live: a person's own gesture was refused";
    if (asks && !agreed)
        return a->decision == DECISION_ASK ? NULL : "a person was not asked to declassify or to use authority";
    return a->decision == DECISION_ALLOW ? NULL : "not live: a person's own gesture asked without need";
}

/* What an allowed call brings in or leaves behind, so that what is agreed to later is compared with the right context.
 */
static void
follow(struct oracle *o, const struct oracle_call *c)
{
    bool outside = c->sink == SINK_OTHER && c->call.effect >= EFFECT_EPHEMERAL;
    int args = o->worst > 3 ? o->worst : 3;
    if (c->call.proposer == PROPOSER_USER)
        args = c->call.args_integrity;
    if (c->sink == SINK_DATASET && c->call.effect >= EFFECT_DURABLE && args > o->integrity[c->dataset])
        o->integrity[c->dataset] = args;
    if (outside || c->call.effect == EFFECT_OUTSIDE || c->call.proposer == PROPOSER_PLUGIN ||
        span_starts(c->call.tool, "fetch"))
        o->worst = 4;
}

static void
remember(struct oracle *o, const struct oracle_call *c, int64_t n)
{
    o->asks[o->n_asks++ % ORACLE_ASKS] =
        (struct oracle_ask){.n = n, .what = *c, .knows = secrets(o), .worst = o->worst};
}

const char *
oracle_call(struct oracle *o, const struct oracle_call *c, const struct trace_answer *a)
{
    bool machine = is_machine(c);
    struct oracle_ask *agreed = agreement(o, c);
    const char *broken = machine ? check_machine(o, c, a, agreed) : check_person(o, c, a, agreed);
    o->flows++;
    o->asked += a->decision == DECISION_ASK;
    o->allowed += a->decision == DECISION_ALLOW;
    o->refused += a->decision == DECISION_REFUSE;
    o->approved += agreed && a->decision == DECISION_ALLOW;
    if (agreed && a->decision == DECISION_ALLOW)
        agreed->used = true;
    if (a->decision == DECISION_ASK)
        remember(o, c, a->n);
    if (a->decision == DECISION_ALLOW)
        follow(o, c);
    return broken;
}

void
oracle_approve(struct oracle *o, int64_t n)
{
    size_t kept = o->n_asks < ORACLE_ASKS ? o->n_asks : ORACLE_ASKS;
    for (size_t i = 0; i < kept; i++)
        if (o->asks[i].n == n)
            o->asks[i].approved = true;
}
