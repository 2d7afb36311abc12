/* cli_box: the Python sandbox from the command line: run a file, measure, check. */
#ifndef CLI_CLI_BOX_H
#define CLI_CLI_BOX_H

#include "base/task.h"

/* lyceum box run|bench|doctor ... */
int cli_box(struct task *t, int argc, char **argv);

#endif
