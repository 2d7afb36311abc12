/* dirty: which pages of a worker are its own by now. */
#include "box/dirty.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Of linux/fs.h, which is older than the call on the machines that we build on. */
struct scan_region {
    uint64_t start, end, categories;
};
struct scan {
    uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
    uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define SCAN_CALL _IOWR('f', 16, struct scan)
enum { SCAN_FILE = 1 << 2, SCAN_PRESENT = 1 << 3, SCAN_SWAPPED = 1 << 4, SCAN_BATCH = 512 };

enum err
dirty_open(struct task *t, int process, int *out)
{
    *out = open(task_printf(t, "/proc/%d/pagemap", process), O_RDONLY | O_CLOEXEC);
    if (*out >= 0)
        return E_OK;
    return task_fail(t, E_UNAVAILABLE, "The box's memory can't be looked at: %s.", strerror(errno));
}

static enum err
add(struct task *t, struct buf *ranges, size_t first, uint64_t start, uint64_t end)
{
    struct image_range fresh = {start, end}, *last;
    if (ranges->n > first) {
        last = (struct image_range *)(void *)(ranges->p + ranges->n - sizeof *last);
        if (last->end == start) {
            last->end = end;
            return E_OK;
        }
    }
    buf_put(ranges, &fresh, sizeof fresh);
    return ranges->failed ? task_fail(t, E_LIMIT, "The box's memory is too scattered for a checkpoint.") : E_OK;
}

/* Whole entries are 64 bits a page: 63 present, 62 swapped, 61 of a file or shared. */
enum err
dirty_read(struct task *t, int pagemap, struct image_range piece, struct buf *ranges)
{
    size_t first = ranges->n;
    enum { AT_ONCE = 4096 };
    uint64_t *entry = task_array(t, AT_ONCE, sizeof *entry);
    for (uint64_t page = piece.start / IMAGE_PAGE_BYTES; page < piece.end / IMAGE_PAGE_BYTES;) {
        uint64_t want = piece.end / IMAGE_PAGE_BYTES - page;
        size_t count = want < AT_ONCE ? (size_t)want : AT_ONCE;
        ssize_t got = pread(pagemap, entry, count * sizeof *entry, (off_t)(page * sizeof *entry));
        if (got <= 0)
            return task_fail(t, E_UNAVAILABLE, "The box has gone while its memory was read.");
        for (size_t i = 0; i < (size_t)got / sizeof *entry; i++, page++) {
            bool own = (entry[i] >> 62) != 0 && (entry[i] >> 61 & 1) == 0;
            if (own && add(t, ranges, first, page * IMAGE_PAGE_BYTES, (page + 1) * IMAGE_PAGE_BYTES) != E_OK)
                return t->err;
        }
    }
    return E_OK;
}

enum err
dirty_find(struct task *t, int pagemap, struct image_range piece, struct buf *ranges)
{
    size_t first = ranges->n;
    struct scan_region *found = task_array(t, SCAN_BATCH, sizeof *found);
    struct scan scan = {.size = sizeof scan,
        .start = piece.start,
        .end = piece.end,
        .vec = (uint64_t)(uintptr_t)found,
        .vec_len = SCAN_BATCH,
        .category_inverted = SCAN_FILE,
        .category_mask = SCAN_FILE,
        .category_anyof_mask = SCAN_PRESENT | SCAN_SWAPPED,
        .return_mask = SCAN_PRESENT | SCAN_SWAPPED};
    for (;;) {
        int got = ioctl(pagemap, SCAN_CALL, &scan);
        if (got < 0 && (errno == ENOTTY || errno == EINVAL))
            return dirty_read(t, pagemap, piece, ranges);
        if (got < 0)
            return task_fail(t, E_UNAVAILABLE, "The box's memory can't be looked at: %s.", strerror(errno));
        for (int i = 0; i < got; i++)
            if (add(t, ranges, first, found[i].start, found[i].end) != E_OK)
                return t->err;
        if (got < SCAN_BATCH || scan.walk_end >= piece.end)
            return E_OK;
        scan.start = scan.walk_end;
    }
}
