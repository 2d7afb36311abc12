/* stream_client: an agent's connection to lyceum-stream: live bytes of turns, best effort; the database is the truth.
 */
#ifndef STREAM_STREAM_CLIENT_H
#define STREAM_STREAM_CLIENT_H

#include "base/task.h"

struct stream_out; /* reconnects by itself; sends the whole live log again after a reconnect */

/* mode "public" or "private". Never fails: without stream, viewers get the log from the database, later. */
struct stream_out *stream_out_open(struct task *t, const char *mode);
/* Tells of a turn that begins (or resumes) at an epoch with the log so far. Bytes are appended by offset; they are
 * whole events. */
void stream_out_turn(struct stream_out *s, struct span turn, int64_t epoch, int64_t offset);
void stream_out_bytes(struct stream_out *s, struct span turn, struct span bytes);
/* The turn rests or ended: stream may forget it once its viewers have read to the end; later ones read the database. */
void stream_out_end(struct stream_out *s, struct span turn);
/* Sends what was said since the last flush, as far as the socket takes it: call it once per loop, and at least each
 * second while turns run, so that a stream that was restarted hears of them again. Safe from several threads, as all of
 * these. */
void stream_out_flush(struct stream_out *s);
/* Flushes once and frees; what lies in the task goes with it. */
void stream_out_close(struct stream_out *s);

#endif
