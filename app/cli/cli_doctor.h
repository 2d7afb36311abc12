/* cli_doctor: `lyceum doctor`: checks this installation and says in sentences what is wrong. */
#ifndef CLI_CLI_DOCTOR_H
#define CLI_CLI_DOCTOR_H

#include "base/task.h"

/* doctor: everything; exit status 0 when nothing is wrong. doctor --jail: only what this kernel can't give the jail,
 * one sentence a line, nothing and 0 when all is there. */
int cli_doctor(struct task *t, int argc, char **argv);
/* `lyceum conf example [--set NAME=VALUE ...]`: the documented settings file, defaults commented out. */
int cli_conf(struct task *t, int argc, char **argv);

#endif
