/* work: the box's own files, /work and /tmp: a small file system inside one fixed piece of memory, without a pointer in
 * it, so that a checkpoint of the memory is a checkpoint of the files, and a damaged one can be found by looking. */
#ifndef BOX_WORK_H
#define BOX_WORK_H

#include "base/span.h"
#include "box/wasi.h"

enum {
    WORK_NAME_BYTES = 119,
    WORK_NODES = 2048,
    WORK_BLOCK_BYTES = 4096,
    WORK_BLOCKS = 16384, /* 64 MB: the quota */
    WORK_FDS = 64,
    WORK_ROOT = 0, /* of the tree: holds "work" and "tmp" */
};
#define WORK_NONE UINT32_MAX
/* Where a worker maps it, for good: above everything that mmap gives out by itself. */
#define WORK_AT 0x210000000000UL

enum work_kind { WORK_FREE, WORK_FILE, WORK_FOLDER };
enum work_place { WORK_CLOSED, WORK_CONSOLE, WORK_IN_TOP, WORK_IN_PACK, WORK_IN_WORK };

struct work_node {
    uint32_t kind, parent;
    uint64_t size;
    uint32_t first;      /* block, or WORK_NONE */
    uint32_t open_count; /* descriptors: an open file that was removed keeps its blocks until the last closes */
    char name[WORK_NAME_BYTES + 1];
};
/* An open file. `node` is a number of the place's tree. */
struct work_fd {
    uint32_t place, node;
    uint64_t at;
    uint32_t append, may_write;
    uint32_t block, block_at; /* the last block used and its number in the file, so that reading on is quick */
};
struct work {
    uint64_t magic;
    uint32_t free_block, blocks_used; /* chain of free blocks; fresh ones come from blocks_fresh on */
    uint32_t blocks_fresh, unused;
    struct work_fd fd[WORK_FDS];
    struct work_node node[WORK_NODES];
    uint32_t next[WORK_BLOCKS]; /* the block behind this one, or WORK_NONE */
    _Alignas(4096) unsigned char block[WORK_BLOCKS][WORK_BLOCK_BYTES];
};

/* Makes zeroed memory an empty tree with the folders work and tmp, and descriptors 0-3 (console, and "/"). */
void work_format(struct work *w);
/* Every number in it points inside, no chain runs in a circle or meets another: may it be used? */
bool work_sound(const struct work *w);

uint32_t work_find(const struct work *w, uint32_t folder, struct span name); /* WORK_NONE */
enum wasi_errno work_make(struct work *w, uint32_t folder, struct span name, enum work_kind kind, uint32_t *out);
enum wasi_errno work_remove(struct work *w, uint32_t node, enum work_kind kind);
/* Replaces a file that stands there. */
enum wasi_errno work_rename(struct work *w, uint32_t node, uint32_t folder, struct span name);
/* The nth child of a folder, in the order of node numbers: WORK_NONE when there are fewer. */
uint32_t work_child(const struct work *w, uint32_t folder, uint64_t nth);

/* Reads at most n bytes at f->at and moves it. */
size_t work_read(struct work *w, struct work_fd *f, void *into, size_t n);
/* Writes all n bytes or, at the quota, none: NOSPC. */
enum wasi_errno work_write(struct work *w, struct work_fd *f, const void *from, size_t n);
enum wasi_errno work_truncate(struct work *w, uint32_t node, uint64_t size);
/* The lowest free descriptor from 4 on, or WORK_NONE. */
uint32_t work_fd_open(struct work *w, enum work_place place, uint32_t node);
void work_fd_close(struct work *w, uint32_t fd);

#endif
