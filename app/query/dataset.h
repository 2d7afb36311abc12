/* dataset: from a dataset's name to the file of its follower. */
#ifndef QUERY_DATASET_H
#define QUERY_DATASET_H

#include "base/task.h"

enum { DATASET_NAME_BYTES = 63, DATASET_REVISION_BYTES = 64 };

/* [a-z][a-z0-9_-]{0,62} */
bool dataset_name_is_valid(struct span name);
/* 64 lower-case hex digits. */
bool dataset_revision_is_valid(struct span revision);

/* The dataset of this name is not among the followers: each conversation has its own, in <state>/scratch/<c_...>/. */
#define DATASET_SCRATCH "scratch"
enum { DATASET_VARIANTS = 4, DATASET_BOUND = -1 };

struct dataset_ask {
    struct span name;
    struct span revision; /* SHA-256 as hex: the file of that name, whatever the links say; empty: the current one */
    struct span conversation; /* whose scratch */
    int64_t level;            /* 0..3: the reader's ceiling. What lies above it is not in the file that is found */
};
struct dataset_file {
    const char *path;     /* absolute, without symbolic links; the task's */
    struct span revision; /* SHA-256 as hex */
    int variant;          /* 0: "current", k: "current.k", DATASET_BOUND: by its revision */
};
/* The follower (extension "db") or its sidecar ("idx"). Of current.3, current.2, current.1 and current it is the first
 * that exists and whose number is no higher than the level: effect makes one only where it differs from the next lower
 * one. Links are read each time (1 us each), so that a rollback or a withdrawal holds at once. E_NOTFOUND, E_INVALID,
 * E_DENIED with a sentence. */
enum err dataset_find(struct task *t, const struct dataset_ask *ask, const char *extension, struct dataset_file *out);

#endif
