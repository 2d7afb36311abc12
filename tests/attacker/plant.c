/* plant: each changes the case before decide sees it, or the decision afterwards. */
#include "plant.h"

static enum policy_decision
without_clearance(const struct policy_case *c, const char **reason)
{
    struct policy_case w = *c;
    w.clearance = LEVEL_SECRET;
    return policy_decide(&w, reason);
}

static enum policy_decision
without_categories(const struct policy_case *c, const char **reason)
{
    struct policy_case w = *c;
    w.dominates = true;
    return policy_decide(&w, reason);
}

static enum policy_decision
without_filled_forms(const struct policy_case *c, const char **reason)
{
    struct policy_case w = *c;
    w.integrity = c->proposer == PROPOSER_USER ? 1 : c->integrity;
    return policy_decide(&w, reason);
}

static enum policy_decision
without_strict(const struct policy_case *c, const char **reason)
{
    struct policy_case w = *c;
    w.mode = c->mode == MODE_STRICT ? MODE_PRIVATE : c->mode;
    return policy_decide(&w, reason);
}

static enum policy_decision
with_approval(const struct policy_case *c, enum policy_approval which, const char **reason)
{
    struct policy_case w = *c;
    w.approval = c->approval == which ? APPROVAL_APPROVED : c->approval;
    return policy_decide(&w, reason);
}

static enum policy_decision
pending_approves(const struct policy_case *c, const char **reason)
{
    return with_approval(c, APPROVAL_PENDING, reason);
}

static enum policy_decision
mismatched_approves(const struct policy_case *c, const char **reason)
{
    return with_approval(c, APPROVAL_MISMATCHED, reason);
}

static enum policy_decision
consumed_approves(const struct policy_case *c, const char **reason)
{
    return with_approval(c, APPROVAL_CONSUMED, reason);
}

static enum policy_decision
approval_beats_refusal(const struct policy_case *c, const char **reason)
{
    enum policy_decision d = policy_decide(c, reason);
    return c->approval == APPROVAL_MISMATCHED || c->approval == APPROVAL_APPROVED ? DECISION_ALLOW : d;
}

static enum policy_decision
outside_from_private(const struct policy_case *c, const char **reason)
{
    struct policy_case w = *c;
    if (c->effect == EFFECT_OUTSIDE)
        w.effect = EFFECT_DURABLE;
    return policy_decide(&w, reason);
}

static enum policy_decision
authority_for_machines(const struct policy_case *c, const char **reason)
{
    struct policy_case w = *c;
    if (c->effect == EFFECT_AUTHORITY && c->proposer != PROPOSER_USER)
        w.effect = EFFECT_DURABLE;
    return policy_decide(&w, reason);
}

static enum policy_decision
public_mode_reads_all(const struct policy_case *c, const char **reason)
{
    struct policy_case w = *c;
    if (c->mode == MODE_PUBLIC && c->effect == EFFECT_READ)
        w.level = LEVEL_PUBLIC;
    return policy_decide(&w, reason);
}

static enum policy_decision
refuse_all(const struct policy_case *c, const char **reason)
{
    (void)c;
    *reason = "no";
    return DECISION_REFUSE;
}

static enum policy_decision
allow_all(const struct policy_case *c, const char **reason)
{
    (void)c;
    *reason = "yes";
    return DECISION_ALLOW;
}

const struct plant plants[] = {
    {"without-clearance", without_clearance},
    {"without-categories", without_categories},
    {"without-filled-forms", without_filled_forms},
    {"without-strict", without_strict},
    {"pending-approves", pending_approves},
    {"mismatched-approves", mismatched_approves},
    {"consumed-approves", consumed_approves},
    {"approval-beats-refusal", approval_beats_refusal},
    {"outside-from-private", outside_from_private},
    {"authority-for-machines", authority_for_machines},
    {"public-mode-reads-all", public_mode_reads_all},
    {"refuse-all", refuse_all},
    {"allow-all", allow_all},
};
const size_t n_plants = sizeof plants / sizeof plants[0];
