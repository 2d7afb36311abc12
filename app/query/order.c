/* order: heapsort. */
#include "query/order.h"

#include "base/must.h"

#include <string.h>

struct order {
    char *items;
    size_t bytes;
    int (*compare)(const void *a, const void *b, void *arg);
    void *arg;
};

static char *
item(const struct order *o, size_t i)
{
    return o->items + i * o->bytes;
}

static void
swap(const struct order *o, size_t i, size_t k)
{
    char kept[ORDER_ITEM_BYTES];
    memcpy(kept, item(o, i), o->bytes);
    memcpy(item(o, i), item(o, k), o->bytes);
    memcpy(item(o, k), kept, o->bytes);
}

static void
sink(const struct order *o, size_t i, size_t n)
{
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && o->compare(item(o, child), item(o, child + 1), o->arg) < 0)
            child++;
        if (o->compare(item(o, i), item(o, child), o->arg) >= 0)
            return;
        swap(o, i, child);
    }
}

void
order_sort(void *items, size_t n, size_t item_bytes, int (*compare)(const void *a, const void *b, void *arg), void *arg)
{
    const struct order o = {items, item_bytes, compare, arg};
    must(item_bytes <= ORDER_ITEM_BYTES);
    for (size_t i = n / 2; i-- > 0;)
        sink(&o, i, n);
    for (size_t last = n; last-- > 1;) {
        swap(&o, 0, last);
        sink(&o, 0, last);
    }
}
