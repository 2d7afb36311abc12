/* header: what a caller may say in its request's header, and what of a reply's is handed on. */
#ifndef EGRESS_HEADER_H
#define EGRESS_HEADER_H

#include "base/task.h"

enum { HEADER_LINES = 64, HEADER_BYTES = 16 * 1024 };

/* One "name: value" with a token as its name and no control character in its value, that isn't hop-by-hop, a host, a
 * length, a cookie or a key. E_INVALID, E_DENIED with a sentence. */
enum err header_check(struct task *t, struct span name, struct span value);
/* Checks lines of "name: value\n"; calls put for each. E_LIMIT: too many or too long. */
enum err header_each(
    struct task *t, struct span lines, void (*put)(void *arg, struct span name, struct span value), void *arg);
/* One line of a reply as "name: value\n" with a small name; nothing for what callers must not see (cookies) or what is
 * no header line. */
void header_put_reply(struct buf *b, struct span line);

#endif
