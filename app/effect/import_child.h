/* import_child: one stage of an import in a process of its own, which sees one folder and can't outlive its time. */
#ifndef EFFECT_IMPORT_CHILD_H
#define EFFECT_IMPORT_CHILD_H

#include "effect/import.h"

/* Runs in the child; `job` is the caller's with a progress that reaches the parent. */
typedef enum err import_stage(struct task *t, void *arg, const struct import_job *job, json_t **out);

/* Forks, jails, runs; passes progress on to job->progress and *out (parsed within bounds: the child is not trusted)
 * back. The child's failure is the task's. E_DEADLINE: killed at the task's deadline. E_CONFLICT: wake_fd became
 * readable. E_INTERNAL: the child crashed: a sentence says that the file was refused. */
enum err import_child(
    struct task *t, const struct import_job *job, import_stage *stage, void *arg, int wake_fd, json_t **out);

#endif
