/* dryrun: what is kept of a change that was tried: leaders/dryruns/<w_id>/, for a day. */
#ifndef EFFECT_DRYRUN_H
#define EFFECT_DRYRUN_H

#include "effect/change.h"

struct dryrun {
    struct span dataset, sql, digest;
    int64_t now_ms;
    int ceiling;
    unsigned char key[CHANGE_KEY_BYTES];
};

/* Keeps it under a new id, with what change_try told (for the approval page). */
enum err dryrun_put(struct task *t, const struct dryrun *d, const json_t *told, struct span *id);
/* E_NOTFOUND: it is not kept any more. */
enum err dryrun_get(struct task *t, struct span id, struct dryrun *out);
/* {"sql","tables","schema","more"} */
enum err dryrun_diff(struct task *t, struct span id, json_t **out);

#endif
