/* tell: writing a turn's log. */
#include "agent/tell.h"

#include "base/clock.h"
#include "base/must.h"
#include "store/work_lease.h"
#include "store/work_log.h"

#include <stdio.h>

void
tell_open(struct tell *l, struct span turn, int64_t epoch, int64_t durable, struct stream_out *out)
{
    *l = (struct tell){.turn = turn, .epoch = epoch, .durable = durable, .out = out};
    must(pthread_mutex_init(&l->lock, NULL) == 0);
    buf_init(&l->pending, TELL_PENDING_BYTES);
    if (out)
        stream_out_turn(out, turn, epoch, durable);
}

void
tell_close(struct tell *l)
{
    buf_reset(&l->pending);
    pthread_mutex_destroy(&l->lock);
}

/* The id names the offset of the event's end, which its own length decides: ten digits, whatever it is. */
static void
put_event(struct tell *l, const char *kind, struct span data)
{
    struct buf *b = &l->pending;
    size_t begin = b->n;
    buf_printf(b, "id: %.*s.%lld.", SPAN_ARG(l->turn), (long long)l->epoch);
    size_t at = b->n;
    buf_printf(b, "%010d\nevent: %s\ndata: ", 0, kind);
    buf_span(b, data);
    buf_puts(b, "\n\n");
    if (b->failed) {
        b->failed = false;
        b->n = begin;
        return;
    }
    int64_t end = l->durable + (int64_t)b->n;
    for (size_t i = 10; i-- > 0; end /= 10)
        b->p[at + i] = (char)('0' + end % 10);
}

void
tell_event(struct tell *l, const char *kind, struct span data)
{
    pthread_mutex_lock(&l->lock);
    if (l->pending.n == 0)
        l->waits_since_ms = clock_mono_ms();
    put_event(l, kind, data);
    pthread_mutex_unlock(&l->lock);
}

/* With the lock held. */
static void
show(struct tell *l)
{
    struct span unsent = span_from(buf_view(&l->pending), l->sent);
    if (unsent.n == 0)
        return;
    l->sent = l->pending.n;
    if (!l->out)
        return;
    stream_out_bytes(l->out, l->turn, unsent);
    stream_out_flush(l->out);
}

void
tell_show(struct tell *l)
{
    pthread_mutex_lock(&l->lock);
    show(l);
    pthread_mutex_unlock(&l->lock);
}

static enum err
append(struct task *t, struct tell *l, struct work *w)
{
    return work_log_append(t, w, l->turn, l->epoch, l->durable, buf_view(&l->pending));
}

/* What is pending is in the database now. */
static void
settled(struct tell *l)
{
    show(l);
    l->durable += (int64_t)l->pending.n;
    buf_clear(&l->pending);
    l->sent = 0;
    l->waits_since_ms = 0;
}

enum err
tell_begin(struct task *t, struct tell *l, struct work *w)
{
    pthread_mutex_lock(&l->lock);
    if (work_begin(t, w) == E_OK)
        return E_OK;
    pthread_mutex_unlock(&l->lock);
    return t->err;
}

enum err
tell_end(struct task *t, struct tell *l, struct work *w, enum err e)
{
    if (e == E_OK)
        e = append(t, l, w);
    e = work_end(t, w, e);
    if (e == E_OK)
        settled(l);
    pthread_mutex_unlock(&l->lock);
    return e;
}

enum err
tell_write_waiting(struct task *t, struct tell *l, struct work *w, struct span owner)
{
    pthread_mutex_lock(&l->lock);
    bool due = l->sent > 0 && l->sent == l->pending.n && clock_mono_ms() - l->waits_since_ms >= TELL_EVERY_MS;
    enum err e = due ? work_begin(t, w) : E_OK;
    if (due && e == E_OK) {
        e = work_lease_hold(t, w, l->turn, owner);
        e = work_end(t, w, e == E_OK ? append(t, l, w) : e);
        if (e == E_OK)
            settled(l);
    }
    pthread_mutex_unlock(&l->lock);
    return e;
}
