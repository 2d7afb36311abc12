/* cli_user: `lyceum user ...` and `lyceum signin-link NAME`. */
#ifndef CLI_CLI_USER_H
#define CLI_CLI_USER_H

#include "base/task.h"

/* user list [--json] | add NAME [--role admin|member] [--no-password] | passwd NAME | role NAME admin|member | disable
 * NAME | enable NAME. Passwords come from the terminal (twice, without echo) or as one line on standard input. Exit
 * status. */
int cli_user(struct task *t, int argc, char **argv);
/* Prints the address of a one-time link. */
int cli_signin_link(struct task *t, int argc, char **argv);

#endif
