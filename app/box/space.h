/* space: a box's address space: the guest's memory and the arena of its files, at fixed places, so that an image of one
 * process fits another. */
#ifndef BOX_SPACE_H
#define BOX_SPACE_H

#include "box/image.h"
#include "box/work.h"

/* The two pieces that images are made of. The first is as large as WebAssembly allows. */
enum { SPACE_PIECES = 2 };
extern const struct image_range space_pieces[SPACE_PIECES];

/* Reserves both, once for a process. E_UNAVAILABLE where something is there already (sanitizers). */
enum err space_open(struct task *t);
struct work *space_work(void);
/* Makes pages usable: memory.grow. false at the end of memory. */
bool space_grow(uint32_t from_pages, uint32_t to_pages);
/* Everything that is not zero, as an image that differs from nothing; `state` goes along. */
enum err space_freeze(struct task *t, struct image_state state, struct image *out);
/* Maps `im` as the base: what is not in it is zero, and each process after a fork has its own copy of what it changes.
 */
enum err space_base(struct task *t, const struct image *im);
/* Maps an image over the base: in a fresh worker. */
enum err space_restore(struct task *t, const struct image *im, const struct image_range *range);
/* The key of a base: its content and the build whose code belongs to it. Checkpoints fit the base of their key alone.
 */
enum err space_key(struct task *t, const struct image *im, const char *build, unsigned char out[HASH_BYTES]);

#endif
