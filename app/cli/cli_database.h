/* cli_database: the file that a command line names. */
#ifndef CLI_CLI_DATABASE_H
#define CLI_CLI_DATABASE_H

#include "base/task.h"

struct cli_database {
    const char *path; /* real; the task's */
    struct span revision;
    struct span note; /* about the file, or empty */
};
/* A path to an SQLite file, or the name of a published dataset. E_NOTFOUND, E_CORRUPT, E_DENIED with a sentence. */
enum err cli_database_find(struct task *t, const char *name, struct cli_database *out);

#endif
