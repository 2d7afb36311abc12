/* cli_box_priv: the commands of `lyceum box`, a file each. */
#ifndef CLI_CLI_BOX_PRIV_H
#define CLI_CLI_BOX_PRIV_H

#include "box/box.h"

int cli_box_run(struct task *t, int argc, char **argv);
int cli_box_bench(struct task *t, int argc, char **argv);
int cli_box_doctor(struct task *t, int argc, char **argv);

/* Finds the interpreter and starts a zygote; false after saying on standard error why not. */
bool cli_box_start(struct task *t, struct box_host *h);

#endif
