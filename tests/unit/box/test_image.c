/* test_image: checkpoints: what is saved comes back, and what was changed is refused. */
#include "base/fsio.h"
#include "box/dirty.h"
#include "box/image.h"
#include "box/module.h"
#include "box/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static const unsigned char base[HASH_BYTES] = {1, 2, 3}, key[IMAGE_KEY_BYTES] = {4, 5, 6};
static const struct image_range allowed[] = {{BOX_MEMORY_AT, BOX_MEMORY_AT + 0x100000000UL}};
static const struct image_range ranges[] = {
    {BOX_MEMORY_AT + 4096, BOX_MEMORY_AT + 3 * 4096}, {BOX_MEMORY_AT + 65536, BOX_MEMORY_AT + 65536 + 4096}};

struct fixture {
    struct task task, *t;
    char folder[40];
    char *path;
    struct image im;
};

static int
set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    static char pages[3 * 4096];
    f->t = &f->task;
    task_begin(f->t, 0);
    strcpy(f->folder, "/tmp/lyceum-image-XXXXXX");
    f->path = mkdtemp(f->folder) ? task_printf(f->t, "%s/ck", f->folder) : NULL;
    struct image_state rest = {.pages = 2, .stack = 4096};
    assert_int_equal(image_begin(f->t, base, rest, ranges, 2, &f->im), E_OK);
    memset(pages, 'p', sizeof pages);
    assert_int_equal(image_put(f->t, &f->im, pages, sizeof pages), E_OK);
    assert_int_equal(image_seal(f->t, &f->im), E_OK);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;
    image_close(&f->im);
    unlink(f->path);
    rmdir(f->folder);
    task_end(f->t);
    free(f);
    return 0;
}

static void
comes_back(void **state)
{
    struct fixture *f = *state;
    struct image back, said;
    struct image_range *r;
    char page[4096];
    assert_int_equal(image_save(f->t, &f->im, key, f->path), E_OK);
    assert_int_equal(image_load(f->t, f->path, key, &back), E_OK);
    assert_int_equal(image_read(f->t, back.fd, allowed, 1, &said, &r), E_OK);
    assert_int_equal(said.ranges, 2);
    assert_int_equal(said.state.pages, 2);
    assert_int_equal(said.state.stack, 4096);
    assert_memory_equal(said.base, base, HASH_BYTES);
    assert_memory_equal(r, ranges, sizeof ranges);
    assert_int_equal(pread(back.fd, page, sizeof page, (off_t)image_content_at(2) + 2 * 4096), 4096);
    assert_int_equal(page[4095], 'p');
    image_close(&back);
}

/* A memory file that is sealed can't be changed after it was checked. */
static void
nobody_writes_to_it(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(pwrite(f->im.fd, "x", 1, 0), -1);
    assert_int_equal(ftruncate(f->im.fd, 0), -1);
    assert_ptr_equal(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, f->im.fd, 0), MAP_FAILED);
}

/* Every byte of head and table, and some of the pages: changed, it is refused. */
static void
tampered_is_refused(void **state)
{
    struct fixture *f = *state;
    struct span whole;
    struct image back;
    assert_int_equal(image_save(f->t, &f->im, key, f->path), E_OK);
    assert_int_equal(fsio_read(f->t, f->path, 1 << 20, &whole), E_OK);
    char *copy = task_z(f->t, whole);
    for (size_t i = 0; i < whole.n; i += i < IMAGE_HEAD_BYTES + 32 ? 1 : 997) {
        struct task t;
        task_begin(&t, 0);
        copy[i] = (char)(copy[i] ^ 1);
        assert_int_equal(fsio_write_atomic(&t, f->path, (struct span){copy, whole.n}, 0600), E_OK);
        assert_int_equal(image_load(&t, f->path, key, &back), E_CORRUPT);
        assert_int_equal(back.fd, -1);
        copy[i] = (char)(copy[i] ^ 1);
        task_end(&t);
    }
}

static void
others_are_refused(void **state)
{
    struct fixture *f = *state;
    struct span whole;
    struct image back;
    unsigned char other[IMAGE_KEY_BYTES] = {4, 5, 7};
    assert_int_equal(image_load(f->t, f->path, key, &back), E_NOTFOUND);
    task_clear_error(f->t);
    assert_int_equal(image_save(f->t, &f->im, key, f->path), E_OK);
    assert_int_equal(image_load(f->t, f->path, other, &back), E_CORRUPT);
    task_clear_error(f->t);
    assert_int_equal(fsio_read(f->t, f->path, 1 << 20, &whole), E_OK);
    assert_int_equal(fsio_write_atomic(f->t, f->path, span_first(whole, whole.n - 1), 0600), E_OK);
    assert_int_equal(image_load(f->t, f->path, key, &back), E_CORRUPT);
    task_clear_error(f->t);
    assert_int_equal(fsio_write_atomic(f->t, f->path, SPAN("short"), 0600), E_OK);
    assert_int_equal(image_load(f->t, f->path, key, &back), E_CORRUPT);
}

/* Also what is sealed rightly is believed only where it can be: numbers out of place. */
static void
impossible_is_refused(void **state)
{
    struct fixture *f = *state;
    const struct image_range bad[][2] = {
        {{4096, 8192}, {BOX_MEMORY_AT, BOX_MEMORY_AT + 4096}},                                       /* not allowed */
        {{BOX_MEMORY_AT + 1, BOX_MEMORY_AT + 4097}, {BOX_MEMORY_AT + 65536, BOX_MEMORY_AT + 69632}}, /* no page */
        {{BOX_MEMORY_AT + 65536, BOX_MEMORY_AT + 69632}, {BOX_MEMORY_AT, BOX_MEMORY_AT + 4096}},     /* back to front */
        {{BOX_MEMORY_AT, BOX_MEMORY_AT + 8192}, {BOX_MEMORY_AT + 4096, BOX_MEMORY_AT + 12288}},      /* overlapping */
        {{BOX_MEMORY_AT, BOX_MEMORY_AT + 4096},
            {BOX_MEMORY_AT + 2 * 65536, BOX_MEMORY_AT + 2 * 65536 + 4096}}, /* past its pages */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct task t;
        struct image im, said;
        struct image_range *r;
        static char pages[4 * 4096];
        task_begin(&t, 0);
        assert_int_equal(image_begin(&t, base, (struct image_state){2, 0}, bad[i], 2, &im), E_OK);
        assert_int_equal(image_put(&t, &im, pages, im.bytes - image_content_at(2)), E_OK);
        assert_int_equal(image_seal(&t, &im), E_OK);
        assert_int_equal(image_read(&t, im.fd, allowed, 1, &said, &r), E_CORRUPT);
        image_close(&im);
        task_end(&t);
    }
    struct image im, said;
    struct image_range *r;
    assert_int_equal(image_begin(f->t, base, (struct image_state){1, 65537}, ranges, 0, &im), E_OK);
    assert_int_equal(image_seal(f->t, &im), E_OK);
    assert_int_equal(image_read(f->t, im.fd, allowed, 1, &said, &r), E_CORRUPT);
    image_close(&im);
}

/* Both ways to find what was written say the same, and the truth. */
static void
written_pages_are_found(void **state)
{
    struct fixture *f = *state;
    enum { PAGES = 600 };
    int fd = memfd_create("t", MFD_CLOEXEC), pagemap;
    assert_int_equal(ftruncate(fd, PAGES * 4096), 0);
    volatile char *at = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    struct image_range piece = {(uintptr_t)at, (uintptr_t)at + PAGES * 4096};
    struct buf *a = task_buf(f->t, 1 << 20), *b = task_buf(f->t, 1 << 20);
    volatile char sum = 0;
    for (size_t i = 0; i < PAGES; i++)
        if (i % 3 == 0 || (i > 100 && i < 120))
            at[i * 4096] = 1;
        else
            sum = (char)(sum + at[i * 4096]); /* read: not its own */
    assert_int_equal(dirty_open(f->t, (int)getpid(), &pagemap), E_OK);
    assert_int_equal(dirty_read(f->t, pagemap, piece, a), E_OK);
    assert_int_equal(dirty_find(f->t, pagemap, piece, b), E_OK);
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->p, b->p, a->n);
    const struct image_range *r = (const struct image_range *)(const void *)a->p;
    size_t pages = 0;
    for (size_t i = 0; i < a->n / sizeof *r; i++)
        pages += (r[i].end - r[i].start) / 4096;
    assert_int_equal(pages, 200 + 13);
    close(pagemap);
    close(fd);
    munmap((void *)(uintptr_t)at, PAGES * 4096);
}

int
main(void)
{
    id_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_writes_to_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tampered_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(others_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(impossible_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(written_pages_are_found, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
