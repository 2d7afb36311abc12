/* decide: the Rule of Two, pure and total. The rules stand in the order of design 02, "The function".
 *
 * Every mutant of this file is made and must be found (deploy/test --mutate policy), so nothing here is said twice: a
 * check that another one implies would hide its own loss. */
#include "policy/decide.h"

struct verdict {
    enum policy_decision decision;
    const char *reason;
};

static struct verdict
allow(const char *reason)
{
    return (struct verdict){DECISION_ALLOW, reason};
}

static struct verdict
ask(const char *reason)
{
    return (struct verdict){DECISION_ASK, reason};
}

static struct verdict
refuse(const char *reason)
{
    return (struct verdict){DECISION_REFUSE, reason};
}

/* Numbers outside of their enums are a bug of the caller's: never a way in. */
static bool
is_case(const struct policy_case *c)
{
    return c->proposer <= PROPOSER_PLUGIN && c->integrity >= 0 && c->integrity <= 4 && c->level <= LEVEL_SECRET &&
           c->effect <= EFFECT_AUTHORITY && c->clearance <= LEVEL_SECRET && c->mode <= MODE_STRICT &&
           c->approval <= APPROVAL_MISMATCHED;
}

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
        return refuse("above-clearance");
    if (c->mode == MODE_PUBLIC && c->level != LEVEL_PUBLIC)
        return refuse("private-data-in-public-mode");
    switch (c->effect) {
    case EFFECT_READ: return allow("read-within-clearance");
    case EFFECT_EPHEMERAL: return allow("ephemeral");
    case EFFECT_DURABLE: return c->mode == MODE_STRICT ? refuse("strict-mode") : ask("effect-needs-approval");
    case EFFECT_OUTSIDE: /* and the level is public, or public mode had refused it */
        return c->mode == MODE_PUBLIC ? ask("effect-needs-approval") : refuse("outside-needs-public-mode");
    default: return refuse("authority-is-for-people");
    }
}

static struct verdict
decide_person(const struct policy_case *c)
{
    if (c->effect <= EFFECT_EPHEMERAL)
        return allow("own-gesture");
    if (c->effect == EFFECT_AUTHORITY)
        return ask("authority-needs-step-up");
    return is_above(c) ? ask("declassifying-needs-approval") : allow("own-gesture");
}

enum policy_decision
policy_decide(const struct policy_case *c, const char **reason)
{
    struct verdict v = !is_case(c) ? refuse("not-a-case") : is_machine(c) ? decide_machine(c) : decide_person(c);
    if (v.decision == DECISION_ASK && c->approval == APPROVAL_APPROVED)
        v = allow("approved");
    *reason = v.reason;
    return v.decision;
}

const char *
policy_decision_word(enum policy_decision d)
{
    switch (d) {
    case DECISION_ALLOW: return "ALLOW";
    case DECISION_ASK: return "ASK";
    default: return "REFUSE";
    }
}
