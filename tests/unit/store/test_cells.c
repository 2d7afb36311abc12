/* Rows as bytes and back: every kind, every page, and damaged bytes that must be refused. */
#include "store/cells.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 5, COLUMNS = 3 };

static void
fill(struct cell cells[ROWS * COLUMNS])
{
    memset(cells, 0, sizeof(struct cell) * ROWS * COLUMNS);
    for (size_t r = 0; r < ROWS; r++) {
        cells[r * COLUMNS] = (struct cell){.kind = CELL_INT, .i = r % 2 ? INT64_MIN : (int64_t)r};
        cells[r * COLUMNS + 1] = (struct cell){.kind = CELL_REAL, .r = (double)r / 3};
        cells[r * COLUMNS + 2] = (struct cell){.kind = CELL_TEXT, .s = span_first(SPAN("abcdef"), r), .full_bytes = 99};
    }
    cells[4].kind = CELL_NULL;
    cells[5] = (struct cell){.kind = CELL_BLOB, .s = SPAN("\0\xff"), .full_bytes = 2};
}

static void
assert_same(const struct cell *a, const struct cell *b)
{
    assert_int_equal(a->kind, b->kind);
    if (a->kind == CELL_INT)
        assert_true(a->i == b->i);
    if (a->kind == CELL_REAL)
        assert_memory_equal(&a->r, &b->r, sizeof a->r);
    if (a->kind == CELL_TEXT || a->kind == CELL_BLOB)
        assert_true(span_eq(a->s, b->s) && a->full_bytes == b->full_bytes);
}

/* A page from bytes in memory, as work_result.c reads it from the database. */
static enum err
read_page(struct task *t, struct span bytes, size_t from, size_t count, struct cells *out)
{
    size_t begin, end;
    *out = (struct cells){0};
    if (cells_read_head(t, bytes, &out->columns, &out->total_rows) != E_OK)
        return t->err;
    size_t base = cells_index_at(out->total_rows + 1);
    out->first = from < out->total_rows ? from : out->total_rows;
    out->rows = count < out->total_rows - out->first ? count : out->total_rows - out->first;
    if (cells_read_index(t, span_from(bytes, cells_index_at(out->first)), out->rows, &begin, &end) != E_OK)
        return t->err;
    if (bytes.n < base || end > bytes.n - base)
        return task_fail(t, E_CORRUPT, "short");
    return cells_read_rows(t, (struct span){bytes.p + base + begin, end - begin}, out->columns, out->rows, &out->cells);
}

static void
every_page_comes_back(void **state)
{
    (void)state;
    struct task t;
    struct cell cells[ROWS * COLUMNS];
    task_begin(&t, 0);
    fill(cells);
    struct buf *b = task_buf(&t, 4096);
    cells_put(b, cells, COLUMNS, ROWS);
    for (size_t from = 0; from < ROWS + 2; from++)
        for (size_t count = 0; count < ROWS + 2; count++) {
            struct cells page;
            assert_int_equal(read_page(&t, buf_view(b), from, count, &page), E_OK);
            assert_int_equal(page.total_rows, ROWS);
            size_t want = from >= ROWS ? 0 : count < ROWS - from ? count : ROWS - from;
            assert_int_equal(page.rows, want);
            for (size_t i = 0; i < want * COLUMNS; i++)
                assert_same(&page.cells[i], &cells[from * COLUMNS + i]);
        }
    task_end(&t);
}

static void
damaged_bytes_are_refused(void **state)
{
    (void)state;
    struct cell cells[ROWS * COLUMNS];
    fill(cells);
    struct buf b;
    buf_init(&b, 4096);
    cells_put(&b, cells, COLUMNS, ROWS);
    size_t refused = 0;
    for (size_t cut = 0; cut < b.n; cut++) {
        struct task t;
        struct cells page;
        task_begin(&t, 0);
        assert_int_equal(read_page(&t, span_first(buf_view(&b), cut), 0, ROWS, &page), E_CORRUPT);
        task_end(&t);
    }
    for (size_t i = 0; i < b.n; i++) {
        struct task t;
        struct cells page;
        task_begin(&t, 0);
        char was = b.p[i];
        b.p[i] = (char)0xee;
        refused += read_page(&t, buf_view(&b), 0, ROWS, &page) != E_OK; /* else a value changed: no crash */
        b.p[i] = was;
        task_end(&t);
    }
    assert_true(refused > 12);
    buf_reset(&b);
}

static void
a_cap_fails_the_buffer(void **state)
{
    (void)state;
    struct cell cells[ROWS * COLUMNS];
    struct buf b;
    fill(cells);
    buf_init(&b, 50);
    cells_put(&b, cells, COLUMNS, ROWS);
    assert_true(b.failed);
    buf_reset(&b);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_page_comes_back),
        cmocka_unit_test(damaged_bytes_are_refused),
        cmocka_unit_test(a_cap_fails_the_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
