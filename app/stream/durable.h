/* durable: a mode's work database, read-only: logs that are not in memory, and how far they go. */
#ifndef STREAM_DURABLE_H
#define STREAM_DURABLE_H

#include "base/id.h"
#include "store/work_log.h"

/* Caller's storage; opened when first needed, opened again a second after a failure. */
struct durable {
    const char *mode;
    struct task task; /* owns the connection */
    struct work *work;
    int64_t retry_ms;
};

void durable_init(struct durable *d, const char *mode);
void durable_close(struct durable *d);
/* How far a turn's log goes, and whose conversation it belongs to. E_NOTFOUND, E_UNAVAILABLE. */
enum err durable_state(struct task *t, struct durable *d, struct span turn, struct work_log_state *out);
enum err durable_conversation(struct task *t, struct durable *d, struct span turn, char out[ID_BYTES]);
/* Bytes from an offset on, about `most`; empty at the end. */
enum err durable_read(
    struct task *t, struct durable *d, struct span turn, int64_t offset, size_t most, struct span *out);
/* Where the first epoch after `epoch` began. */
enum err durable_next_epoch(struct task *t, struct durable *d, struct span turn, int64_t epoch, int64_t *out);

#endif
