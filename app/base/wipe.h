/* wipe: an allocator that wipes what it frees, for libraries that copy secrets (libcurl's headers hold keys). */
#ifndef BASE_WIPE_H
#define BASE_WIPE_H

#include <stddef.h>

/* As malloc, free, realloc, strdup and calloc. */
void *wipe_malloc(size_t n);
void wipe_free(void *p);
void *wipe_realloc(void *p, size_t n);
char *wipe_strdup(const char *z);
void *wipe_calloc(size_t n, size_t size);

#endif
