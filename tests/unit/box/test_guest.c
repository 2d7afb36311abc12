/* test_guest: every pointer of a guest's is checked, in every call; and the calls do what WASI says. */
#include "../../support/box_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct fixture {
    struct task task;
    struct box_world *w;
};

static int
set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    task_begin(&f->task, 0);
    f->w = box_world_new(&f->task);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;
    box_world_free(f->w);
    task_end(&f->task);
    free(f);
    return 0;
}

#define CALL(w, name, ...) guest_call(&(w)->guest, BOX_CALL_##name, (const uint64_t[BOX_CALL_ARGS]){__VA_ARGS__})

static uint32_t
put(struct box_world *w, uint32_t at, const char *text)
{
    memcpy(w->guest.memory + at, text, strlen(text));
    return at;
}

static uint32_t
number_at(const struct box_world *w, uint32_t at)
{
    uint32_t v;
    memcpy(&v, w->guest.memory + at, sizeof v);
    return v;
}

static void
put_piece(struct box_world *w, uint32_t at, uint32_t where, uint32_t n)
{
    memcpy(w->guest.memory + at, &where, 4);
    memcpy(w->guest.memory + at + 4, &n, 4);
}

static uint32_t
open_file(struct box_world *w, const char *path, uint64_t oflags, bool write, uint32_t *fd)
{
    uint32_t at = put(w, 1000, path);
    uint32_t e =
        CALL(w, path_open, 3, 0, at, strlen(path), oflags, write ? WASI_RIGHT_WRITE : WASI_RIGHT_READ, 0, 0, 900);
    *fd = number_at(w, 900);
    return e;
}

/* Where a pointer may just end, where it is just outside, and where it wraps. */
static const uint64_t edges[] = {0, 1, 3, 8, 24, 64, 1000, 2000, WORLD_MEMORY - 64, WORLD_MEMORY - 24, WORLD_MEMORY - 8,
    WORLD_MEMORY - 4, WORLD_MEMORY - 1, WORLD_MEMORY, WORLD_MEMORY + 1, 65536, 0x7fffffff, 0x80000000, 0xffffff00,
    0xfffffff8, 0xffffffff};
enum { EDGES = sizeof edges / sizeof edges[0] };

static uint64_t
next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

/* Whatever the arguments are, nothing outside of the guest's memory is touched (the sanitizers see reads), and the
 * files stay sound. */
static void
any_arguments(void **state)
{
    struct box_world *w = ((struct fixture *)*state)->w;
    uint64_t x = 88172645463325252ULL, args[BOX_CALL_ARGS];
    for (int i = 0; i < 300000; i++) {
        for (size_t k = 0; k < BOX_CALL_ARGS; k++)
            args[k] = next_random(&x) % 3 == 0 ? next_random(&x) % 12 : edges[next_random(&x) % EDGES];
        /* wide ones too where WASI has 64 bits: but a pointer is never more than 32 */
        enum box_call call = (enum box_call)(next_random(&x) % BOX_CALL_COUNT);
        if (call == BOX_CALL_fd_seek || call == BOX_CALL_fd_filestat_set_size)
            args[1] = next_random(&x);
        if (next_random(&x) % 64 == 0)
            put(w, 1000, "work/x/../y");
        guest_call(&w->guest, call, args);
    }
    assert_true(box_world_whole(w));
    assert_true(work_sound(w->guest.work));
}

static void
outside_is_refused(void **state)
{
    struct box_world *w = ((struct fixture *)*state)->w;
    assert_int_equal(CALL(w, environ_sizes_get, WORLD_MEMORY - 3, 0), WASI_FAULT);
    assert_int_equal(CALL(w, clock_time_get, 0, 0, WORLD_MEMORY - 7), WASI_FAULT);
    assert_int_equal(CALL(w, clock_time_get, 0, 0, WORLD_MEMORY - 8), WASI_OK);
    assert_int_equal(CALL(w, random_get, 10, WORLD_MEMORY), WASI_FAULT);
    assert_int_equal(CALL(w, random_get, 0xffffffff, 0xffffffff), WASI_FAULT);
    assert_int_equal(CALL(w, fd_fdstat_get, 1, WORLD_MEMORY - 23), WASI_FAULT);
    assert_int_equal(CALL(w, fd_prestat_dir_name, 3, WORLD_MEMORY, 1), WASI_FAULT);
    assert_int_equal(CALL(w, emit, 1, WORLD_MEMORY - 1, 2), WASI_FAULT);
    assert_int_equal(CALL(w, call, WORLD_MEMORY, 1), UINT32_MAX);
    put_piece(w, 100, WORLD_MEMORY - 4, 5);
    assert_int_equal(CALL(w, fd_write, 1, 100, 1, 200), WASI_FAULT);
    assert_int_equal(CALL(w, fd_write, 1, WORLD_MEMORY - 4, 1, 200), WASI_FAULT);
    assert_int_equal(CALL(w, fd_write, 1, 100, 2000, 200), WASI_INVAL);
    assert_int_equal(w->printed + w->emitted + w->asked, 0);
}

static void
an_answer_comes_in_pieces(void **state)
{
    struct box_world *w = ((struct fixture *)*state)->w;
    assert_int_equal(CALL(w, call, 0, 4), 25);
    assert_int_equal(CALL(w, fetch, 100, 26), WASI_FAULT);
    assert_int_equal(CALL(w, fetch, 100, 9), WASI_OK);
    assert_memory_equal(w->guest.memory + 100, "an answer", 9);
    assert_int_equal(CALL(w, fetch, 100, 16), WASI_OK);
    assert_int_equal(CALL(w, fetch, 100, 1), WASI_FAULT);
}

static void
files_are_kept(void **state)
{
    struct box_world *w = ((struct fixture *)*state)->w;
    uint32_t fd;
    assert_int_equal(open_file(w, "work/a", WASI_O_CREAT, true, &fd), WASI_OK);
    put(w, 2000, "hello, box");
    put_piece(w, 100, 2000, 5);
    put_piece(w, 108, 2005, 5);
    assert_int_equal(CALL(w, fd_write, fd, 100, 2, 200), WASI_OK);
    assert_int_equal(number_at(w, 200), 10);
    assert_int_equal(CALL(w, fd_seek, fd, 1, WASI_SEEK_SET, 200), WASI_OK);
    put_piece(w, 100, 3000, 100);
    assert_int_equal(CALL(w, fd_read, fd, 100, 1, 200), WASI_OK);
    assert_int_equal(number_at(w, 200), 9);
    assert_memory_equal(w->guest.memory + 3000, "ello, box", 9);
    assert_int_equal(CALL(w, fd_close, fd), WASI_OK);
    assert_int_equal(CALL(w, fd_read, fd, 100, 1, 200), WASI_BADF);
}

static void
the_library_is_read_only(void **state)
{
    struct box_world *w = ((struct fixture *)*state)->w;
    uint32_t fd, at;
    assert_int_equal(open_file(w, "lib/a.py", 0, false, &fd), WASI_OK);
    put_piece(w, 100, 3000, 100);
    assert_int_equal(CALL(w, fd_read, fd, 100, 1, 200), WASI_OK);
    assert_memory_equal(w->guest.memory + 3000, "print(1)\n", 9);
    assert_int_equal(CALL(w, fd_write, fd, 100, 1, 200), WASI_ROFS);
    assert_int_equal(CALL(w, fd_filestat_set_size, fd, 0), WASI_ROFS);
    assert_int_equal(open_file(w, "lib/a.py", WASI_O_CREAT | WASI_O_TRUNC, true, &fd), WASI_ROFS);
    assert_int_equal(open_file(w, "lib/new.py", WASI_O_CREAT, true, &fd), WASI_ROFS);
    assert_int_equal(open_file(w, "etc", WASI_O_CREAT, true, &fd), WASI_ROFS);
    assert_int_equal(open_file(w, "etc", 0, false, &fd), WASI_NOENT);
    at = put(w, 1000, "lib/a.py");
    assert_int_equal(CALL(w, path_unlink_file, 3, at, 8), WASI_ROFS);
    at = put(w, 1000, "lib/sub");
    assert_int_equal(CALL(w, path_remove_directory, 3, at, 7), WASI_ROFS);
}

/* "..": never above the top, and a path through a file is none. */
static void
paths_stay_inside(void **state)
{
    struct box_world *w = ((struct fixture *)*state)->w;
    uint32_t fd;
    assert_int_equal(open_file(w, "../../../lib/sub/../a.py", 0, false, &fd), WASI_OK);
    assert_int_equal(open_file(w, "/lib//sub/./b.py", 0, false, &fd), WASI_OK);
    assert_int_equal(open_file(w, "lib/a.py/../sub", 0, false, &fd), WASI_NOTDIR);
    assert_int_equal(open_file(w, "../etc/passwd", 0, false, &fd), WASI_NOENT);
    assert_int_equal(open_file(w, "work/../../work/n", WASI_O_CREAT, true, &fd), WASI_OK);
}

/* What a removed file held can still be read by who has it open, and by nobody who makes the next. */
static void
removed_files_go(void **state)
{
    struct box_world *w = ((struct fixture *)*state)->w;
    uint32_t fd, other, at;
    open_file(w, "work/a", WASI_O_CREAT, true, &fd);
    put(w, 2000, "secret");
    put_piece(w, 100, 2000, 6);
    assert_int_equal(CALL(w, fd_write, fd, 100, 1, 200), WASI_OK);
    at = put(w, 1000, "work/a");
    assert_int_equal(CALL(w, path_unlink_file, 3, at, 6), WASI_OK);
    assert_int_equal(open_file(w, "work/a", 0, false, &other), WASI_NOENT);
    assert_int_equal(CALL(w, fd_seek, fd, 0, WASI_SEEK_SET, 200), WASI_OK);
    put_piece(w, 100, 3000, 6);
    assert_int_equal(CALL(w, fd_read, fd, 100, 1, 200), WASI_OK);
    assert_memory_equal(w->guest.memory + 3000, "secret", 6);
    CALL(w, fd_close, fd);
    assert_int_equal(w->guest.work->blocks_used, 0);
    open_file(w, "work/b", WASI_O_CREAT, true, &fd);
    assert_int_equal(CALL(w, fd_filestat_set_size, fd, 6), WASI_OK);
    assert_int_equal(CALL(w, fd_read, fd, 100, 1, 200), WASI_OK);
    assert_memory_equal(w->guest.memory + 3000, "\0\0\0\0\0\0", 6);
    assert_true(work_sound(w->guest.work));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_arguments, set_up, tear_down),
        cmocka_unit_test_setup_teardown(outside_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_answer_comes_in_pieces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(files_are_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_library_is_read_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(paths_stay_inside, set_up, tear_down),
        cmocka_unit_test_setup_teardown(removed_files_go, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
