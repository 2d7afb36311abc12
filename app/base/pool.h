/* pool: items of one size that are given back: for objects that outlive a task and come and go (connections, viewers).
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stddef.h>

struct pool_item;
struct pool_slab;

struct pool {
    size_t item_bytes;
    struct pool_item *spare;
    struct pool_slab *slabs;
    size_t in_use;
};

/* Caller's storage. Memory comes in slabs and stays with the pool until pool_reset. */
void pool_init(struct pool *p, size_t item_bytes);
/* A zeroed item; never NULL: what is counted is bounded by the caller. */
void *pool_take(struct pool *p) __attribute__((returns_nonnull));
void pool_give(struct pool *p, void *item);
/* Frees all slabs; nothing may be in use. */
void pool_reset(struct pool *p);

#endif
