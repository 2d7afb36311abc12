/* cli_demo: `lyceum demo load FILE`: puts the recorded demonstration where /-/demo shows it. */
#ifndef CLI_CLI_DEMO_H
#define CLI_CLI_DEMO_H

#include "base/task.h"

/* FILE is deploy/demo/conversation.json (deploy/scripts/record-demo makes it): {title, turns:[{question, outcome,
 * dataset, usage, events:[{kind,body}], results:[{id,sql,columns,rows,revision}]}]}. An older demonstration is
 * replaced. Events and log become rows as if an agent had written them; nothing is run. */
int cli_demo(struct task *t, int argc, char **argv);

#endif
