/* revoked: following gate's ring. */
#include "stream/revoked.h"

#include "base/log.h"
#include "stream/session.h"
#include "stream/viewer.h"

#include <string.h>

enum { RECENT = 1024 }; /* of the last ones: more than happen in the minute that a grant lives */

struct revoked {
    struct share_watch watch;
    unsigned char recent[RECENT][SHARE_KEY_BYTES];
    size_t n; /* ever */
};

void
revoked_open(struct task *t, struct revoked **out)
{
    *out = task_new(t, struct revoked);
    share_watch_open(&(*out)->watch);
}

void
revoked_close(struct revoked *r)
{
    share_watch_close(&r->watch);
}

bool
revoked_has(const struct revoked *r, const char *kind, struct span id)
{
    unsigned char key[SHARE_KEY_BYTES];
    size_t n = r->n < RECENT ? r->n : RECENT;
    share_key(kind, id, key);
    for (size_t i = 0; i < n; i++)
        if (memcmp(r->recent[i], key, sizeof key) == 0)
            return true;
    return false;
}

static bool
is(const char *kind, struct span id, const unsigned char key[SHARE_KEY_BYTES])
{
    unsigned char own[SHARE_KEY_BYTES];
    share_key(kind, id, own);
    return memcmp(own, key, sizeof own) == 0;
}

/* A principal's or a conversation's viewers: rare, so all logs and sessions are looked through. */
static void
drop_others(struct hub *h, const unsigned char key[SHARE_KEY_BYTES])
{
    for (struct viewer *v = h->quiet_first, *next; v; v = next) {
        next = v->louder;
        if (memcmp(v->session->principal, key, SHARE_KEY_BYTES) == 0 ||
            is("conversation", (struct span){v->live->conversation, ID_BYTES}, key))
            viewer_end(h, v);
    }
}

static void
on_revoked(void *arg, const unsigned char key[SHARE_KEY_BYTES])
{
    struct hub *h = arg;
    memcpy(h->revoked->recent[h->revoked->n++ % RECENT], key, SHARE_KEY_BYTES);
    if (!session_drop(h, (struct span){(const char *)key, SHARE_KEY_BYTES}))
        drop_others(h, key);
}

void
revoked_poll(struct hub *h)
{
    bool was_there = h->revoked->watch.fd >= 0;
    if (share_watch_poll(&h->revoked->watch, on_revoked, h))
        return;
    if (!was_there && h->revoked->watch.fd < 0)
        return; /* gate has never started: nobody has a grant of its */
    if (h->quiet_first)
        log_line(NULL, "gate's list of revocations was lost or has come back: all streams are judged anew");
    while (h->quiet_first)
        viewer_end(h, h->quiet_first);
}
