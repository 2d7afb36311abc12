/* space: a box's address space: reserving, freezing and mapping it. */
#include "box/space.h"

#include "base/must.h"
#include "box/module.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WORK_BYTES = (sizeof(struct work) + IMAGE_PAGE_BYTES - 1) / IMAGE_PAGE_BYTES * IMAGE_PAGE_BYTES };

const struct image_range space_pieces[SPACE_PIECES] = {
    {BOX_MEMORY_AT, BOX_MEMORY_AT + 0x100000000UL},
    {WORK_AT, WORK_AT + WORK_BYTES},
};

/* Addresses of ours are numbers first: they are the same in every worker. */
static unsigned char *
at(uint64_t address)
{
    return (unsigned char *)(uintptr_t)address;
}

enum err
space_open(struct task *t)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
    if (mmap(at(BOX_MEMORY_AT), BOX_MEMORY_RESERVE, PROT_NONE, flags, -1, 0) == at(BOX_MEMORY_AT) &&
        mmap(at(WORK_AT), WORK_BYTES, PROT_READ | PROT_WRITE, flags, -1, 0) == at(WORK_AT))
        return E_OK;
    return task_fail(t, E_UNAVAILABLE,
        "The sandbox's place in memory is taken: this build or machine can't run it (%s).", strerror(errno));
}

struct work *
space_work(void)
{
    return (struct work *)(void *)at(WORK_AT);
}

bool
space_grow(uint32_t from_pages, uint32_t to_pages)
{
    size_t n = (size_t)(to_pages - from_pages) * BOX_PAGE_BYTES;
    return n == 0 || mprotect(at(BOX_MEMORY_AT) + (size_t)from_pages * BOX_PAGE_BYTES, n, PROT_READ | PROT_WRITE) == 0;
}

static bool
is_zero(const unsigned char *page)
{
    static const unsigned char zero[IMAGE_PAGE_BYTES];
    return memcmp(page, zero, sizeof zero) == 0;
}

/* Adds the ranges of pages that are not zero; false when there are too many. */
static bool
collect(struct image_range piece, struct image_range *range, uint32_t *n)
{
    for (uint64_t a = piece.start; a < piece.end; a += IMAGE_PAGE_BYTES) {
        if (is_zero(at(a)))
            continue;
        if (*n > 0 && range[*n - 1].end == a) {
            range[*n - 1].end += IMAGE_PAGE_BYTES;
        } else {
            if (*n == IMAGE_RANGES)
                return false;
            range[(*n)++] = (struct image_range){a, a + IMAGE_PAGE_BYTES};
        }
    }
    return true;
}

enum err
space_freeze(struct task *t, struct image_state state, struct image *out)
{
    static const unsigned char nothing[HASH_BYTES];
    struct image_range memory = {BOX_MEMORY_AT, BOX_MEMORY_AT + (uint64_t)state.pages * BOX_PAGE_BYTES};
    struct image_range *range = task_array(t, IMAGE_RANGES, sizeof *range);
    uint32_t n = 0;
    if (!collect(memory, range, &n) || !collect(space_pieces[1], range, &n))
        return task_fail(t, E_LIMIT, "The sandbox's memory is too scattered for an image.");
    enum err e = image_begin(t, nothing, state, range, n, out);
    for (uint32_t i = 0; e == E_OK && i < n; i++)
        e = image_put(t, out, at(range[i].start), range[i].end - range[i].start);
    return e == E_OK ? image_seal(t, out) : e;
}

/* One flat memory file under each piece: two mappings instead of one for every range, which a fork would copy. */
static enum err
map_flat(struct task *t, struct image_range piece, uint64_t bytes, const struct image *im, const unsigned char *file,
    const struct image_range *range)
{
    int fd = memfd_create("box-base", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    unsigned char *flat = MAP_FAILED;
    const unsigned char *from = file + image_content_at(im->ranges);
    if (fd >= 0 && ftruncate(fd, (off_t)bytes) == 0)
        flat = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    bool ok = flat != MAP_FAILED;
    for (uint32_t i = 0; ok && i < im->ranges; i++) {
        uint64_t n = range[i].end - range[i].start;
        if (range[i].start >= piece.start && range[i].end <= piece.start + bytes)
            memcpy(flat + (range[i].start - piece.start), from, n);
        from += n;
    }
    ok = ok && munmap(flat, bytes) == 0 &&
         fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0 &&
         mmap(at(piece.start), bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0) == at(piece.start);
    if (fd >= 0)
        close(fd);
    return ok ? E_OK : task_fail(t, E_UNAVAILABLE, "The sandbox's base can't be mapped: %s.", strerror(errno));
}

static enum err
map_file(struct task *t, const struct image *im, const unsigned char **out)
{
    void *file = mmap(NULL, im->bytes, PROT_READ, MAP_SHARED, im->fd, 0);
    *out = file;
    return file != MAP_FAILED ? E_OK : task_fail(t, E_UNAVAILABLE, "An image can't be mapped: %s.", strerror(errno));
}

enum err
space_base(struct task *t, const struct image *im)
{
    struct image checked;
    struct image_range *range;
    const unsigned char *file;
    enum err e = image_read(t, im->fd, space_pieces, SPACE_PIECES, &checked, &range);
    if (e == E_OK)
        e = map_file(t, im, &file);
    if (e != E_OK)
        return e;
    uint64_t memory = (uint64_t)im->state.pages * BOX_PAGE_BYTES;
    e = map_flat(t, space_pieces[0], memory, im, file, range);
    if (e == E_OK)
        e = map_flat(t, space_pieces[1], WORK_BYTES, im, file, range);
    munmap((void *)(uintptr_t)file, im->bytes);
    return e;
}

enum err
space_restore(struct task *t, const struct image *im, const struct image_range *range)
{
    uint64_t from = image_content_at(im->ranges);
    for (uint32_t i = 0; i < im->ranges; i++) {
        size_t n = range[i].end - range[i].start;
        if (mmap(at(range[i].start), n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, im->fd, (off_t)from) !=
            at(range[i].start))
            return task_fail(t, E_UNAVAILABLE, "A checkpoint can't be mapped: %s.", strerror(errno));
        from += n;
    }
    return E_OK;
}

enum err
space_key(struct task *t, const struct image *im, const char *build, unsigned char out[HASH_BYTES])
{
    const unsigned char *file;
    char both[2 * HASH_HEX_BYTES] = {0};
    enum err e = map_file(t, im, &file);
    if (e != E_OK)
        return e;
    hash_hex((struct span){(const char *)file, im->bytes}, both);
    munmap((void *)(uintptr_t)file, im->bytes);
    hash_hex(span_of(build), both + HASH_HEX_BYTES);
    hash_bytes((struct span){both, sizeof both}, out);
    return E_OK;
}
