/* test_work: the box's own files: content, quota, and damage that is found before it does any. */
#include "../../support/box_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { FOLDER = 1 }; /* "work" is the first node behind the root */

static struct work *
fresh(void)
{
    size_t n = (sizeof(struct work) + 4095) / 4096 * 4096;
    struct work *w = aligned_alloc(4096, n);
    memset(w, 0, n);
    work_format(w);
    assert_true(work_sound(w));
    return w;
}

static uint32_t
make_open(struct work *w, const char *name)
{
    uint32_t node;
    assert_int_equal(work_make(w, FOLDER, span_of(name), WORK_FILE, &node), WASI_OK);
    return work_fd_open(w, WORK_IN_WORK, node);
}

static void
content_across_blocks(void **state)
{
    (void)state;
    struct work *w = fresh();
    struct work_fd *f = &w->fd[make_open(w, "a")];
    char in[10000], out[10000];
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (char)(i * 31);
    f->at = 4090;
    assert_int_equal(work_write(w, f, in, sizeof in), WASI_OK);
    assert_int_equal(w->node[f->node].size, 14090);
    f->at = 4090;
    assert_int_equal(work_read(w, f, out, sizeof out), sizeof out);
    assert_memory_equal(in, out, sizeof in);
    f->at = 0; /* what was jumped over is zero */
    assert_int_equal(work_read(w, f, out, 4090), 4090);
    for (size_t i = 0; i < 4090; i++)
        assert_int_equal(out[i], 0);
    assert_true(work_sound(w));
    free(w);
}

static void
shortened_and_grown(void **state)
{
    (void)state;
    struct work *w = fresh();
    struct work_fd *f = &w->fd[make_open(w, "a")];
    char text[9000], out[16];
    memset(text, 'x', sizeof text);
    assert_int_equal(work_write(w, f, text, sizeof text), WASI_OK);
    assert_int_equal(work_truncate(w, f->node, 5), WASI_OK);
    assert_int_equal(w->blocks_used, 1);
    assert_int_equal(work_truncate(w, f->node, 10), WASI_OK);
    f->at = 0;
    assert_int_equal(work_read(w, f, out, sizeof out), 10);
    assert_memory_equal(out, "xxxxx\0\0\0\0\0", 10);
    assert_true(work_sound(w));
    free(w);
}

static void
the_quota_holds(void **state)
{
    (void)state;
    struct work *w = fresh();
    struct work_fd *f = &w->fd[make_open(w, "a")];
    size_t n = 1 << 20;
    char *text = calloc(1, n);
    enum wasi_errno e = WASI_OK;
    for (int i = 0; e == WASI_OK && i < 100; i++)
        e = work_write(w, f, text, n);
    assert_int_equal(e, WASI_FBIG);
    assert_int_equal(w->node[f->node].size, (uint64_t)WORK_BLOCKS * WORK_BLOCK_BYTES);
    struct work_fd *g = &w->fd[make_open(w, "b")];
    assert_int_equal(work_write(w, g, "x", 1), WASI_NOSPC);
    assert_int_equal(w->node[g->node].size, 0);
    assert_true(work_sound(w));
    assert_int_equal(work_truncate(w, f->node, 0), WASI_OK);
    assert_int_equal(work_write(w, g, "x", 1), WASI_OK);
    assert_true(work_sound(w));
    free(text);
    free(w);
}

static void
names_and_folders(void **state)
{
    (void)state;
    struct work *w = fresh();
    uint32_t a, b, c;
    assert_int_equal(work_make(w, FOLDER, SPAN("a"), WORK_FOLDER, &a), WASI_OK);
    assert_int_equal(work_make(w, FOLDER, SPAN("a"), WORK_FILE, &b), WASI_EXIST);
    assert_int_equal(work_make(w, a, SPAN("b"), WORK_FOLDER, &b), WASI_OK);
    assert_int_equal(work_make(w, b, SPAN("c"), WORK_FILE, &c), WASI_OK);
    assert_int_equal(work_remove(w, a, WORK_FOLDER), WASI_NOTEMPTY);
    assert_int_equal(work_remove(w, a, WORK_FILE), WASI_ISDIR);
    assert_int_equal(work_rename(w, a, b, SPAN("inside itself")), WASI_INVAL);
    assert_int_equal(work_rename(w, c, FOLDER, SPAN("c2")), WASI_OK);
    assert_int_equal(work_find(w, FOLDER, SPAN("c2")), c);
    assert_int_equal(work_make(w, WORK_ROOT, SPAN("etc"), WORK_FOLDER, &c), WASI_ROFS);
    assert_int_equal(work_remove(w, FOLDER, WORK_FOLDER), WASI_ROFS);
    assert_int_equal(work_make(w, FOLDER, SPAN("a\0b"), WORK_FILE, &c), WASI_NAMETOOLONG);
    assert_true(work_sound(w));
    free(w);
}

/* Each of these would send a reader out of the arena or round in a circle. */
static void
damage_is_found(void **state)
{
    (void)state;
    for (int kind = 0; kind < 11; kind++) {
        struct work *w = fresh();
        struct work_fd *f = &w->fd[make_open(w, "a")];
        char text[9000] = {0};
        work_write(w, f, text, sizeof text);
        assert_true(work_sound(w));
        struct work_node *n = &w->node[f->node];
        switch (kind) {
        case 0: w->magic++; break;
        case 1: n->first = WORK_BLOCKS + 7; break;
        case 2: w->next[n->first] = n->first; break;
        case 3: w->next[n->first] = 0x10000; break;
        case 4: n->size = (uint64_t)1 << 40; break;
        case 5: n->parent = WORK_NODES + 1; break;
        case 6: w->node[1].parent = 1; break;
        case 7: memset(n->name, 'x', sizeof n->name); break;
        case 8: f->block = WORK_BLOCKS; break;
        case 9: w->free_block = n->first; break;
        default: w->blocks_fresh = WORK_BLOCKS + 1; break;
        }
        assert_false(work_sound(w));
        free(w);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_across_blocks),
        cmocka_unit_test(shortened_and_grown),
        cmocka_unit_test(the_quota_holds),
        cmocka_unit_test(names_and_folders),
        cmocka_unit_test(damage_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
