/* session: counting and dropping viewers by whose they are. */
#include "stream/session.h"

#include "base/must.h"
#include "stream/viewer.h"

#include <string.h>

static struct session *
find(struct hub *h, struct span key)
{
    struct index_node *n = index_find(&h->sessions, key);
    return n ? (struct session *)(void *)n : NULL;
}

struct session *
session_join(struct hub *h, struct span session, struct span principal)
{
    unsigned char key[SHARE_KEY_BYTES];
    share_key("session", session, key);
    struct session *s = find(h, (struct span){(const char *)key, sizeof key});
    if (s && s->n >= h->limits.viewers_session)
        return NULL;
    if (!s) {
        s = pool_take(&h->session_pool);
        memcpy(s->key, key, sizeof key);
        share_key("principal", principal, s->principal);
        s->node.key = (struct span){(const char *)s->key, sizeof s->key};
        index_put(&h->sessions, &s->node);
    }
    s->n++;
    return s;
}

void
session_leave(struct hub *h, struct session *s)
{
    must(s->n > 0);
    if (--s->n > 0)
        return;
    index_take(&h->sessions, &s->node);
    pool_give(&h->session_pool, s);
}

bool
session_drop(struct hub *h, struct span key)
{
    struct session *s = find(h, key);
    if (!s)
        return false;
    for (struct viewer *v = s->viewers, *next; v; v = next) { /* the last one frees s */
        next = v->session_next;
        viewer_end(h, v);
    }
    return true;
}
