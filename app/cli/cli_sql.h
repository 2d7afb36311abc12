/* cli_sql: lyceum sql DB_OR_DATASET "SQL" [--json] [--param name=value] [--deadline ms] [--rows n] */
#ifndef CLI_CLI_SQL_H
#define CLI_CLI_SQL_H

#include "base/task.h"

/* argv[0] is the command's own word, argv[1] the database or dataset. Runs the statement in a jailed child of its own,
 * so it needs no running service. Prints to standard output: {columns,rows,truncated,ms,notes} or
 * {error:{code,message,offset,hint}}, or a text table without
 * --json. Returns the exit status: 0, 1 when the statement or the database failed, 2 for wrong arguments. */
int cli_sql(struct task *t, int argc, char **argv);

#endif
