/* test_guide: what the guide makes of questions: a table of statements, and the honest noes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "agent/guide_plan.h"
#include "base/id.h"
#include "base/json.h"

#include <stdio.h>
#include <string.h>

static const char TABLES[] = "[{\"name\":\"orders\",\"columns\":[{\"name\":\"id\",\"type\":\"INTEGER\",\"pk\":true},{"
                             "\"name\":\"customer\",\"type\":\"TEXT\"},"
                             "{\"name\":\"net_weight\",\"type\":\"REAL\"},{\"name\":\"order\",\"type\":\"INTEGER\"}]},"
                             "{\"name\":\"films\",\"columns\":[{\"name\":\"id\",\"type\":\"INTEGER\",\"pk\":true},{"
                             "\"name\":\"title\",\"type\":\"TEXT\","
                             "\"samples\":[\"Heat\"]},{\"name\":\"takings\",\"type\":\"INTEGER\"},{\"name\":\"shown_"
                             "on\",\"type\":\"TEXT\",\"samples\":[\"1995-12-15\"]},"
                             "{\"name\":\"genre\",\"type\":\"TEXT\",\"samples\":[\"Drama\",\"Film "
                             "Noir\",\"D'Art\"]},{\"name\":\"score\",\"type\":\"REAL\"}]}]";

static const struct {
    const char *question, *sql; /* NULL: an honest no */
} rows[] = {
    {"top 3 films by takings",
        "SELECT title, takings FROM films WHERE takings IS NOT NULL ORDER BY takings DESC LIMIT 3"},
    {"How many films are there?", "SELECT count(*) AS n FROM films"},
    {"how many dramas since 1990",
        "SELECT count(*) AS n FROM films WHERE genre = 'Drama' AND CAST(substr(shown_on, 1, 4) AS INTEGER) >= 1990"},
    {"average score by genre", "SELECT genre, round(avg(score), 2) AS average_score FROM films WHERE genre IS NOT NULL "
                               "GROUP BY 1 ORDER BY average_score DESC, 1 LIMIT 1000"},
    {"films per year", "SELECT substr(shown_on, 1, 4) AS year, count(*) AS n FROM films WHERE substr(shown_on, 1, 4) "
                       "IS NOT NULL GROUP BY 1 ORDER BY 1 LIMIT 1000"},
    {"film noir films with score above 8",
        "SELECT title, score FROM films WHERE genre = 'Film Noir' AND score > 8 ORDER BY title LIMIT 20"},
    {"score of \"The Third Man\"",
        "SELECT title, score FROM films WHERE title = 'The Third Man' COLLATE NOCASE ORDER BY title LIMIT 20"},
    {"how many d'art films", "SELECT count(*) AS n FROM films WHERE genre = 'D''Art'"},
    {"total net weight", "SELECT sum(net_weight) AS total_net_weight FROM orders"},
    {"which genre has the most films?",
        "SELECT genre, count(*) AS n FROM films WHERE genre IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1 LIMIT 5"},
    {"films with takings between 1 million and 2,500,000",
        "SELECT title, takings FROM films WHERE takings >= 1000000 AND takings <= 2500000 ORDER BY title LIMIT 20"},
    {"what is the capital of France?", NULL},
    {"will it rain tomorrow?", NULL},
    {"best films", NULL}, /* best by what? */
    {"", NULL},
    {"what is the average temperature of films in Berlin harbour", NULL},
};

static void
questions_become_these_statements(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        struct guide_plan p;
        json_t *tables;
        task_begin(&t, 0);
        assert_int_equal(json_read(&t, span_of(TABLES), &tables), E_OK);
        guide_plan_make(&t, span_of(rows[i].question), tables, &p);
        if (p.can != (rows[i].sql != NULL) || (p.can && !span_is(p.sql, rows[i].sql)))
            print_error("%s\n  gives %.*s\n  %.*s\n", rows[i].question, SPAN_ARG(p.sql), SPAN_ARG(p.reason));
        assert_int_equal(p.can, rows[i].sql != NULL);
        if (p.can)
            assert_true(span_is(p.sql, rows[i].sql));
        else
            assert_true(p.reason.n > 10);
        task_end(&t);
    }
}

/* A hostile name or value can't leave its quotes. */
static void
names_and_values_are_quoted(void **state)
{
    (void)state;
    struct task t;
    struct guide_plan p;
    json_t *tables;
    task_begin(&t, 0);
    assert_int_equal(json_read(&t,
                         SPAN("[{\"name\":\"a\\\"; drop\",\"columns\":[{\"name\":\"select\",\"type\":\"INTEGER\"},"
                              "{\"name\":\"kind\",\"type\":\"TEXT\",\"samples\":[\"x' OR 'y\"]}]}]"),
                         &tables),
        E_OK);
    guide_plan_make(&t, SPAN("how many drop with kind \"x' OR 'y\""), tables, &p);
    assert_true(p.can);
    assert_true(span_is(p.sql, "SELECT count(*) AS n FROM \"a\"\"; drop\" WHERE kind = 'x'' OR ''y'"));
    task_end(&t);
}

int
main(void)
{
    id_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions_become_these_statements),
        cmocka_unit_test(names_and_values_are_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
