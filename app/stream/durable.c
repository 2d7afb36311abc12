/* durable: reading turn logs of the work databases. */
#include "stream/durable.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "store/work_turn.h"

#include <string.h>

enum { RETRY_MS = 1000, ATTEMPTS = 8 };

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

/* One question to the database. */
struct ask {
    struct span turn;
    int64_t offset; /* or an epoch */
    size_t most;
    struct work_log_state state;
    struct span bytes;
    int64_t number;
};

static enum err
ask_state(struct task *t, struct work *w, struct ask *a)
{
    return work_log_state(t, w, a->turn, &a->state);
}

static enum err
ask_conversation(struct task *t, struct work *w, struct ask *a)
{
    struct work_turn row;
    if (work_turn_get(t, w, a->turn, &row) == E_OK)
        a->bytes = row.conversation;
    return t->err;
}

static enum err
ask_bytes(struct task *t, struct work *w, struct ask *a)
{
    int64_t epoch;
    return work_log_read(t, w, a->turn, a->offset, a->most, &a->bytes, &epoch);
}

static enum err
ask_epoch(struct task *t, struct work *w, struct ask *a)
{
    return work_log_epoch_start(t, w, a->turn, a->offset, &a->number);
}

/* A reader that can't write the WAL's index sees it torn when it looks at the moment of a commit; SQLite then calls the
 * database read-only and in need of recovery. The next look finds it whole. What stays broken is opened anew. */
static enum err
answer(struct task *t, struct durable *d, enum err (*fn)(struct task *, struct work *, struct ask *), struct ask *a)
{
    for (int i = 0; i < ATTEMPTS; i++) {
        task_clear_error(t);
        if (opened(t, d) != E_OK || fn(t, d->work, a) == E_OK || t->err == E_NOTFOUND)
            return t->err;
    }
    log_line(t, "reading the %s conversations failed: %s", d->mode, t->cause);
    durable_close(d);
    task_clear_error(t);
    return task_fail(t, E_UNAVAILABLE, "The conversations can't be read at the moment. Try again.");
}

enum err
durable_state(struct task *t, struct durable *d, struct span turn, struct work_log_state *out)
{
    struct ask a = {.turn = turn};
    answer(t, d, ask_state, &a);
    *out = a.state;
    return t->err;
}

enum err
durable_conversation(struct task *t, struct durable *d, struct span turn, char out[ID_BYTES])
{
    struct ask a = {.turn = turn};
    if (answer(t, d, ask_conversation, &a) != E_OK)
        return t->err;
    if (!id_is(a.bytes, 'c'))
        return task_fail(t, E_CORRUPT, "The turn's conversation has a malformed id.");
    memcpy(out, a.bytes.p, ID_BYTES);
    return E_OK;
}

enum err
durable_read(struct task *t, struct durable *d, struct span turn, int64_t offset, size_t most, struct span *out)
{
    struct ask a = {.turn = turn, .offset = offset, .most = most};
    enum err e = answer(t, d, ask_bytes, &a);
    *out = e == E_OK ? a.bytes : SPAN_NONE;
    return e;
}

enum err
durable_next_epoch(struct task *t, struct durable *d, struct span turn, int64_t epoch, int64_t *out)
{
    struct ask a = {.turn = turn, .offset = epoch + 1};
    answer(t, d, ask_epoch, &a);
    *out = a.number;
    return t->err;
}
