/* viewer: sending a turn's log to those who look at it. */
#include "stream/viewer.h"

#include "base/clock.h"
#include "base/must.h"

enum { READ_BYTES = 32 * 1024, EVENT_BYTES = 256 };

static const char head[] = "Content-Type: text/event-stream; charset=utf-8\r\nCache-Control: "
                           "no-store\r\nX-Accel-Buffering: no\r\n\r\nretry: 1000\n\n";

/* The list by silence ---------------------------------------------------------------------------------------------- */

static void
quiet_put(struct hub *h, struct viewer *v)
{
    v->louder = NULL;
    v->quieter = h->quiet_last;
    *(h->quiet_last ? &h->quiet_last->louder : &h->quiet_first) = v;
    h->quiet_last = v;
}

static void
quiet_take(struct hub *h, struct viewer *v)
{
    *(v->quieter ? &v->quieter->louder : &h->quiet_first) = v->louder;
    *(v->louder ? &v->louder->quieter : &h->quiet_last) = v->quieter;
}

static void
spoke(struct hub *h, struct viewer *v)
{
    v->sent_ms = clock_mono_ms();
    if (h->quiet_last == v)
        return;
    quiet_take(h, v);
    quiet_put(h, v);
}

/* Coming and going ---------------------------------------------------------------------------------------------------
 */

static void
put(struct viewer **list, struct viewer *v)
{
    v->next = *list;
    v->at = list;
    if (v->next)
        v->next->at = &v->next;
    *list = v;
}

static void
put_session(struct session *s, struct viewer *v)
{
    v->session = s;
    v->session_next = s->viewers;
    v->session_at = &s->viewers;
    if (v->session_next)
        v->session_next->session_at = &v->session_next;
    s->viewers = v;
}

void
viewer_open(struct hub *h, struct live *l, struct session *s, struct fcgi_conn *c, int64_t offset, int64_t rewind)
{
    struct viewer *v = pool_take(&h->viewer_pool);
    *v = (struct viewer){.live = l, .conn = c, .offset = offset, .rewind = rewind, .whole = true};
    v->opened_ms = v->sent_ms = clock_mono_ms();
    put(&l->viewers, v);
    put_session(s, v);
    quiet_put(h, v);
    fcgi_conn_set_user(c, v);
    fcgi_conn_forget(c);
    fcgi_put(c, (struct span){head, sizeof head - 1});
    viewer_push(h, v);
}

void
viewer_gone(struct hub *h, struct viewer *v)
{
    *v->at = v->next;
    if (v->next)
        v->next->at = v->at;
    *v->session_at = v->session_next;
    if (v->session_next)
        v->session_next->session_at = v->session_at;
    quiet_take(h, v);
    fcgi_conn_set_user(v->conn, NULL);
    session_leave(h, v->session);
    struct live *l = v->live;
    pool_give(&h->viewer_pool, v);
    hub_release(h, l);
}

void
viewer_end(struct hub *h, struct viewer *v)
{
    struct fcgi_conn *c = v->conn;
    viewer_gone(h, v);
    fcgi_end(c);
}

/* Sending ---------------------------------------------------------------------------------------------------------- */

void
viewer_rewind(struct viewer *v, int64_t to)
{
    if (v->offset <= to)
        return;
    v->offset = to;
    v->rewind = to;
}

static void
send_rewind(struct hub *h, struct viewer *v)
{
    struct buf b;
    buf_init(&b, EVENT_BYTES);
    buf_printf(&b, "id: %.*s.%lld.%010lld\nevent: rewind\ndata: {\"to\":%lld}\n\n", SPAN_ARG(live_turn(v->live)),
        (long long)v->live->epoch, (long long)v->rewind, (long long)v->rewind);
    must(!b.failed);
    fcgi_put(v->conn, buf_view(&b));
    buf_reset(&b);
    v->offset = v->rewind;
    v->rewind = -1;
    spoke(h, v);
}

/* False: nothing more can be sent now. */
static bool
send_log(struct hub *h, struct viewer *v)
{
    struct task t;
    struct span s = live_bytes(v->live, v->offset);
    task_begin(&t, 0);
    if (s.n == 0 && v->offset < live_end(v->live))
        durable_read(&t, hub_durable(h, v->live), live_turn(v->live), v->offset, READ_BYTES, &s);
    size_t k = fcgi_offer(v->conn, s);
    if (k > 0) {
        v->offset += (int64_t)k;
        v->whole = k >= 2 && s.p[k - 1] == '\n' && s.p[k - 2] == '\n';
        spoke(h, v);
    }
    task_end(&t);
    return k > 0 && fcgi_idle(v->conn);
}

void
viewer_push(struct hub *h, struct viewer *v)
{
    if (!fcgi_idle(v->conn))
        return;                        /* fcgi_ev calls again when there is room */
    if (v->rewind >= 0 && !v->whole) { /* half an event was sent: a browser drops it only when the response ends */
        viewer_end(h, v);
        return;
    }
    if (v->rewind >= 0)
        send_rewind(h, v);
    while (fcgi_idle(v->conn) && send_log(h, v))
        ;
    bool done = v->live->over && v->offset >= live_end(v->live);
    if (done || clock_mono_ms() - v->opened_ms > VIEWER_LIFE_MS)
        viewer_end(h, v);
}

void
viewer_beats(struct hub *h)
{
    int64_t now = clock_mono_ms();
    while (h->quiet_first && now - h->quiet_first->sent_ms >= VIEWER_BEAT_MS) {
        struct viewer *v = h->quiet_first;
        bool free = fcgi_idle(v->conn) && v->whole; /* else its reader is slow: its bytes are its heartbeat */
        spoke(h, v);
        if (now - v->opened_ms > VIEWER_LIFE_MS)
            viewer_end(h, v);
        else if (free)
            fcgi_put(v->conn, SPAN(": \n\n"));
    }
}
