/* admit: is this call covered by a grant that gate sealed for the query service? */
#ifndef QUERY_ADMIT_H
#define QUERY_ADMIT_H

#include "query/dataset.h"

/* Before it listens, and before the forks: the memory of used grants is shared by all processes of the service. */
enum err admit_init(struct task *t);

/* What a grant lets its holder read; the spans are the task's. */
struct admitted {
    struct dataset_ask which; /* with the grant's revision, conversation and level */
    struct span detail;       /* labels of the dataset (labels.h); may be empty */
};
/* Checks seal, audience, time, capability, dataset and arguments. A one-use grant must carry the arguments' hash and is
 * used up; one that is older than this service is E_UNAVAILABLE (the list of used ones began with it): ask gate again.
 * A person's reusable grant is remembered as verified, with its level, until it expires (a signature costs more than a
 * page's rows). E_DENIED with a sentence. */
enum err admit_check(struct task *t, struct span sealed, const char *capability, struct span dataset,
    struct span args_hash, struct admitted *out);

#endif
