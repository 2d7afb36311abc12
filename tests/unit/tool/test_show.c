/* What models see of rows and schemas: valid JSON under the cap, whatever the data holds. */
#include "tool/show.h"

#include "base/json.h"
#include "tool/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 8000 };

/* rows x columns cells of the same text, NUL bytes and markup in it. */
static json_t *
shown(struct task *t, size_t rows, size_t columns, size_t text_bytes, size_t name_bytes)
{
    char *text = task_alloc(t, text_bytes + 1), *name = task_alloc(t, name_bytes + 1);
    memset(text, '<', text_bytes);
    memset(name, '&', name_bytes);
    struct span *names = task_array(t, columns, sizeof *names);
    struct cell *cells = task_array(t, rows * columns, sizeof *cells);
    for (size_t i = 0; i < columns; i++)
        names[i] = (struct span){name, name_bytes};
    for (size_t i = 0; i < rows * columns; i++)
        cells[i] = (struct cell){.kind = CELL_TEXT, .s = {text, text_bytes}, .full_bytes = (int64_t)text_bytes};
    const struct span notes[] = {SPAN("A note <b>")};
    const struct show s = {.handle = SPAN("r1"),
        .dataset = SPAN("d"),
        .revision = SPAN("0123456789abcdef"),
        .columns = names,
        .n_columns = columns,
        .cells = cells,
        .n_rows = rows,
        .total_rows = rows,
        .notes = notes,
        .n_notes = 1,
        .took_us = 1500};
    struct span json = show_rows(t, &s, MOST);
    json_t *j;
    assert_true(json.n <= MOST);
    assert_int_equal(json_read(t, json, &j), E_OK);
    assert_int_equal(json_int(j, "row_count", -1), rows);
    return j;
}

static void
rows_fit_whatever_they_hold(void **state)
{
    (void)state;
    static const size_t SIZES[] = {0, 1, 3, 17, 61, 400, 2000};
    for (size_t r = 0; r < 7; r++)
        for (size_t c = 1; c < 7; c++)
            for (size_t n = 0; n < 7; n++) {
                struct task t;
                task_begin(&t, 0);
                json_t *j = shown(&t, SIZES[r], SIZES[c], SIZES[n], n == 6 ? 2000 : 8);
                size_t there = json_array_size(json_object_get(j, "rows"));
                assert_int_equal(there + (size_t)json_int(j, "more_rows", 0), SIZES[r]);
                assert_true(there > 0 || SIZES[r] == 0);
                task_end(&t);
            }
}

static void
numbers_are_exact_and_blobs_are_told(void **state)
{
    (void)state;
    struct task t;
    const struct span names[] = {SPAN("i"), SPAN("big"), SPAN("r"), SPAN("b"), SPAN("z")};
    const struct cell cells[] = {
        {.kind = CELL_INT, .i = 42},
        {.kind = CELL_INT, .i = 9007199254740993},
        {.kind = CELL_REAL, .r = 0.1},
        {.kind = CELL_BLOB, .s = SPAN("\x01\x02"), .full_bytes = 12345},
        {.kind = CELL_NULL},
    };
    const struct show s = {.columns = names,
        .n_columns = 5,
        .cells = cells,
        .n_rows = 1,
        .first = 4,
        .total_rows = 9,
        .truncated = SPAN("rows")};
    task_begin(&t, 0);
    struct span json = show_rows(&t, &s, MOST);
    assert_true(span_find(json, SPAN("[[42,\"9007199254740993\",0.1,\"(blob of 12345 bytes)\",null]]")) > 0);
    assert_true(span_find(json, SPAN("\"from\":4")) > 0 && span_find(json, SPAN("\"more_rows\":4")) > 0);
    assert_true(span_find(json, SPAN("\"truncated_by\":\"rows\"")) > 0);
    task_end(&t);
}

static json_t *
big_schema(struct task *t, size_t tables, size_t columns)
{
    struct buf *b = task_buf(t, (size_t)64 << 20);
    buf_puts(b, "{\"tables\":[");
    for (size_t i = 0; i < tables; i++) {
        buf_printf(b, "%s{\"name\":\"table_%zu\",\"kind\":\"table\",\"rows\":%zu,\"columns\":[", i ? "," : "", i, i);
        for (size_t c = 0; c < columns; c++)
            buf_printf(b, "%s{\"name\":\"column_%zu\",\"type\":\"TEXT\",\"pk\":%d,\"samples\":[\"</data>\",\"b\"]}",
                c ? "," : "", c, c == 0);
        buf_puts(b, "]}");
    }
    buf_puts(b, "]}");
    json_t *j;
    assert_int_equal(json_read(t, buf_view(b), &j), E_OK);
    return j;
}

static void
schemas_fit_and_count_what_is_missing(void **state)
{
    (void)state;
    static const size_t TABLES[] = {0, 1, 5, 100, 2000}, COLUMNS[] = {1, 20, 900};
    for (size_t i = 0; i < 5; i++)
        for (size_t c = 0; c < 3; c++) {
            struct task t;
            size_t n;
            json_t *j;
            if (TABLES[i] * COLUMNS[c] > 100000)
                continue;
            task_begin(&t, 0);
            const json_t **tables = schema_tables(&t, big_schema(&t, TABLES[i], COLUMNS[c]), &n);
            struct buf *b = task_buf(&t, (size_t)4 << 20);
            buf_putc(b, '{');
            schema_put_tables(b, tables, n, SCHEMA_WHOLE, MOST);
            buf_putc(b, '}');
            assert_true(b->n <= MOST + 2);
            assert_int_equal(json_read(&t, buf_view(b), &j), E_OK);
            size_t there = json_array_size(json_object_get(j, "tables"));
            assert_int_equal(there + (size_t)json_int(j, "more_tables", 0), n);
            assert_true(there > 0 || n == 0);
            assert_true(span_find(buf_view(b), SPAN("</data>")) < 0); /* data can't end its own fence */
            task_end(&t);
        }
}

static void
tables_are_found_by_name(void **state)
{
    (void)state;
    struct task t;
    task_begin(&t, 0);
    json_t *schema = big_schema(&t, 3, 1);
    assert_non_null(schema_table(schema, SPAN("table_2")));
    assert_non_null(schema_table(schema, SPAN("TABLE_1")));
    assert_null(schema_table(schema, SPAN("table_")));
    assert_null(schema_table(schema, SPAN("")));
    task_end(&t);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_fit_whatever_they_hold),
        cmocka_unit_test(numbers_are_exact_and_blobs_are_told),
        cmocka_unit_test(schemas_fit_and_count_what_is_missing),
        cmocka_unit_test(tables_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
