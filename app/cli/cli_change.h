/* cli_change: what was changed in a writable dataset, taking it back, and publishing what was held. */
#ifndef CLI_CLI_CHANGE_H
#define CLI_CLI_CHANGE_H

#include "base/task.h"

int cli_changes(struct task *t, int argc, char **argv); /* changes DATASET [--json] */
int cli_undo(struct task *t, int argc, char **argv);    /* undo DATASET CHANGE [--json] */
int cli_release(struct task *t, int argc, char **argv); /* release DATASET [--json] */

#endif
