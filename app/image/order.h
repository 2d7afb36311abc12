/* order: what is asked of a service that draws pictures: a tool's arguments under a deployment's settings, as the body
 * of one POST to an OpenAI-compatible .../images/generations. Pure. */
#ifndef IMAGE_ORDER_H
#define IMAGE_ORDER_H

#include "base/task.h"

enum { IMAGE_PROMPT_BYTES = 8000, IMAGE_ALT_BYTES = 1000, IMAGE_PARTIALS = 3 };

/* Settings of the plugin; what is not set has the default that stands here. */
struct image_settings {
    struct span model;          /* "gpt-image-1" */
    struct span sizes;          /* sizes that may be asked for, by blanks; empty: what the model is known to draw */
    struct span quality;        /* the highest that may be asked for: "high" */
    struct span format;         /* "png" "jpeg" "webp" */
    struct span currency;       /* "USD" */
    double price_in, price_out; /* for a million tokens of text in, of picture out; 0: no cost is told */
    int64_t partials; /* unfinished pictures on the way, so that a reply that breaks off leaves one; 0: none */
};
/* E_INVALID with a sentence for admins. */
enum err image_settings_read(struct task *t, const json_t *settings, struct image_settings *out);

struct image_order {
    struct image_settings s;
    struct span prompt, alt;
    struct span size, quality, background; /* "auto" when nothing was said */
};
/* E_INVALID with a sentence that says what may be asked instead. Borrows from both. */
enum err image_order_read(struct task *t, const json_t *args, const struct image_settings *s, struct image_order *out);
/* The exact bytes that are sent. Models of the family gpt-image always answer with the picture itself and refuse
 * "response_format"; others are asked for it. */
struct span image_order_body(struct task *t, const struct image_order *o);

#endif
