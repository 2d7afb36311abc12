/* hot: the pages that every box writes in its first run: touched in one go, instead of by a fault for each. */
#ifndef BOX_HOT_H
#define BOX_HOT_H

#include "box/worker.h"

#include "box/image.h"

enum { HOT_RANGES = 128 };

struct hot {
    uint32_t n;
    struct image_range range[HOT_RANGES];
};

/* Lets a child of this process run a sample and looks at what it wrote. Without success there are none: a box is then
 * slower, not wrong. Before the zygote leaves /proc behind. */
void hot_learn(struct worker *w, struct hot *out);
/* In a fresh worker. */
void hot_touch(const struct hot *h);

#endif
