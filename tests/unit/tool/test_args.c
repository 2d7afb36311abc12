/* Arguments as models write them: a table of what is taken and what the sentence says. */
#include "tool/args.h"

#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char *const CHOICES[] = {"both", "model", NULL};
static const struct tool_param PARAMS[] = {
    {.name = "sql", .type = ARG_TEXT, .required = true, .low = 1, .high = 20, .about = "A statement."},
    {.name = "from", .type = ARG_INTEGER, .low = 0, .high = 9, .about = "A number."},
    {.name = "tables", .type = ARG_TEXTS, .low = 1, .high = 2, .about = "Names."},
    {.name = "show", .type = ARG_CHOICE, .choices = CHOICES, .about = "Who sees it."},
    {.name = "params", .type = ARG_VALUES, .high = 2, .about = "Values."},
};
enum { N = sizeof PARAMS / sizeof *PARAMS };

static const struct {
    const char *args, *says; /* says NULL: taken */
} ROWS[] = {
    {"{\"sql\":\"select 1\"}", NULL},
    {" {\"sql\":\"select 1\",\"from\":0,\"tables\":[\"a\"],\"show\":\"both\",\"params\":{\"a\":1,\"b\":null}} ", NULL},
    {"{\"sql\":\"select 1\",\"from\":null}", NULL},
    {"{\"sql\":\"select 1\",\"sql\":\"select 2\"}", NULL},
    {"", "\"sql\" is missing"},
    {"{}", "\"sql\" is missing"},
    {"{\"sql\":null}", "\"sql\" is missing"},
    {"{\"sql\":\"sel", "not valid JSON"},
    {"{\"sql\":\"select 1\"} x", "not valid JSON"},
    {"[1]", "one JSON object"},
    {"\"select 1\"", "one JSON object"},
    {"{\"sql\":7}", "must be a text"},
    {"{\"sql\":\"\"}", "1 to 20 bytes"},
    {"{\"sql\":\"123456789012345678901\"}", "1 to 20 bytes"},
    {"{\"sql\":\"a\",\"from\":10}", "whole number from 0 to 9"},
    {"{\"sql\":\"a\",\"from\":1.5}", "whole number from 0 to 9"},
    {"{\"sql\":\"a\",\"from\":\"1\"}", "whole number from 0 to 9"},
    {"{\"sql\":\"a\",\"tables\":[]}", "list of 1 to 2 texts"},
    {"{\"sql\":\"a\",\"tables\":[1]}", "list of 1 to 2 texts"},
    {"{\"sql\":\"a\",\"tables\":\"a\"}", "list of 1 to 2 texts"},
    {"{\"sql\":\"a\",\"tables\":[\"a\",\"b\",\"c\"]}", "list of 1 to 2 texts"},
    {"{\"sql\":\"a\",\"show\":\"nobody\"}", "\"both\" or \"model\""},
    {"{\"sql\":\"a\",\"params\":[1]}", "object of at most 2"},
    {"{\"sql\":\"a\",\"params\":{\"a\":[1]}}", "texts, numbers"},
    {"{\"sql\":\"a\",\"query\":\"b\"}", "no argument \"query\""},
};

static void
every_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct task t;
        json_t *args;
        task_begin(&t, 0);
        enum err e = args_read(&t, PARAMS, N, span_of(ROWS[i].args), &args);
        if (ROWS[i].says ? e != E_INVALID || !strstr(t.cause, ROWS[i].says) : e != E_OK)
            fail_msg("%s: %s", ROWS[i].args, t.cause);
        task_end(&t);
    }
}

static void
the_schema_is_what_is_checked(void **state)
{
    (void)state;
    struct task t;
    json_t *schema;
    task_begin(&t, 0);
    assert_int_equal(json_read(&t, args_schema(&t, PARAMS, N), &schema), E_OK);
    assert_true(span_is(json_text(schema, "type"), "object"));
    assert_int_equal(json_object_size(json_object_get(schema, "properties")), N);
    assert_int_equal(json_array_size(json_object_get(schema, "required")), 1);
    assert_false(json_flag(schema, "additionalProperties", true));
    task_end(&t);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row),
        cmocka_unit_test(the_schema_is_what_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
