/* door: requests: path, grant, limits, place in the log. */
#include "stream/door.h"

#include "base/clock.h"
#include "base/json.h"
#include "stream/revoked.h"
#include "stream/session.h"
#include "stream/viewer.h"

enum { KEY_AGE_MS = 1000 };

struct visit {
    struct task *t;
    struct fcgi_conn *c;
    struct span conversation, turn, session, principal;
    bool private;
};

/* /-/chat/<conversation>/stream/<turn> */
static bool
read_path(struct span path, struct visit *v)
{
    static const char front[] = "/-/chat/";
    struct span word;
    if (!span_starts(path, front))
        return false;
    path = span_from(path, sizeof front - 1);
    return span_cut(&path, '/', &v->conversation) && id_is(v->conversation, 'c') && span_cut(&path, '/', &word) &&
           span_is(word, "stream") && (v->turn = path, id_is(v->turn, 't'));
}

/* Gate may have started after us, or with a new key: a grant that fails is tried with the file's key of now. */
static enum err
open_grant(struct hub *h, struct task *t, struct span sealed, struct grant *out)
{
    int64_t now = clock_unix_ms();
    if (h->gate_key_known && grant_open(t, h->gate_key, sealed, "stream", now, out) == E_OK)
        return E_OK;
    if (h->gate_key_known && clock_mono_ms() - h->gate_key_ms < KEY_AGE_MS)
        return t->err;
    task_clear_error(t);
    h->gate_key_ms = clock_mono_ms();
    h->gate_key_known = grant_key_read_public(t, "gate", h->gate_key) == E_OK;
    if (!h->gate_key_known) {
        task_clear_error(t);
        return task_fail(t, E_UNAVAILABLE, "The gate has not started yet. Try again in a moment.");
    }
    return grant_open(t, h->gate_key, sealed, "stream", now, out);
}

static enum err
check_grant(struct hub *h, struct visit *v)
{
    struct task *t = v->t;
    struct buf *sealed = task_buf(t, GRANT_SEAL_BYTES);
    struct grant g;
    json_t *detail = NULL;
    struct span text = fcgi_param(v->c, "LYCEUM_VIEWER");
    if (text.n == 0 || !base64_get(text, sealed))
        return task_fail(t, E_DENIED, "This stream needs a viewer's grant.");
    if (open_grant(h, t, buf_view(sealed), &g) != E_OK)
        return t->err;
    bool fits = span_is(g.capability, "view") && span_eq(g.conversation, v->conversation) && span_eq(g.turn, v->turn);
    v->private = span_is(g.mode, "private");
    if (!fits || (!v->private && !span_is(g.mode, "public")))
        return task_fail(t, E_DENIED, "This grant is for another stream.");
    if (json_read(t, g.detail, &detail) != E_OK)
        return t->err;
    v->session = json_text(detail, "session");
    v->principal = g.subject;
    if (v->session.n == 0)
        return task_fail(t, E_DENIED, "This grant names no session.");
    if (revoked_has(h->revoked, "session", v->session) || revoked_has(h->revoked, "principal", g.subject) ||
        revoked_has(h->revoked, "conversation", g.conversation))
        return task_fail(t, E_UNAUTHENTICATED, "You have signed out. Sign in again to go on.");
    return g.reusable ? E_OK : nonce_use(t, h->nonces, g.nonce, g.expires_ms, clock_unix_ms());
}

/* The turn's log, known to be the conversation's. A turn without an agent is looked up each time: it may have moved on.
 */
static enum err
find_log(struct hub *h, struct visit *v, struct live **out)
{
    struct live *l = *out = hub_make(h, v->private, v->turn);
    if (!l)
        return task_fail(v->t, E_UNAVAILABLE, "Too many conversations are open. Try again in a moment.");
    if (!l->conversation[0] && durable_conversation(v->t, hub_durable(h, l), v->turn, l->conversation) != E_OK)
        return v->t->err;
    if (!span_eq((struct span){l->conversation, ID_BYTES}, v->conversation))
        return task_fail(v->t, E_NOTFOUND, "There is no such turn of this conversation.");
    return l->feed || hub_refresh(v->t, h, l) ? E_OK : v->t->err;
}

/* Where the browser is: its last event id, or ?after= for the page's own first request. */
static struct span
last_id(const struct fcgi_conn *c)
{
    struct span id = fcgi_param(c, "HTTP_LAST_EVENT_ID");
    struct span query = fcgi_param(c, "QUERY_STRING");
    struct span field;
    if (id.n > 0)
        return id;
    while (span_cut(&query, '&', &field))
        if (span_starts(field, "after="))
            return span_from(field, 6);
    return SPAN_NONE;
}

/* Judges the browser's place. *rewind >= 0: what it has seen past there never was. */
static enum err
place(struct hub *h, struct visit *v, struct live *l, int64_t *offset, int64_t *rewind)
{
    int64_t epoch = 0;
    *offset = 0;
    *rewind = -1;
    if (!live_id(last_id(v->c), v->turn, &epoch, offset)) {
        *offset = 0;
        return E_OK;
    }
    if (epoch > l->epoch && !hub_refresh(v->t, h, l)) /* the agent's next epoch, which it has not told us of */
        return v->t->err;
    int64_t most = INT64_MAX;
    if (epoch < l->epoch) {
        if (durable_next_epoch(v->t, hub_durable(h, l), v->turn, epoch, &most) != E_OK)
            return v->t->err;
        most = most < l->epoch_start ? most : l->epoch_start;
    } else if (epoch > l->epoch)
        most = 0; /* an epoch that never was */
    else if (l->over)
        most = live_end(l);
    if (*offset > most)
        *rewind = *offset = most;
    return E_OK;
}

static void
open_viewer(struct hub *h, struct visit *v, struct live *l)
{
    int64_t offset;
    int64_t rewind;
    if (place(h, v, l, &offset, &rewind) != E_OK)
        return;
    if (l->over && rewind < 0 && offset >= live_end(l)) {
        fcgi_reply(v->c, 204, "", ""); /* tells a browser not to come again */
        return;
    }
    struct session *s = h->viewer_pool.in_use < h->limits.viewers ? session_join(h, v->session, v->principal) : NULL;
    if (!s)
        fcgi_reply(
            v->c, 503, "Retry-After: 5\r\n", "Too many streams are open. Close a tab, or try again in a moment.");
    else
        viewer_open(h, l, s, v->c, offset, rewind);
}

void
door_request(struct hub *h, struct fcgi_conn *c)
{
    struct task t;
    struct live *l = NULL;
    struct visit v = {.t = &t, .c = c};
    task_begin(&t, 0);
    if (!span_is(fcgi_param(c, "REQUEST_METHOD"), "GET"))
        fcgi_reply(c, 405, "Allow: GET\r\n", "A stream is read with GET.");
    else if (h->stopping)
        fcgi_reply(c, 503, "Retry-After: 1\r\n", "Restarting.");
    else if (!read_path(task_dup(&t, fcgi_param(c, "DOCUMENT_URI")), &v)) /* a viewer frees its parameters */
        fcgi_reply(c, 404, "", "There is no such stream.");
    else if (check_grant(h, &v) == E_OK && find_log(h, &v, &l) == E_OK)
        open_viewer(h, &v, l);
    if (l) { /* without a viewer, a log that nobody feeds is forgotten */
        l = hub_find(h, v.private, v.turn);
        if (l)
            hub_release(h, l);
    }
    if (t.err != E_OK)
        fcgi_reply(c, err_http(t.err), t.err == E_UNAVAILABLE ? "Retry-After: 2\r\n" : "", t.cause);
    task_end(&t);
}
