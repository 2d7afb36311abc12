/* test_text: CSV, TSV, JSON and JSON lines: records, types, tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "support.h"

#include "effect/csv.h"
#include "effect/guess.h"
#include "effect/jsonrows.h"

/* The records of a text as "a|b/c|d", or the sentence. */
static const char *
records(struct task *t, struct span text)
{
    struct source in;
    struct csv c;
    struct csv_record r = {.fields = NULL};
    struct buf *out = task_buf(t, 1 << 20);
    source_memory(&in, text);
    csv_begin(t, &c, &in, '\0');
    while (csv_next(t, &c, &r) == E_OK && r.n > 0) {
        buf_puts(out, out->n ? "/" : "");
        for (size_t i = 0; i < r.n; i++) {
            buf_puts(out, i ? "|" : "");
            buf_span(out, r.fields[i]);
        }
    }
    return t->err == E_OK ? task_printf(t, "%.*s", SPAN_ARG(buf_view(out))) : t->cause;
}

static void
csv_is_read_as_rfc_4180_has_it(void **state)
{
    (void)state;
    const struct {
        struct span text;
        const char *want;
    } rows[] = {
        {SPAN("a,b\n1,2\n"), "a|b/1|2"},
        {SPAN("\xEF\xBB\xBF"
              "a,b\r\n1,2\r\n"),
            "a|b/1|2"},
        {SPAN("a,b\r1,2\r"), "a|b/1|2"},
        {SPAN("a,b\n1,2"), "a|b/1|2"},
        {SPAN("a;b\n1,5;2\n"), "a|b/1,5|2"},
        {SPAN("\"a,\"\"x\"\"\",b\n\"1\r\n2\",3\n"), "a,\"x\"|b/1\r\n2|3"},
        {SPAN("a,b\n\n\r\n1,2\n\n"), "a|b/1|2"},
        {SPAN("a,b\n,\n\"\",\"\"\n"), "a|b/|/|"},
        {SPAN("a\n\"\"\nx\n"), "a//x"},
        {SPAN("a,b\nx\"y,\"z\" \n"), "a|b/x\"y|z"},
        {SPAN(""), ""},
        {SPAN("\xEF\xBB\xBF"), ""},
        {SPAN("a,b\n1,\"2"), "Line 2: a quote begins there and never ends."},
        {SPAN("a\n\"x\ny\nz"), "Line 2: a quote begins there and never ends."},
        {SPAN("a,b\n\"1\"2,3\n"),
            "Line 2: text stands behind a closing quote. A quote inside a quoted field must be doubled (\"\")."},
        {SPAN("a,b\n\"1\n2\",3\n\xE9,4\n"),
            "Line 4 is not UTF-8. Save the file as UTF-8 (in a spreadsheet: \"CSV UTF-8\") and publish again."},
        {SPAN("a,b\n1\0,2\n"), "Line 2 holds a NUL byte: the file is not text, or not UTF-8."},
        {SPAN("\xFF\xFE"
              "a\0"),
            "The file is UTF-16 text. Save it as UTF-8 and publish again."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        task_begin(&t, 0);
        assert_string_equal(records(&t, rows[i].text), rows[i].want);
        task_end(&t);
    }
}

static void
a_column_s_type_is_judged_by_all_values(void **state)
{
    (void)state;
    static const struct {
        const char *values[4], *type, *why;
    } rows[] = {
        {{"1", "-2", "", " 30 "}, "INTEGER", "whole numbers"},
        {{"1", "2.5", "-1e3", ".5"}, "REAL", "numbers"},
        {{"01", "2"}, "TEXT", "leading zeros"},
        {{"1", "-007.5"}, "TEXT", ""},
        {{"1", "n/a", "3"}, "TEXT", "2 of its 3 values are numbers, but line 2 has \"n/a\""},
        {{"9223372036854775807", "1"}, "INTEGER", ""},
        {{"9223372036854775808", "1"}, "TEXT", "more digits"},
        {{"9007199254740993", "0.5"}, "TEXT", "exactly"},
        {{"+1"}, "TEXT", "plus"},
        {{"1,000"}, "TEXT", "no number"},
        {{"0x10"}, "TEXT", ""},
        {{"nan", "inf"}, "TEXT", ""},
        {{"1e400"}, "TEXT", ""},
        {{"2012-01-31", "2012-02-01T10:00"}, "TEXT", "ISO dates"},
        {{"", ""}, "TEXT", "no values"},
        {{"0", "0.0"}, "REAL", ""},
        {{"-", "."}, "TEXT", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        struct guess g = {.values = 0};
        task_begin(&t, 0);
        for (size_t k = 0; k < 4 && rows[i].values[k]; k++)
            guess_csv(&g, span_of(rows[i].values[k]), (int64_t)k + 1);
        assert_string_equal(guess_word(guess_type(&g)), rows[i].type);
        assert_non_null(strstr(guess_why(&t, &g), rows[i].why));
        task_end(&t);
    }
}

static void
a_csv_file_becomes_a_table(void **state)
{
    (void)state;
    struct trial x;
    trial_begin(&x);
    trial_source_bytes(&x,
        SPAN("id,name,, name ,price,zip,day\n2,\"A, \"\"B\"\"\",x,,1.5,00501,2020-01-01\n1,C,,d,2,10001,2020-01-02\n"));
    trial_import(&x, "csv", "{\"tables\":{\"tested\":{\"primary_key\":\"id\"}}}");
    assert_int_equal(x.e, E_OK);
    assert_string_equal(trial_ask(&x, "SELECT group_concat(name || type, ' ') FROM pragma_table_info('tested')"),
        "idINTEGER nameTEXT column_3TEXT name_2TEXT priceREAL zipTEXT dayTEXT");
    assert_string_equal(trial_ask(&x, "SELECT name FROM tested WHERE id = 2"), "A, \"B\"");
    assert_string_equal(
        trial_ask(&x, "SELECT zip || typeof(price) || coalesce(name_2, 'none') FROM tested WHERE id = 2"),
        "00501realnone");
    assert_string_equal(trial_ask(&x, "SELECT pk FROM pragma_table_info('tested')"), "1");
    assert_int_equal(json_array_size(json_object_get(x.report, "types")), 7);
    assert_int_equal(json_array_size(json_object_get(x.report, "notes")), 2);
    trial_end(&x);
}

static void
bad_text_is_refused_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *format, *text, *meta, *says;
    } rows[] = {
        {"csv", "a,b\n1,2\n1,2,3\n", NULL, "Line 3 has 3 fields, but the first line names 2 columns."},
        {"csv", "a,b\n1,2\n\n1\n", NULL, "Line 4 has 1 field,"},
        {"csv", "", NULL, "empty"},
        {"csv", "id,b\n1,2\n1,3\n", "{\"tables\":{\"tested\":{\"primary_key\":\"id\"}}}",
            "Line 3 has a primary key that another row"},
        {"csv", "id,b\n,3\nx,1\n", "{\"tables\":{\"tested\":{\"primary_key\":[\"id\"]}}}",
            "Line 2 has no value in the primary key"},
        {"csv", "id,b\n1,3\n", "{\"tables\":{\"tested\":{\"primary_key\":\"no\"}}}", "does not have"},
        {"json", "[{\"a\":1},{\"a\":]", NULL, "at line 1: This is not valid JSON"},
        {"json", "[{\"a\":1},\n{\"a\":1 2}]", NULL, "line 2"},
        {"json", "{\"t\":[{\"a\":1}],\"u\":3}", NULL, "is not expected"},
        {"json", "[1,2]", NULL, "is not expected"},
        {"json", "[{\"a\":1}", NULL, "ends too early"},
        {"json", "[{\"a\":1}] x", NULL, "behind the end"},
        {"json", "[]", NULL, "no rows"},
        {"json", "[{\"a\":1,\"a\":2}]", NULL, "duplicate"},
        {"jsonl", "{\"a\":1}\n[2]\n", NULL, "Line 2 is not an object"},
        {"jsonl", "{\"a\":\"x\n", NULL, "never ends"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct trial x;
        trial_begin(&x);
        trial_source_bytes(&x, span_of(rows[i].text));
        trial_import(&x, rows[i].format, rows[i].meta);
        assert_int_equal(x.e, E_INVALID);
        if (!strstr(x.t.cause, rows[i].says))
            fail_msg("%s: said: %s", rows[i].text, x.t.cause);
        trial_end(&x);
    }
}

static void
json_becomes_one_table_or_several(void **state)
{
    (void)state;
    struct trial x;
    trial_begin(&x);
    trial_source_bytes(&x,
        SPAN("\xEF\xBB\xBF{ \"people\" : [ {\"id\":1,\"name\":\"A\\u0042}\",\"ok\":true,\"tags\":[\"x\",{\"y\":1}]},\n"
             "{\"id\":2,\"more\":2.5,\"name\":7,\"ok\":null} ], \"none\": [], \"pets\":[{\"owner\":1}] }"));
    trial_import(&x, "json",
        "{\"tables\":{\"people\":{\"primary_key\":\"id\"},\"pets\":{\"foreign_keys\":[{\"columns\":\"owner\",\"table\":"
        "\"people\",\"to\":\"id\"}]}}}");
    assert_int_equal(x.e, E_OK);
    assert_string_equal(trial_ask(&x, "SELECT group_concat(name || type, ' ') FROM pragma_table_info('people')"),
        "idINTEGER nameTEXT okINTEGER tagsTEXT moreREAL");
    assert_string_equal(
        trial_ask(&x, "SELECT group_concat(name || '=' || coalesce(ok, '-'), ' ') FROM people"), "AB}=1 7=-");
    assert_string_equal(trial_ask(&x, "SELECT tags ->> '$[1].y' FROM people"), "1");
    assert_string_equal(trial_ask(&x, "SELECT \"table\" FROM pragma_foreign_key_list('pets')"), "people");
    assert_true(trial_dropped(&x, "table", "none"));
    trial_end(&x);
    trial_begin(&x);
    trial_source_bytes(&x, SPAN("{\"a\":12345678901234567}\n\n{\"b\":\"x\"}\r\n{\"a\":3}"));
    trial_import(&x, "jsonl", NULL);
    assert_int_equal(x.e, E_OK);
    assert_string_equal(trial_ask(&x, "SELECT sum(a) || count(b) || count(*) FROM tested"), "1234567890123457013");
    trial_end(&x);
}

/* A reader that hands out one byte at a time sees the same as one that has all. */
static void
chunks_do_not_matter(void **state)
{
    (void)state;
    struct span text = SPAN("[{\"a\":\"x\\\"]}\"},{\"a\":{\"b\":[1,{}]}}]");
    struct task t;
    struct jsonrows j;
    struct jsonrows_row r;
    int pipes[2], n = 0;
    char chunk[1];
    task_begin(&t, 5000);
    for (size_t i = 0; i < text.n; i++) {
        struct source in = {.fd = -1};
        assert_int_equal(pipe(pipes), 0);
        assert_true(fsio_write_all(pipes[1], text));
        close(pipes[1]);
        source_file(&t, &in, pipes[0]);
        jsonrows_begin(&t, &j, &in, false);
        in.rest = (struct span){chunk, (size_t)read(pipes[0], chunk, 1)};
        for (n = 0; jsonrows_next(&t, &j, &r) == E_OK && r.text.n > 0; n++)
            assert_true(span_is(r.text, n ? "{\"a\":{\"b\":[1,{}]}}" : "{\"a\":\"x\\\"]}\"}"));
        assert_int_equal(n, 2);
        close(pipes[0]);
    }
    task_end(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_is_read_as_rfc_4180_has_it),
        cmocka_unit_test(a_column_s_type_is_judged_by_all_values),
        cmocka_unit_test(a_csv_file_becomes_a_table),
        cmocka_unit_test(bad_text_is_refused_with_its_line),
        cmocka_unit_test(json_becomes_one_table_or_several),
        cmocka_unit_test(chunks_do_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
