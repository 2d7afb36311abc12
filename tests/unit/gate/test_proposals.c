/* test_proposals: ceilings, sinks, effects, budgets: what a turn may propose, and what comes of it. */
#include "gate/policy_set.h"
#include "talk.h"

static void
the_ceiling_is_the_least_of_asker_model_and_mode(void **state)
{
    static const struct {
        const char *dataset, *model;
        bool private_chat, is_bob;
        int64_t ceiling; /* -1: refused */
        int taint;
    } rows[] = {
        {"mixed", "guide", false, false, 0, 0}, /* public mode: nothing above */
        {"mixed", "near", false, false, 0, 0},  /* the same, whatever the model */
        {"mixed", "guide", true, false, 3, 3},  /* its owner's, by the guide */
        {"mixed", "near", true, false, 2, 2},   /* the model's */
        {"mixed", "far", true, false, 0, 0},    /* the model's: what lies above is absent */
        {"mixed", "guide", true, true, 1, 0},   /* the asker's */
        {"desk", "near", false, false, 2, 2},   /* attached: private */
        {"desk", "far", false, false, -1, 2},   /* the model is not cleared */
        {"team", "guide", false, true, 1, 1},
        {"open", "", true, false, 3, 0}, /* no model named: as the guide; nothing above public in it */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *r = *state;
        struct talk k = {.session = rows[i].is_bob ? bob : ann};
        assert_int_equal(start(r, &k, rows[i].dataset, rows[i].private_chat), E_OK);
        if (rows[i].ceiling < 0) {
            assert_true(reads(r, &k, rows[i].dataset, rows[i].model, ABOVE));
        } else {
            assert_true(reads(r, &k, rows[i].dataset, rows[i].model, ALLOWED));
            assert_int_equal(granted(r, "query").level, rows[i].ceiling);
        }
        assert_int_equal(taint_of(r, &k).level, rows[i].taint);
    }
}

static void
taint_is_raised_by_what_is_given_and_decides_where_it_goes(void **state)
{
    struct rig *r = *state;
    struct talk k = {.session = ann};
    assert_int_equal(start(r, &k, "mixed", true), E_OK);
    assert_true(span_is(k.mode, "private") && taint_of(r, &k).level == 0);
    assert_true(asks_model(r, &k, "far", ALLOWED)); /* the question alone: its sender let it go there */
    assert_int_equal(taint_of(r, &k).integrity, 3);
    assert_true(reads(r, &k, "mixed", "far", ALLOWED));
    assert_int_equal(taint_of(r, &k).level, 0);
    assert_int_equal(taint_of(r, &k).integrity, 4);
    assert_true(asks_model(r, &k, "far", ALLOWED));
    /* The agent says that it asks for a cleared model: from then on it is what the conversation holds. */
    assert_true(reads(r, &k, "mixed", "near", ALLOWED));
    assert_int_equal(taint_of(r, &k).level, 2);
    assert_true(span_is(taint_of(r, &k).categories, "[\"mixed\"]"));
    assert_true(asks_model(r, &k, "far", ABOVE));
    assert_true(asks_model(r, &k, "near", ALLOWED));
    assert_true(reads(r, &k, "mixed", "guide", ALLOWED));
    assert_true(asks_model(r, &k, "near", ABOVE));
    assert_true(asks_model(r, &k, "guide", ALLOWED));
    /* A further turn inherits it. */
    assert_int_equal(ASK(r, "web", "turn.start", SPAN("session"), ann, SPAN("conversation"), k.conversation,
                         SPAN("verb"), SPAN("ask")),
        E_OK);
    k.ticket = rig_get(r, "ticket");
    assert_true(asks_model(r, &k, "near", ABOVE));
}

static struct span
hash_of(struct rig *r, const char *capability, struct span body)
{
    const struct span fields[] = {span_of(capability), body};
    return grant_args_hash(&r->t, fields, 2);
}

static struct wish
fetch(struct rig *r)
{
    struct span body = SPAN("{\"url\":\"https://example.org/page\"}");
    return (struct wish){"egress", "fetch", "", "near", hash_of(r, "fetch", body), body, SPAN_NONE, SPAN_NONE};
}

static struct wish
dryrun(struct rig *r, const char *dataset)
{
    struct span sql = SPAN("UPDATE t SET a = 1");
    const struct span fields[] = {SPAN("dryrun"), span_of(dataset), sql};
    return (struct wish){
        "effect", "dryrun", dataset, "near", grant_args_hash(&r->t, fields, 3), sql, SPAN_NONE, SPAN_NONE};
}

/* What effect says of a dry run. */
static struct wish
write_of(struct rig *r, const struct talk *k, const char *dataset, const char *sql, bool destructive)
{
    unsigned char secret[GRANT_SECRET_BYTES];
    char hex[HASH_HEX_BYTES], id[ID_BYTES + 1];
    id_new('w', id);
    hash_hex(span_of(sql), hex);
    assert_int_equal(grant_key_own(&r->t, "leaders", "effect", secret), E_OK);
    struct grant g = {.audience = SPAN("gate"),
        .capability = SPAN("receipt"),
        .subject = SPAN("effect"),
        .conversation = k->conversation,
        .dataset = span_of(dataset),
        .expires_ms = clock_unix_ms() + 60000,
        .detail = task_format(&r->t,
            "{\"operation\":\"dryrun\",\"proposal\":\"%s\",\"digest\":\"%s\",\"sql_hash\":\"%s\",\"inserted\":0,"
            "\"updated\":2,\"deleted\":0,\"before\":5,\"after\":5,\"tables\":1,\"ddl\":false,\"destructive\":%s,"
            "\"undoable\":true}",
            id, hex, hex, destructive ? "true" : "false")};
    struct span receipt = grant_seal(&r->t, secret, &g);
    return (struct wish){
        "effect", "write", dataset, "near", hash_of(r, "write", receipt), span_of(sql), receipt, SPAN_NONE};
}

static void
changes_go_to_their_own_dataset_alone(void **state)
{
    struct rig *r = *state;
    struct talk k = {.session = ann}, two = {.session = ann}, other = {.session = bob}, nobody = {0};
    const char *sql = "UPDATE t SET a = 1";
    struct wish w;
    assert_int_equal(start(r, &k, "desk", false), E_OK);
    w = dryrun(r, "desk");
    assert_true(is(r, &k, &w, "REFUSE", "not-writable"));
    static const char *const names[] = {"desk", "vault", "open", "mixed"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        own(r, ann, "label.set", task_printf(&r->t, "{\"dataset\":\"%s\",\"writable\":true}", names[i]));
    assert_true(reads(r, &k, "desk", "near", ALLOWED));
    assert_true(is(r, &k, &w, "ALLOW", "ephemeral"));
    struct grant g = granted(r, "effect");
    assert_true(
        span_is(g.capability, "dryrun") && g.level == 2 && span_find(g.detail, SPAN("\"change_rows\":1000")) > 0);
    w = write_of(r, &k, "desk", sql, false);
    assert_true(is(r, &k, &w, "ASK", "effect-needs-approval"));
    struct span first = rig_get(r, "approval");
    assert_true(id_is(first, 'p') && rig_get(r, "grant").n == 0 && frame_i64(&r->reply, "expires_ms", 0) > 0);
    w = write_of(r, &k, "desk", sql, true);
    assert_true(is(r, &k, &w, "REFUSE", "authority-is-for-people"));
    /* The receipt must be effect's, of this conversation, this dataset and these bytes. */
    w = write_of(r, &k, "desk", sql, false);
    w.body = SPAN("DELETE FROM t");
    assert_true(is(r, &k, &w, "REFUSE", "receipt-mismatch"));
    w = write_of(r, &other, "desk", sql, false);
    assert_true(is(r, &k, &w, "REFUSE", "receipt-mismatch"));
    /* GitHub's case: both are hers; what was read from one does not go into the other. */
    assert_int_equal(start(r, &two, "desk\nvault", false), E_OK);
    assert_true(reads(r, &two, "desk", "near", ALLOWED));
    w = write_of(r, &two, "vault", sql, false);
    assert_true(is(r, &two, &w, ABOVE));
    w = dryrun(r, "vault");
    assert_true(is(r, &two, &w, ABOVE));
    /* Nor what a private chat holds to where everybody reads. */
    assert_int_equal(start(r, &two, "open", true), E_OK);
    w = write_of(r, &two, "open", sql, false);
    assert_true(is(r, &two, &w, ABOVE));
    /* In public mode it is hers to allow; not others', not visitors'. */
    assert_int_equal(start(r, &two, "open", false), E_OK);
    w = write_of(r, &two, "open", sql, false);
    assert_true(is(r, &two, &w, "ASK", "effect-needs-approval"));
    assert_int_equal(start(r, &other, "open", false), E_OK);
    w = write_of(r, &other, "open", sql, false);
    assert_true(is(r, &other, &w, "REFUSE", "not-writable"));
    assert_int_equal(start(r, &nobody, "open", false), E_OK);
    w = write_of(r, &nobody, "open", sql, false);
    assert_true(is(r, &nobody, &w, "REFUSE", "approval-needs-account"));
}

static void
outside_is_for_public_chats(void **state)
{
    struct rig *r = *state;
    struct talk k = {.session = ann}, hers = {.session = ann}, nobody = {0};
    struct wish w = fetch(r);
    assert_int_equal(start(r, &k, "open", false), E_OK);
    assert_true(is(r, &k, &w, "ASK", "effect-needs-approval"));
    struct span id = task_dup(&r->t, rig_get(r, "approval"));
    assert_true(is(r, &k, &w, "ASK", "effect-needs-approval") && span_eq(id, rig_get(r, "approval"))); /* the same */
    w.approval = id;
    assert_true(is(r, &k, &w, "ASK", "effect-needs-approval") && rig_get(r, "grant").n == 0); /* still open */
    assert_int_equal(
        sqlite3_exec(r->g.db.handle, "UPDATE approval SET state = 'approved'", NULL, NULL, NULL), SQLITE_OK);
    assert_true(is(r, &k, &w, "ALLOW", "approved"));
    struct grant g = granted(r, "egress");
    assert_true(span_is(g.detail, "{\"url\":\"https://example.org/page\",\"method\":\"GET\",\"auth\":\"none\","
                                  "\"headers\":{},\"loopback\":false,\"most_bytes\":262144}"));
    assert_int_equal(taint_of(r, &k).integrity, 4);
    assert_true(
        is(r, &k, &w, "REFUSE", "void") && rig_get(r, "grant").n == 0); /* once: the page is in the context now */
    w = fetch(r);
    w.body = SPAN("{\"url\":\"https://user@evil.example/\"}");
    w.hash = hash_of(r, "fetch", w.body);
    assert_true(is(r, &k, &w, "REFUSE", "no-such-address"));
    w.hash = SPAN_NONE;
    assert_int_equal(propose(r, &k, &w), E_INVALID);
    w = fetch(r);
    assert_int_equal(start(r, &hers, "open", true), E_OK);
    assert_true(is(r, &hers, &w, ABOVE));
    assert_int_equal(start(r, &nobody, "open", false), E_OK);
    assert_true(is(r, &nobody, &w, "REFUSE", "approval-needs-account"));
    rig_admin(r, "policy.set", "{\"fetch\":false}");
    assert_int_equal(start(r, &k, "open", false), E_OK);
    assert_true(is(r, &k, &w, "REFUSE", "no-such-tool"));
}

static void
strict_changes_nothing(void **state)
{
    struct rig *r = *state;
    struct talk k = {.session = ann}, open = {.session = ann};
    struct wish w = fetch(r);
    struct policy_set before, after;
    assert_int_equal(policy_set_read(&r->t, &r->g, &before), E_OK);
    rig_admin(r, "policy.set", "{\"strict\":true,\"turn_calls\":600}");
    assert_int_equal(r->code, E_OK);
    assert_int_equal(policy_set_read(&r->t, &r->g, &after), E_OK);
    assert_true(after.strict && after.turn_calls == 600 && after.turn_declines == 2);
    assert_string_not_equal(before.hash, after.hash);
    own(r, ann, "label.set", "{\"dataset\":\"desk\",\"writable\":true}");
    assert_int_equal(start(r, &k, "desk", false), E_OK);
    assert_true(reads(r, &k, "desk", "near", ALLOWED));
    struct wish write = write_of(r, &k, "desk", "UPDATE t SET a = 1", false);
    assert_true(is(r, &k, &write, "REFUSE", "strict-mode"));
    assert_int_equal(start(r, &open, "open", false), E_OK);
    assert_true(is(r, &open, &w, "REFUSE", "outside-needs-public-mode"));
    /* Strict does not let through what public mode stops. */
    own(r, ann, "label.set", "{\"dataset\":\"open\",\"level\":2}");
    assert_true(asks_model(r, &open, "guide", "REFUSE", "private-data-in-public-mode"));
    /* Bounds are told. */
    static const char *const bad[] = {"{}", "{\"strict\":1}", "{\"turn_calls\":0}", "{\"approve_durable_ms\":5}",
        "{\"nothing\":1}", "{\"undo_days\":\"7\"}", "{\"change_rows\":-1}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        rig_admin(r, "policy.set", bad[i]);
        assert_int_equal(r->code, E_INVALID);
    }
    json_t *now = rig_admin(r, "policy.get", "{}");
    assert_true(json_flag(now, "strict", false) && span_is(json_text(now, "hash"), after.hash));
    /* A model's clearance is part of the policy. */
    rig_admin(r, "model.set",
        "{\"name\":\"far\",\"api\":\"openai-chat\",\"url\":\"https://api.example.org/v1\",\"model\":\"m\","
        "\"clearance\":\"org\"}");
    assert_int_equal(policy_set_read(&r->t, &r->g, &before), E_OK);
    assert_string_not_equal(before.hash, after.hash);
}

static void
a_turn_that_is_told_no_too_often_is_frozen(void **state)
{
    struct rig *r = *state;
    struct talk k = {.session = ann}, fresh = {.session = ann}, many = {.session = ann}, declined = {.session = ann};
    assert_int_equal(start(r, &k, "desk", false), E_OK);
    for (int i = 0; i < 20; i++) /* asking whether it may is no misconduct */
        assert_true(asks_model(r, &k, "far", ABOVE));
    for (int i = 0; i < 8; i++)
        assert_true(reads(r, &k, "open", "near", "REFUSE", "not-in-this-conversation"));
    assert_true(reads(r, &k, "desk", "near", "REFUSE", "turn-frozen"));
    assert_true(asks_model(r, &k, "guide", "REFUSE", "turn-frozen"));
    assert_int_equal(ASK(r, "web", "turn.start", SPAN("session"), ann, SPAN("conversation"), k.conversation,
                         SPAN("verb"), SPAN("ask")),
        E_OK);
    k.ticket = rig_get(r, "ticket");
    assert_true(reads(r, &k, "desk", "near", ALLOWED)); /* the next turn is another one */
    rig_admin(r, "policy.set", "{\"turn_calls\":3}");
    assert_int_equal(start(r, &many, "open", false), E_OK);
    for (int i = 0; i < 3; i++)
        assert_true(reads(r, &many, "open", "near", ALLOWED));
    assert_true(reads(r, &many, "open", "near", "REFUSE", "turn-budget"));
    /* Two that were declined. */
    rig_admin(r, "policy.set", "{\"turn_calls\":500}");
    assert_int_equal(start(r, &declined, "open", false), E_OK);
    for (int i = 0; i < 2; i++) {
        struct wish w = fetch(r);
        w.body = task_format(&r->t, "{\"url\":\"https://example.org/%d\"}", i);
        w.hash = hash_of(r, "fetch", w.body);
        assert_true(is(r, &declined, &w, "ASK", "effect-needs-approval"));
        assert_int_equal(
            sqlite3_exec(r->g.db.handle, "UPDATE approval SET state = 'declined'", NULL, NULL, NULL), SQLITE_OK);
    }
    assert_true(reads(r, &declined, "open", "near", "REFUSE", "turn-frozen"));
    assert_int_equal(start(r, &fresh, "open", false), E_OK);
    assert_true(reads(r, &fresh, "open", "near", ALLOWED));
}

static void
the_scratch_database_is_the_conversations(void **state)
{
    struct rig *r = *state;
    struct talk k = {.session = ann}, open = {0};
    struct span sql = SPAN("CREATE TABLE t AS SELECT * FROM data.notes");
    assert_int_equal(start(r, &k, "desk", false), E_OK);
    const struct span fields[] = {SPAN("scratch"), k.conversation, SPAN("desk"), sql};
    struct wish w = {"effect", "scratch", "desk", "near", grant_args_hash(&r->t, fields, 4), sql, SPAN_NONE, SPAN_NONE};
    assert_true(is(r, &k, &w, "ALLOW", "ephemeral"));
    assert_int_equal(granted(r, "effect").level, 2);
    assert_int_equal(taint_of(r, &k).integrity, 4); /* what is in it may be read from now on */
    assert_true(reads(r, &k, "scratch", "near", ALLOWED));
    struct grant g = granted(r, "query");
    assert_true(span_is(g.dataset, "scratch") && span_eq(g.conversation, k.conversation) && g.level == 2);
    assert_true(reads(r, &k, "scratch", "far", ABOVE));
    w.model = "far";
    assert_true(is(r, &k, &w, ABOVE));
    w.hash = SPAN_NONE;
    w.model = "near";
    assert_int_equal(propose(r, &k, &w), E_INVALID);
    assert_int_equal(start(r, &open, "open", false), E_OK);
    const struct span alone[] = {SPAN("scratch"), open.conversation, SPAN_NONE, sql};
    w = (struct wish){"effect", "scratch", "", "far", grant_args_hash(&r->t, alone, 4), sql, SPAN_NONE, SPAN_NONE};
    assert_true(is(r, &open, &w, "ALLOW", "ephemeral")); /* visitors, too */
    assert_int_equal(granted(r, "effect").level, 0);
    rig_admin(r, "dataset.set", "{\"name\":\"scratch\"}");
    assert_int_equal(r->code, E_INVALID); /* the name is taken */
}

static void
queries_are_saved_with_approval(void **state)
{
    struct rig *r = *state;
    struct talk k = {.session = ann}, two = {.session = ann};
    struct span body = SPAN("{\"name\":\"n\",\"dataset\":\"desk\",\"sql\":\"SELECT 1\",\"params\":[],\"about\":\"\"}");
    struct wish w = {"gate", "save", "desk", "near", hash_of(r, "save", body), body, SPAN_NONE, SPAN_NONE};
    assert_int_equal(start(r, &k, "desk", false), E_OK);
    assert_true(is(r, &k, &w, "ASK", "effect-needs-approval"));
    assert_int_equal(start(r, &two, "desk\nvault", false), E_OK);
    assert_true(is(r, &two, &w, ABOVE));
    w.dataset = "vault";
    assert_int_equal(propose(r, &two, &w), E_INVALID); /* another dataset than in its text */
}

static void
a_decision_is_on_record_with_all_it_stood_on(void **state)
{
    struct rig *r = *state;
    struct talk k = {.session = ann};
    static const char *const keys[] = {"proposer", "integrity", "level", "dominates", "effect", "clearance", "mode",
        "approval", "decision", "reason", "ordinal", "categories", "from", "audience", "capability", "turn", "dataset",
        "model", "sink", "message", "policy", "args"};
    assert_int_equal(start(r, &k, "desk", false), E_OK);
    assert_true(reads(r, &k, "desk", "near", ALLOWED));
    json_t *row = json_array_get(json_object_get(rig_admin(r, "audit.tail", "{\"n\":1}"), "rows"), 0);
    json_t *detail = json_object_get(row, "detail");
    const char *key;
    json_t *v;
    size_t i = 0;
    json_object_foreach(detail, key, v)
    {
        assert_true(i < sizeof keys / sizeof keys[0]);
        assert_string_equal(key, keys[i++]);
    }
    assert_int_equal(i, sizeof keys / sizeof keys[0]);
    assert_true(span_is(json_text(detail, "level"), "private") && span_is(json_text(detail, "effect"), "E0"));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world, rig_down)
    const struct CMUnitTest tests[] = {
        TEST(the_ceiling_is_the_least_of_asker_model_and_mode),
        TEST(taint_is_raised_by_what_is_given_and_decides_where_it_goes),
        TEST(changes_go_to_their_own_dataset_alone),
        TEST(outside_is_for_public_chats),
        TEST(strict_changes_nothing),
        TEST(a_turn_that_is_told_no_too_often_is_frozen),
        TEST(the_scratch_database_is_the_conversations),
        TEST(queries_are_saved_with_approval),
        TEST(a_decision_is_on_record_with_all_it_stood_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
