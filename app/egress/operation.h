/* operation: what callers may ask of egress, each under its grant. */
#ifndef EGRESS_OPERATION_H
#define EGRESS_OPERATION_H

#include "egress/guest.h"

/* Begins what the frame asks; the reply comes by guest_done or guest_fail. On a failure the caller answers it. The
 * frame's bytes live as long as the guest. */
enum err operation_begin(struct guest *g, const struct frame *f);
/* The most that a reply may have (egress.reply_bytes). */
size_t operation_reply_bytes(void);

/* The operations (exchange.c, probe.c); `detail` of the grant is read. */
enum err exchange_begin(struct guest *g, const struct frame *f, const struct grant *grant);
enum err exchange_page_begin(struct guest *g, const struct frame *f, const struct grant *grant);
enum err probe_begin(struct guest *g, const struct frame *f, const struct grant *grant);

#endif
