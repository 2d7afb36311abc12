/* work_blocks: the content of the box's own files: chains of blocks, as in a FAT. */
#include "box/work_priv.h"

#include <string.h>

static uint32_t
take_block(struct work *w)
{
    uint32_t b = w->free_block;
    if (b != WORK_NONE) {
        w->free_block = w->next[b];
        memset(w->block[b], 0, WORK_BLOCK_BYTES);
    } else if (w->blocks_fresh < WORK_BLOCKS) {
        b = w->blocks_fresh++; /* never used: zero as it is */
    } else {
        return WORK_NONE;
    }
    w->next[b] = WORK_NONE;
    w->blocks_used++;
    return b;
}

static void
free_chain(struct work *w, uint32_t b)
{
    while (b != WORK_NONE) {
        uint32_t behind = w->next[b];
        w->next[b] = w->free_block;
        w->free_block = b;
        w->blocks_used--;
        b = behind;
    }
}

/* Block numbers in the file are remembered per descriptor; whoever shortens a file forgets them all. */
static void
forget(struct work *w)
{
    for (uint32_t i = 0; i < WORK_FDS; i++)
        w->fd[i].block = WORK_NONE;
}

void
work_blocks_free(struct work *w, struct work_node *n)
{
    free_chain(w, n->first);
    n->first = WORK_NONE;
    n->size = 0;
    forget(w);
}

static bool
mark_chain(const struct work *w, uint32_t b, unsigned char *seen, uint32_t *count)
{
    for (; b != WORK_NONE; b = w->next[b]) {
        if (b >= w->blocks_fresh || (seen[b / 8] & (1u << (b % 8))) != 0)
            return false;
        seen[b / 8] = (unsigned char)(seen[b / 8] | (1u << (b % 8)));
        ++*count;
    }
    return true;
}

bool
work_chains_sound(const struct work *w)
{
    unsigned char seen[WORK_BLOCKS / 8] = {0};
    uint32_t used = 0, spare = 0;
    if (w->blocks_fresh > WORK_BLOCKS)
        return false;
    for (uint32_t i = 0; i < WORK_NODES; i++) {
        const struct work_node *n = &w->node[i];
        uint32_t before = used;
        if (n->kind == WORK_FREE && n->open_count == 0)
            continue;
        if (!mark_chain(w, n->first, seen, &used) || (uint64_t)(used - before) * WORK_BLOCK_BYTES < n->size)
            return false;
    }
    return mark_chain(w, w->free_block, seen, &spare) && used == w->blocks_used && used + spare == w->blocks_fresh;
}

/* The nth block of the file; with `grow`, made where it is missing. WORK_NONE: past the end, or past the quota. */
static uint32_t
block_of(struct work *w, struct work_fd *f, uint32_t nth, bool grow)
{
    struct work_node *n = &w->node[f->node];
    uint32_t b, at = 0;
    if (f->block != WORK_NONE && f->block_at <= nth) {
        b = f->block;
        at = f->block_at;
    } else {
        if (n->first == WORK_NONE && grow)
            n->first = take_block(w);
        b = n->first;
    }
    while (b != WORK_NONE && at < nth) {
        if (w->next[b] == WORK_NONE && grow) {
            uint32_t fresh = take_block(w);
            w->next[b] = fresh;
        }
        b = w->next[b];
        at++;
    }
    if (b != WORK_NONE) {
        f->block = b;
        f->block_at = nth;
    }
    return b;
}

size_t
work_read(struct work *w, struct work_fd *f, void *into, size_t n)
{
    const struct work_node *node = &w->node[f->node];
    uint64_t left = f->at < node->size ? node->size - f->at : 0;
    size_t done = 0, want = n < left ? n : (size_t)left;
    while (done < want) {
        size_t within = f->at % WORK_BLOCK_BYTES, room = WORK_BLOCK_BYTES - within;
        size_t step = want - done < room ? want - done : room;
        uint32_t b = block_of(w, f, (uint32_t)(f->at / WORK_BLOCK_BYTES), false);
        if (b == WORK_NONE)
            break;
        memcpy((char *)into + done, w->block[b] + within, step);
        done += step;
        f->at += step;
    }
    return done;
}

/* Blocks for `size` bytes, without touching what is in them. */
static enum wasi_errno
reserve(struct work *w, struct work_fd *f, uint64_t size)
{
    if (size > (uint64_t)WORK_BLOCKS * WORK_BLOCK_BYTES)
        return WASI_FBIG;
    uint64_t has = (w->node[f->node].size + WORK_BLOCK_BYTES - 1) / WORK_BLOCK_BYTES;
    uint64_t needs = (size + WORK_BLOCK_BYTES - 1) / WORK_BLOCK_BYTES;
    if (needs > has && needs - has > (uint64_t)(WORK_BLOCKS - w->blocks_used))
        return WASI_NOSPC;
    if (needs > 0 && block_of(w, f, (uint32_t)(needs - 1), true) == WORK_NONE)
        return WASI_NOSPC;
    return WASI_OK;
}

enum wasi_errno
work_write(struct work *w, struct work_fd *f, const void *from, size_t n)
{
    struct work_node *node = &w->node[f->node];
    if (n == 0)
        return WASI_OK;
    if (f->at > (uint64_t)WORK_BLOCKS * WORK_BLOCK_BYTES || n > (uint64_t)WORK_BLOCKS * WORK_BLOCK_BYTES)
        return WASI_FBIG;
    uint64_t end = f->at + n;
    if (end > node->size) {
        struct work_fd scout = *f;
        enum wasi_errno e = reserve(w, &scout, end);
        if (e != WASI_OK)
            return e;
        node->size = end;
    }
    for (size_t done = 0; done < n;) {
        size_t within = f->at % WORK_BLOCK_BYTES, room = WORK_BLOCK_BYTES - within;
        size_t step = n - done < room ? n - done : room;
        uint32_t b = block_of(w, f, (uint32_t)(f->at / WORK_BLOCK_BYTES), false);
        if (b == WORK_NONE)
            return WASI_IO;
        memcpy(w->block[b] + within, (const char *)from + done, step);
        done += step;
        f->at += step;
    }
    return WASI_OK;
}

enum wasi_errno
work_truncate(struct work *w, uint32_t node, uint64_t size)
{
    struct work_node *n = &w->node[node];
    struct work_fd f = {.place = WORK_IN_WORK, .node = node, .block = WORK_NONE};
    if (size == 0) {
        work_blocks_free(w, n);
    } else if (size > n->size) {
        enum wasi_errno e = reserve(w, &f, size);
        if (e != WASI_OK)
            return e;
    } else if (size < n->size) {
        uint32_t last = block_of(w, &f, (uint32_t)((size - 1) / WORK_BLOCK_BYTES), false);
        if (last == WORK_NONE)
            return WASI_IO;
        free_chain(w, w->next[last]);
        w->next[last] = WORK_NONE;
        size_t within = (size - 1) % WORK_BLOCK_BYTES + 1; /* what a later growth shows must be zero */
        memset(w->block[last] + within, 0, WORK_BLOCK_BYTES - within);
        forget(w);
    }
    n->size = size;
    return WASI_OK;
}
