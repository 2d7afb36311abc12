/* test_parts: rows on the wire, names, tokens, the authorizer's tables, limits, problems. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/alike.h"
#include "base/conf.h"
#include "base/id.h"
#include "query/dataset.h"
#include "query/functions.h"
#include "query/names.h"
#include "query/rows.h"
#include "query/scan.h"
#include "query/statement.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char path[64];
static struct guard guard;

/* Runs a statement on the guarded connection in this process. */
static bool
run(struct task *t, const char *sql, struct query_rows *rows, struct query_problem *p)
{
    struct frame f;
    struct statement s = {.sql = span_of(sql), .rows = 100, .bytes = 1 << 20, .deadline_ms = 5000};
    struct buf *reply = task_buf(t, 4 << 20);
    statement_run(t, &guard, &s, reply);
    assert_int_equal(frame_parse(t, buf_view(reply), &f), E_OK);
    *p = (struct query_problem){0};
    if (frame_is(&f, "rows")) {
        assert_int_equal(rows_read(t, &f, rows), E_OK);
        return true;
    }
    rows_read_problem(t, &f, p);
    return false;
}

static void
rows_come_back_as_they_went(void **state)
{
    (void)state;
    struct task t;
    struct frame f;
    struct query_rows out;
    task_begin(&t, 0);
    struct cell cells[] = {{.kind = CELL_NULL}, {.kind = CELL_INT, .i = INT64_MIN}, {.kind = CELL_REAL, .r = -0.5},
        {.kind = CELL_TEXT, .s = SPAN("abc"), .full_bytes = 100},
        {.kind = CELL_BLOB, .s = {"\0\xff", 2}, .full_bytes = 2}, {.kind = CELL_TEXT, .s = SPAN(""), .full_bytes = 0}};
    struct query_column columns[] = {{SPAN("a"), SPAN("TEXT"), SPAN("t"), SPAN("x")},
        {SPAN(""), SPAN(""), SPAN(""), SPAN("")}, {SPAN("c"), SPAN(""), SPAN(""), SPAN("")}};
    struct query_read reads[] = {{SPAN("t"), SPAN("x")}};
    struct span notes[] = {SPAN("A note.")};
    struct query_rows r = {.columns = columns,
        .n_columns = 3,
        .n_rows = 2,
        .truncated = true,
        .truncated_by = SPAN("rows"),
        .total = 7,
        .total_more = true,
        .next = SPAN("token"),
        .took_us = 9,
        .revision = SPAN("rev"),
        .reads = reads,
        .n_reads = 1,
        .notes = notes,
        .n_notes = 1};
    struct buf *bytes = task_buf(&t, 4096), *reply = task_buf(&t, 4096);
    for (size_t i = 0; i < 6; i++)
        rows_put_cell(bytes, &cells[i]);
    rows_put(reply, &r, buf_view(bytes));
    assert_int_equal(frame_parse(&t, buf_view(reply), &f), E_OK);
    assert_int_equal(rows_read(&t, &f, &out), E_OK);
    assert_true(out.n_rows == 2 && out.n_columns == 3 && out.truncated && out.total == 7 && out.total_more);
    assert_true(out.cells[1].i == INT64_MIN && out.cells[2].r < 0 && out.cells[3].full_bytes == 100);
    assert_true(span_eq(out.cells[4].s, cells[4].s) && out.cells[5].kind == CELL_TEXT && out.cells[5].s.n == 0);
    assert_true(
        span_is(out.columns[0].from_column, "x") && span_is(out.notes[0], "A note.") && span_is(out.next, "token"));
    task_end(&t);
}

static void
a_reply_that_lies_about_its_rows_is_refused(void **state)
{
    (void)state;
    for (int64_t n = -1; n < 4; n++) {
        struct task t;
        struct frame f;
        struct query_rows out;
        task_begin(&t, 0);
        struct query_column column = {SPAN("a"), SPAN(""), SPAN(""), SPAN("")};
        struct query_rows r = {.columns = &column, .n_columns = 1, .n_rows = (size_t)n};
        struct cell one = {.kind = CELL_INT, .i = 5};
        struct buf *bytes = task_buf(&t, 4096), *reply = task_buf(&t, 4096);
        rows_put_cell(bytes, &one);
        rows_put_cell(bytes, &one);
        rows_put(reply, &r, buf_view(bytes));
        assert_int_equal(frame_parse(&t, buf_view(reply), &f), E_OK);
        assert_int_equal(rows_read(&t, &f, &out), n == 2 ? E_OK : E_CORRUPT);
        task_end(&t);
    }
}

static void
parameters_come_back(void **state)
{
    (void)state;
    struct task t;
    task_begin(&t, 0);
    struct span names[] = {SPAN("year"), SPAN("2")};
    struct cell values[] = {{.kind = CELL_INT, .i = 1999}, {.kind = CELL_TEXT, .s = SPAN("x"), .full_bytes = 1}};
    const struct span *out_names;
    const struct cell *out;
    size_t n;
    struct buf *b = task_buf(&t, 4096);
    rows_put_params(b, names, values, 2);
    assert_int_equal(rows_read_params(&t, buf_view(b), &out_names, &out, &n), E_OK);
    assert_true(n == 2 && span_is(out_names[0], "year") && out[0].i == 1999 && span_is(out[1].s, "x"));
    assert_int_equal(rows_read_params(&t, span_first(buf_view(b), b->n - 1), &out_names, &out, &n), E_INVALID);
    task_end(&t);
}

static void
tokens_are_cut_as_sqlite_cuts_them(void **state)
{
    (void)state;
    static const struct {
        enum scan_kind kind;
        const char *text;
    } want[] = {{SCAN_WORD, "SELECT"}, {SCAN_QUOTED, "\"a\"\"b\""}, {SCAN_OTHER, ","}, {SCAN_STRING, "'it''s'"},
        {SCAN_OTHER, ","}, {SCAN_QUOTED, "[x y]"}, {SCAN_OTHER, ","}, {SCAN_OTHER, "12"}, {SCAN_WORD, "FROM"},
        {SCAN_QUOTED, "`t`"}, {SCAN_STRING, "'open"}};
    struct span rest = SPAN("SELECT \"a\"\"b\" /* ' */, 'it''s', [x y],12 -- \" \n FROM `t` 'open"), token;
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        assert_int_equal(scan_next(&rest, &token), want[i].kind);
        assert_true(span_is(token, want[i].text));
    }
    assert_int_equal(scan_next(&rest, &token), SCAN_END);
}

static void
names_are_alike_but_for_slips(void **state)
{
    (void)state;
    assert_int_equal(alike_score(SPAN("first_name"), SPAN("FirstName")), 100);
    assert_int_equal(alike_distance(SPAN("nmae"), SPAN("name"), 2), 1);
    assert_int_equal(alike_distance(SPAN("gros"), SPAN("gross"), 2), 1);
    assert_int_equal(alike_distance(SPAN("abc"), SPAN("xyzuvw"), 2), 3);
    assert_true(alike_score(SPAN("gross"), SPAN("worldwide_gross")) >= 70);
    assert_true(alike_score(SPAN("budget"), SPAN("title")) < 45);
}

static void
datasets_have_plain_names(void **state)
{
    (void)state;
    assert_true(dataset_name_is_valid(SPAN("movies-2_x")));
    static const char *const bad[] = {"", "Movies", "1movies", "../x", "a/b", "a.b", "-a",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(dataset_name_is_valid(span_of(bad[i])));
    assert_false(dataset_revision_is_valid(SPAN("../../../../../../etc/passwd")));
}

static void
functions_are_refused_unless_listed(void **state)
{
    (void)state;
    static const char *const yes[] = {"count", "COUNT", "json_extract", "->>", "median", "strftime", "bm25"};
    static const char *const no[] = {"load_extension", "randomblob", "zeroblob", "fts3_tokenizer",
        "sqlite_compileoption_get", "readfile", "edit", "", "countx", "fts5"};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        assert_true(functions_allow(yes[i]));
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        assert_false(functions_allow(no[i]));
}

static void
our_instr_and_replace_agree_with_sqlite(void **state)
{
    (void)state;
    static const char *const expressions[] = {"instr('abc', 'c')", "instr('abc', '')", "instr('', 'a')",
        "instr(NULL, 'a')", "instr('äöü', 'ü')", "instr(x'010203', x'03')", "instr(12345, 34)",
        "replace('aXbX', 'X', 'yy')", "replace('abc', '', 'x')", "replace('aaa', 'aa', 'b')", "replace(NULL, 'a', 'b')",
        "replace(121, 1, 3)", "replace('abc', 'b', '')", "replace('', 'a', 'b')", "typeof(replace(121, 1, 3))",
        "typeof(replace(121, '', 3))", "instr('abc', x'62')"};
    for (size_t i = 0; i < sizeof expressions / sizeof expressions[0]; i++) {
        struct task t;
        struct query_rows r;
        struct query_problem p;
        sqlite3 *db;
        sqlite3_stmt *st;
        task_begin(&t, 0);
        const char *sql = task_printf(&t, "SELECT quote(%s)", expressions[i]);
        assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(st), SQLITE_ROW);
        assert_true(run(&t, sql, &r, &p));
        if (!span_is(r.cells[0].s, (const char *)sqlite3_column_text(st, 0)))
            fail_msg("%s: %.*s, not %s", sql, SPAN_ARG(r.cells[0].s), sqlite3_column_text(st, 0));
        sqlite3_finalize(st);
        sqlite3_close(db);
        task_end(&t);
    }
}

static void
problems_say_what_to_change(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *code, *suggestion, *hint;
        int64_t offset;
    } rows[] = {
        {"SELECT titel FROM movie", "no_such_column", "title", "title", 7},
        {"SELECT m.titel FROM movie m", "no_such_column", "title", "title", 7},
        {"SELECT \"titel\" FROM movie", "no_such_column", "title", "title", 7},
        {"SELECT title FROM moive", "no_such_table", "movie", "movie", 18},
        {"SELECT id FROM movie, person", "ambiguous_column", NULL, "movie.id", 7},
        {"SELECT year(made) FROM movie", "no_such_function", NULL, "strftime", 7},
        {"SELECT TOP 3 title FROM movie", "syntax", NULL, "LIMIT", 11},
        {"SELECT title FROM movie WHERE count(*) > 1", "misuse_of_aggregate", "HAVING", "HAVING", 30},
        {"SELECT 1; SELECT 2", "not_one_statement", NULL, "one statement", 10},
        {"PRAGMA table_info(movie)", "not_allowed", NULL, "pragma_table_info", 0},
        {"SELECT title FROM movie WHERE id = ?", "parameter", NULL, "value", -1},
        {"SELECT (((1)", "syntax", NULL, "", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        struct query_rows r;
        struct query_problem p;
        task_begin(&t, 0);
        assert_false(run(&t, rows[i].sql, &r, &p));
        bool suggested = !rows[i].suggestion || (p.n_suggestions > 0 && span_is(p.suggestions[0], rows[i].suggestion));
        if (!span_is(p.code, rows[i].code) || p.offset != rows[i].offset || !suggested ||
            span_find(p.hint, span_of(rows[i].hint)) < 0)
            fail_msg("%s: %.*s at %lld: %.*s / %.*s", rows[i].sql, SPAN_ARG(p.code), (long long)p.offset,
                SPAN_ARG(p.message), SPAN_ARG(p.hint));
        task_end(&t);
    }
}

static void
quoted_words_are_texts_when_no_column_is_near(void **state)
{
    (void)state;
    struct task t;
    struct query_rows r;
    struct query_problem p;
    task_begin(&t, 0);
    assert_true(
        run(&t, "SELECT id FROM movie WHERE title = \"Dr. No's\" OR title = \"Alien\" ORDER BY \"id\"", &r, &p));
    assert_true(r.n_rows == 2 && r.n_notes == 1);
    assert_true(span_find(r.notes[0], SPAN("\"Alien\"")) >= 0);
    /* Where an error stood is told for the statement that came. */
    assert_false(run(&t, "SELECT \"it's\", nothing_like_it FROM movie", &r, &p));
    assert_int_equal(p.offset, 15);
    task_end(&t);
}

static void
reads_are_told_and_common_tables_are_not_taken_for_tables(void **state)
{
    (void)state;
    struct task t;
    struct query_rows r;
    struct query_problem p;
    task_begin(&t, 0);
    assert_true(run(&t, "WITH person AS (SELECT title FROM movie) SELECT count(*) FROM person", &r, &p));
    assert_true(r.n_reads >= 1 && span_is(r.reads[0].table, "movie") && span_is(r.reads[0].column, "title"));
    for (size_t i = 0; i < r.n_reads; i++)
        assert_false(span_is(r.reads[i].table, "person") && span_is(r.reads[i].column, "name"));
    task_end(&t);
}

/* The heap limit is ignored when SQLite does not count its memory: this proves that it does. */
static void
the_heap_limit_holds(void **state)
{
    (void)state;
    struct task t;
    struct query_rows r;
    struct query_problem p;
    task_begin(&t, 0);
    assert_true(sqlite3_memory_used() > 0);
    assert_int_equal(sqlite3_hard_heap_limit64(-1), 16 << 20);
    assert_false(run(&t,
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 1000) SELECT printf('%.*c', 100000, 'a') "
        "|| x "
        "AS y FROM c ORDER BY y",
        &r, &p));
    assert_true(span_is(p.code, "memory"));
    assert_true(sqlite3_memory_highwater(0) <= 16 << 20);
    task_end(&t);
}

static int
set_up(void **state)
{
    (void)state;
    struct task t;
    sqlite3 *db;
    id_init();
    task_begin(&t, 0);
    snprintf(path, sizeof path, "/tmp/lyceum-parts-XXXXXX");
    int fd = mkstemp(path);
    bool ok =
        fd >= 0 && guard_process_init(16 << 20) && conf_load_file(&t, NULL) == E_OK &&
        sqlite3_open(path, &db) == SQLITE_OK &&
        sqlite3_exec(db,
            "CREATE TABLE movie(id INTEGER PRIMARY KEY, title TEXT, made TEXT); CREATE TABLE person(id INTEGER PRIMARY "
            "KEY, name TEXT); INSERT INTO movie VALUES (1, 'Alien', '1979'), (2, 'Dr. No''s', '1962')",
            NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_close(db) == SQLITE_OK && guard_open(&t, &guard, path, true) == E_OK;
    close(fd);
    task_end(&t);
    return ok ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    guard_close(&guard);
    return unlink(path);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_back_as_they_went),
        cmocka_unit_test(a_reply_that_lies_about_its_rows_is_refused),
        cmocka_unit_test(parameters_come_back),
        cmocka_unit_test(tokens_are_cut_as_sqlite_cuts_them),
        cmocka_unit_test(names_are_alike_but_for_slips),
        cmocka_unit_test(datasets_have_plain_names),
        cmocka_unit_test(functions_are_refused_unless_listed),
        cmocka_unit_test(our_instr_and_replace_agree_with_sqlite),
        cmocka_unit_test(problems_say_what_to_change),
        cmocka_unit_test(quoted_words_are_texts_when_no_column_is_near),
        cmocka_unit_test(reads_are_told_and_common_tables_are_not_taken_for_tables),
        cmocka_unit_test(the_heap_limit_holds),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
