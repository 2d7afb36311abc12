/* cli_label: `lyceum label` and `lyceum writable`: how private a dataset is, and whether it may be changed here. */
#ifndef CLI_CLI_LABEL_H
#define CLI_CLI_LABEL_H

#include "base/task.h"

/* label show DATASET [--json] | label set DATASET [TABLE[.COLUMN]] [--level public|org|private|secret|none]
 * [--integrity 0..4] [--json]: none takes the label of a table or column, or the dataset's raise, away. */
int cli_label(struct task *t, int argc, char **argv);
/* writable DATASET on|off [--json] */
int cli_writable(struct task *t, int argc, char **argv);

#endif
