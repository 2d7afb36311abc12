/* picture: what kind of picture some bytes are and how large it is, whatever was said of them. Pure. */
#ifndef RENDER_PICTURE_H
#define RENDER_PICTURE_H

#include "base/span.h"

#include <stdint.h>

struct picture {
    const char *type;       /* "image/png" "image/jpeg" "image/webp" */
    const char *ending;     /* of a file: "png" "jpg" "webp" */
    uint32_t width, height; /* in pixels; 0: not found where they should stand */
};
/* By the first bytes. false: none of the kinds that are kept and shown. */
bool picture_read(struct span bytes, struct picture *out);

#endif
