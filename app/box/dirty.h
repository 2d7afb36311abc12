/* dirty: which pages of a worker are its own by now: PAGEMAP_SCAN where the kernel has it (6.7), else its pagemap. */
#ifndef BOX_DIRTY_H
#define BOX_DIRTY_H

#include "box/image.h"

/* The ranges inside `piece` that are no longer the mapped base's, appended to `ranges` (struct image_range after struct
 * image_range). E_LIMIT: past its cap; E_UNAVAILABLE: the process ended, or may not be looked at. */
enum err dirty_find(struct task *t, int pagemap, struct image_range piece, struct buf *ranges);
/* The same by reading pagemap, for older kernels; tests compare the two. */
enum err dirty_read(struct task *t, int pagemap, struct image_range piece, struct buf *ranges);
/* Opens /proc/<process>/pagemap. */
enum err dirty_open(struct task *t, int process, int *out);

#endif
