/* pool: a free list over slabs. */
#include "base/pool.h"

#include "base/must.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { SLAB_BYTES = 16 * 1024 };

struct pool_item {
    struct pool_item *next;
};

struct pool_slab {
    struct pool_slab *next;
    alignas(max_align_t) char bytes[];
};

void
pool_init(struct pool *p, size_t item_bytes)
{
    size_t align = alignof(max_align_t);
    size_t n = item_bytes < sizeof(struct pool_item) ? sizeof(struct pool_item) : item_bytes;
    *p = (struct pool){.item_bytes = (n + align - 1) & ~(align - 1)};
}

static void
grow(struct pool *p)
{
    size_t count = p->item_bytes < SLAB_BYTES / 4 ? SLAB_BYTES / p->item_bytes : 1;
    struct pool_slab *s = malloc(sizeof *s + count * p->item_bytes);
    must(s);
    s->next = p->slabs;
    p->slabs = s;
    for (size_t i = count; i-- > 0;) {
        struct pool_item *x = (struct pool_item *)(void *)(s->bytes + i * p->item_bytes);
        x->next = p->spare;
        p->spare = x;
    }
}

void *
pool_take(struct pool *p)
{
    if (!p->spare)
        grow(p);
    struct pool_item *x = p->spare;
    must(x);
    p->spare = x->next;
    p->in_use++;
    memset(x, 0, p->item_bytes);
    return x;
}

void
pool_give(struct pool *p, void *item)
{
    must(p->in_use > 0);
    p->in_use--;
    struct pool_item *x = item;
    x->next = p->spare;
    p->spare = x;
}

void
pool_reset(struct pool *p)
{
    must(p->in_use == 0);
    for (struct pool_slab *s = p->slabs; s;) {
        struct pool_slab *next = s->next;
        free(s);
        s = next;
    }
    pool_init(p, p->item_bytes);
}
