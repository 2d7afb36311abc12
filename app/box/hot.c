/* hot: the pages that every box writes in its first run. */
#include "box/hot.h"

#include "box/dirty.h"
#include "box/space.h"
#include "box/worker_priv.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14; older ones say EINVAL, and pages come one by one */
#endif

static void
look(struct task *t, struct worker *w, struct hot *h)
{
    struct buf *ranges = task_buf(t, IMAGE_RANGES * sizeof(struct image_range));
    struct image_range memory = {BOX_MEMORY_AT, BOX_MEMORY_AT + w->guest.size_bytes};
    int pagemap;
    if (dirty_open(t, (int)getpid(), &pagemap) != E_OK || dirty_find(t, pagemap, memory, ranges) != E_OK ||
        dirty_find(t, pagemap, space_pieces[1], ranges) != E_OK)
        return;
    const struct image_range *found = (const struct image_range *)(const void *)ranges->p;
    for (size_t i = 0; i < ranges->n / sizeof *found && h->n < HOT_RANGES; i++)
        h->range[h->n++] = found[i];
}

static _Noreturn void
be_sample(struct worker *w, int to)
{
    struct task t;
    struct hot h = {.n = 0};
    task_begin(&t, 0);
    if (worker_sample(w))
        look(&t, w, &h);
    ssize_t n = write(to, &h, sizeof h); /* to ourselves, before the fork of anything else */
    _exit(n == (ssize_t)sizeof h ? 0 : 1);
}

void
hot_learn(struct worker *w, struct hot *out)
{
    int ends[2];
    out->n = 0;
    if (pipe(ends) != 0)
        return;
    pid_t child = fork();
    if (child == 0)
        be_sample(w, ends[1]);
    close(ends[1]);
    ssize_t n = read(ends[0], out, sizeof *out);
    if (n != (ssize_t)sizeof *out || out->n > HOT_RANGES)
        out->n = 0;
    close(ends[0]);
    if (child > 0)
        waitpid(child, NULL, 0);
}

void
hot_touch(const struct hot *h)
{
    for (uint32_t i = 0; i < h->n; i++)
        madvise((void *)(uintptr_t)h->range[i].start, h->range[i].end - h->range[i].start, MADV_POPULATE_WRITE);
}
