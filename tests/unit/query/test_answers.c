/* test_answers: advice on statements that fail, doubts about those that run, and what questions speak of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/conf.h"
#include "base/id.h"
#include "query/joins.h"
#include "query/lexicon.h"
#include "query/link.h"
#include "query/notes.h"
#include "query/order.h"
#include "query/rows.h"
#include "query/scope.h"
#include "query/statement.h"
#include "query/words.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];
static struct guard guard;

static const char schema[] =
    "CREATE TABLE Owners(owner_id INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT, state TEXT, email_address "
    "TEXT);"
    "CREATE TABLE Dogs(dog_id INTEGER PRIMARY KEY, owner_id INTEGER REFERENCES Owners(owner_id), name TEXT, age "
    "INTEGER,"
    " weight INTEGER, sex TEXT, is_vaccinated TEXT);"
    "CREATE TABLE Treatments(treatment_id INTEGER PRIMARY KEY, dog_id INTEGER REFERENCES Dogs(dog_id), cost INTEGER,"
    " remark TEXT);"
    "CREATE TABLE \"Price List\"(\"Unit Price\" REAL, \"order\" TEXT);"
    "CREATE VIEW old_dogs AS SELECT * FROM Dogs WHERE age > 9;"
    "INSERT INTO Owners VALUES (101, 'Ann', 'Lee', 'North Carolina', 'ann@x'), (102, 'Bob', 'Ray', 'Ohio', 'bob@x');"
    "INSERT INTO Dogs VALUES (1, 101, 'Rex', 3, 20, 'M', 'yes'), (2, 101, 'Fido', 9, 12, 'F', 'no'),"
    " (3, 102, 'Ada', 4, 7, 'F', 'yes');"
    "INSERT INTO Treatments VALUES (11, 1, 40, 'Walk'), (12, 1, 60, 'Vaccination'), (13, 3, 10, 'Walk ');"
    "INSERT INTO \"Price List\" VALUES (1.5, 'a');";

/* Runs a statement as the batch does: notes may look at all columns. */
static bool
run(struct task *t, const char *sql, bool unlabelled, struct query_rows *rows, struct query_problem *p)
{
    struct frame f;
    struct statement s = {
        .sql = span_of(sql), .rows = 100, .bytes = 1 << 20, .deadline_ms = 5000, .unlabelled = unlabelled};
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

static bool
suggests(const struct query_problem *p, const char *name)
{
    for (size_t i = 0; i < p->n_suggestions && i < 5; i++)
        if (span_is(p->suggestions[i], name))
            return true;
    return false;
}

static void
a_failure_names_what_was_meant(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *code, *suggestion, *hint;
        int64_t offset;
    } rows[] = {
        {"SELECT name FROM dog", "no_such_table", "Dogs", "Did you mean Dogs?", 17},
        {"SELECT d.age, d.weight FROM pets AS d", "no_such_table", "Dogs", "The tables are", 28},
        {"SELECT name FROM main.dgos", "no_such_table", "Dogs", "Dogs", 22},
        {"SELECT emailAddress FROM Owners", "no_such_column", "email_address", "email_address", 7},
        {"SELECT z.age FROM Dogs AS d", "no_such_column", "d", "z is no table or alias in sight here: there are d", 7},
        {"SELECT o.age FROM Owners o JOIN Dogs d ON o.owner_id = d.owner_id", "no_such_column", "d",
            "The column is d.age", 7},
        {"SELECT cost FROM Owners AS o", "no_such_column", "Treatments",
            "JOIN Dogs ON o.owner_id = Dogs.owner_id JOIN Treatments ON Dogs.dog_id = Treatments.dog_id", 7},
        {"SELECT Treatments.cost FROM Dogs", "no_such_column", "Treatments",
            "this FROM lacks Treatments: add JOIN Treatments ON Dogs.dog_id = Treatments.dog_id", 7},
        {"SELECT owner_id FROM Owners o JOIN Dogs d ON o.owner_id = d.owner_id", "ambiguous_column", "o",
            "o.owner_id or d.owner_id", 7},
        {"SELECT name FROM Dogs WHERE max(age) = age", "misuse_of_aggregate", "HAVING", "HAVING", 28},
        {"SELECT year(age) FROM Dogs", "no_such_function", "strftime", "SQLite has no year()", 7},
        {"SELECT lenght(name) FROM Dogs", "no_such_function", "length", "did you mean length()", 7},
        {"SELECT concat(name, age, 1), nosuch(1) FROM Dogs", "no_such_function", NULL, "", 29},
        {"SELECT substr(name) FROM Dogs", "wrong_arguments", NULL, "another number of arguments", 7},
        {"SELECT count(DISTINCT name, age) FROM Dogs", "wrong_arguments", "DISTINCT", "count(DISTINCT x) for each", 7},
        {"SELECT name FROM Dogs WHERE age = (SELECT age, name FROM Dogs)", "wrong_columns", NULL, "as many columns",
            28},
        {"SELECT name FROM Dogs UNION SELECT age, name FROM Dogs", "wrong_columns", "UNION", "same number", -1},
        {"SELECT name FROM Dogs ORDER BY age UNION SELECT 1", "syntax", "ORDER BY", "last SELECT", -1},
        {"SELECT TOP 3 name FROM Dogs", "syntax", "LIMIT", "no TOP", 11},
        {"SELECT name FROM Dogs FETCH FIRST 3 ROWS ONLY", "syntax", "LIMIT", "no FETCH", 28},
        {"SELECT name FROM Dogs WHERE name ILIKE 'a%'", "syntax", "LIKE", "no ILIKE", 33},
        {"SELECT age::text FROM Dogs", "syntax", "CAST", "CAST(x AS type)", 10},
        {"SELECT date(age) - INTERVAL '1 day' FROM Dogs", "no_such_column", "date", "no INTERVAL", 19},
        {"SELECT EXTRACT(YEAR FROM age) FROM Dogs", "syntax", "strftime", "strftime", 20},
        {"SELECT count(* FROM Dogs", "syntax", ")", "brackets don't match", 15},
        {"SELECT Unit Price FROM Dogs WHERE Price List = 1", "syntax", "Price List", "Quote the name: \"Price List\"",
            40},
        {"```sql\nSELECT 1\n```", "syntax", "SELECT", "code fence", 0},
        {"SELECT name FROM Dogs WHERE", "syntax", NULL, "cut off", -1},
        {"SELECT name FROM Dogs WHERE name = 'x", "syntax", "'", "quote is not closed", 35},
        {"SELECT 1; SELECT 2", "not_one_statement", NULL, "one statement", 10},
        {"SELECT \"nmae\" FROM Dogs", "no_such_column", "name", "name", 7},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        struct query_rows r;
        struct query_problem p;
        task_begin(&t, 0);
        if (run(&t, rows[i].sql, true, &r, &p))
            fail_msg("%s ran", rows[i].sql);
        if (!span_is(p.code, rows[i].code) || (rows[i].suggestion && !suggests(&p, rows[i].suggestion)) ||
            p.offset != rows[i].offset || span_find(p.hint, span_of(rows[i].hint)) < 0)
            fail_msg("%s: %.*s at %lld: %.*s (%zu suggestions, first %.*s) / %.*s", rows[i].sql, SPAN_ARG(p.code),
                (long long)p.offset, SPAN_ARG(p.message), p.n_suggestions,
                SPAN_ARG(p.n_suggestions ? p.suggestions[0] : SPAN_NONE), SPAN_ARG(p.hint));
        task_end(&t);
    }
}

static void
the_columns_of_the_table_come_along(void **state)
{
    (void)state;
    struct task t;
    struct query_rows r;
    struct query_problem p;
    task_begin(&t, 0);
    assert_false(run(&t, "SELECT colour FROM Dogs", true, &r, &p));
    assert_true(p.n_columns == 7 && span_is(p.columns[0], "dog_id") && p.n_suggestions <= 8);
    task_end(&t);
}

static void
doubts_are_told_and_rows_left_alone(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *code, *text; /* code NULL: no doubt at all */
        size_t rows;
    } rows[] = {
        {"SELECT * FROM Owners WHERE state = 'north carolina'", "value_spelled_otherwise", "'North Carolina'", 0},
        {"SELECT count(*) FROM Treatments WHERE remark = 'walk'", "value_spelled_otherwise", "'Walk'", 1},
        {"SELECT * FROM Owners WHERE state = 'Nort Carolina'", "value_absent", "like it: 'North Carolina'", 0},
        {"SELECT * FROM Owners WHERE first_name = 'Lee'", "value_elsewhere", "Owners.last_name", 0},
        {"SELECT * FROM Owners WHERE state LIKE 'Carolina'", "value_absent", "'North Carolina'", 0},
        {"SELECT * FROM Owners WHERE state IN ('Ohio', 'ohi')", "value_absent", "'Ohio'", 1},
        {"SELECT * FROM Dogs WHERE age = 77", "value_absent", "from '3' to '9'", 0},
        {"SELECT * FROM Dogs WHERE is_vaccinated = 1", "type_mismatch", "holds texts", 0},
        {"SELECT * FROM Dogs WHERE name = 'Rex' AND name = 'Fido'", "contradiction", "exclude each other", 0},
        {"SELECT * FROM Owners o JOIN Dogs d ON o.owner_id = d.dog_id", "join_without_match",
            "joined by Owners.owner_id = Dogs.owner_id", 0},
        {"SELECT * FROM Owners WHERE owner_id IN (SELECT dog_id FROM Dogs)", "join_without_match", "Dogs.dog_id", 0},
        {"SELECT o.first_name FROM Owners o, Dogs d", "cartesian_product", "o and d", 6},
        {"SELECT sum(d.weight) FROM Dogs d JOIN Treatments t ON t.dog_id = d.dog_id", "double_counting", "Treatments",
            1},
        {"SELECT weight / age FROM Dogs", "integer_division", "1.0", 3},
        {"SELECT name FROM Dogs LIMIT 2", "limit_without_order", "not determined", 2},
        {"SELECT name FROM Dogs ORDER BY name LIMIT 2", NULL, "", 2},
        {"SELECT name FROM Dogs LIMIT 5", NULL, "", 3},
        {"SELECT 1.0 * weight / age FROM Dogs", NULL, "", 3},
        {"SELECT name FROM Dogs WHERE age = 3", NULL, "", 1},
        {"SELECT o.state FROM Owners o JOIN Dogs d ON o.owner_id = d.owner_id WHERE d.name = 'Rex'", NULL, "", 1},
        {"SELECT name FROM Dogs WHERE age > 100", NULL, "", 0},
        {"SELECT name FROM Dogs WHERE name <> 'Nobody'", NULL, "", 3},
        {"WITH x AS (SELECT owner_id FROM Owners) SELECT name FROM Dogs, x WHERE x.owner_id = Dogs.owner_id", NULL, "",
            3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        struct query_rows r;
        struct query_problem p;
        bool told = false;
        task_begin(&t, 0);
        if (!run(&t, rows[i].sql, true, &r, &p))
            fail_msg("%s: %.*s", rows[i].sql, SPAN_ARG(p.message));
        for (size_t k = 0; k < r.n_notes; k++)
            told = told || (rows[i].code && span_is(r.note_codes[k], rows[i].code) &&
                               span_find(r.notes[k], span_of(rows[i].text)) >= 0);
        if (r.n_rows != rows[i].rows || (rows[i].code ? !told : r.n_notes > 0))
            fail_msg("%s: %zu rows, %zu notes: %.*s", rows[i].sql, r.n_rows, r.n_notes,
                SPAN_ARG(r.n_notes ? r.notes[0] : SPAN_NONE));
        task_end(&t);
    }
}

/* Rows carry the label of what was read: a doubt must not tell of more than that. */
static void
what_was_not_read_is_not_told_of(void **state)
{
    (void)state;
    struct task t;
    struct query_rows r;
    struct query_problem p;
    task_begin(&t, 0);
    assert_true(run(&t, "SELECT state FROM Owners WHERE first_name = 'Lee'", false, &r, &p));
    assert_true(r.n_notes == 1 && span_is(r.note_codes[0], "value_absent") && r.n_reads == 2);
    assert_true(span_find(r.notes[0], SPAN("last_name")) < 0 && span_find(r.notes[0], SPAN("'Ann'")) >= 0);
    task_end(&t);
}

static void
questions_find_tables_and_values(void **state)
{
    (void)state;
    static const struct {
        const char *question, *table, *value;
    } rows[] = {
        {"Which owners live in north carolina?", "Owners", "North Carolina"},
        {"Who lives in NorthCarolina?", "Owners", "North Carolina"},
        {"What did the vaccinations cost?", "Treatments", "Vaccination"},
        {"How old is the dog called \xe2\x80\x9c"
         "Fido\xe2\x80\x9d?",
            "Dogs", "Fido"},
        {"How many female dogs are there?", "Dogs", "F"},
        {"Names of vaccinated dogs", "Dogs", "yes"},
        {"", NULL, NULL},
        {"?!", NULL, NULL},
    };
    struct task life;
    task_begin(&life, 0);
    const struct link *l = link_open(&life, &guard);
    assert_true(link_size(l) > 10);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        struct link_found found;
        bool value = false;
        task_begin(&t, 0);
        link_find(&t, l, span_of(rows[i].question), &found);
        for (size_t k = 0; k < found.n_values && k < 5; k++)
            value = value || (rows[i].value && span_is(found.values[k].value, rows[i].value));
        if (found.n_tables == 0 ||
            (rows[i].table && !span_is(found.tables[0], rows[i].table) && !span_is(found.tables[1], rows[i].table)) ||
            (rows[i].value ? !value : found.n_values > 0))
            fail_msg("%s: %.*s, %zu values, first %.*s", rows[i].question, SPAN_ARG(found.tables[0]), found.n_values,
                SPAN_ARG(found.n_values ? found.values[0].value : SPAN_NONE));
        task_end(&t);
    }
    task_end(&life);
}

static void
words_are_cut_stemmed_and_compared(void **state)
{
    (void)state;
    struct words w;
    words_split(SPAN("productNames_of  Companies"), &w);
    assert_int_equal(w.n, 4);
    assert_true(words_has(&w, "name") && words_has(&w, "company") && !words_has(&w, "names"));
    assert_int_equal(words_alike(SPAN("owner_id"), SPAN("OwnerID")), 100);
    assert_true(words_alike(SPAN("student"), SPAN("Students")) > 90);
    assert_true(words_alike(SPAN("owner"), SPAN("dog")) < 40);
    assert_true(words_has_like(&w, SPAN("companion")) && !words_has_like(&w, SPAN("complete")));
}

static void
aliases_are_seen_where_sql_sees_them(void **state)
{
    (void)state;
    struct task t;
    struct names names;
    const struct scope_source *source;
    size_t column;
    static const char sql[] = "SELECT a.name FROM Dogs AS a WHERE EXISTS (SELECT 1 FROM Owners b WHERE b.owner_id = "
                              "a.owner_id) UNION SELECT c.state FROM Owners c";
    task_begin(&t, 0);
    guard_begin(&guard, &t, 0);
    names_load(&guard, span_of(sql), &names);
    const struct scope *s = scope_read(&t, span_of(sql), &names);
    assert_int_equal(s->n_sources, 3);
    int inner = scope_block(s, strstr(sql, "b.owner") - sql), last = scope_block(s, strstr(sql, "c.state") - sql);
    assert_true(scope_find(s, inner, SPAN("a")) && scope_find(s, inner, SPAN("B")) && !scope_find(s, 0, SPAN("b")));
    assert_true(scope_find(s, last, SPAN("c")) && !scope_find(s, last, SPAN("a")));
    assert_true(scope_column(s, 3, &source, &column) && span_is(source->alias, "a") && column == 2);
    task_end(&t);
}

static int
by_number(const void *a, const void *b, void *arg)
{
    (void)arg;
    return (*(const int *)a > *(const int *)b) - (*(const int *)a < *(const int *)b);
}

static void
sorting_orders_everything(void **state)
{
    (void)state;
    enum { N = 1000 };
    int items[N];
    unsigned seed = 7;
    for (size_t i = 0; i < N; i++)
        items[i] = (int)((seed = seed * 1103515245 + 12345) >> 20);
    for (size_t n = 0; n < N; n += n < 5 ? 1 : 331) {
        order_sort(items, n, sizeof *items, by_number, NULL);
        for (size_t i = 1; i < n; i++)
            assert_true(items[i - 1] <= items[i]);
    }
}

static int
set_up(void **state)
{
    (void)state;
    struct task t;
    sqlite3 *db;
    id_init();
    task_begin(&t, 0);
    snprintf(path, sizeof path, "/tmp/lyceum-answers-XXXXXX");
    int fd = mkstemp(path);
    bool ok = fd >= 0 && guard_process_init(64 << 20) && conf_load_file(&t, NULL) == E_OK &&
              sqlite3_open(path, &db) == SQLITE_OK && sqlite3_exec(db, schema, NULL, NULL, NULL) == SQLITE_OK &&
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
        cmocka_unit_test(a_failure_names_what_was_meant),
        cmocka_unit_test(the_columns_of_the_table_come_along),
        cmocka_unit_test(doubts_are_told_and_rows_left_alone),
        cmocka_unit_test(what_was_not_read_is_not_told_of),
        cmocka_unit_test(questions_find_tables_and_values),
        cmocka_unit_test(words_are_cut_stemmed_and_compared),
        cmocka_unit_test(aliases_are_seen_where_sql_sees_them),
        cmocka_unit_test(sorting_orders_everything),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
