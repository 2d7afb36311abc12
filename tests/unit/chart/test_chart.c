/* test_chart: specs against columns, binning over real SQLite, summaries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "chart/chart.h"
#include "chart/data.h"
#include "chart/mark.h"
#include "chart/summary.h"

#include <math.h>
#include <sqlite3.h>
#include <string.h>

#include <cmocka.h>

enum { COLUMNS = 6, ROWS = 6 };

static struct task t;
static sqlite3 *db;

static int
begin(void **state)
{
    (void)state;
    task_begin(&t, 0);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    task_end(&t);
    return 0;
}

static json_t *
json(const char *text)
{
    json_t *j = NULL;
    assert_int_equal(json_read(&t, span_of(text), &j), E_OK);
    return j;
}

#define T(z)                                                                                                           \
    {                                                                                                                  \
        .kind = CELL_TEXT, .s = { z, sizeof z - 1 }                                                                    \
    }
#define I(n)                                                                                                           \
    {                                                                                                                  \
        .kind = CELL_INT, .i = n                                                                                       \
    }
#define R(n)                                                                                                           \
    {                                                                                                                  \
        .kind = CELL_REAL, .r = n                                                                                      \
    }
static const struct span names[COLUMNS] = {
    {"genre", 5}, {"gross", 5}, {"released", 8}, {"year", 4}, {"lon", 3}, {"title", 5}};
static const struct cell cells[COLUMNS * ROWS] = {
    T("Drama"),
    I(120),
    T("2001-02-03"),
    I(2001),
    R(12.5),
    T("One"), /**/
    T("Comedy"),
    I(80),
    T("2002-02-03"),
    I(2002),
    R(13.5),
    T("Two"), /**/
    T("Drama"),
    I(1200),
    T("2003-02-03"),
    I(2003),
    R(14.5),
    T("Three"), /**/
    T("Horror"),
    I(5),
    T("2004-02-03"),
    I(2004),
    R(-200.0),
    T("Four"), /**/
    T("Comedy"),
    I(20),
    T("2005-02-03 10:30"),
    I(2005),
    R(1.5),
    T("Five"), /**/
    T("Drama"),
    {.kind = CELL_NULL},
    T("2006-02"),
    I(2006),
    R(2.5),
    T("Six"),
};
static const struct chart_rows rows = {names, COLUMNS, cells, ROWS, false};

static void
values_say_what_type_a_column_has(void **state)
{
    (void)state;
    struct chart_data d;
    static const enum chart_type types[COLUMNS] = {
        CHART_TEXT, CHART_NUMBER, CHART_TIME, CHART_YEAR, CHART_NUMBER, CHART_TEXT};
    assert_int_equal(chart_data_read(&t, &rows, &d), E_OK);
    for (size_t i = 0; i < COLUMNS; i++)
        assert_int_equal(d.columns[i].type, types[i]);
    assert_true(isnan(chart_value(&d, 5, 1)));
    assert_float_equal(chart_value(&d, 0, 2), 981158400000.0, 0);
}

static void
dates_are_strict(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double ms;
    } good[] = {{"1970-01", 0}, {"1970-01-02", 86400000}, {"2000-03-01", 951868800000}, {"1969-12-31", -86400000},
        {"1970-01-01 01:00", 3600000}, {"1970-01-01T00:00:01.5Z", 1500}, {"0001-01-01", -62135596800000.0}};
    static const char *const bad[] = {"", "1970", "1970-1-1", "1970-13-01", "1970-00-01", "1970-01-32", "1970-01-01 ",
        "1970-01-01 1", "1970-01-01 25:00", "1970-01-01 01:60", "1970-01-01 01:00x", "1970-01-01 01:00:00.",
        "x970-01-01", "1970-01-01Z1"};
    double ms = 0;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(chart_time_ms(span_of(good[i].text), &ms));
        assert_float_equal(ms, good[i].ms, 0);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(chart_time_ms(span_of(bad[i]), &ms));
}

static void
a_wrong_spec_is_told_what_would_be_right(void **state)
{
    (void)state;
    static const struct {
        const char *spec, *code, *field, *nearest, *says;
    } wrong[] = {
        {"[]", "spec", "", "", "A chart's spec is an object"},
        {"{}", "mark", "mark", "", "Name a mark: one of barY, barX, line"},
        {"{\"mark\":\"bar\"}", "mark", "mark", "barY", "There is no mark \"bar\"; did you mean \"barY\"?"},
        {"{\"mark\":\"lines\"}", "mark", "mark", "line", "did you mean \"line\""},
        {"{\"mark\":\"<script>\"}", "mark", "mark", "", "There is no mark"},
        {"{\"mark\":\"line\",\"colour\":\"genre\"}", "key", "", "color",
            "no setting \"colour\"; did you mean \"color\"?"},
        {"{\"mark\":\"line\",\"x\":\"year\"}", "missing", "y", "", "A line chart needs y, a column of numbers."},
        {"{\"mark\":\"line\",\"x\":\"year\",\"y\":\"gros\"}", "column", "y", "gross",
            "no column \"gros\"; did you mean \"gross\"?"},
        {"{\"mark\":\"line\",\"x\":\"year\",\"y\":\"nothing\"}", "column", "y", "", "They have: genre, gross"},
        {"{\"mark\":\"line\",\"x\":\"year\",\"y\":\"title\"}", "type", "y", "",
            "needs numbers as y; \"title\" holds texts. Columns that would do: gross, lon."},
        {"{\"mark\":\"areaY\",\"x\":\"genre\",\"y\":\"gross\"}", "type", "x", "",
            "needs numbers or years or dates as x"},
        {"{\"mark\":\"line\",\"x\":\"year\",\"y\":\"gross\",\"size\":\"gross\"}", "key", "size", "",
            "A line chart takes no size."},
        {"{\"mark\":\"line\",\"x\":1,\"y\":\"gross\"}", "value", "x", "", "x is the name of a column"},
        {"{\"mark\":\"line\",\"x\":\"year\",\"y\":\"gross\",\"sort\":\"up\"}", "value", "sort", "", "sort is \"data\""},
        {"{\"mark\":\"line\",\"x\":\"year\",\"y\":\"gross\",\"sort\":3}", "value", "sort", "", "sort is \"data\""},
        {"{\"mark\":\"line\",\"x\":\"year\",\"y\":\"gross\",\"title\":[]}", "value", "title", "", "title is a text."},
        {"{\"mark\":\"line\",\"x\":\"year\",\"y\":\"gross\",\"bins\":10}", "key", "bins", "", "takes no bins"},
        {"{\"mark\":\"rect\",\"x\":\"gross\",\"bins\":1}", "value", "bins", "", "from 2 to 100"},
        {"{\"mark\":\"rect\",\"x\":\"gross\",\"bins\":\"9\"}", "value", "bins", "", "from 2 to 100"},
        {"{\"mark\":\"box\",\"x\":\"genre\"}", "type", "y", "", "A box plot needs numbers"},
        {"{\"mark\":\"geo\",\"x\":\"lon\",\"y\":\"gross\"}", "range", "x", "",
            "longitude in degrees, from -180 to 180; \"lon\" holds -200"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct chart_problem p;
        json_t *block;
        assert_int_equal(chart_make(&t, json(wrong[i].spec), &rows, NULL, &p, &block), E_INVALID);
        assert_string_equal(p.code, wrong[i].code);
        assert_string_equal(p.field, wrong[i].field);
        assert_true(span_is(p.nearest, wrong[i].nearest));
        if (!strstr(t.cause, wrong[i].says))
            fail_msg("%s: %s", wrong[i].spec, t.cause);
        task_clear_error(&t);
    }
}

static void
limits_are_kept(void **state)
{
    (void)state;
    struct chart_problem p;
    json_t *block, *spec = json("{\"mark\":\"barY\",\"x\":\"genre\"}");
    struct chart_rows none = rows;
    none.n = 0;
    assert_int_equal(chart_make(&t, spec, &none, NULL, &p, &block), E_INVALID);
    assert_string_equal(p.code, "rows");
    task_clear_error(&t);
    char long_title[CHART_TITLE_BYTES + 2];
    memset(long_title, 'x', sizeof long_title - 1);
    long_title[sizeof long_title - 1] = '\0';
    json_object_set_new(spec, "title", json_string(long_title));
    assert_int_equal(chart_make(&t, spec, &rows, NULL, &p, &block), E_INVALID);
    assert_string_equal(p.code, "limit");
    task_clear_error(&t);
    struct span many[CHART_COLUMNS + 1];
    for (size_t i = 0; i <= CHART_COLUMNS; i++)
        many[i] = SPAN("c");
    struct chart_rows wide = {many, CHART_COLUMNS + 1, cells, 0, false};
    assert_int_equal(chart_make(&t, spec, &wide, NULL, &p, &block), E_INVALID);
    task_clear_error(&t);
}

static json_t *
made(const char *spec, const struct chart_rows *of, const struct chart_source *source)
{
    struct chart_problem p;
    json_t *block = NULL;
    if (chart_make(&t, json(spec), of, source, &p, &block) != E_OK)
        fail_msg("%s: %s", spec, t.cause);
    return block;
}

static void
summary_is(const char *spec, const char *words)
{
    struct span s = json_text(made(spec, &rows, NULL), "summary");
    if (!span_is(s, words))
        fail_msg("\n%.*s\n%s", SPAN_ARG(s), words);
}

static void
each_family_is_told_in_words(void **state)
{
    (void)state;
    summary_is("{\"mark\":\"barY\",\"x\":\"genre\",\"y\":\"gross\",\"units\":\"USD\"}",
        "A bar chart of gross by genre: 6 rows. Highest: Drama, 1,320 USD; lowest: Horror, 5 USD.");
    summary_is("{\"mark\":\"barX\",\"y\":\"genre\"}",
        "A bar chart of rows by genre: 6 rows. Highest: Drama, 3; lowest: Horror, 1. In all 6.");
    summary_is("{\"mark\":\"line\",\"x\":\"year\",\"y\":\"gross\",\"y_title\":\"takings\"}",
        "A line chart of takings by year: 6 rows. takings falls from 120 (2001) to 20 (2005); highest 1,200 (2003), "
        "lowest 5 (2004).");
    summary_is("{\"mark\":\"dot\",\"x\":\"released\",\"y\":\"gross\"}",
        "A scatter plot of gross against released: 6 rows. released goes from 2001-02-03 to 2006-02-01. gross goes "
        "from "
        "5 to 1,200. gross hardly depends on released (correlation -0.08).");
    summary_is("{\"mark\":\"rect\",\"x\":\"gross\"}",
        "A histogram of gross: 6 rows. gross goes from 5 to 1,200. Half of "
        "them lie between 20 and 120; the median is 80.");
    summary_is("{\"mark\":\"box\",\"x\":\"genre\",\"y\":\"gross\"}",
        "A box plot of gross by genre: 6 rows. gross goes from 5 to 1,200. Highest: Drama, median 660; lowest: Horror, "
        "median 5. Medians by genre: Drama 660, Comedy 50, Horror 5.");
    summary_is("{\"mark\":\"cell\",\"x\":\"genre\",\"y\":\"year\",\"color\":\"gross\"}",
        "A heat map of gross by genre and year: 6 rows. Highest: Drama and 2003, 1,200; lowest: Horror and 2004, 5.");
}

static void
numbers_read_well(void **state)
{
    (void)state;
    static const struct {
        double v;
        const char *text;
    } numbers[] = {{0, "0"}, {1234567, "1,234,567"}, {-1234.5, "-1,234"}, {3.14159, "3.14"}, {0.00212, "0.0021"},
        {2.5, "2.5"}, {100, "100"}, {1.2e16, "1.2e+16"}, {0.5, "0.5"}, {-0.25, "-0.25"}, {999.999, "1,000"}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct span s = chart_number(&t, numbers[i].v, CHART_NUMBER);
        if (!span_is(s, numbers[i].text))
            fail_msg("%.*s is not %s", SPAN_ARG(s), numbers[i].text);
    }
    assert_true(span_is(chart_number(&t, 2026, CHART_YEAR), "2026"));
}

static void
the_block_holds_what_pages_draw(void **state)
{
    (void)state;
    json_t *b =
        made("{\"mark\":\"barY\",\"x\":\"genre\",\"y\":\"gross\",\"color\":null,\"title\":\"<b>\"}", &rows, NULL);
    struct span text = json_dump(&t, json_object_get(b, "spec"));
    assert_true(span_find(text, SPAN("\"mark\":\"barY\",\"x\":\"genre\",\"y\":\"gross\",\"title\":")) > 0);
    assert_int_equal(json_array_size(json_object_get(b, "rows")), ROWS);
    assert_int_equal(json_array_size(json_object_get(b, "columns")), COLUMNS);
    assert_true(json_is_null(json_array_get(json_array_get(json_object_get(b, "rows"), 5), 1)));
    assert_int_equal(json_text(b, "note").n, 0);
}

/* The source: SQLite in memory, as the query process would run it. */
static struct cell
cell_of(sqlite3_stmt *st, int c)
{
    struct cell out = {.kind = CELL_NULL};
    if (sqlite3_column_type(st, c) == SQLITE_INTEGER)
        out = (struct cell){.kind = CELL_INT, .i = sqlite3_column_int64(st, c)};
    else if (sqlite3_column_type(st, c) == SQLITE_FLOAT)
        out = (struct cell){.kind = CELL_REAL, .r = sqlite3_column_double(st, c)};
    else if (sqlite3_column_type(st, c) == SQLITE_TEXT)
        out = (struct cell){.kind = CELL_TEXT, .s = task_dup(&t, span_of((const char *)sqlite3_column_text(st, c)))};
    return out;
}

static enum err
ask(struct task *task, void *arg, struct span sql, struct chart_rows *out)
{
    sqlite3_stmt *st = NULL;
    size_t most = *(size_t *)arg;
    if (sqlite3_prepare_v2(db, sql.p, (int)sql.n, &st, NULL) != SQLITE_OK)
        return task_fail(task, E_INVALID, "%s", sqlite3_errmsg(db));
    int n = sqlite3_column_count(st);
    struct cell *into = task_array(task, most * (size_t)n, sizeof *into);
    struct span *called = task_array(task, (size_t)n, sizeof *called);
    for (int c = 0; c < n; c++)
        called[c] = task_dup(task, span_of(sqlite3_column_name(st, c)));
    *out = (struct chart_rows){called, (size_t)n, into, 0, false};
    while (sqlite3_step(st) == SQLITE_ROW) {
        if (out->n == most) {
            out->truncated = true;
            break;
        }
        for (int c = 0; c < n; c++)
            into[out->n * (size_t)n + (size_t)c] = cell_of(st, c);
        out->n++;
    }
    sqlite3_finalize(st);
    return E_OK;
}

static int
open_many(void **state)
{
    (void)state;
    task_begin(&t, 0);
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db,
            "CREATE TABLE m AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 49999) "
            "SELECT i, i % 360 - 180 + 0.5 AS lon, (i / 360) % 180 - 90 AS lat, i % 7 AS \"a \"\"b\", "
            "'k' || (i % 5) AS kind, date('2000-01-01', '+' || i || ' days') AS day, 1900 + i % 100 AS year, "
            "'t' || i AS name FROM n",
            NULL, NULL, NULL),
        SQLITE_OK);
    return 0;
}

static int
close_many(void **state)
{
    (void)state;
    sqlite3_close(db);
    task_end(&t);
    return 0;
}

static json_t *
made_of_many(const char *spec)
{
    static size_t most = CHART_POINTS;
    struct chart_source source = {SPAN("SELECT * FROM m -- all\n;;\n"), ask, &most};
    struct chart_rows first = {0};
    assert_int_equal(ask(&t, &most, SPAN("SELECT * FROM m"), &first), E_OK);
    assert_true(first.truncated);
    json_t *b = made(spec, &first, &source);
    assert_in_range(json_array_size(json_object_get(b, "rows")), 1, CHART_POINTS);
    assert_true(span_starts(json_text(b, "note"), "50,000 rows are "));
    return b;
}

static double
sum_of(const json_t *block, const char *column)
{
    const json_t *columns = json_object_get(block, "columns"), *all = json_object_get(block, "rows");
    size_t at = 0, i;
    json_t *row;
    double sum = 0;
    while (at < json_array_size(columns) && !span_is(json_text(json_array_get(columns, at), "name"), column))
        at++;
    assert_true(at < json_array_size(columns));
    json_array_foreach(all, i, row) sum += json_number_value(json_array_get(row, at));
    return sum;
}

static void
more_rows_than_points_are_binned_and_none_is_lost(void **state)
{
    (void)state;
    json_t *b = made_of_many("{\"mark\":\"barY\",\"x\":\"kind\"}");
    assert_int_equal(json_array_size(json_object_get(b, "rows")), 5);
    assert_float_equal(sum_of(b, "rows"), 50000, 0);
    assert_true(span_is(json_text(json_object_get(b, "spec"), "y"), "rows"));
    b = made_of_many("{\"mark\":\"barX\",\"x\":\"i\",\"y\":\"kind\",\"color\":\"year\"}");
    assert_float_equal(sum_of(b, "i"), 49999.0 * 25000, 1);
    b = made_of_many("{\"mark\":\"dot\",\"x\":\"lon\",\"y\":\"lat\"}");
    assert_float_equal(sum_of(b, "rows"), 50000, 0);
    assert_true(span_is(json_text(json_object_get(b, "spec"), "size"), "rows"));
    b = made_of_many("{\"mark\":\"geo\",\"x\":\"lon\",\"y\":\"lat\",\"color\":\"i\",\"facet\":\"kind\"}");
    b = made_of_many("{\"mark\":\"rect\",\"x\":\"i\"}");
    assert_float_equal(sum_of(b, "rows"), 50000, 0);
    assert_true(span_is(json_text(json_object_get(b, "spec"), "weight"), "rows"));
    assert_true(span_find(json_text(b, "summary"), SPAN("the median is 2")) > 0);
    b = made_of_many("{\"mark\":\"rect\",\"x\":\"i\",\"y\":\"lat\"}");
    assert_float_equal(sum_of(b, "rows"), 50000, 0);
    b = made_of_many("{\"mark\":\"cell\",\"x\":\"kind\",\"y\":\"year\"}");
    assert_float_equal(sum_of(b, "rows"), 50000, 0);
    b = made_of_many("{\"mark\":\"line\",\"x\":\"day\",\"y\":\"a \\\"b\"}");
    assert_in_range(json_array_size(json_object_get(b, "rows")), 100, 2000);
    assert_true(span_is(json_text(json_array_get(json_object_get(b, "columns"), 0), "type"), "time"));
    b = made_of_many("{\"mark\":\"areaY\",\"x\":\"i\",\"y\":\"lat\",\"color\":\"kind\"}");
    b = made_of_many("{\"mark\":\"tickX\",\"x\":\"i\",\"y\":\"kind\"}");
    b = made_of_many("{\"mark\":\"ruleY\",\"x\":\"i\",\"y\":\"year\"}");
    assert_true(span_is(json_text(json_array_get(json_object_get(b, "columns"), 1), "type"), "number"));
}

static void
boxes_of_many_rows_keep_their_quartiles(void **state)
{
    (void)state;
    json_t *b = made_of_many("{\"mark\":\"box\",\"x\":\"kind\",\"y\":\"i\"}");
    struct span s = json_text(b, "summary");
    assert_true(span_find(s, SPAN("i goes from 0 to 49,999.")) > 0);
    assert_true(span_find(s, SPAN("k0 25,")) > 0 || span_find(s, SPAN("k0 24,")) > 0);
    assert_in_range(json_array_size(json_object_get(b, "rows")), 5 * 20, 5 * 50);
}

static void
a_hundred_bars_are_enough(void **state)
{
    (void)state;
    static size_t most = CHART_POINTS;
    struct chart_rows some = {0};
    assert_int_equal(ask(&t, &most, SPAN("SELECT name, i FROM m LIMIT 400"), &some), E_OK);
    json_t *b = made("{\"mark\":\"barY\",\"x\":\"name\",\"y\":\"i\"}", &some, NULL);
    assert_int_equal(json_array_size(json_object_get(b, "rows")), CHART_CATEGORIES);
    assert_true(span_is(json_text(b, "note"), "Only 100 of 400 values of name are shown: the largest."));
    assert_int_equal(json_integer_value(json_array_get(json_array_get(json_object_get(b, "rows"), 0), 1)), 300);
}

static void
without_a_source_the_first_rows_are_drawn_and_it_is_told(void **state)
{
    (void)state;
    static size_t most = CHART_POINTS + 100;
    struct chart_rows some = {0};
    struct chart_source broken = {SPAN("SELECT nothing FROM nowhere"), ask, &most};
    assert_int_equal(ask(&t, &most, SPAN("SELECT i, lat FROM m"), &some), E_OK);
    const struct chart_source *const sources[] = {NULL, &broken};
    for (size_t i = 0; i < 2; i++) {
        json_t *b = made("{\"mark\":\"dot\",\"x\":\"i\",\"y\":\"lat\"}", &some, sources[i]);
        assert_int_equal(json_array_size(json_object_get(b, "rows")), CHART_POINTS);
        assert_true(span_is(json_text(b, "note"), "The rows are more than can be drawn: only the first 5,000 are."));
        assert_int_equal(t.err, E_OK);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_say_what_type_a_column_has, begin, end),
        cmocka_unit_test_setup_teardown(dates_are_strict, begin, end),
        cmocka_unit_test_setup_teardown(a_wrong_spec_is_told_what_would_be_right, begin, end),
        cmocka_unit_test_setup_teardown(limits_are_kept, begin, end),
        cmocka_unit_test_setup_teardown(each_family_is_told_in_words, begin, end),
        cmocka_unit_test_setup_teardown(numbers_read_well, begin, end),
        cmocka_unit_test_setup_teardown(the_block_holds_what_pages_draw, begin, end),
        cmocka_unit_test_setup_teardown(more_rows_than_points_are_binned_and_none_is_lost, open_many, close_many),
        cmocka_unit_test_setup_teardown(boxes_of_many_rows_keep_their_quartiles, open_many, close_many),
        cmocka_unit_test_setup_teardown(a_hundred_bars_are_enough, open_many, close_many),
        cmocka_unit_test_setup_teardown(
            without_a_source_the_first_rows_are_drawn_and_it_is_told, open_many, close_many),
    };
    return cmocka_run_group_tests_name("chart", tests, NULL, NULL);
}
