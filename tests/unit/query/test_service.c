/* test_service: the whole query service: grants, foreign statements, pages, revisions, deadlines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../support/query_world.h"

#include "base/json.h"

enum { ITEMS = 250, PAGE = 37 };

static const char items_sql[] =
    "CREATE TABLE item(id INTEGER PRIMARY KEY, kind TEXT, price REAL, note TEXT);"
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 250) INSERT INTO item SELECT x, "
    "CASE x % 5 WHEN 0 THEN NULL ELSE 'kind ' || (x % 5) END, CASE WHEN x % 7 = 0 THEN NULL ELSE x % 11 / 2.0 END, "
    "CASE x WHEN 3 THEN printf('%.*c', 150000, 'n') ELSE 'note ' || x END FROM c;"
    "CREATE TABLE pair(a TEXT, b INTEGER, c, PRIMARY KEY(a, b)) WITHOUT ROWID;"
    "WITH RECURSIVE c(x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM c WHERE x < 249) INSERT INTO pair SELECT 'a' || (x / "
    "10), x % 10, x FROM c;"
    "CREATE VIEW cheap AS SELECT id, price FROM item WHERE price < 3;";
static const char side_sql[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT); CREATE TABLE tbl(id INTEGER PRIMARY KEY, name, kind, rows "
    "INTEGER, description, sql);"
    "CREATE TABLE col(tbl INTEGER, pos INTEGER, name, type, pk INTEGER, not_null INTEGER, description, unit, "
    "distinct_n, null_n, min, max, samples, PRIMARY KEY(tbl, pos));"
    "CREATE TABLE fk(tbl INTEGER, id INTEGER, pos INTEGER, col TEXT, to_tbl TEXT, to_col TEXT);"
    "CREATE VIRTUAL TABLE find USING fts5(name, words, description, samples, tokenize='porter unicode61 "
    "remove_diacritics 2');"
    "INSERT INTO tbl VALUES (1, 'item', 'table', 250, 'Things', 'CREATE TABLE item(...)'), (2, 'pair', 'table', 250, "
    "'', ''), (3, 'lonely', 'table', 9, '', '');"
    "INSERT INTO col VALUES (1, 0, 'id', 'INTEGER', 1, 1, '', '', 250, 0, '1', '250', '[1,2]'), (1, 1, 'kind', 'TEXT', "
    "0, 0, 'What it is', '', 4, 50, '', '', 'not json');"
    "INSERT INTO fk VALUES (2, 0, 0, 'b', 'item', 'id');"
    "INSERT INTO find(rowid, name, words, description, samples) VALUES (1, 'item', 'id kind price note', 'Things', "
    "''), (2, 'pair', 'a b c', '', '');";

static enum err
ask(struct task *t, const char *sql, int64_t deadline_ms, struct query_rows *rows, struct query_problem *p)
{
    struct query_sql q = {.dataset = SPAN("demo"), .sql = span_of(sql), .deadline_ms = deadline_ms};
    q.grant = world_grant(t, "sql", "demo", query_sql_hash(t, &q));
    return query_sql(t, &q, rows, p);
}

static void
a_foreign_statement_gives_typed_rows(void **state)
{
    (void)state;
    struct task t;
    struct query_rows r;
    struct query_problem p;
    task_begin(&t, 0);
    assert_int_equal(ask(&t, "SELECT id, kind, price AS p, x'0102' FROM item ORDER BY id LIMIT 5", 0, &r, &p), E_OK);
    assert_int_equal(r.n_rows, 5);
    assert_int_equal(r.n_columns, 4);
    assert_true(span_is(r.columns[2].from_column, "price") && span_is(r.columns[2].from_table, "item"));
    assert_true(r.cells[0].kind == CELL_INT && r.cells[0].i == 1);
    assert_true(r.cells[3].kind == CELL_BLOB && r.cells[3].s.n == 2);
    assert_true(r.cells[4 * 4 + 1].kind == CELL_NULL);
    assert_true(span_is(r.revision, world.revision));
    assert_true(r.n_reads == 3 && !r.truncated);
    task_end(&t);
}

static void
caps_are_told(void **state)
{
    (void)state;
    struct task t;
    struct query_rows r;
    struct query_problem p;
    task_begin(&t, 0);
    struct query_sql q = {.dataset = SPAN("demo"), .sql = SPAN("SELECT note FROM item ORDER BY id"), .rows = 5};
    q.grant = world_grant(&t, "sql", "demo", query_sql_hash(&t, &q));
    assert_int_equal(query_sql(&t, &q, &r, &p), E_OK);
    assert_true(r.truncated && span_is(r.truncated_by, "rows") && r.n_rows == 5);
    assert_true(r.cells[2].full_bytes == 150000 && r.cells[2].s.n == 100000);
    assert_int_equal(r.n_notes, 2);
    task_end(&t);
}

static void
a_grant_for_one_call_is_used_up(void **state)
{
    (void)state;
    struct task t;
    struct query_rows r;
    struct query_problem p;
    task_begin(&t, 0);
    struct query_sql q = {.dataset = SPAN("demo"), .sql = SPAN("SELECT 1")};
    q.grant = world_grant(&t, "sql", "demo", query_sql_hash(&t, &q));
    assert_int_equal(query_sql(&t, &q, &r, &p), E_OK);
    assert_int_equal(query_sql(&t, &q, &r, &p), E_DENIED);
    task_end(&t);
}

static void
a_grant_for_something_else_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *capability, *dataset;
        bool right_hash;
    } rows[] = {{"read", "demo", true}, {"sql", "other", true}, {"sql", "demo", false}};
    for (size_t i = 0; i < 3; i++) {
        struct task t;
        struct query_rows r;
        struct query_problem p;
        task_begin(&t, 0);
        struct query_sql q = {.dataset = SPAN("demo"), .sql = SPAN("SELECT 2")};
        struct span hash = query_sql_hash(&t, &q);
        if (!rows[i].right_hash)
            q.sql = SPAN("SELECT 3");
        q.grant = world_grant(&t, rows[i].capability, rows[i].dataset, hash);
        assert_int_equal(query_sql(&t, &q, &r, &p), E_DENIED);
        task_end(&t);
    }
}

static void
a_forged_grant_is_refused(void **state)
{
    (void)state;
    struct task t;
    struct query_rows r;
    struct query_problem p;
    task_begin(&t, 0);
    struct query_sql q = {.dataset = SPAN("demo"), .sql = SPAN("SELECT 4")};
    struct span g = world_grant(&t, "sql", "demo", query_sql_hash(&t, &q));
    char *bytes = task_z(&t, g);
    bytes[g.n - 1] ^= 1;
    q.grant = (struct span){bytes, g.n};
    assert_int_equal(query_sql(&t, &q, &r, &p), E_DENIED);
    q.grant = SPAN_NONE;
    task_clear_error(&t);
    assert_int_equal(query_sql(&t, &q, &r, &p), E_DENIED);
    task_end(&t);
}

static void
a_slow_statement_is_stopped(void **state)
{
    (void)state;
    struct task t;
    struct query_rows r;
    struct query_problem p;
    task_begin(&t, 0);
    assert_int_equal(
        ask(&t, "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c", 100, &r, &p),
        E_DEADLINE);
    assert_true(span_is(p.code, "timeout"));
    task_clear_error(&t);
    assert_int_equal(ask(&t, "SELECT 1", 0, &r, &p), E_OK);
    task_end(&t);
}

/* One place for statements (set in main): were the child of a caller that has gone not killed, the next caller would
 * wait longer than the queue lets it. */
static void
a_caller_that_goes_frees_its_place(void **state)
{
    (void)state;
    struct task t;
    struct query_rows r;
    struct query_problem p;
    int fd;
    task_begin(&t, 0);
    struct query_sql q = {.dataset = SPAN("demo"),
        .sql = SPAN("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT min(x) FROM c")};
    struct buf *b = task_buf(&t, 1 << 20);
    size_t mark = frame_begin(b, "sql");
    frame_put(b, "grant", world_grant(&t, "sql", "demo", query_sql_hash(&t, &q)));
    frame_put(b, "dataset", q.dataset);
    frame_put(b, "sql", q.sql);
    frame_end(b, mark);
    assert_int_equal(sock_connect(&t, world_path(&t, "run/query-sql.sock"), "query", &fd), E_OK);
    assert_int_equal(sock_send(&t, fd, buf_view(b)), E_OK);
    close(fd);
    assert_int_equal(ask(&t, "SELECT 1", 0, &r, &p), E_OK);
    task_end(&t);
}

static void
a_frame_that_is_none_is_refused(void **state)
{
    (void)state;
    struct task t;
    int fd;
    struct frame f;
    task_begin(&t, 0);
    struct buf *in = task_buf(&t, 1 << 20);
    assert_int_equal(sock_connect(&t, world_path(&t, "run/query-sql.sock"), "query", &fd), E_OK);
    assert_int_equal(sock_send(&t, fd, SPAN("\xff\xff\xff\xffgarbage")), E_OK);
    assert_int_equal(sock_recv(&t, fd, in, 1 << 19, &f, NULL), E_OK);
    assert_int_equal(frame_error(&t, &f), E_LIMIT);
    close(fd);
    task_end(&t);
}

/* Walks all pages and compares the order with SQLite's own. */
static void
walk(const char *table, const char *sort, bool descending, const char *order)
{
    struct task t;
    struct query_rows all, page;
    struct query_problem p;
    task_begin(&t, 0);
    const char *sql = task_printf(&t, "SELECT * FROM %s ORDER BY %s", table, order);
    assert_int_equal(ask(&t, sql, 0, &all, &p), E_OK);
    struct query_table q = {.grant = world_grant(&t, "read", "demo", SPAN_NONE),
        .dataset = SPAN("demo"),
        .table = span_of(table),
        .sort = span_of(sort),
        .descending = descending,
        .size = PAGE,
        .count = true};
    size_t at = 0;
    do {
        assert_int_equal(query_table(&t, &q, &page), E_OK);
        assert_true(page.n_columns == all.n_columns && at + page.n_rows <= all.n_rows);
        for (size_t i = 0; i < page.n_rows; i++, at++)
            assert_int_equal(page.cells[i * page.n_columns].i, all.cells[at * all.n_columns].i);
        q.after = page.next;
        q.count = false;
    } while (page.next.n > 0);
    assert_int_equal(at, all.n_rows);
    task_end(&t);
}

static void
pages_give_each_row_once_in_order(void **state)
{
    (void)state;
    walk("item", "", false, "id");
    walk("item", "", true, "id DESC");
    walk("item", "id", true, "id DESC");
    walk("item", "kind", false, "kind, id");
    walk("item", "kind", true, "kind DESC, id DESC");
    walk("item", "price", false, "price, id");
    walk("item", "price", true, "price DESC, id DESC");
    walk("item", "note", false, "note, id"); /* one value is too long for a token */
    walk("item", "note", true, "note DESC, id DESC");
    walk("pair", "", false, "a, b");
    walk("pair", "", true, "a DESC, b DESC");
    walk("pair", "c", true, "c DESC, a DESC, b DESC");
    walk("cheap", "", false, "id");
}

static void
a_page_tells_its_total_and_refuses_strangers(void **state)
{
    (void)state;
    struct task t;
    struct query_rows r;
    task_begin(&t, 0);
    struct query_table q = {.grant = world_grant(&t, "read", "demo", SPAN_NONE),
        .dataset = SPAN("demo"),
        .table = SPAN("ITEM"),
        .size = 10,
        .count = true};
    assert_int_equal(query_table(&t, &q, &r), E_OK);
    assert_int_equal(r.total, 250);
    struct span next = r.next;
    q.table = SPAN("cheap");
    assert_int_equal(query_table(&t, &q, &r), E_OK);
    assert_true(r.total > 0 && !r.total_more);
    q.after = next; /* another table's */
    assert_int_equal(query_table(&t, &q, &r), E_INVALID);
    task_clear_error(&t);
    q.after = SPAN("!!");
    assert_int_equal(query_table(&t, &q, &r), E_INVALID);
    task_clear_error(&t);
    q.after = SPAN_NONE;
    q.sort = SPAN("id\" DESC; --");
    assert_int_equal(query_table(&t, &q, &r), E_NOTFOUND);
    task_clear_error(&t);
    q.sort = SPAN_NONE;
    q.table = SPAN("sqlite_schema");
    assert_int_equal(query_table(&t, &q, &r), E_NOTFOUND);
    task_clear_error(&t);
    q.dataset = SPAN("../demo");
    assert_int_equal(query_table(&t, &q, &r), E_DENIED);
    task_end(&t);
}

static void
the_schema_and_the_search_come_from_the_sidecar(void **state)
{
    (void)state;
    struct task t;
    json_t *j;
    task_begin(&t, 0);
    struct span grant = world_grant(&t, "read", "demo", SPAN_NONE);
    assert_int_equal(query_schema(&t, grant, SPAN("demo"), &j), E_OK);
    json_t *item = json_array_get(json_object_get(j, "tables"), 0);
    assert_true(span_is(json_text(item, "name"), "item") && json_int(item, "rows", 0) == 250);
    assert_int_equal(json_array_size(json_object_get(item, "columns")), 2);
    assert_int_equal(query_find(&t, grant, SPAN("demo"), SPAN("which kinds are there?"), 5, &j), E_OK);
    assert_int_equal(json_array_size(j), 2); /* and its neighbour */
    assert_true(span_is(json_text(json_array_get(j, 0), "name"), "item"));
    assert_true(span_is(json_text(json_array_get(j, 1), "name"), "pair"));
    assert_int_equal(query_find(&t, grant, SPAN("demo"), SPAN("\" OR NEAR( *"), 5, &j), E_OK);
    assert_int_equal(json_array_size(j), 3);
    task_end(&t);
}

/* Last: it changes the dataset. */
static void
a_new_revision_is_read_at_once(void **state)
{
    (void)state;
    struct task t;
    struct query_rows r;
    struct query_problem p;
    task_begin(&t, 0);
    struct query_table q = {.grant = world_grant(&t, "read", "demo", SPAN_NONE),
        .dataset = SPAN("demo"),
        .table = SPAN("item"),
        .size = 10};
    char before[HASH_HEX_BYTES];
    snprintf(before, sizeof before, "%s", world.revision);
    world_publish("demo", "CREATE TABLE item(id INTEGER PRIMARY KEY); INSERT INTO item VALUES (77);", side_sql);
    assert_int_equal(query_table(&t, &q, &r), E_OK);
    assert_true(r.n_rows == 1 && r.cells[0].i == 77 && span_is(r.revision, world.revision));
    assert_int_equal(ask(&t, "SELECT id FROM item", 0, &r, &p), E_OK);
    assert_true(r.n_rows == 1 && span_is(r.revision, world.revision));
    /* A grant that is bound to the old revision reads the old one. */
    struct grant g = {.audience = SPAN("query"),
        .subject = SPAN("operator"),
        .capability = SPAN("read"),
        .dataset = SPAN("demo"),
        .revision = span_of(before),
        .expires_ms = clock_unix_ms() + 30000,
        .reusable = true};
    q.grant = grant_seal(&t, world.secret, &g);
    assert_int_equal(query_table(&t, &q, &r), E_OK);
    assert_true(r.n_rows == 10 && span_is(r.revision, before));
    task_end(&t);
}

static int
set_up(void **state)
{
    (void)state;
    setenv("LYCEUM_QUERY_CONCURRENCY", "1", 1);
    world_begin();
    world_publish("demo", items_sql, side_sql);
    world_serve();
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    return world_end() ? 0 : -1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_foreign_statement_gives_typed_rows),
        cmocka_unit_test(caps_are_told),
        cmocka_unit_test(a_grant_for_one_call_is_used_up),
        cmocka_unit_test(a_grant_for_something_else_is_refused),
        cmocka_unit_test(a_forged_grant_is_refused),
        cmocka_unit_test(a_slow_statement_is_stopped),
        cmocka_unit_test(a_caller_that_goes_frees_its_place),
        cmocka_unit_test(a_frame_that_is_none_is_refused),
        cmocka_unit_test(pages_give_each_row_once_in_order),
        cmocka_unit_test(a_page_tells_its_total_and_refuses_strangers),
        cmocka_unit_test(the_schema_and_the_search_come_from_the_sidecar),
        cmocka_unit_test(a_new_revision_is_read_at_once),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
