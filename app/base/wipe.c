/* wipe: malloc, and zeroes before free. */
#include "base/wipe.h"

#include <malloc.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

void *
wipe_malloc(size_t n)
{
    return malloc(n);
}

void
wipe_free(void *p)
{
    if (p)
        sodium_memzero(p, malloc_usable_size(p));
    free(p);
}

/* Never by realloc itself: what that leaves behind when it moves would not be wiped. */
void *
wipe_realloc(void *p, size_t n)
{
    size_t room = p ? malloc_usable_size(p) : 0;
    if (p && n <= room && n > room / 2)
        return p;
    void *q = malloc(n);
    if (q && p)
        memcpy(q, p, n < room ? n : room);
    if (q)
        wipe_free(p);
    return q;
}

char *
wipe_strdup(const char *z)
{
    return strdup(z);
}

void *
wipe_calloc(size_t n, size_t size)
{
    return calloc(n, size);
}
