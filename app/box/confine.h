/* confine: what the sandbox's processes can't do: namespaces and an empty root for the zygote and all that come from
 * it, then, in each worker, limits, a user of its own and a list of a dozen system calls. */
#ifndef BOX_CONFINE_H
#define BOX_CONFINE_H

#include "base/task.h"

/* For the zygote, once, when nothing of the disk is needed any more. Forks: what returns is the first process of its
 * process namespace. *words says what this machine gave ("namespaces, users, ..."). */
enum err confine_zygote(struct task *t, struct span *words);
/* For a fresh worker: `number` gives its user where the zygote may change it. Ends the process when a step fails. */
void confine_worker(uint64_t number, uint64_t memory_bytes);

#endif
