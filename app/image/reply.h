/* reply: what such a service answered: a picture, or a sentence on why there is none. Pure. */
#ifndef IMAGE_REPLY_H
#define IMAGE_REPLY_H

#include "image/order.h"
#include "render/picture.h"

enum { IMAGE_BYTES = 4 << 20 /* of a picture, unpacked */ };

struct image_usage {
    int64_t in, out; /* tokens; -1: not told */
};
struct image_reply {
    struct span b64; /* as it came */
    size_t bytes;
    struct picture picture;
    struct span revised; /* the prompt as the service rewrote it; mostly empty */
    struct span quality; /* as it was drawn, where that is told */
    struct image_usage usage;
    bool unfinished; /* the reply broke off: this is the last picture on the way */
};
/* type: of the reply, "application/json" or "text/event-stream". E_DENIED: the service refuses this prompt; E_LIMIT:
 * its rate or budget; E_INVALID: what was asked; E_UNAVAILABLE: the service, the key or the reply. Each with a
 * sentence. */
enum err image_reply_read(struct task *t, const struct image_order *o, int64_t status, struct span type,
    struct span body, struct image_reply *out);

/* "4,160 tokens, about 0.167 USD" as far as it is known; empty when nothing is. *amount: 0 when no prices are set. */
struct span image_cost_words(
    struct task *t, const struct image_settings *s, const struct image_usage *u, double *amount);

#endif
