/* cli_audit: `lyceum audit`: the record of decisions: checked, taken out, decided again. */
#ifndef CLI_CLI_AUDIT_H
#define CLI_CLI_AUDIT_H

#include "base/task.h"

/* audit verify [--json]: the chain of all rows and gate's signatures over its heads. audit export: all rows as JSON
 * lines, oldest first. audit replay [FILE]: makes each decision again from its recorded inputs, of an export ("-":
 * standard input) or of this deployment. Exit status 1 when something does not fit, 2 for a wrong command line. */
int cli_audit(struct task *t, int argc, char **argv);

/* One row of the record decided again. Pure but for t. */
enum audit_replay {
    AUDIT_NO_DECISION, /* the row is none of a decision */
    AUDIT_SAME,
    AUDIT_NARROWER, /* gate itself refused what the policy would have asked about or allowed, for a reason of its own */
    AUDIT_DIFFERS,
};
/* *decision and *reason: what the policy says of the inputs. E_INVALID: the row is malformed. */
enum err cli_audit_replay_row(
    struct task *t, const json_t *row, enum audit_replay *out, const char **decision, const char **reason);

#endif
