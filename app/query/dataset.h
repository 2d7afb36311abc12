/* dataset: from a dataset's name to the file of its follower. */
#ifndef QUERY_DATASET_H
#define QUERY_DATASET_H

#include "base/task.h"

enum { DATASET_NAME_BYTES = 63, DATASET_REVISION_BYTES = 64 };

/* [a-z][a-z0-9_-]{0,62} */
bool dataset_name_is_valid(struct span name);
/* 64 lower-case hex digits. */
bool dataset_revision_is_valid(struct span revision);

struct dataset_file {
    const char *path;     /* absolute, without symbolic links; the task's */
    struct span revision; /* SHA-256 as hex */
};
/* The follower (extension "db") or its sidecar ("idx"): that revision, or the current one when it is empty. The link is
 * read each time (1 us), so that a rollback or a withdrawal holds at once. E_NOTFOUND, E_INVALID with a sentence. */
enum err dataset_find(
    struct task *t, struct span name, struct span revision, const char *extension, struct dataset_file *out);

#endif
