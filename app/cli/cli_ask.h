/* cli_ask: `lyceum ask`: a question to a dataset through the same agent as the pages, asked as the operator. */
#ifndef CLI_CLI_ASK_H
#define CLI_CLI_ASK_H

#include "base/task.h"

/* ask --dataset D [--dataset D2] [--model M] [--json] "question". Text mode streams the answer; --json prints one
 * object {answer, results:[{id,sql,columns,rows,revision}], events:[{kind,body,at_ms}], usage:{in,out,steps,ms},
 * outcome}; outcome: done asked cannot_answer failed stopped limit. Exit 0 for done, asked and cannot_answer, else 1.
 * Ctrl-C stops the turn and keeps what it had. */
int cli_ask(struct task *t, int argc, char **argv);

#endif
