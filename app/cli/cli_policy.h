/* cli_policy: `lyceum policy`: the decision function for scripts and foreign test suites. Nothing of a deployment is
 * read. */
#ifndef CLI_CLI_POLICY_H
#define CLI_CLI_POLICY_H

#include "base/task.h"

/* policy decide: cases as JSON lines on standard input, {"decision","reason"} or {"error"} for each; policy table
 * [--view]: all cases as TSV, by decide or by the SQL view; policy trace FILE: a conversation (policy/trace.h), "-" for
 * standard input. Exit status 1 when a line was malformed, 2 for a wrong command line. */
int cli_policy(struct task *t, int argc, char **argv);

#endif
