/* box_checkpoint: a box at rest as an image: the pages that it has of its own, read from outside. */
#include "box/box_priv.h"

#include "box/dirty.h"
#include "box/module.h"
#include "box/space.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* A pidfd says in /proc which process of ours it is; 0 when it has ended. */
static int
pid_of(struct task *t, int pidfd)
{
    char text[512];
    int fd = open(task_printf(t, "/proc/self/fdinfo/%d", pidfd), O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text) : -1;
    if (fd >= 0)
        close(fd);
    struct span rest = {text, n > 0 ? (size_t)n : 0}, line;
    int64_t pid = 0;
    while (span_cut(&rest, '\n', &line))
        if (span_starts(line, "Pid:") && span_i64(span_trim(span_from(line, 4)), &pid))
            break;
    return pid > 0 ? (int)pid : 0;
}

/* At the first checkpoint: most boxes live for one run. */
enum err
box_look_up(struct task *t, struct box *b)
{
    if (b->pagemap >= 0)
        return E_OK;
    b->pid = pid_of(t, b->process);
    if (b->pid == 0)
        return task_fail(t, E_UNAVAILABLE, "The box has ended.");
    return dirty_open(t, b->pid, &b->pagemap);
}

/* Ranges that nearly meet become one: fewer mappings in the worker that wakes from it. */
static uint32_t
merge(struct image_range *range, uint32_t n)
{
    enum { GAP_BYTES = 2 * IMAGE_PAGE_BYTES };
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (kept > 0 && range[i].start - range[kept - 1].end <= GAP_BYTES)
            range[kept - 1].end = range[i].end;
        else
            range[kept++] = range[i];
    }
    return kept;
}

/* The union of two sorted lists. */
static uint32_t
join(const struct image_range *a, uint32_t na, const struct image_range *c, uint32_t nc, struct image_range *out)
{
    uint32_t n = 0, i = 0, j = 0;
    while (i < na || j < nc) {
        struct image_range next = j == nc || (i < na && a[i].start <= c[j].start) ? a[i++] : c[j++];
        if (n > 0 && next.start <= out[n - 1].end) {
            if (next.end > out[n - 1].end)
                out[n - 1].end = next.end;
        } else {
            out[n++] = next;
        }
    }
    return n;
}

/* What the worker has of its own: pages that it wrote, and those it was restored with and may not have touched. */
static enum err
own_ranges(struct task *t, struct box *b, struct image_range **out, uint32_t *n)
{
    struct buf *dirty = task_buf(t, IMAGE_RANGES * sizeof **out);
    struct image_range memory = {BOX_MEMORY_AT, BOX_MEMORY_AT + (uint64_t)b->state.pages * BOX_PAGE_BYTES},
                       *from = NULL;
    struct image im = {.ranges = 0};
    enum err e = dirty_find(t, b->pagemap, memory, dirty);
    if (e == E_OK)
        e = dirty_find(t, b->pagemap, space_pieces[1], dirty);
    if (e == E_OK && b->from.fd >= 0)
        e = image_read(t, b->from.fd, space_pieces, SPACE_PIECES, &im, &from);
    if (e != E_OK)
        return e;
    uint32_t found = (uint32_t)(dirty->n / sizeof **out);
    *out = task_array(t, (size_t)found + im.ranges + 1, sizeof **out);
    *n = merge(*out, join((const struct image_range *)(const void *)dirty->p, found, from, im.ranges, *out));
    return E_OK;
}

/* Takes at most `room` bytes of what is left of the ranges; they become shorter from the front. */
static unsigned long
next_pieces(
    struct image_range **range, const struct image_range *end, struct iovec *piece, unsigned long most, size_t room)
{
    unsigned long k = 0;
    while (*range < end && k < most && room > 0) {
        size_t n = (*range)->end - (*range)->start;
        n = n < room ? n : room;
        piece[k++] = (struct iovec){(void *)(uintptr_t)(*range)->start, n};
        (*range)->start += n;
        room -= n;
        if ((*range)->start == (*range)->end)
            ++*range;
    }
    return k;
}

/* Through a piece of memory that stays in the processor's cache. */
static enum err
copy_out(struct task *t, int pid, struct image_range *range, uint32_t n, struct image *im)
{
    enum { PIECES = 256, ROOM = 256 << 10 };
    struct iovec *piece = task_array(t, PIECES, sizeof *piece);
    unsigned char *room = task_alloc(t, ROOM);
    const struct image_range *end = range + n;
    enum err e = E_OK;
    while (e == E_OK && range < end) {
        struct iovec local = {room, 0};
        unsigned long k = next_pieces(&range, end, piece, PIECES, ROOM);
        for (unsigned long i = 0; i < k; i++)
            local.iov_len += piece[i].iov_len;
        if (process_vm_readv(pid, &local, 1, piece, k, 0) != (ssize_t)local.iov_len) {
            e = task_fail(t, E_UNAVAILABLE, "The box's memory can't be read: %s.", strerror(errno));
            image_close(im);
        } else {
            e = image_put(t, im, room, local.iov_len);
        }
    }
    return e;
}

enum err
box_checkpoint(struct task *t, struct box *b, struct image *out)
{
    struct image_range *range;
    uint32_t n;
    *out = (struct image){.fd = -1};
    enum err e = box_look_up(t, b);
    if (e == E_OK)
        e = own_ranges(t, b, &range, &n);
    if (e == E_OK)
        e = image_begin(t, b->host->key, b->state, range, n, out);
    if (e == E_OK)
        e = copy_out(t, b->pid, range, n, out);
    return e == E_OK ? image_seal(t, out) : e;
}

enum err
box_image_load(
    struct task *t, struct box_host *h, const char *path, const unsigned char key[IMAGE_KEY_BYTES], struct image *out)
{
    struct image_range *range;
    struct image said;
    enum err e = image_load(t, path, key, out);
    if (e != E_OK)
        return e;
    e = image_read(t, out->fd, space_pieces, SPACE_PIECES, &said, &range);
    if (e == E_OK && memcmp(said.base, h->key, HASH_BYTES) != 0)
        e = task_fail(t, E_CORRUPT, "This checkpoint is of another build of the sandbox.");
    if (e == E_OK)
        *out = said;
    else
        image_close(out);
    return e;
}
