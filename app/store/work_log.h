/* work_log: a turn's log: ready-framed server-sent events, appended by its runner, read from any offset. */
#ifndef STORE_WORK_LOG_H
#define STORE_WORK_LOG_H

#include "store/work.h"

/* Appends bytes at the log's end. start must be the durable length: E_CONFLICT when it is not (somebody else writes).
 */
enum err work_log_append(
    struct task *t, struct work *w, struct span turn, int64_t epoch, int64_t start, struct span bytes);
/* Bytes from `offset` on, at most `most` (at least one row's rest when there is one); *epoch: of the first of them.
 * Empty at the end. */
enum err work_log_read(
    struct task *t, struct work *w, struct span turn, int64_t offset, size_t most, struct span *out, int64_t *epoch);

/* What a viewer's position is judged by. */
struct work_log_state {
    int64_t bytes;       /* durable length */
    int64_t epoch;       /* of the turn now */
    int64_t epoch_start; /* offset at which that epoch began */
    bool over;           /* done, failed or stopped: nothing follows */
    bool waiting;        /* rests for a person */
};
enum err work_log_state(struct task *t, struct work *w, struct span turn, struct work_log_state *out);
/* The offset at which an epoch of the turn began: where its first row starts; the durable length if it has none. */
enum err work_log_epoch_start(struct task *t, struct work *w, struct span turn, int64_t epoch, int64_t *out);

#endif
