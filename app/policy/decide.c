/* decide: the Rule of Two, pure and total. The rules stand in the order of design 02, "The function". */
#include "policy/decide.h"

#include "base/must.h"

struct verdict {
    enum policy_decision decision;
    const char *reason;
};

/* The sink may not receive this data, whoever asks. */
static bool
is_above(const struct policy_case *c)
{
    return c->level > c->clearance || !c->dominates;
}

/* A person whose arguments came from elsewhere (a link that filled the form) is a machine once it matters. */
static bool
is_machine(const struct policy_case *c)
{
    return c->proposer != PROPOSER_USER || (c->integrity >= 2 && c->effect >= EFFECT_DURABLE);
}

static struct verdict
decide_machine(const struct policy_case *c)
{
    if (is_above(c))
        return (struct verdict){DECISION_REFUSE, "above-clearance"};
    if (c->mode == MODE_PUBLIC && c->level > LEVEL_PUBLIC)
        return (struct verdict){DECISION_REFUSE, "private-data-in-public-mode"};
    if (c->effect == EFFECT_AUTHORITY)
        return (struct verdict){DECISION_REFUSE, "authority-is-for-people"};
    if (c->effect == EFFECT_OUTSIDE && (c->mode != MODE_PUBLIC || c->level != LEVEL_PUBLIC))
        return (struct verdict){DECISION_REFUSE, "outside-needs-public-mode"};
    if (c->effect >= EFFECT_DURABLE && c->mode == MODE_STRICT)
        return (struct verdict){DECISION_REFUSE, "strict-mode"};
    if (c->effect <= EFFECT_EPHEMERAL)
        return (struct verdict){DECISION_ALLOW, c->effect == EFFECT_READ ? "read-within-clearance" : "ephemeral"};
    return (struct verdict){DECISION_ASK, "effect-needs-approval"};
}

static struct verdict
decide_person(const struct policy_case *c)
{
    if (c->effect <= EFFECT_EPHEMERAL)
        return (struct verdict){DECISION_ALLOW, "own-gesture"};
    if (c->effect == EFFECT_AUTHORITY)
        return (struct verdict){DECISION_ASK, "authority-needs-step-up"};
    if (is_above(c))
        return (struct verdict){DECISION_ASK, "declassifying-needs-approval"};
    return (struct verdict){DECISION_ALLOW, "own-gesture"};
}

enum policy_decision
policy_decide(const struct policy_case *c, const char **reason)
{
    must(c->proposer <= PROPOSER_PLUGIN && c->integrity >= 0 && c->integrity <= 4 && c->level <= LEVEL_SECRET);
    must(c->effect <= EFFECT_AUTHORITY && c->clearance <= LEVEL_SECRET && c->mode <= MODE_STRICT);
    must(c->approval <= APPROVAL_MISMATCHED);
    struct verdict v = is_machine(c) ? decide_machine(c) : decide_person(c);
    if (v.decision == DECISION_ASK && c->approval == APPROVAL_APPROVED)
        v = (struct verdict){DECISION_ALLOW, "approved"};
    *reason = v.reason;
    return v.decision;
}

const char *
policy_decision_word(enum policy_decision d)
{
    static const char *const words[] = {
        [DECISION_ALLOW] = "ALLOW", [DECISION_ASK] = "ASK", [DECISION_REFUSE] = "REFUSE"};
    must(d <= DECISION_REFUSE);
    return words[d];
}
