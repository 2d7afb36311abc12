/* session: whose viewers: counted, so that nobody takes all, and dropped when gate revokes it. */
#ifndef STREAM_SESSION_H
#define STREAM_SESSION_H

#include "gate/share_client.h"
#include "stream/hub.h"

struct session {
    struct index_node node; /* first */
    struct viewer *viewers;
    size_t n;
    unsigned char key[SHARE_KEY_BYTES]; /* as gate's ring of revocations names it */
    unsigned char principal[SHARE_KEY_BYTES];
};

/* The session of a viewer's grant; NULL when it has its share of viewers already. */
struct session *session_join(struct hub *h, struct span session, struct span principal);
/* One viewer less; frees the last. */
void session_leave(struct hub *h, struct session *s);
/* Ends every viewer of a session, named by its key; false when it has none. */
bool session_drop(struct hub *h, struct span key);

#endif
