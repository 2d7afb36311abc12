/* fuzz: lyc_box. Checkpoints and libraries from bytes of anybody's: refused, or within themselves. */
#include "base/must.h"
#include "box/image.h"
#include "box/module.h"
#include "box/pack.h"
#include "box/work.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_image(struct task *t, const uint8_t *data, size_t size)
{
    static const struct image_range allowed[] = {
        {BOX_MEMORY_AT, BOX_MEMORY_AT + 0x100000000UL}, {WORK_AT, WORK_AT + 4096}};
    static int fd = -1;
    struct image im;
    struct image_range *range;
    if (fd < 0)
        fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
        return;
    if (image_read(t, fd, allowed, 2, &im, &range) != E_OK)
        return;
    uint64_t bytes = image_content_at(im.ranges);
    for (uint32_t i = 0; i < im.ranges; i++) {
        must(range[i].start >= BOX_MEMORY_AT && range[i].end <= WORK_AT + 4096);
        bytes += range[i].end - range[i].start;
    }
    must(bytes == size);
}

static void
try_pack(struct task *t, const uint8_t *data, size_t size)
{
    struct pack p;
    char *copy = task_z(t, (struct span){(const char *)data, size}); /* where the sanitizers watch its end */
    volatile char seen = 0;
    if (pack_open(t, (struct span){copy, size}, &p) != E_OK)
        return;
    for (uint32_t i = 0; i < p.nodes && i < 1000; i++) {
        struct pack_node n = pack_at(&p, i);
        if (n.name.n > 0)
            seen = n.name.p[n.name.n - 1];
        if (n.content.n > 0)
            seen = n.content.p[n.content.n - 1];
        pack_find(&p, i, SPAN("a.py"));
    }
    (void)seen;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct task t;
    if (size == 0)
        return 0;
    task_begin(&t, 0);
    if (data[0] % 2)
        try_image(&t, data + 1, size - 1);
    else
        try_pack(&t, data + 1, size - 1);
    task_end(&t);
    return 0;
}
