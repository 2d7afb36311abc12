/* wipe: malloc for libcurl (the one place outside of base: libcurl wants its own). */
#include "egress/wipe.h"

#include <curl/curl.h>
#include <malloc.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static void
wipe_free(void *p)
{
    if (p)
        sodium_memzero(p, malloc_usable_size(p));
    free(p);
}

/* Never by realloc itself: what that leaves behind when it moves would not be wiped. */
static void *
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

bool
wipe_curl_init(void)
{
    return curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wipe_free, wipe_realloc, strdup, calloc) == CURLE_OK;
}
