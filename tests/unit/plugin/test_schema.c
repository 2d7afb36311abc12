/* test_schema: which schemas a tool may have, and which values fit them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/json.h"
#include "plugin/schema.h"

#include <string.h>

static json_t *
parse(struct task *t, const char *text)
{
    json_t *j;
    if (json_read(t, span_of(text), &j) != E_OK)
        fail_msg("%s: %s", text, t->cause);
    return j;
}

static void
schemas_of_the_subset_are_taken(void **state)
{
    (void)state;
    static const char *const rows[] = {"{}", "{\"type\":\"object\"}", "{\"type\":[\"string\",\"null\"]}",
        "{\"properties\":{\"a\":{\"items\":{\"type\":\"integer\",\"minimum\":0}}},\"required\":[\"a\"]}",
        "{\"additionalProperties\":{\"type\":\"string\"}}", "{\"enum\":[1,\"a\",null]}", "{\"const\":{\"a\":1}}",
        "{\"title\":\"x\",\"description\":\"y\",\"default\":1,\"examples\":[1],\"$schema\":\"z\",\"$comment\":\"w\"}",
        "{\"pattern\":\"^[a-z]{2,8}$\",\"minLength\":0,\"maxLength\":9}", "{\"minItems\":1,\"maxItems\":2}"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        task_begin(&t, 0);
        if (schema_check(&t, parse(&t, rows[i])) != E_OK)
            fail_msg("%s: %s", rows[i], t.cause);
        task_end(&t);
    }
}

static void
others_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *schema, *why;
    } rows[] = {
        {"true", "a schema is a JSON object"},
        {"{\"$ref\":\"#\"}", "the keyword $ref is not among"},
        {"{\"anyOf\":[]}", "anyOf"},
        {"{\"format\":\"uri\"}", "format"},
        {"{\"properties\":{\"deep\":{\"oneOf\":[]}}}", "schema.deep: the keyword oneOf"},
        {"{\"type\":\"date\"}", "type must be a type's name"},
        {"{\"type\":[]}", "type must be"},
        {"{\"properties\":[]}", "properties must be an object of schemas"},
        {"{\"required\":[1]}", "required must be a list of names"},
        {"{\"required\":\"a\"}", "required must be a list of names"},
        {"{\"enum\":[]}", "enum must be a list of values"},
        {"{\"minimum\":\"1\"}", "must be a number"},
        {"{\"maxLength\":-1}", "must be a number from 0 on"},
        {"{\"maxLength\":1.5}", "must be a number from 0 on"},
        {"{\"items\":[{}]}", "a schema is a JSON object"},
        {"{\"additionalProperties\":1}", "a schema is a JSON object"},
        {"{\"pattern\":\"(a|b)\"}", "pattern must be one without groups"},
        {"{\"pattern\":7}", "pattern must be"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        task_begin(&t, 0);
        assert_int_equal(schema_check(&t, parse(&t, rows[i].schema)), E_INVALID);
        if (!strstr(t.cause, rows[i].why))
            fail_msg("%s: %s", rows[i].schema, t.cause);
        task_end(&t);
    }
}

static void
deep_schemas_end(void **state)
{
    (void)state;
    struct task t;
    task_begin(&t, 0);
    struct buf *b = task_buf(&t, 1 << 16);
    for (int i = 0; i < 100; i++)
        buf_puts(b, "{\"items\":");
    buf_puts(b, "{}");
    for (int i = 0; i < 100; i++)
        buf_putc(b, '}');
    assert_int_equal(schema_check(&t, parse(&t, buf_z(b))), E_INVALID);
    assert_non_null(strstr(t.cause, "nested 16 deep"));
    task_end(&t);
}

/* why NULL: it fits. */
static void
values_are_measured(void **state)
{
    (void)state;
    static const struct {
        const char *schema, *value, *why;
    } rows[] = {
        {"{\"type\":\"integer\"}", "3", NULL},
        {"{\"type\":\"integer\"}", "3.0", NULL},
        {"{\"type\":\"integer\"}", "3.5", "args must be of type integer."},
        {"{\"type\":\"number\"}", "3", NULL},
        {"{\"type\":\"number\"}", "\"3\"", "args must be of type number."},
        {"{\"type\":\"boolean\"}", "false", NULL},
        {"{\"type\":\"boolean\"}", "0", "boolean"},
        {"{\"type\":\"null\"}", "null", NULL},
        {"{\"type\":[\"string\",\"null\"]}", "null", NULL},
        {"{\"type\":[\"string\",\"null\"]}", "1", "of a type that it may not have"},
        {"{\"minimum\":1,\"maximum\":10}", "0", "at least 1."},
        {"{\"minimum\":1,\"maximum\":10}", "10.5", "at most 10."},
        {"{\"minimum\":1}", "\"a text is no number\"", NULL},
        {"{\"minLength\":2}", "\"\xC3\xA9\"", "too short: 1 of at least 2"},
        {"{\"maxLength\":1}", "\"\xC3\xA9\"", NULL},
        {"{\"minItems\":1}", "[]", "too short"},
        {"{\"maxItems\":1}", "[1,2]", "too long: 2 of at most 1"},
        {"{\"items\":{\"type\":\"string\"}}", "[\"a\",1]", "args[1] must be of type string."},
        {"{\"enum\":[1,\"a\"]}", "\"a\"", NULL},
        {"{\"enum\":[1,\"a\"]}", "2", "not one of the values"},
        {"{\"const\":1}", "2", "not the one value"},
        {"{\"required\":[\"a\"]}", "{}", "args.a is missing."},
        {"{\"properties\":{\"a\":{\"properties\":{\"b\":{\"maximum\":1}}}}}", "{\"a\":{\"b\":2}}",
            "args.a.b must be at"},
        {"{\"properties\":{\"a\":{}},\"additionalProperties\":false}", "{\"b\":1}", "args.b is not something"},
        {"{\"additionalProperties\":{\"type\":\"string\"}}", "{\"b\":1}", "args.b must be of type string."},
        {"{\"pattern\":\"^a+$\"}", "\"aab\"", "not written as the tool wants it"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        task_begin(&t, 0);
        enum err e = schema_fits(&t, parse(&t, rows[i].schema), parse(&t, rows[i].value), "args");
        if (e != (rows[i].why ? E_INVALID : E_OK) || (rows[i].why && !strstr(t.cause, rows[i].why)))
            fail_msg("%s with %s: %s", rows[i].schema, rows[i].value, t.cause);
        task_end(&t);
    }
}

static void
patterns_match_as_they_read(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool fits;
    } rows[] = {{"", "", true}, {"", "x", true}, {"b", "abc", true}, {"^b", "abc", false}, {"b$", "abc", false},
        {"^abc$", "abc", true}, {"^ab?c$", "ac", true}, {"^ab*c$", "abbbbc", true}, {"^ab+c$", "ac", false},
        {"^a{2}$", "aa", true}, {"^a{2}$", "aaa", false}, {"^a{2,}$", "aaaaa", true}, {"^a{2,3}$", "aaaa", false},
        {"^a{0,2}b$", "b", true}, {"^[a-c]+$", "abcabc", true}, {"^[^a-c]+$", "xyz", true}, {"^[^a-c]+$", "xaz", false},
        {"^[]a]$", "a", false}, {"^\\d{4}-\\d{2}$", "2026-11", true}, {"^\\w+$", "a_9", true}, {"^\\S+$", "a b", false},
        {"^\\W$", "-", true}, {"^[\\d.-]+$", "1.5-2", true},
        {"^a.c$",
            "a\xC3\xA9"
            "c",
            true},
        {"^a.c$", "a\nc", false}, {"^\\$\\.$", "$.", true}, {"^[a-]$", "-", true}, {"c$", "abcc", true},
        {"a$", "aab", false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool got = schema_pattern_fits(span_of(rows[i].pattern), span_of(rows[i].text));
        if (got != rows[i].fits)
            fail_msg("%s on %s", rows[i].pattern, rows[i].text);
    }
    static const char *const refused[] = {"(a)", "a|b", "a{65}", "[", "[]", "[z-a]", "a{3,2}", "*", "a**", "\\1", "\\b",
        "a{", "^^", "a$b", "[a-\\d]", "(?=a)", "a{64}b", "\xC3\xA9"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (schema_pattern_ok(span_of(refused[i])))
            fail_msg("%s was taken", refused[i]);
}

/* What backtracks for centuries elsewhere is one pass here: the test ends. */
static void
no_text_makes_a_pattern_slow(void **state)
{
    (void)state;
    struct task t;
    task_begin(&t, 0);
    struct buf *b = task_buf(&t, 1 << 20);
    for (int i = 0; i < 100000; i++)
        buf_putc(b, 'a');
    assert_false(schema_pattern_fits(SPAN("^a*a*a*a*a*a*a*a*a*a*a*a*b$"), buf_view(b)));
    task_end(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schemas_of_the_subset_are_taken),
        cmocka_unit_test(others_are_refused_by_name),
        cmocka_unit_test(deep_schemas_end),
        cmocka_unit_test(values_are_measured),
        cmocka_unit_test(patterns_match_as_they_read),
        cmocka_unit_test(no_text_makes_a_pattern_slow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
