/* durable: reading turn logs of the work databases. */
#include "stream/durable.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "store/work_turn.h"

#include <string.h>

enum { RETRY_MS = 1000 };

void
durable_init(struct durable *d, const char *mode)
{
    *d = (struct durable){.mode = mode};
}

void
durable_close(struct durable *d)
{
    if (d->work)
        task_end(&d->task);
    d->work = NULL;
}

static enum err
opened(struct task *t, struct durable *d)
{
    if (d->work)
        return E_OK;
    if (clock_mono_ms() >= d->retry_ms) {
        struct work *w = NULL;
        d->retry_ms = clock_mono_ms() + RETRY_MS;
        task_begin(&d->task, 0);
        if (work_open_reader(&d->task, d->mode, &w) == E_OK) {
            d->work = w;
            return E_OK;
        }
        log_line(t, "the %s conversations can't be read: %s", d->mode, d->task.cause);
        task_end(&d->task);
    }
    return task_fail(t, E_UNAVAILABLE, "The conversations can't be read at the moment. Try again.");
}

/* After a failure that the next opening may cure. */
static enum err
result(struct task *t, struct durable *d, enum err e)
{
    if (e != E_OK && e != E_NOTFOUND) {
        log_line(t, "reading the %s conversations failed: %s", d->mode, t->cause);
        durable_close(d);
    }
    return e;
}

enum err
durable_state(struct task *t, struct durable *d, struct span turn, struct work_log_state *out)
{
    return opened(t, d) == E_OK ? result(t, d, work_log_state(t, d->work, turn, out)) : t->err;
}

enum err
durable_conversation(struct task *t, struct durable *d, struct span turn, char out[ID_BYTES])
{
    struct work_turn row;
    if (opened(t, d) != E_OK || result(t, d, work_turn_get(t, d->work, turn, &row)) != E_OK)
        return t->err;
    if (!id_is(row.conversation, 'c'))
        return task_fail(t, E_CORRUPT, "The turn's conversation has a malformed id.");
    memcpy(out, row.conversation.p, ID_BYTES);
    return E_OK;
}

enum err
durable_read(struct task *t, struct durable *d, struct span turn, int64_t offset, size_t most, struct span *out)
{
    int64_t epoch;
    *out = SPAN_NONE;
    return opened(t, d) == E_OK ? result(t, d, work_log_read(t, d->work, turn, offset, most, out, &epoch)) : t->err;
}

enum err
durable_next_epoch(struct task *t, struct durable *d, struct span turn, int64_t epoch, int64_t *out)
{
    *out = 0;
    return opened(t, d) == E_OK ? result(t, d, work_log_epoch_start(t, d->work, turn, epoch + 1, out)) : t->err;
}
