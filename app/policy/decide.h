/* decide: the Rule of Two as one pure, total function (design 02). */
#ifndef POLICY_DECIDE_H
#define POLICY_DECIDE_H

#include <stdbool.h>

enum policy_proposer { PROPOSER_USER, PROPOSER_MODEL, PROPOSER_PLUGIN };
enum policy_level { LEVEL_PUBLIC, LEVEL_ORG, LEVEL_PRIVATE, LEVEL_SECRET };
enum policy_effect { EFFECT_READ, EFFECT_EPHEMERAL, EFFECT_DURABLE, EFFECT_OUTSIDE, EFFECT_AUTHORITY }; /* E0..E4 */
enum policy_mode { MODE_PUBLIC, MODE_PRIVATE, MODE_STRICT };
enum policy_approval {
    APPROVAL_NONE,
    APPROVAL_PENDING,
    APPROVAL_APPROVED,
    APPROVAL_EXPIRED,
    APPROVAL_CONSUMED,
    APPROVAL_MISMATCHED
};
enum policy_decision { DECISION_ALLOW, DECISION_ASK, DECISION_REFUSE };

struct policy_case {
    enum policy_proposer proposer;
    int integrity; /* 0 system .. 4 external */
    enum policy_level level;
    bool dominates; /* the sink's categories cover the data's */
    enum policy_effect effect;
    enum policy_level clearance; /* of the sink */
    enum policy_mode mode;
    enum policy_approval approval;
};

/* Decides one proposed call. *reason is a fixed code, e.g. "read-within-clearance": the only text that a model sees. */
enum policy_decision policy_decide(const struct policy_case *c, const char **reason);
const char *policy_decision_word(enum policy_decision d);

#endif
