/* admit: is this call covered by a grant that gate sealed for the query service? */
#ifndef QUERY_ADMIT_H
#define QUERY_ADMIT_H

#include "query/dataset.h"

/* Before the forks: the memory of used grants is shared by all processes of the service. */
enum err admit_init(struct task *t);

/* Checks seal, audience, time, capability, dataset and arguments. A one-use grant must carry the arguments' hash and is
 * used up; a person's reusable grant is remembered as verified until it expires (a signature costs more than a page's
 * rows). *revision: the revision that the grant is bound to, empty for the current one; the task's. E_DENIED with a
 * sentence. */
enum err admit_check(struct task *t, struct span sealed, const char *capability, struct span dataset,
    struct span args_hash, struct span *revision);

#endif
