/* test_rows: cells, CSV, JSON and highlighted SQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "render/cell.h"
#include "render/csv.h"
#include "render/rowjson.h"
#include "render/sqltext.h"

#include <math.h>

#define TEXT(lit)                                                                                                      \
    {                                                                                                                  \
        .kind = CELL_TEXT, .s = {"" lit, sizeof(lit) - 1}, .full_bytes = sizeof(lit) - 1                               \
    }
#define BLOB(lit)                                                                                                      \
    {                                                                                                                  \
        .kind = CELL_BLOB, .s = {"" lit, sizeof(lit) - 1}, .full_bytes = sizeof(lit) - 1                               \
    }
#define INT(v)                                                                                                         \
    {                                                                                                                  \
        .kind = CELL_INT, .i = (v)                                                                                     \
    }
#define REAL(v)                                                                                                        \
    {                                                                                                                  \
        .kind = CELL_REAL, .r = (v)                                                                                    \
    }

static void
each_value_is_shown_in_its_kind(void **state)
{
    (void)state;
    static const struct {
        struct cell cell;
        const char *text;
        const char *class;
        const char *remark;
    } CASES[] = {
        {{.kind = CELL_NULL}, "NULL", "null", ""},
        {INT(INT64_MIN), "-9223372036854775808", "num", ""},
        {INT(1234567), "1234567", "num", ""},
        {REAL(0.1), "0.1", "num", ""},
        {REAL(2), "2.0", "num", ""},
        {REAL((double)INFINITY), "Infinity", "num", ""},
        {TEXT(""), "", "text", ""},
        {TEXT("NULL"), "NULL", "text", ""},
        {TEXT("0123456789"), "0123456789", "text", ""},
        {TEXT("0123456789a"), "0123456789\xe2\x80\xa6", "text cut", "cut: 11 bytes in all"},
        {TEXT("012345678\xc3\xa4"), "012345678\xe2\x80\xa6", "text cut", "cut: 11 bytes in all"},
        {TEXT("a\xff"), "a\xef\xbf\xbd", "text", ""},
        {{.kind = CELL_TEXT, .s = {"abc", 3}, .full_bytes = 70000}, "abc\xe2\x80\xa6", "text cut",
            "cut: 70,000 bytes in all"},
        {BLOB("x"), "blob, 1 byte", "blob", ""},
        {{.kind = CELL_BLOB, .s = {"abc", 3}, .full_bytes = 1234}, "blob, 1,234 bytes", "blob", ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct task t;
        task_begin(&t, 0);
        struct cell_shown s = cell_show(&t, &CASES[i].cell, 10);
        assert_string_equal(task_z(&t, s.text), CASES[i].text);
        assert_string_equal(task_z(&t, s.class), CASES[i].class);
        assert_string_equal(task_z(&t, s.remark), CASES[i].remark);
        task_end(&t);
    }
}

static void
counts_and_sizes_read_easily(void **state)
{
    (void)state;
    struct task t;
    task_begin(&t, 0);
    assert_true(span_is(cell_count(&t, 0), "0"));
    assert_true(span_is(cell_count(&t, 999), "999"));
    assert_true(span_is(cell_count(&t, 1000), "1,000"));
    assert_true(span_is(cell_count(&t, -123456), "-123,456"));
    assert_true(span_is(cell_count(&t, INT64_MAX), "9,223,372,036,854,775,807"));
    assert_true(span_is(cell_bytes(&t, 1), "1 byte"));
    assert_true(span_is(cell_bytes(&t, 999), "999 bytes"));
    assert_true(span_is(cell_bytes(&t, 1200), "1.2 kB"));
    assert_true(span_is(cell_bytes(&t, 999960), "1.0 MB"));
    task_end(&t);
}

static void
csv_quotes_only_what_it_must(void **state)
{
    (void)state;
    static const struct cell ROW[] = {INT(-1), REAL(1.5), {.kind = CELL_NULL}, TEXT(""), TEXT("a"), TEXT("a,b"),
        TEXT("say \"x\""), TEXT("a\nb"), TEXT(" a"), BLOB("\x00\xff")};
    static const struct span NAMES[] = {{"id", 2}, {"a,b", 3}};
    struct buf b;
    buf_init(&b, 4096);
    csv_header(&b, NAMES, 2);
    csv_row(&b, ROW, sizeof ROW / sizeof *ROW);
    csv_row(&b, ROW + 2, 1);
    assert_string_equal(
        buf_z(&b), "id,\"a,b\"\r\n-1,1.5,,\"\",a,\"a,b\",\"say \"\"x\"\"\",\"a\nb\",\" a\",AP8=\r\n\"\"\r\n");
    buf_reset(&b);
}

static void
json_keeps_every_digit(void **state)
{
    (void)state;
    static const struct cell ROW[] = {INT(9007199254740992), INT(9007199254740993), INT(INT64_MIN), REAL(0.1),
        REAL(1e300), REAL((double)INFINITY), {.kind = CELL_NULL}, TEXT("a\"<\xff"), BLOB("\x00\xff")};
    static const struct span NAMES[] = {{"a", 1}, {"b\"", 2}};
    struct buf b;
    buf_init(&b, 4096);
    rowjson_array(&b, ROW, sizeof ROW / sizeof *ROW);
    rowjson_object(&b, NAMES, ROW, 2);
    rowjson_array(&b, ROW, 0);
    assert_string_equal(buf_z(&b),
        "[9007199254740992,\"9007199254740993\",\"-9223372036854775808\",0.1,1e+300,null,null,"
        "\"a\\\"\\u003c\xef\xbf\xbd\","
        "{\"$base64\":true,\"encoded\":\"AP8=\"}]{\"a\":9007199254740992,\"b\\\"\":\"9007199254740993\"}[]");
    buf_reset(&b);
}

static void
reals_are_as_short_as_they_read_back(void **state)
{
    (void)state;
    static const struct {
        double v;
        const char *want;
    } CASES[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {19.99, "19.99"},
        {-2.5, "-2.5"},
        {31.95376472, "31.95376472"},
        {0.001, "0.001"},
        {0.0001, "0.0001"},
        {0.00001, "1e-05"},
        {1.0 / 3.0, "0.3333333333333333"},
        {0.1 + 0.2, "0.30000000000000004"},
        {999999999.25, "999999999.25"},
        {1e9 + 0.5, "1000000000.5"},
        {1e22, "1e+22"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct buf b;
        buf_init(&b, 64);
        rowjson_cell(&b, &(struct cell){.kind = CELL_REAL, .r = CASES[i].v});
        assert_string_equal(buf_z(&b), CASES[i].want);
        buf_reset(&b);
    }
}

static void
sql_is_marked_and_unchanged(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        const char *want; /* W: word N: name C: call T: text D: number P: parameter K: comment */
    } CASES[] = {
        {"select a", "[W:select] [N:a]"},
        {"count (*), in (1)", "[C:count] (*), [W:in] ([D:1])"},
        {"'a''b' \"c\"\"d\" [e] `f` x'00'", "[T:'a''b'] [N:\"c\"\"d\"] [N:[e]] [N:`f`] [T:x'00']"},
        {"1 1.5e-3 .5 0xFF 1e+ 1_000", "[D:1] [D:1.5e-3] [D:.5] [D:0xFF] [D:1][N:e]+ [D:1_000]"},
        {"?1 :a @b $c ? :", "[P:?1] [P::a] [P:@b] [P:$c] [P:?] :"},
        {"-- x\n/* y */ 1 - -2 /*open", "[K:-- x]\n[K:/* y */] [D:1] - -[D:2] [K:/*open]"},
        {"'open", "[T:'open]"},
        {"\"open", "[N:\"open]"},
        {"t.c <> 'x'", "[N:t].[N:c] <> [T:'x']"},
        {"", ""},
    };
    static const char *const CLASSES[][2] = {{"<span class=\"sql-word\">", "[W:"}, {"<span class=\"sql-name\">", "[N:"},
        {"<span class=\"sql-call\">", "[C:"}, {"<span class=\"sql-text\">", "[T:"}, {"<span class=\"sql-num\">", "[D:"},
        {"<span class=\"sql-param\">", "[P:"}, {"<span class=\"sql-note\">", "[K:"}, {"</span>", "]"}, {"&#39;", "'"},
        {"&quot;", "\""}, {"&lt;", "<"}, {"&gt;", ">"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct task t;
        task_begin(&t, 0);
        struct span rest = sqltext_html(&t, span_of(CASES[i].in)).made_by_render;
        struct buf *b = task_buf(&t, 4096);
        while (rest.n > 0) {
            size_t took = 0;
            for (size_t k = 0; k < sizeof CLASSES / sizeof *CLASSES && took == 0; k++) {
                if (!span_starts(rest, CLASSES[k][0]))
                    continue;
                buf_puts(b, CLASSES[k][1]);
                took = span_of(CLASSES[k][0]).n;
            }
            if (took == 0)
                buf_putc(b, rest.p[0]);
            rest = span_from(rest, took ? took : 1);
        }
        assert_string_equal(buf_z(b), CASES[i].want);
        task_end(&t);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_value_is_shown_in_its_kind),
        cmocka_unit_test(counts_and_sizes_read_easily),
        cmocka_unit_test(csv_quotes_only_what_it_must),
        cmocka_unit_test(json_keeps_every_digit),
        cmocka_unit_test(reals_are_as_short_as_they_read_back),
        cmocka_unit_test(sql_is_marked_and_unchanged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
