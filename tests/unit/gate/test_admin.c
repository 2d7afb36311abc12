/* test_admin: who may administer, accounts, the record, receipts of revisions, malformed input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness.h"

#include "store/auth_audit.h"

static void
the_first_start_makes_one_admin(void **state)
{
    struct rig *r = *state;
    json_t *users = json_object_get(rig_admin(r, "user.list", "{}"), "users");
    assert_int_equal(json_array_size(users), 1);
    assert_true(span_is(json_text(json_array_get(users, 0), "name"), "admin"));
    gate_close(&r->g);
    assert_int_equal(gate_prepare(&r->t, &r->g), E_OK);
    assert_int_equal(gate_open(&r->t, &r->g), E_OK);
    assert_int_equal(json_array_size(json_object_get(rig_admin(r, "user.list", "{}"), "users")), 1);
}

static void
only_the_operators_own_user_is_the_operator(void **state)
{
    struct rig *r = *state;
    assert_int_equal(ASK(r, "operator", "admin", OPERATOR, SPAN("operation"), SPAN("health")), E_OK);
    assert_int_equal(ASK(r, "any", "admin", OPERATOR, SPAN("operation"), SPAN("health")), E_OK);
    assert_int_equal(ASK(r, "web", "admin", OPERATOR, SPAN("operation"), SPAN("health")), E_UNAUTHENTICATED);
    assert_int_equal(ASK(r, "operator", "admin", SPAN("operation"), SPAN("health")), E_UNAUTHENTICATED);
    assert_int_equal(ASK(r, "any", "admin", SPAN("operation"), SPAN("health")), E_UNAUTHENTICATED);
    assert_int_equal(ASK(r, "agentpub", "admin", OPERATOR, SPAN("operation"), SPAN("health")), E_DENIED);
    assert_int_equal(ASK(r, "web", "propose", SPAN("ticket"), SPAN("x")), E_DENIED);
    assert_int_equal(rig_ask(r, NULL, "catalogue", NULL, 0), E_DENIED);
    assert_int_equal(rig_ask(r, "web", "no.such", NULL, 0), E_INVALID);
}

static void
members_can_administer_nothing(void **state)
{
    static const char *const ops[] = {"user.list", "user.add", "user.passwd", "user.role", "user.disable",
        "signin.link", "session.list", "session.revoke", "dataset.list", "dataset.set", "dataset.grant",
        "dataset.withdraw", "dataset.reader", "revision.list", "revision.record", "model.list", "model.set",
        "model.remove", "egress.grant", "setting.set", "audit.tail", "audit.verify", "health", "no.such"};
    struct rig *r = *state;
    rig_user(r, "mia", "member");
    struct span session = rig_session(r, "mia");
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        assert_int_equal(
            ASK(r, "web", "admin", SPAN("session"), session, SPAN("operation"), span_of(ops[i])), E_DENIED);
        assert_int_equal(ASK(r, "web", "admin", SPAN("operation"), span_of(ops[i])), E_UNAUTHENTICATED);
    }
}

static void
there_is_always_an_admin(void **state)
{
    struct rig *r = *state;
    rig_user(r, "mia", "member");
    rig_admin(r, "user.disable", "{\"name\":\"admin\"}");
    assert_int_equal(r->code, E_CONFLICT);
    rig_admin(r, "user.role", "{\"name\":\"admin\",\"role\":\"member\"}");
    assert_int_equal(r->code, E_CONFLICT);
    rig_admin(r, "user.role", "{\"name\":\"mia\",\"role\":\"admin\"}");
    assert_int_equal(r->code, E_OK);
    rig_admin(r, "user.disable", "{\"name\":\"admin\"}");
    assert_int_equal(r->code, E_OK);
}

static void
a_changed_record_is_noticed(void **state)
{
    struct rig *r = *state;
    int64_t bad = -1;
    rig_user(r, "mia", "member");
    rig_user(r, "noa", "member");
    assert_int_equal(auth_audit_verify(&r->t, &r->g.db, &bad), E_OK);
    assert_int_equal(bad, 0);
    assert_int_equal(db_exec(&r->t, &r->g.db, "UPDATE audit SET actor = 'u_x' WHERE seq = 2"), E_OK);
    assert_int_equal(auth_audit_verify(&r->t, &r->g.db, &bad), E_OK);
    assert_int_equal(bad, 2);
    assert_int_equal(db_exec(&r->t, &r->g.db, "UPDATE audit SET actor = 'operator' WHERE seq = 2"), E_OK);
    assert_int_equal(db_exec(&r->t, &r->g.db, "DELETE FROM audit WHERE seq = 2"), E_OK);
    assert_int_equal(auth_audit_verify(&r->t, &r->g.db, &bad), E_OK);
    assert_int_equal(bad, 3);
}

static const char *
receipt(struct rig *r, const unsigned char secret[GRANT_SECRET_BYTES], const char *operation, const char *sha)
{
    struct buf *b = task_buf(&r->t, 16384);
    struct grant g = {.audience = SPAN("gate"),
        .capability = SPAN("receipt"),
        .dataset = SPAN("cars"),
        .revision = span_of(sha),
        .detail = task_format(&r->t,
            "{\"operation\":\"%s\",\"rows\":9,\"bytes\":4096,\"tables\":1,\"report\":{\"tables\":[]}}", operation),
        .expires_ms = clock_unix_ms() + 10000};
    base64_put(b, grant_seal(&r->t, secret, &g));
    return task_printf(&r->t, "{\"receipt\":\"%s\",\"meta\":{\"title\":\"Cars\"},\"visibility\":\"public\"}", buf_z(b));
}

static void
a_revision_is_recorded_on_effects_receipt_once(void **state)
{
    static const char one[] = "1111111111111111111111111111111111111111111111111111111111111111";
    static const char two[] = "2222222222222222222222222222222222222222222222222222222222222222";
    struct rig *r = *state;
    unsigned char secret[GRANT_SECRET_BYTES];
    assert_int_equal(grant_key_own(&r->t, "leaders", "effect", secret), E_OK);
    const char *first = receipt(r, secret, "publish", one);
    assert_int_equal(json_int(rig_admin(r, "revision.record", first), "n", 0), 1);
    rig_admin(r, "revision.record", first);
    assert_int_equal(r->code, E_CONFLICT);
    rig_admin(r, "revision.record", receipt(r, r->g.secret, "publish", two)); /* gate's own key is not effect's */
    assert_int_equal(r->code, E_DENIED);
    assert_int_equal(json_int(rig_admin(r, "revision.record", receipt(r, secret, "publish", two)), "n", 0), 2);
    rig_admin(r, "revision.record", receipt(r, secret, "rollback", one));
    assert_int_equal(r->code, E_OK);
    struct buf *b = task_buf(&r->t, 16384);
    struct grant other = {.audience = SPAN("gate"),
        .capability = SPAN("progress"),
        .dataset = SPAN("cars"),
        .revision = span_of(two),
        .detail = SPAN("{\"operation\":\"publish\"}"),
        .expires_ms = clock_unix_ms() + 10000};
    base64_put(b, grant_seal(&r->t, secret, &other));
    rig_admin(r, "revision.record", task_printf(&r->t, "{\"receipt\":\"%s\"}", buf_z(b)));
    assert_int_equal(r->code, E_DENIED);
    rig_admin(r, "revision.record",
        receipt(r, secret, "rollback", "3333333333333333333333333333333333333333333333333333333333333333"));
    assert_int_equal(r->code, E_NOTFOUND);
    assert_int_equal(rig_ask(r, "web", "catalogue", NULL, 0), E_OK);
    json_t *catalogue = NULL;
    assert_int_equal(json_read(&r->t, rig_get(r, "body"), &catalogue), E_OK);
    json_t *cars = json_array_get(json_object_get(catalogue, "datasets"), 0);
    assert_true(
        span_is(json_text(cars, "title"), "Cars") && span_is(json_text(json_object_get(cars, "current"), "sha"), one));
    assert_int_equal(
        json_array_size(json_object_get(rig_admin(r, "revision.list", "{\"name\":\"cars\"}"), "revisions")), 2);
    rig_admin(r, "dataset.withdraw", "{\"name\":\"cars\"}");
    assert_int_equal(rig_ask(r, "web", "catalogue", NULL, 0), E_OK);
    assert_int_equal(json_read(&r->t, rig_get(r, "body"), &catalogue), E_OK);
    assert_int_equal(json_array_size(json_object_get(catalogue, "datasets")), 0);
}

static void
malformed_admin_input_is_told(void **state)
{
    struct rig *r = *state;
    static const struct {
        const char *operation, *in;
        enum err want;
    } rows[] = {
        {"user.add", "{}", E_INVALID},
        {"user.add", "[]", E_INVALID},
        {"user.add", "{\"name\":\"Mia\",\"role\":\"member\"}", E_INVALID},
        {"user.add", "{\"name\":\"operator\",\"role\":\"admin\"}", E_INVALID},
        {"user.add", "{\"name\":\"mia\",\"role\":\"root\"}", E_INVALID},
        {"user.add", "{\"name\":\"mia\",\"role\":\"member\",\"password\":\"short\"}", E_INVALID},
        {"user.add", "{\"name\":\"admin\",\"role\":\"member\"}", E_CONFLICT},
        {"user.passwd", "{\"name\":\"nobody\",\"password\":\"long enough\"}", E_NOTFOUND},
        {"dataset.set", "{\"name\":\"../x\"}", E_INVALID},
        {"dataset.set", "{\"name\":\"x\",\"visibility\":\"all\"}", E_INVALID},
        {"dataset.grant", "{\"name\":\"x\",\"operation\":\"publish\",\"args_hash\":\"00\"}", E_INVALID},
        {"dataset.grant", "{\"name\":\"x\",\"operation\":\"drop\",\"args_hash\":\"00\"}", E_INVALID},
        {"model.set", "{\"name\":\"guide\",\"api\":\"anthropic\",\"url\":\"https://x\",\"model\":\"m\"}", E_INVALID},
        {"model.set", "{\"name\":\"m\",\"api\":\"anthropic\",\"url\":\"http://example.org\",\"model\":\"m\"}",
            E_INVALID},
        {"model.set", "{\"name\":\"m\",\"api\":\"anthropic\",\"url\":\"https://u:p@example.org\",\"model\":\"m\"}",
            E_INVALID},
        {"model.set", "{\"name\":\"m\",\"api\":\"gemini\",\"url\":\"https://x\",\"model\":\"m?key=x\"}", E_INVALID},
        {"model.set",
            "{\"name\":\"m\",\"api\":\"gemini\",\"url\":\"https://x\",\"model\":\"m\",\"properties\":{\"fallback\":1}}",
            E_INVALID},
        {"model.set", "{\"name\":\"m\",\"api\":\"other\",\"url\":\"https://example.org\",\"model\":\"m\"}", E_INVALID},
        {"egress.grant", "{\"capability\":\"http\",\"args_hash\":\"00\"}", E_INVALID},
        {"setting.set", "{\"name\":\"secret\",\"value\":\"x\"}", E_INVALID},
        {"revision.record", "{\"receipt\":\"!!\"}", E_INVALID},
        {"revision.record", "{\"receipt\":\"AAAA\"}", E_NOTFOUND}, /* effect has no key yet */
        {"no.such", "{}", E_INVALID},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rig_admin(r, rows[i].operation, rows[i].in);
        if (r->code != rows[i].want)
            print_error("%s %s: %s\n", rows[i].operation, rows[i].in, err_word(r->code));
        assert_int_equal(r->code, rows[i].want);
    }
}

static void
a_full_disk_stops_changes_and_no_reads(void **state)
{
    struct rig *r = *state;
    int64_t pages = 0, bad = -1;
    rig_dataset(r, "movies", "public", SPAN("operator"));
    struct span session = rig_session(r, "admin");
    assert_int_equal(db_number(&r->t, &r->g.db, "PRAGMA page_count", DB_NO_ARGS, 0, &pages), E_OK);
    assert_int_equal(
        db_exec(&r->t, &r->g.db, task_printf(&r->t, "PRAGMA max_page_count = %lld", (long long)pages)), E_OK);
    enum err last = E_OK;
    for (int i = 0; i < 200 && last == E_OK; i++)
        last = ASK(r, "web", "conversation.start", SPAN("session"), session, SPAN("datasets"), SPAN("movies"));
    assert_int_equal(last, E_UNAVAILABLE);
    assert_true(span_find(rig_get(r, "message"), SPAN("The disk is full")) == 0);
    clock_shift_ms(120 * 1000); /* a use of the session would be noted now, and the time */
    assert_int_equal(ASK(r, "web", "catalogue", SPAN("session"), session), E_OK);
    assert_int_equal(frame_i64(&r->reply, "signed_in", 0), 1);
    clock_shift_ms(-120 * 1000);
    assert_int_equal(auth_audit_verify(&r->t, &r->g.db, &bad), E_OK);
    assert_int_equal(bad, 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_up, rig_down)
    const struct CMUnitTest tests[] = {
        TEST(the_first_start_makes_one_admin),
        TEST(only_the_operators_own_user_is_the_operator),
        TEST(members_can_administer_nothing),
        TEST(there_is_always_an_admin),
        TEST(a_changed_record_is_noticed),
        TEST(a_revision_is_recorded_on_effects_receipt_once),
        TEST(malformed_admin_input_is_told),
        TEST(a_full_disk_stops_changes_and_no_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
