/* source: reading in chunks. */
#include "effect/source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void
source_memory(struct source *s, struct span bytes)
{
    *s = (struct source){.fd = -1, .rest = bytes};
}

void
source_file(struct task *t, struct source *s, int fd)
{
    *s = (struct source){.fd = fd, .chunk = task_alloc(t, SOURCE_CHUNK)};
}

enum err
source_fill(struct task *t, struct source *s, bool *more)
{
    *more = s->rest.n > 0;
    if (*more || s->fd < 0)
        return E_OK;
    ssize_t n;
    do
        n = read(s->fd, s->chunk, SOURCE_CHUNK);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return task_fail(t, E_UNAVAILABLE, "The file can't be read: %s.", strerror(errno));
    s->rest = (struct span){s->chunk, (size_t)n};
    s->bytes += n;
    *more = n > 0;
    return E_OK;
}
