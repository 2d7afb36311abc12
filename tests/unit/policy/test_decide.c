/* test_decide: the properties of design 02 over all 43,200 cases; a table that allows too much and one that refuses
 * everything must both fail them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/table.h"

typedef enum policy_decision rule(const struct policy_case *c, const char **reason);
static enum policy_decision
ask_rule(rule *r, const struct policy_case *c)
{
    const char *reason = NULL;
    return r(c, &reason);
}

static bool
is_machine(const struct policy_case *c)
{
    return c->proposer != PROPOSER_USER || (c->integrity >= 2 && c->effect >= EFFECT_DURABLE);
}

static bool
is_above(const struct policy_case *c)
{
    return c->level > c->clearance || !c->dominates;
}

/* A step that makes a case riskier never makes the decision milder. */
static bool
steps_are_monotone(rule *r, const struct policy_case *c)
{
    enum policy_decision d = ask_rule(r, c);
    struct policy_case w = *c;
    if (c->integrity < 4 && (w.integrity++, ask_rule(r, &w) < d))
        return false;
    w = *c;
    if (c->level < LEVEL_SECRET && (w.level++, ask_rule(r, &w) < d))
        return false;
    w = *c;
    if (c->dominates && (w.dominates = false, ask_rule(r, &w) < d))
        return false;
    w = *c;
    if (c->clearance > LEVEL_PUBLIC && (w.clearance--, ask_rule(r, &w) < d))
        return false;
    w = *c;
    if (c->effect < EFFECT_AUTHORITY && (w.effect++, ask_rule(r, &w) < d))
        return false;
    w = *c;
    if (c->mode == MODE_PRIVATE && (w.mode = MODE_STRICT, ask_rule(r, &w) < d))
        return false;
    w = *c;
    return c->proposer == PROPOSER_PLUGIN || (w.proposer++, ask_rule(r, &w) >= d);
}

/* Only `approved` differs from none, and only by turning ASK into ALLOW. */
static bool
approval_is_one_thing(rule *r, const struct policy_case *c)
{
    struct policy_case none = *c;
    none.approval = APPROVAL_NONE;
    enum policy_decision without = ask_rule(r, &none), with = ask_rule(r, c);
    if (c->approval == APPROVAL_APPROVED && without == DECISION_ASK)
        return with == DECISION_ALLOW;
    return with == without;
}

/* What must never be: the lethal trifecta and its kin. */
static bool
is_safe(rule *r, const struct policy_case *c)
{
    enum policy_decision d = ask_rule(r, c);
    if (is_machine(c)) {
        bool leak = is_above(c) || (c->mode == MODE_PUBLIC && c->level > LEVEL_PUBLIC);
        bool outside = c->effect == EFFECT_OUTSIDE && (c->mode != MODE_PUBLIC || c->level > LEVEL_PUBLIC);
        bool strict = c->effect >= EFFECT_DURABLE && c->mode == MODE_STRICT;
        if (leak || outside || strict || c->effect == EFFECT_AUTHORITY)
            return d == DECISION_REFUSE;
        return c->effect < EFFECT_DURABLE || c->approval == APPROVAL_APPROVED || d != DECISION_ALLOW;
    }
    bool asks = c->effect == EFFECT_AUTHORITY || (c->effect >= EFFECT_DURABLE && is_above(c));
    return !asks || c->approval == APPROVAL_APPROVED || d != DECISION_ALLOW;
}

/* What must be possible, so that a table that refuses everything fails. */
static bool
is_live(rule *r, const struct policy_case *c)
{
    enum policy_decision d = ask_rule(r, c);
    if (!is_machine(c)) {
        bool asks = c->effect == EFFECT_AUTHORITY || (c->effect >= EFFECT_DURABLE && is_above(c));
        return d != DECISION_REFUSE && (asks || d == DECISION_ALLOW);
    }
    if (is_above(c) || (c->mode == MODE_PUBLIC && c->level > LEVEL_PUBLIC))
        return true;
    if (c->effect <= EFFECT_EPHEMERAL)
        return d == DECISION_ALLOW;
    if (c->effect == EFFECT_DURABLE && c->mode != MODE_STRICT)
        return d != DECISION_REFUSE;
    bool open = c->mode == MODE_PUBLIC && c->level == LEVEL_PUBLIC;
    return c->effect != EFFECT_OUTSIDE || !open || d != DECISION_REFUSE;
}

static bool
holds_at(rule *r, const struct policy_case *c)
{
    return steps_are_monotone(r, c) && approval_is_one_thing(r, c) && is_safe(r, c) && is_live(r, c);
}

static bool
holds(rule *r)
{
    for (int n = 0; n < POLICY_CASES; n++) {
        struct policy_case c;
        policy_table_case(n, &c);
        if (!holds_at(r, &c))
            return false;
    }
    return true;
}

static void
the_function_has_its_properties(void **state)
{
    (void)state;
    assert_int_equal(POLICY_CASES, 43200);
    assert_true(holds(policy_decide));
}

/* A table that differs from the function in one cell. */
static struct policy_case flipped;
static enum policy_decision flipped_to;

static bool
is_flipped(const struct policy_case *c)
{
    return c->proposer == flipped.proposer && c->integrity == flipped.integrity && c->level == flipped.level &&
           c->dominates == flipped.dominates && c->effect == flipped.effect && c->clearance == flipped.clearance &&
           c->mode == flipped.mode && c->approval == flipped.approval;
}

static enum policy_decision
with_one_cell_flipped(const struct policy_case *c, const char **reason)
{
    enum policy_decision d = policy_decide(c, reason);
    return is_flipped(c) ? flipped_to : d;
}

static void
one_wrong_cell_anywhere_is_found_out(void **state)
{
    (void)state;
    for (int n = 0; n < POLICY_CASES; n++) {
        policy_table_case(n, &flipped);
        enum policy_decision right = ask_rule(policy_decide, &flipped);
        for (int d = DECISION_ALLOW; d <= DECISION_REFUSE; d++) {
            flipped_to = (enum policy_decision)d;
            assert_int_equal(holds_at(with_one_cell_flipped, &flipped), flipped_to == right);
        }
    }
}

/* Total: numbers that are no case at all are refused, whatever else they say. */
static void
what_is_no_case_is_refused(void **state)
{
    (void)state;
    const struct policy_case good = {
        PROPOSER_USER, 1, LEVEL_PUBLIC, true, EFFECT_READ, LEVEL_SECRET, MODE_PUBLIC, APPROVAL_APPROVED};
    struct policy_case bad[9];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        bad[i] = good;
    bad[0].proposer = (enum policy_proposer)(PROPOSER_PLUGIN + 1);
    bad[1].integrity = -1;
    bad[2].integrity = 5;
    bad[3].level = (enum policy_level)(LEVEL_SECRET + 1);
    bad[4].effect = (enum policy_effect)(EFFECT_AUTHORITY + 1);
    bad[5].clearance = (enum policy_level)(LEVEL_SECRET + 1);
    bad[6].mode = (enum policy_mode)(MODE_STRICT + 1);
    bad[7].approval = (enum policy_approval)(APPROVAL_MISMATCHED + 1);
    bad[8].integrity = 1 << 30;
    assert_int_equal(ask_rule(policy_decide, &good), DECISION_ALLOW);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *reason = NULL;
        assert_int_equal(policy_decide(&bad[i], &reason), DECISION_REFUSE);
        assert_string_equal(reason, "not-a-case");
    }
}

static void
decisions_have_words(void **state)
{
    (void)state;
    assert_string_equal(policy_decision_word(DECISION_ALLOW), "ALLOW");
    assert_string_equal(policy_decision_word(DECISION_ASK), "ASK");
    assert_string_equal(policy_decision_word(DECISION_REFUSE), "REFUSE");
}

static enum policy_decision
allow_all(const struct policy_case *c, const char **reason)
{
    (void)c;
    *reason = "";
    return DECISION_ALLOW;
}

static enum policy_decision
refuse_all(const struct policy_case *c, const char **reason)
{
    (void)c;
    *reason = "";
    return DECISION_REFUSE;
}

static enum policy_decision
ask_all(const struct policy_case *c, const char **reason)
{
    (void)c;
    *reason = "";
    return c->approval == APPROVAL_APPROVED ? DECISION_ALLOW : DECISION_ASK;
}

/* One careless edit each: the check named is gone. */
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
    w.integrity = 0;
    return policy_decide(&w, reason);
}

static enum policy_decision
without_strict(const struct policy_case *c, const char **reason)
{
    struct policy_case w = *c;
    if (w.mode == MODE_STRICT)
        w.mode = MODE_PRIVATE;
    return policy_decide(&w, reason);
}

static enum policy_decision
with_pending_as_approved(const struct policy_case *c, const char **reason)
{
    struct policy_case w = *c;
    if (w.approval == APPROVAL_PENDING)
        w.approval = APPROVAL_APPROVED;
    return policy_decide(&w, reason);
}

static void
wrong_tables_are_found_out(void **state)
{
    (void)state;
    rule *const wrong[] = {allow_all, refuse_all, ask_all, without_clearance, without_categories, without_filled_forms,
        without_strict, with_pending_as_approved};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(holds(wrong[i]));
}

static void
the_cells_of_the_design_come_out_as_written(void **state)
{
    (void)state;
    static const struct {
        struct policy_case c;
        enum policy_decision want;
        const char *reason;
    } rows[] = {
        {{PROPOSER_MODEL, 3, LEVEL_PUBLIC, true, EFFECT_READ, LEVEL_PUBLIC, MODE_PUBLIC, APPROVAL_NONE}, DECISION_ALLOW,
            "read-within-clearance"},
        {{PROPOSER_MODEL, 3, LEVEL_PRIVATE, true, EFFECT_READ, LEVEL_PUBLIC, MODE_PRIVATE, APPROVAL_NONE},
            DECISION_REFUSE, "above-clearance"},
        {{PROPOSER_MODEL, 3, LEVEL_PUBLIC, true, EFFECT_DURABLE, LEVEL_PUBLIC, MODE_PUBLIC, APPROVAL_NONE},
            DECISION_ASK, "effect-needs-approval"},
        {{PROPOSER_MODEL, 3, LEVEL_PUBLIC, true, EFFECT_OUTSIDE, LEVEL_PUBLIC, MODE_PUBLIC, APPROVAL_NONE},
            DECISION_ASK, "effect-needs-approval"},
        {{PROPOSER_MODEL, 3, LEVEL_PUBLIC, true, EFFECT_AUTHORITY, LEVEL_SECRET, MODE_PUBLIC, APPROVAL_APPROVED},
            DECISION_REFUSE, "authority-is-for-people"},
        {{PROPOSER_MODEL, 3, LEVEL_PRIVATE, true, EFFECT_OUTSIDE, LEVEL_SECRET, MODE_PRIVATE, APPROVAL_APPROVED},
            DECISION_REFUSE, "outside-needs-public-mode"},
        {{PROPOSER_USER, 1, LEVEL_PRIVATE, true, EFFECT_OUTSIDE, LEVEL_PUBLIC, MODE_PRIVATE, APPROVAL_NONE},
            DECISION_ASK, "declassifying-needs-approval"},
        {{PROPOSER_USER, 4, LEVEL_PRIVATE, true, EFFECT_OUTSIDE, LEVEL_PUBLIC, MODE_PRIVATE, APPROVAL_APPROVED},
            DECISION_REFUSE, "above-clearance"},
        {{PROPOSER_USER, 1, LEVEL_PUBLIC, true, EFFECT_AUTHORITY, LEVEL_SECRET, MODE_PUBLIC, APPROVAL_APPROVED},
            DECISION_ALLOW, "approved"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *reason = NULL;
        assert_int_equal(policy_decide(&rows[i].c, &reason), rows[i].want);
        assert_string_equal(reason, rows[i].reason);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_function_has_its_properties),
        cmocka_unit_test(one_wrong_cell_anywhere_is_found_out),
        cmocka_unit_test(what_is_no_case_is_refused),
        cmocka_unit_test(decisions_have_words),
        cmocka_unit_test(wrong_tables_are_found_out),
        cmocka_unit_test(the_cells_of_the_design_come_out_as_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
