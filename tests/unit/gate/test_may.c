/* test_may: the matrix actor x verb x kind x object, whole; and that no table may be wider or narrower. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate/may.h"

#include <stdio.h>
#include <string.h>

/* nobody has no cookie; v is a visitor; m and n are members; r is a member among the dataset's readers; a is an admin.
 */
static const struct {
    const char *principal, *role;
    bool signed_in, reader;
} actors[] = {
    {"", "anonymous", false, false},
    {"a_v", "anonymous", false, false},
    {"u_m", "member", true, false},
    {"u_n", "member", true, false},
    {"u_r", "member", true, true},
    {"u_a", "admin", true, false},
    {"operator", "admin", true, false},
};
enum { N_ACTORS = sizeof actors / sizeof actors[0] };

/* One letter per actor, in their order: y allowed, - not found, d denied, u sign in first. */
static const struct {
    const char *verb, *kind;
    const char *owner, *visibility;
    bool exists, published;
    const char *want;
} rows[] = {
    {"read", "home", "", "", false, false, "yyyyyyy"},
    {"list", "conversation", "", "", false, false, "yyyyyyy"},
    {"start", "conversation", "", "", false, false, "yyyyyyy"},
    {"administer", "deployment", "", "", false, false, "uudddyy"},
    {"read", "dataset", "u_m", "public", true, true, "yyyyyyy"},
    {"sql", "dataset", "u_m", "public", true, true, "yyyyyyy"},
    {"read", "dataset", "u_m", "members", true, true, "--yyyyy"},
    {"sql", "dataset", "u_m", "members", true, true, "--yyyyy"},
    {"read", "dataset", "u_m", "private", true, true, "--y-yyy"},
    {"sql", "dataset", "u_m", "private", true, true, "--y-yyy"},
    {"read", "dataset", "a_v", "private", true, true, "----yyy"},  /* a visitor can't own a private dataset */
    {"read", "dataset", "", "private", true, true, "----yyy"},     /* nor is nobody everybody */
    {"read", "dataset", "u_m", "public", true, false, "-------"},  /* nothing is published */
    {"read", "dataset", "u_m", "public", false, false, "-------"}, /* there is none */
    {"read", "dataset", "u_m", "strange", true, true, "--y-yyy"},  /* an unknown visibility is private */
    {"read", "conversation", "u_m", "", true, false, "--y----"},   /* admins do not read others' */
    {"read", "result", "u_m", "", true, false, "--y----"},
    {"ask", "conversation", "u_m", "", true, false, "--y----"},
    {"answer", "conversation", "u_m", "", true, false, "--y----"},
    {"stop", "conversation", "u_m", "", true, false, "--y----"},
    {"delete", "conversation", "u_m", "", true, false, "--y----"},
    {"rename", "conversation", "u_m", "", true, false, "--y----"},
    {"read", "conversation", "a_v", "", true, false, "-y-----"},
    {"ask", "conversation", "a_v", "", true, false, "-y-----"},
    {"delete", "conversation", "a_v", "", true, false, "-y-----"},
    {"read", "conversation", "operator", "", true, false, "------y"},
    {"read", "conversation", "", "", true, false, "-------"}, /* an owner that is empty is nobody's */
    {"read", "conversation", "u_m", "", false, false, "-------"},
    {"read", "conversation", "a_v", "", false, false, "-------"},
    {"change", "dataset", "u_m", "public", true, true, "uuyddyy"},
    {"change", "dataset", "u_m", "private", true, false, "--y-dyy"}, /* what was withdrawn too */
    {"change", "dataset", "u_m", "public", false, false, "-------"},
    {"share", "conversation", "u_m", "", true, false, "--y----"},
    {"share", "conversation", "a_v", "", true, false, "-y-----"},
    {"list", "saved", "", "", false, false, "uuyyyyy"},
    {"read", "saved", "u_m", "public", true, false, "--y----"}, /* not shared */
    {"read", "saved", "u_m", "public", true, true, "yyyyyyy"},
    {"read", "saved", "u_m", "members", true, true, "--yyyyy"},
    {"read", "saved", "u_m", "private", true, true, "--y-yyy"},
    {"change", "saved", "u_m", "public", true, true, "--y----"},
    {"share", "saved", "u_m", "public", true, true, "--y----"},
    {"open", "share", "u_m", "", true, false, "yyyyyyy"},
    {"open", "share", "u_m", "", false, false, "-------"},
    {"end", "share", "u_m", "", true, false, "--y----"},
};
enum { N_ROWS = sizeof rows / sizeof rows[0] };

static struct gate_actor
actor_of(size_t i)
{
    return (struct gate_actor){span_of(actors[i].principal), SPAN("x"), span_of(actors[i].role), actors[i].signed_in};
}

static enum err
ask(size_t row, size_t actor, const struct may_rules *rules)
{
    struct gate_actor a = actor_of(actor);
    struct may_object o = {.exists = rows[row].exists,
        .owner = span_of(rows[row].owner),
        .visibility = span_of(rows[row].visibility),
        .reader = actors[actor].reader,
        .published = rows[row].published};
    const char *why = NULL;
    enum err e = gate_may(&a, rows[row].verb, rows[row].kind, &o, rules, &why);
    if (e != E_OK)
        assert_non_null(why);
    return e;
}

static enum err
meant(char c)
{
    return c == 'y' ? E_OK : c == '-' ? E_NOTFOUND : c == 'd' ? E_DENIED : E_UNAUTHENTICATED;
}

static void
the_matrix_is_as_written(void **state)
{
    (void)state;
    const struct may_rules open = {.visitors_ask = true};
    for (size_t i = 0; i < N_ROWS; i++)
        for (size_t k = 0; k < N_ACTORS; k++) {
            enum err e = ask(i, k, &open);
            if (e != meant(rows[i].want[k]))
                print_error("row %zu (%s %s), actor %zu: %s\n", i, rows[i].verb, rows[i].kind, k, err_word(e));
            assert_int_equal(e, meant(rows[i].want[k]));
        }
}

static void
every_verb_and_kind_that_has_a_row_is_tested(void **state)
{
    (void)state;
    static const char *const verbs[] = {"read", "sql", "list", "start", "stop", "delete", "rename", "ask", "answer",
        "administer", "change", "share", "open", "end", "write", "", "READ"};
    static const char *const kinds[] = {
        "home", "dataset", "conversation", "result", "deployment", "user", "saved", "share", ""};
    const struct may_rules open = {.visitors_ask = true};
    for (size_t v = 0; v < sizeof verbs / sizeof verbs[0]; v++)
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
            struct gate_actor a = actor_of(N_ACTORS - 1);
            const char *why = NULL;
            bool listed = false;
            for (size_t i = 0; i < N_ROWS; i++)
                listed = listed || (strcmp(rows[i].verb, verbs[v]) == 0 && strcmp(rows[i].kind, kinds[k]) == 0);
            bool known = gate_may(&a, verbs[v], kinds[k], &(struct may_object){0}, &open, &why) != E_INVALID;
            assert_int_equal(known, listed);
        }
}

static void
a_closed_site_shows_visitors_nothing(void **state)
{
    (void)state;
    const struct may_rules closed = {.signed_in_only = true, .visitors_ask = true};
    const struct may_rules open = {.visitors_ask = true};
    for (size_t i = 0; i < N_ROWS; i++)
        for (size_t k = 0; k < N_ACTORS; k++)
            assert_int_equal(ask(i, k, &closed), actors[k].signed_in ? ask(i, k, &open) : E_UNAUTHENTICATED);
}

static void
visitors_may_be_kept_from_asking(void **state)
{
    (void)state;
    const struct may_rules silent = {.visitors_ask = false};
    for (size_t i = 0; i < N_ROWS; i++) {
        bool starts = strcmp(rows[i].verb, "start") == 0;
        if (starts)
            assert_int_equal(ask(i, 1, &silent), E_UNAUTHENTICATED);
        if (strcmp(rows[i].verb, "ask") == 0 && strcmp(rows[i].owner, "a_v") == 0)
            assert_int_equal(ask(i, 1, &silent), E_UNAUTHENTICATED);
        if (starts)
            assert_int_equal(ask(i, 2, &silent), E_OK);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_matrix_is_as_written),
        cmocka_unit_test(every_verb_and_kind_that_has_a_row_is_tested),
        cmocka_unit_test(a_closed_site_shows_visitors_nothing),
        cmocka_unit_test(visitors_may_be_kept_from_asking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
