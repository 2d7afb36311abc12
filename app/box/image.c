/* image: the layout of a checkpoint: a head, a table of ranges, then pages. All numbers little-endian.
 *   0 "LYBOXIM1"   8 u32 abi   12 u32 ranges   16 u32 pages   20 u32 stack   24 u64 file bytes
 *   32 base key (32)   64 salt (32)   96 seal (16, zero in memory)   112 zero up to 160   then ranges: u64 start, u64
 * end */
#include "box/image.h"

#include "base/fsio.h"
#include "base/must.h"
#include "box/module.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RANGE_BYTES = 16 };
static const char MAGIC[8] = {'L', 'Y', 'B', 'O', 'X', 'I', 'M', '1'};
static const uint64_t BEHIND_MEMORY = BOX_MEMORY_AT + BOX_MEMORY_RESERVE;
static const uint64_t CONTENT_MOST = (uint64_t)4 << 30;

uint64_t
image_content_at(uint32_t ranges)
{
    uint64_t n = IMAGE_HEAD_BYTES + (uint64_t)ranges * RANGE_BYTES;
    return (n + IMAGE_PAGE_BYTES - 1) / IMAGE_PAGE_BYTES * IMAGE_PAGE_BYTES;
}

static void
put32(unsigned char *p, uint32_t v)
{
    memcpy(p, &v, sizeof v);
}

static void
put64(unsigned char *p, uint64_t v)
{
    memcpy(p, &v, sizeof v);
}

static uint32_t
get32(const unsigned char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static uint64_t
get64(const unsigned char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static void
put_head(unsigned char *p, const struct image *im, const struct image_range *range)
{
    memcpy(p, MAGIC, sizeof MAGIC);
    put32(p + 8, BOX_ABI);
    put32(p + 12, im->ranges);
    put32(p + 16, im->state.pages);
    put32(p + 20, im->state.stack);
    put64(p + 24, im->bytes);
    memcpy(p + 32, im->base, HASH_BYTES);
    for (uint32_t i = 0; i < im->ranges; i++) {
        put64(p + IMAGE_HEAD_BYTES + (size_t)i * RANGE_BYTES, range[i].start);
        put64(p + IMAGE_HEAD_BYTES + (size_t)i * RANGE_BYTES + 8, range[i].end);
    }
}

enum err
image_put(struct task *t, struct image *im, const void *bytes, size_t n)
{
    if (fsio_write_all(im->fd, (struct span){bytes, n}))
        return E_OK;
    int why = errno;
    image_close(im);
    return task_fail(t, E_UNAVAILABLE, "There is no memory for a checkpoint of the sandbox: %s.", strerror(why));
}

enum err
image_begin(struct task *t, const unsigned char base[HASH_BYTES], struct image_state state,
    const struct image_range *range, uint32_t n, struct image *out)
{
    uint64_t content = 0, head = image_content_at(n);
    for (uint32_t i = 0; i < n; i++)
        content += range[i].end - range[i].start;
    *out = (struct image){.fd = -1, .state = state, .ranges = n, .bytes = head + content};
    memcpy(out->base, base, HASH_BYTES);
    if (n > IMAGE_RANGES || content > CONTENT_MOST)
        return task_fail(t, E_LIMIT, "The sandbox's memory is too large or too scattered for a checkpoint.");
    out->fd = memfd_create("box", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (out->fd < 0)
        return task_fail(t, E_UNAVAILABLE, "There are no descriptors left for a checkpoint: %s.", strerror(errno));
    unsigned char *bytes = task_alloc(t, head);
    put_head(bytes, out, range);
    return image_put(t, out, bytes, head);
}

enum err
image_seal(struct task *t, struct image *im)
{
    struct stat st;
    must(fstat(im->fd, &st) != 0 || (uint64_t)st.st_size == im->bytes);
    if (fcntl(im->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0)
        return E_OK;
    int why = errno;
    image_close(im);
    return task_fail(t, E_INTERNAL, "A checkpoint of the sandbox can't be sealed: %s.", strerror(why));
}

void
image_close(struct image *im)
{
    if (im->fd >= 0)
        close(im->fd);
    im->fd = -1;
}

static bool
is_allowed(const struct image_range *r, const struct image_range *allowed, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (r->start >= allowed[i].start && r->end <= allowed[i].end)
            return true;
    return false;
}

/* Ranges ascend, are whole pages, lie where they may, and their bytes are those of the file. */
static bool
ranges_sound(const struct image *im, const struct image_range *range, const struct image_range *allowed, size_t n)
{
    uint64_t content = 0, before = 0, memory_end = BOX_MEMORY_AT + (uint64_t)im->state.pages * BOX_PAGE_BYTES;
    for (uint32_t i = 0; i < im->ranges; i++) {
        const struct image_range *r = &range[i];
        if (r->start < before || r->end <= r->start || (r->start | r->end) % IMAGE_PAGE_BYTES != 0 ||
            !is_allowed(r, allowed, n) || (r->start < BEHIND_MEMORY && r->end > memory_end))
            return false;
        content += r->end - r->start;
        before = r->end;
    }
    return content <= CONTENT_MOST && im->bytes == image_content_at(im->ranges) + content;
}

enum err
image_read(struct task *t, int fd, const struct image_range *allowed, size_t n_allowed, struct image *out,
    struct image_range **range)
{
    unsigned char head[IMAGE_HEAD_BYTES];
    struct stat st;
    if (fstat(fd, &st) != 0 || pread(fd, head, sizeof head, 0) != (ssize_t)sizeof head)
        return task_fail(t, E_CORRUPT, "A checkpoint of the sandbox ends within its head.");
    if (memcmp(head, MAGIC, sizeof MAGIC) != 0 || get32(head + 8) != BOX_ABI)
        return task_fail(t, E_CORRUPT, "This is no checkpoint of this version of the sandbox.");
    *out = (struct image){.fd = fd,
        .state = {.pages = get32(head + 16), .stack = get32(head + 20)},
        .ranges = get32(head + 12),
        .bytes = get64(head + 24)};
    memcpy(out->base, head + 32, HASH_BYTES);
    if (out->ranges > IMAGE_RANGES || out->bytes != (uint64_t)st.st_size)
        return task_fail(t, E_CORRUPT, "A checkpoint of the sandbox is damaged: its size is not what it says.");
    size_t bytes = (size_t)out->ranges * RANGE_BYTES;
    unsigned char *table = task_alloc(t, bytes + 1);
    if (pread(fd, table, bytes, IMAGE_HEAD_BYTES) != (ssize_t)bytes)
        return task_fail(t, E_CORRUPT, "A checkpoint of the sandbox ends within its table.");
    *range = task_array(t, out->ranges + 1, sizeof **range);
    for (uint32_t i = 0; i < out->ranges; i++)
        (*range)[i] =
            (struct image_range){get64(table + (size_t)i * RANGE_BYTES), get64(table + (size_t)i * RANGE_BYTES + 8)};
    if (!ranges_sound(out, *range, allowed, n_allowed) || out->state.pages > 65536 ||
        out->state.stack > (uint64_t)out->state.pages * BOX_PAGE_BYTES)
        return task_fail(t, E_CORRUPT, "A checkpoint of the sandbox is damaged: a number in it can't be.");
    return E_OK;
}
