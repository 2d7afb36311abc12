/* order: sorting in place without memory or system calls: what qsort() may ask the kernel for, a jailed process may
 * not. */
#ifndef QUERY_ORDER_H
#define QUERY_ORDER_H

#include <stddef.h>

enum { ORDER_ITEM_BYTES = 64 };

/* Items of at most ORDER_ITEM_BYTES each; equal ones come in any order. */
void order_sort(
    void *items, size_t n, size_t item_bytes, int (*compare)(const void *a, const void *b, void *arg), void *arg);

#endif
