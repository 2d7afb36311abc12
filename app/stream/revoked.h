/* revoked: who may look no longer, as gate tells in its ring: sessions, principals, conversations. */
#ifndef STREAM_REVOKED_H
#define STREAM_REVOKED_H

#include "gate/share_client.h"
#include "stream/hub.h"

struct revoked;

void revoked_open(struct task *t, struct revoked **out);
void revoked_close(struct revoked *r);
/* Was it revoked in the last minutes? A grant that was sealed just before must not open a viewer just after. */
bool revoked_has(const struct revoked *r, const char *kind, struct span id);
/* Each half second: ends the responses of everything that was revoked since; when gate's ring was lost or lapped, ends
 * all: browsers come again, past gate. */
void revoked_poll(struct hub *h);

#endif
