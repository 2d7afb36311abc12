/* image: the pages of a box as a file: what differs from what it was forked from. The base image (what a fresh box
 * looks like) is one too: what differs from nothing. */
#ifndef BOX_IMAGE_H
#define BOX_IMAGE_H

#include "base/id.h"
#include "base/task.h"

#include <sys/types.h>

enum {
    IMAGE_PAGE_BYTES = 4096,
    IMAGE_RANGES = 65536,
    IMAGE_KEY_BYTES = 32,
    IMAGE_HEAD_BYTES = 160, /* before the ranges */
    IMAGE_MAC_BYTES = 16,
};

/* Bytes of a box's address space, both ends whole pages. */
struct image_range {
    uint64_t start, end;
};
/* A box at rest: its memory, and the two numbers that are not in it. */
struct image_state {
    uint32_t pages; /* of WebAssembly */
    uint32_t stack;
};
/* A memory file (memfd), sealed: nobody can change what was checked. */
struct image {
    int fd; /* -1: none */
    struct image_state state;
    unsigned char base[HASH_BYTES]; /* key of what it differs from */
    uint64_t bytes;                 /* of the file */
    uint32_t ranges;
};

/* Lays a file out for these ranges (sorted, apart from one another) and writes head and table. Then their content is
 * put in that order, and the file sealed. E_LIMIT: more ranges or bytes than a checkpoint may have. */
enum err image_begin(struct task *t, const unsigned char base[HASH_BYTES], struct image_state state,
    const struct image_range *range, uint32_t n, struct image *out);
/* The next bytes of the content. When it fails, the image is closed. (Written, not mapped: whole pages that are written
 * need no clearing and no fault.) */
enum err image_put(struct task *t, struct image *im, const void *bytes, size_t n);
/* Nothing changes any more. When it fails, the image is closed. */
enum err image_seal(struct task *t, struct image *im);
void image_close(struct image *im);

/* What the file says of itself, checked: E_CORRUPT when a number in it can't be, or a range lies outside of `allowed`.
 * Its ranges are the task's. `bytes` is its size. */
enum err image_read(struct task *t, int fd, const struct image_range *allowed, size_t n_allowed, struct image *out,
    struct image_range **range);
/* Where the content of the first range is in the file. */
uint64_t image_content_at(uint32_t ranges);

/* To and from disk. Saved with a seal under `key`; loaded into a sealed memory file. E_CORRUPT: not sealed with this
 * key, or changed since. E_NOTFOUND. The file is written whole or not at all. */
enum err image_save(struct task *t, const struct image *im, const unsigned char key[IMAGE_KEY_BYTES], const char *path);
enum err image_load(struct task *t, const char *path, const unsigned char key[IMAGE_KEY_BYTES], struct image *out);

#endif
