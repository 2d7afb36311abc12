/* sock: unix stream sockets of ours: listening, connecting, peers, and whole frames with a deadline. */
#ifndef WIRE_SOCK_H
#define WIRE_SOCK_H

#include "wire/frame.h"

#include <sys/types.h>

enum { SOCK_BACKLOG = 4096 };

/* Binds a temporary name, chmods, chgrps (group NULL: leave), listens, renames over path: a takeover loses no client.
 * Blocking unless nonblock. E_UNAVAILABLE with a sentence. */
enum err sock_listen(struct task *t, const char *path, mode_t mode, const char *group, bool nonblock, int *out);
/* Connects within the task's deadline; the descriptor is blocking and close-on-exec. E_UNAVAILABLE names the program
 * behind the path: "The query service does not answer". E_DENIED where this user may not connect. */
enum err sock_connect(struct task *t, const char *path, const char *who, int *out);

/* Sends bytes (built frames) within the task's deadline. */
enum err sock_send(struct task *t, int fd, struct span bytes);
/* Sends bytes with one descriptor attached to the first byte. */
enum err sock_send_fd(struct task *t, int fd, struct span bytes, int passed);
/* Receives one frame of at most cap bytes into `in` (which may hold the beginning of it, and keeps what follows it) and
 * parses it; the frame is the task's. When the peer closed between frames:
 * E_UNAVAILABLE. A descriptor that came along goes to *passed (else -1); passed NULL closes it. */
enum err sock_recv(struct task *t, int fd, struct buf *in, size_t cap, struct frame *out, int *passed);

/* One request, one reply, on a connection of its own. The reply lives in the task. An error frame fails the task. */
enum err sock_call(
    struct task *t, const char *path, const char *who, struct span request, size_t cap, struct frame *out);

#endif
