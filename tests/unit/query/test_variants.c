/* test_variants: followers by ceiling, scratch databases, and grants that are not what they say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../support/query_variants.h"

#include "base/json.h"

#define MINE "c_aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define THEIRS "c_bbbbbbbbbbbbbbbbbbbbbbbbbb"

static const char labels[] = "{\"level\":0,\"integrity\":2,\"labels\":[[\"staff\",\"room\",1],[\"staff\",\"pay\",3],"
                             "[\"audit\",\"\",3,4],[\"words_of_wisdom\",\"\",0,3]]}";

/* Ceilings -------------------------------------------------------------------------------------------------------- */

static void
each_ceiling_has_its_file(void **state)
{
    static const struct {
        int64_t level;
        bool room, pay;
    } rows[] = {{0, false, false}, {1, true, false}, {2, true, false}, {3, true, true}};
    (void)state;
    for (size_t i = 0; i < 8; i++) { /* twice: also when the others' connections are kept */
        struct task t;
        struct query_rows r;
        int64_t level = rows[i % 4].level;
        task_begin(&t, 0);
        assert_int_equal(ask(&t, at_level(level), "SELECT name FROM staff", &r), E_OK);
        assert_int_equal(r.n_rows, 2);
        assert_int_equal(ask(&t, at_level(level), "SELECT room FROM staff", &r), rows[i % 4].room ? E_OK : E_INVALID);
        assert_int_equal(
            ask(&t, at_level(level), "SELECT 1 FROM staff WHERE pay > 1", &r), rows[i % 4].pay ? E_OK : E_INVALID);
        assert_int_equal(ask(&t, at_level(level), "SELECT * FROM audit", &r), rows[i % 4].pay ? E_OK : E_INVALID);
        assert_int_equal(
            ask(&t, at_level(level), "SELECT count(*) FROM sqlite_schema WHERE sql LIKE '%pay%'", &r), E_OK);
        assert_int_equal(r.cells[0].i, rows[i % 4].pay ? 1 : 0);
        task_end(&t);
    }
}

static size_t
page_columns(struct task *t, struct span grant, struct query_rows *r)
{
    struct query_table q = {
        .grant = grant, .dataset = SPAN("staff"), .table = SPAN("staff"), .size = 10, .count = true};
    task_clear_error(t);
    assert_int_equal(query_table(t, &q, r), E_OK);
    assert_int_equal(r->n_rows, 2);
    assert_int_equal(r->total, 2);
    return r->n_columns;
}

/* The pool's workers keep grants and connections: neither may lend its level to another. */
static void
pages_and_schemas_keep_to_the_grant(void **state)
{
    static const size_t columns[] = {2, 3, 3, 4};
    struct task t;
    struct query_rows r;
    struct span grants[4];
    (void)state;
    task_begin(&t, 0);
    for (size_t k = 0; k < 4; k++) {
        struct grant g = at_level((int64_t)k);
        g.capability = SPAN("read");
        grants[k] = sealed(&t, g);
    }
    for (size_t i = 0; i < 64; i++) { /* each of the workers sees each of the grants, again and again */
        json_t *j;
        size_t k = (i * 7) % 4;
        assert_int_equal(page_columns(&t, grants[k], &r), columns[k]);
        assert_int_equal(r.level, (int)k);
        assert_int_equal(query_schema(&t, grants[k], SPAN("staff"), &j), E_OK);
        assert_true((span_find(json_dump(&t, j), SPAN("7000")) >= 0) == (k == 3));
        assert_int_equal(query_find(&t, grants[k], SPAN("staff"), SPAN("pay"), 5, &j), E_OK);
        assert_true((span_find(json_dump(&t, j), SPAN("pay")) >= 0) == (k == 3));
    }
    task_end(&t);
}

static void
a_missing_variant_falls_to_the_lower_one(void **state)
{
    struct task t;
    struct query_rows r;
    (void)state;
    task_begin(&t, 0);
    const char *link = world_path(&t, "followers/staff/current.3.db");
    const char *away = world_path(&t, "followers/staff/away");
    struct grant g = at_level(3);
    g.capability = SPAN("read");
    struct span grant = sealed(&t, g);
    assert_int_equal(page_columns(&t, grant, &r), 4);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(rename(link, away), 0);
        assert_int_equal(page_columns(&t, grant, &r), 3);
        assert_int_equal(ask(&t, at_level(3), "SELECT pay FROM staff", &r), E_INVALID);
        assert_int_equal(rename(away, link), 0);
        assert_int_equal(page_columns(&t, grant, &r), 4);
    }
    /* A link that is none is not passed over: who knows what lies below. */
    assert_int_equal(rename(link, away), 0);
    assert_int_equal(symlink("../../secret.db", link), 0);
    assert_int_equal(ask(&t, at_level(3), "SELECT 1", &r), E_NOTFOUND);
    unlink(link);
    assert_int_equal(rename(away, link), 0);
    task_end(&t);
}

/* Gate alone binds a grant to a revision: then it is that file. */
static void
a_bound_grant_reads_the_file_of_its_name(void **state)
{
    struct task t;
    struct query_rows r;
    char to[128] = "";
    (void)state;
    task_begin(&t, 0);
    assert_true(readlink(world_path(&t, "followers/staff/current.1.db"), to, sizeof to - 1) > 64);
    struct grant g = at_level(3);
    g.revision = span_first(span_of(to), 64);
    assert_int_equal(ask(&t, g, "SELECT room FROM staff", &r), E_OK);
    assert_true(span_eq(r.revision, g.revision));
    assert_int_equal(ask(&t, g, "SELECT pay FROM staff", &r), E_INVALID);
    g.revision = SPAN("../../scratch/" MINE "/current");
    assert_int_equal(ask(&t, g, "SELECT 1", &r), E_INVALID);
    task_end(&t);
}

/* Scratch --------------------------------------------------------------------------------------------------------- */

static void
a_scratch_database_is_its_conversations(void **state)
{
    static const struct {
        const char *conversation;
        enum err e;
        const char *says;
    } rows[] = {
        {MINE, E_OK, "mine"},
        {THEIRS, E_OK, "theirs"},
        {"c_cccccccccccccccccccccccccc", E_NOTFOUND, ""},
        {"", E_DENIED, ""},
        {"../" MINE, E_DENIED, ""},
        {"t_aaaaaaaaaaaaaaaaaaaaaaaaaa", E_DENIED, ""},
    };
    (void)state;
    for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        struct query_rows r;
        struct query_table q = {.dataset = SPAN("scratch"), .table = SPAN("note"), .size = 5};
        struct grant g = {.dataset = SPAN("scratch"), .level = 3, .conversation = span_of(rows[i / 2].conversation)};
        task_begin(&t, 0);
        assert_int_equal(ask(&t, g, "SELECT text FROM note", &r), rows[i / 2].e);
        if (r.n_rows > 0)
            assert_true(span_is(r.cells[0].s, rows[i / 2].says));
        g.capability = SPAN("read");
        q.grant = sealed(&t, g);
        for (int again = 0; again < 8; again++) {
            task_clear_error(&t);
            assert_int_equal(query_table(&t, &q, &r), rows[i / 2].e);
            if (rows[i / 2].e == E_OK)
                assert_true(r.n_rows == 1 && span_is(r.cells[0].s, rows[i / 2].says));
        }
        task_end(&t);
    }
}

/* Another dataset's name with a conversation is that dataset; a dataset among the followers is never called scratch. */
static void
scratch_is_no_follower(void **state)
{
    struct task t;
    struct query_rows r;
    struct grant g = at_level(0);
    (void)state;
    task_begin(&t, 0);
    g.conversation = SPAN(MINE);
    assert_int_equal(ask(&t, g, "SELECT text FROM note", &r), E_INVALID);
    assert_int_equal(ask(&t, g, "SELECT name FROM staff", &r), E_OK);
    world_publish("scratch", "CREATE TABLE note(text); INSERT INTO note VALUES ('published');", NULL);
    g.dataset = SPAN("scratch");
    assert_int_equal(ask(&t, g, "SELECT text FROM note", &r), E_OK);
    assert_true(span_is(r.cells[0].s, "mine"));
    task_end(&t);
}

/* Grants ---------------------------------------------------------------------------------------------------------- */

/* Every byte of a seal counts: the level, the conversation and the labels too. */
static void
an_edited_grant_is_refused(void **state)
{
    struct task t;
    (void)state;
    task_begin(&t, 0);
    struct grant g = at_level(0);
    g.capability = SPAN("read");
    g.detail = span_of(labels);
    struct span seal = sealed(&t, g);
    struct query_table q = {.dataset = SPAN("staff"), .table = SPAN("staff"), .size = 5};
    struct query_rows r;
    q.grant = seal;
    assert_int_equal(query_table(&t, &q, &r), E_OK); /* kept from now on, by all its bytes */
    for (size_t i = 0; i < seal.n; i++) {
        struct task one;
        task_begin(&one, 0);
        char *bytes = task_z(&one, seal);
        bytes[i] ^= 1;
        q.grant = (struct span){bytes, seal.n};
        if (query_table(&one, &q, &r) != E_DENIED)
            fail_msg("byte %zu of the seal is not looked at", i);
        task_end(&one);
    }
    unsigned char public[GRANT_KEY_BYTES], secret[GRANT_SECRET_BYTES];
    crypto_sign_keypair(public, secret);
    g.expires_ms = clock_unix_ms() + 30000;
    g.reusable = true;
    g.audience = SPAN("query");
    g.level = 3;
    q.grant = grant_seal(&t, secret, &g); /* somebody else's key */
    assert_int_equal(query_table(&t, &q, &r), E_DENIED);
    task_end(&t);
}

static void
stop_service(void)
{
    int status = -1;
    kill(world.service, SIGTERM);
    waitpid(world.service, &status, 0);
    assert_int_equal(status, 0);
}

/* Last: the service is another one afterwards. */
static void
a_restart_frees_no_grant(void **state)
{
    struct task t;
    struct query_rows r;
    struct query_problem p;
    (void)state;
    task_begin(&t, 0);
    struct query_sql q = {.dataset = SPAN("staff"), .sql = SPAN("SELECT 1")};
    struct grant g = at_level(0);
    g.capability = SPAN("sql");
    g.args_hash = query_sql_hash(&t, &q);
    struct span used = sealed(&t, g), unused = sealed(&t, g), again = SPAN_NONE;
    g.args_hash = SPAN_NONE;
    again = sealed(&t, g);
    q.grant = used;
    assert_int_equal(query_sql(&t, &q, &r, &p), E_OK);
    stop_service();
    world_serve();
    assert_int_equal(query_sql(&t, &q, &r, &p), E_UNAVAILABLE);
    assert_non_null(strstr(t.cause, "Ask again"));
    task_clear_error(&t);
    q.grant = unused;
    assert_int_equal(query_sql(&t, &q, &r, &p), E_UNAVAILABLE);
    task_clear_error(&t);
    q.grant = again; /* a person's page that was under way */
    assert_int_equal(query_sql(&t, &q, &r, &p), E_OK);
    assert_int_equal(ask(&t, at_level(0), "SELECT 1", &r), E_OK);
    task_end(&t);
}

/* Set-up ---------------------------------------------------------------------------------------------------------- */

static int
set_up(void **state)
{
    (void)state;
    world_begin();
    publish_staff();
    world_scratch(MINE, "CREATE TABLE note(text); INSERT INTO note VALUES ('mine');");
    world_scratch(THEIRS, "CREATE TABLE note(text); INSERT INTO note VALUES ('theirs');");
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
        cmocka_unit_test(each_ceiling_has_its_file),
        cmocka_unit_test(pages_and_schemas_keep_to_the_grant),
        cmocka_unit_test(a_missing_variant_falls_to_the_lower_one),
        cmocka_unit_test(a_bound_grant_reads_the_file_of_its_name),
        cmocka_unit_test(a_scratch_database_is_its_conversations),
        cmocka_unit_test(scratch_is_no_follower),
        cmocka_unit_test(an_edited_grant_is_refused),
        cmocka_unit_test(a_restart_frees_no_grant),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
