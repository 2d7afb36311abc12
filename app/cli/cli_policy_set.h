/* cli_policy_set: the policy's settings of this deployment. */
#ifndef CLI_CLI_POLICY_SET_H
#define CLI_CLI_POLICY_SET_H

#include "base/task.h"

/* policy get [--json] | policy set NAME VALUE [NAME VALUE ...]: argv[0] is "get" or "set". A change makes all open
 * approvals void. Exit status. */
int cli_policy_set(struct task *t, int argc, char **argv);

#endif
