/* cli_publish: datasets on the command line: publish, dataset, datasets, revisions, rollback, unpublish. */
#ifndef CLI_CLI_PUBLISH_H
#define CLI_CLI_PUBLISH_H

#include "base/task.h"

/* Each is one command: argv[0] is its name; returns the exit status (0 done, 1 refused or failed, 2 wrong arguments).
 * With --json standard output has exactly one JSON object, {"error":{code,message}} when it failed. */
int cli_publish(struct task *t, int argc, char **argv);
int cli_dataset_set(struct task *t, int argc, char **argv);
int cli_datasets(struct task *t, int argc, char **argv);
int cli_revisions(struct task *t, int argc, char **argv);
int cli_rollback(struct task *t, int argc, char **argv);
int cli_unpublish(struct task *t, int argc, char **argv);

#endif
