/* cli_approvals: `lyceum approvals`: what people are asked to allow, and what became of it. */
#ifndef CLI_CLI_APPROVALS_H
#define CLI_CLI_APPROVALS_H

#include "base/task.h"

/* approvals [--all] [--json]: those that are open, or the latest of all. They are answered in the browser alone. */
int cli_approvals(struct task *t, int argc, char **argv);

#endif
