/* test_decisions: conversations, tickets, proposals, budgets, the clock: over gate's own socket format. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness.h"

static const char hash32[] = "0123456789abcdef0123456789abcdef";
#define HASH SPAN("args_hash"), ((struct span){hash32, 32})

struct talk {
    struct span session, visitor, conversation, turn, ticket, mode, owner;
};

static enum err
start(struct rig *r, struct talk *k, const char *datasets)
{
    if (ASK(r, "web", "conversation.start", SPAN("session"), k->session, SPAN("visitor"), k->visitor, SPAN("datasets"),
            span_of(datasets)) != E_OK)
        return r->code;
    k->conversation = rig_get(r, "conversation");
    k->turn = rig_get(r, "turn");
    k->ticket = rig_get(r, "ticket");
    k->mode = rig_get(r, "mode");
    k->owner = rig_get(r, "principal");
    if (rig_get(r, "visitor_cookie").n > 0)
        k->visitor = rig_get(r, "visitor_cookie");
    return E_OK;
}

static enum err
propose_as(struct rig *r, const char *role, const struct talk *k, const char *audience, const char *capability,
    const char *what)
{
    bool query = strcmp(audience, "query") == 0;
    return ASK(r, role, "propose", SPAN("ticket"), k->ticket, SPAN("ordinal"), ((struct span){"\1\0\0\0\0\0\0\0", 8}),
        SPAN("audience"), span_of(audience), SPAN("capability"), span_of(capability),
        query ? SPAN("dataset") : SPAN("model"), span_of(what), HASH);
}

static enum err
propose(struct rig *r, const struct talk *k, const char *audience, const char *capability, const char *what)
{
    return propose_as(r, span_is(k->mode, "private") ? "agentpriv" : "agentpub", k, audience, capability, what);
}

static bool
said(const struct rig *r, const char *decision, const char *reason)
{
    if (!span_is(rig_get(r, "decision"), decision) || !span_is(rig_get(r, "reason"), reason))
        print_error("%.*s %.*s\n", SPAN_ARG(rig_get(r, "decision")), SPAN_ARG(rig_get(r, "reason")));
    return span_is(rig_get(r, "decision"), decision) && span_is(rig_get(r, "reason"), reason);
}

static enum err
may(struct rig *r, const struct talk *k, const char *verb, const char *kind, struct span id)
{
    return ASK(r, "web", "authorize", SPAN("session"), k->session, SPAN("visitor"), k->visitor, SPAN("verb"),
        span_of(verb), SPAN("kind"), span_of(kind), SPAN("id"), id);
}

static void
a_visitor_has_a_conversation_that_nobody_else_reads(void **state)
{
    struct rig *r = *state;
    struct talk mine = {0}, other = {0}, nobody = {0}, admin = {0};
    rig_dataset(r, "movies", "public", SPAN("operator"));
    assert_int_equal(start(r, &mine, "movies"), E_OK);
    assert_true(
        span_is(mine.mode, "public") && mine.visitor.n == 43 && id_is(mine.conversation, 'c') && id_is(mine.turn, 't'));
    assert_int_equal(start(r, &other, "movies"), E_OK);
    assert_false(span_eq(mine.visitor, other.visitor));
    admin.session = rig_session(r, "admin");
    static const char *const verbs[] = {"read", "stop", "rename", "ask", "answer", "delete"};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        assert_int_equal(may(r, &other, verbs[i], "conversation", mine.conversation), E_NOTFOUND);
        assert_int_equal(may(r, &nobody, verbs[i], "conversation", mine.conversation), E_NOTFOUND);
        assert_int_equal(may(r, &admin, verbs[i], "conversation", mine.conversation), E_NOTFOUND);
        assert_int_equal(may(r, &mine, verbs[i], "conversation", mine.conversation), E_OK);
    }
    /* The last verb was delete: nothing goes on, but deleting may be repeated. */
    assert_int_equal(may(r, &mine, "read", "conversation", mine.conversation), E_NOTFOUND);
    assert_int_equal(may(r, &mine, "delete", "conversation", mine.conversation), E_OK);
    assert_int_equal(propose(r, &mine, "query", "sql", "movies"), E_DENIED);
}

static void
a_turn_of_another_is_not_started(void **state)
{
    struct rig *r = *state;
    struct talk mine = {0}, other = {0};
    rig_dataset(r, "movies", "public", SPAN("operator"));
    assert_int_equal(start(r, &mine, "movies"), E_OK);
    assert_int_equal(start(r, &other, "movies"), E_OK);
    assert_int_equal(ASK(r, "web", "turn.start", SPAN("visitor"), other.visitor, SPAN("conversation"),
                         mine.conversation, SPAN("verb"), SPAN("ask")),
        E_NOTFOUND);
    assert_int_equal(ASK(r, "web", "turn.start", SPAN("visitor"), mine.visitor, SPAN("conversation"), mine.conversation,
                         SPAN("verb"), SPAN("read")),
        E_INVALID);
    assert_int_equal(ASK(r, "web", "turn.start", SPAN("visitor"), mine.visitor, SPAN("conversation"), mine.conversation,
                         SPAN("verb"), SPAN("ask")),
        E_OK);
    assert_true(id_is(rig_get(r, "turn"), 't') && !span_eq(rig_get(r, "turn"), mine.turn));
    assert_int_equal(ASK(r, "web", "turn.start", SPAN("visitor"), mine.visitor, SPAN("conversation"), mine.conversation,
                         SPAN("turn"), mine.turn, SPAN("verb"), SPAN("answer")),
        E_OK);
    assert_true(span_eq(rig_get(r, "turn"), mine.turn));
}

static void
the_mode_follows_the_datasets(void **state)
{
    struct rig *r = *state;
    struct span mia = rig_user(r, "mia", "member");
    struct talk k = {.session = rig_session(r, "mia")}, nobody = {0};
    rig_dataset(r, "open", "public", SPAN("operator"));
    rig_dataset(r, "team", "members", SPAN("operator"));
    rig_dataset(r, "hers", "private", mia);
    rig_dataset(r, "others", "private", SPAN("operator"));
    assert_int_equal(start(r, &k, "open"), E_OK);
    assert_true(span_is(k.mode, "public"));
    assert_int_equal(start(r, &k, "open\nhers"), E_OK);
    assert_true(span_is(k.mode, "private"));
    assert_int_equal(start(r, &k, "team"), E_OK);
    assert_true(span_is(k.mode, "private"));
    assert_int_equal(start(r, &k, "others"), E_NOTFOUND);
    assert_int_equal(start(r, &k, ""), E_INVALID);
    assert_int_equal(start(r, &nobody, "team"), E_NOTFOUND);
}

static void
a_proposal_is_sealed_for_exactly_that_call(void **state)
{
    struct rig *r = *state;
    struct talk k = {0};
    struct grant g, again;
    rig_dataset(r, "movies", "public", SPAN("operator"));
    rig_dataset(r, "cars", "public", SPAN("operator"));
    assert_int_equal(start(r, &k, "movies"), E_OK);
    assert_int_equal(propose(r, &k, "query", "sql", "movies"), E_OK);
    assert_true(said(r, "ALLOW", "read-within-clearance"));
    assert_int_equal(grant_open(&r->t, r->g.key, rig_get(r, "grant"), "query", clock_unix_ms(), &g), E_OK);
    assert_true(
        span_is(g.args_hash, hash32) && span_is(g.dataset, "movies") && span_is(g.capability, "sql") && !g.reusable);
    assert_true(span_eq(g.conversation, k.conversation) && span_eq(g.turn, k.turn) && g.level == 0 && g.ordinal == 1);
    assert_int_equal(propose(r, &k, "query", "sql", "movies"), E_OK);
    assert_int_equal(grant_open(&r->t, r->g.key, rig_get(r, "grant"), "query", clock_unix_ms(), &again), E_OK);
    assert_false(span_eq(g.nonce, again.nonce));
    /* What is not the turn's own is refused, whatever it is. */
    static const struct {
        const char *audience, *capability, *what, *reason;
    } rows[] = {
        {"query", "sql", "cars", "not-in-this-conversation"},
        {"query", "sql", "no-such", "not-in-this-conversation"},
        {"query", "write", "movies", "no-such-capability"},
        {"effect", "publish", "movies", "authority-is-for-people"},
        {"gate", "turn", "movies", "authority-is-for-people"},
        {"egress", "secret.set", "x", "no-such-capability"},
        {"egress", "llm", "no-such", "no-such-model"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(propose(r, &k, rows[i].audience, rows[i].capability, rows[i].what), E_OK);
        assert_true(said(r, "REFUSE", rows[i].reason));
        assert_int_equal(rig_get(r, "grant").n, 0);
    }
}

static void
a_proposal_needs_a_ticket_and_a_hash(void **state)
{
    struct rig *r = *state;
    struct talk k = {0}, forged;
    unsigned char key[GRANT_KEY_BYTES], secret[GRANT_SECRET_BYTES];
    rig_dataset(r, "movies", "public", SPAN("operator"));
    assert_int_equal(start(r, &k, "movies"), E_OK);
    assert_int_equal(
        ASK(r, "agentpub", "propose", SPAN("ticket"), k.ticket, SPAN("audience"), SPAN("query"), HASH), E_INVALID);
    assert_int_equal(
        ASK(r, "agentpub", "propose", SPAN("ticket"), k.ticket, SPAN("audience"), SPAN("query"), SPAN("capability"),
            SPAN("sql"), SPAN("dataset"), SPAN("movies"), SPAN("ordinal"), ((struct span){"\1\0\0\0\0\0\0\0", 8})),
        E_INVALID);
    forged = k;
    crypto_sign_keypair(key, secret);
    struct grant g = {.audience = SPAN("gate"),
        .capability = SPAN("turn"),
        .subject = SPAN("operator"),
        .conversation = k.conversation,
        .turn = k.turn,
        .mode = SPAN("public"),
        .reusable = true,
        .expires_ms = clock_unix_ms() + 1000};
    forged.ticket = grant_seal(&r->t, secret, &g);
    assert_int_equal(propose(r, &forged, "query", "sql", "movies"), E_DENIED);
    /* Sealed by gate, but no ticket: a grant for query. */
    assert_int_equal(propose(r, &k, "query", "sql", "movies"), E_OK);
    forged.ticket = rig_get(r, "grant");
    assert_int_equal(propose(r, &forged, "query", "sql", "movies"), E_DENIED);
    /* Sealed by gate for itself, but not as a turn's; and for somebody who does not own the conversation. */
    g.capability = SPAN("receipt");
    g.subject = k.owner;
    g.expires_ms = clock_unix_ms() + 1000;
    forged.ticket = grant_seal(&r->t, r->g.secret, &g);
    assert_int_equal(propose(r, &forged, "query", "sql", "movies"), E_DENIED);
    g.capability = SPAN("turn");
    forged.ticket = grant_seal(&r->t, r->g.secret, &g);
    assert_int_equal(propose(r, &forged, "query", "sql", "movies"), E_OK); /* this one is as gate makes them */
    g.subject = SPAN("operator");
    forged.ticket = grant_seal(&r->t, r->g.secret, &g);
    assert_int_equal(propose(r, &forged, "query", "sql", "movies"), E_DENIED);
    clock_shift_ms(TICKET_LIFE_MS + 1);
    assert_int_equal(propose(r, &k, "query", "sql", "movies"), E_DENIED);
    clock_shift_ms(-TICKET_LIFE_MS - 1);
}

static void
what_changed_since_the_start_counts(void **state)
{
    struct rig *r = *state;
    rig_user(r, "mia", "member");
    rig_user(r, "noa", "member");
    struct talk mia = {.session = rig_session(r, "mia")}, noa = {.session = rig_session(r, "noa")};
    rig_dataset(r, "movies", "public", SPAN("operator"));
    assert_int_equal(start(r, &mia, "movies"), E_OK);
    assert_int_equal(start(r, &noa, "movies"), E_OK);
    rig_admin(r, "user.disable", "{\"name\":\"noa\"}");
    assert_int_equal(propose(r, &noa, "query", "sql", "movies"), E_DENIED);
    rig_admin(r, "dataset.set", "{\"name\":\"movies\",\"visibility\":\"private\"}");
    assert_int_equal(propose(r, &mia, "query", "sql", "movies"), E_OK);
    assert_true(said(r, "REFUSE", "not-open-to-the-asker"));
    assert_int_equal(ASK(r, "web", "turn.start", SPAN("session"), mia.session, SPAN("conversation"), mia.conversation,
                         SPAN("verb"), SPAN("ask")),
        E_DENIED);
    assert_int_equal(may(r, &mia, "read", "conversation", mia.conversation), E_OK); /* what was answered stays */
    rig_admin(r, "dataset.reader", "{\"name\":\"movies\",\"user\":\"mia\"}");
    assert_int_equal(
        propose(r, &mia, "query", "sql", "movies"), E_OK); /* may read, but the conversation is a public one */
    assert_true(said(r, "REFUSE", "above-clearance"));
    assert_int_equal(propose(r, &mia, "egress", "llm", "guide"), E_OK); /* nor may what it read go on in public mode */
    assert_true(said(r, "REFUSE", "private-data-in-public-mode"));
}

static void
private_data_goes_to_cleared_models_alone(void **state)
{
    struct rig *r = *state;
    struct grant g;
    struct talk open = {0}, hers = {0};
    struct span mia = rig_user(r, "mia", "member");
    rig_dataset(r, "movies", "public", SPAN("operator"));
    rig_dataset(r, "hers", "private", mia);
    rig_admin(r, "model.set",
        "{\"name\":\"far\",\"api\":\"openai-chat\",\"url\":\"https://api.example.org/v1/"
        "\",\"model\":\"m\",\"secret\":\"KEY\"}");
    rig_admin(
        r, "model.set", "{\"name\":\"near\",\"api\":\"anthropic\",\"url\":\"http://127.0.0.1:9/v1\",\"model\":\"m\"}");
    rig_admin(r, "model.set",
        "{\"name\":\"off\",\"api\":\"anthropic\",\"url\":\"http://127.0.0.1:9/v1\",\"model\":\"m\",\"enabled\":false}");
    assert_int_equal(r->code, E_OK);
    hers.session = rig_session(r, "mia");
    assert_int_equal(start(r, &open, "movies"), E_OK);
    assert_int_equal(start(r, &hers, "hers"), E_OK);
    assert_int_equal(propose_as(r, "agentpub", &hers, "query", "sql", "hers"), E_DENIED); /* the other pool's turn */
    assert_int_equal(propose_as(r, "agentpriv", &open, "query", "sql", "movies"), E_DENIED);
    assert_int_equal(ASK(r, "agentpub", "turn.context", SPAN("ticket"), hers.ticket), E_DENIED);
    assert_int_equal(propose(r, &hers, "egress", "llm", "far"), E_OK);
    assert_true(said(r, "REFUSE", "above-clearance"));
    assert_int_equal(propose(r, &hers, "egress", "llm", "near"), E_OK);
    assert_true(said(r, "ALLOW", "read-within-clearance"));
    assert_int_equal(grant_open(&r->t, r->g.key, rig_get(r, "grant"), "egress", clock_unix_ms(), &g), E_OK);
    assert_true(
        span_is(g.detail, "{\"url\":\"http://127.0.0.1:9/v1/messages\",\"secret\":\"\",\"auth\":\"none\","
                          "\"headers\":{\"anthropic-version\":\"2023-06-01\"},\"loopback\":true,\"method\":\"POST\"}"));
    assert_int_equal(propose(r, &hers, "egress", "llm", "guide"), E_OK);
    assert_true(said(r, "ALLOW", "read-within-clearance") && rig_get(r, "grant").n == 0);
    assert_int_equal(propose(r, &hers, "egress", "llm", "off"), E_OK);
    assert_true(said(r, "REFUSE", "no-such-model"));
    assert_int_equal(propose(r, &open, "egress", "llm", "far"), E_OK);
    assert_true(said(r, "ALLOW", "read-within-clearance"));
    assert_int_equal(grant_open(&r->t, r->g.key, rig_get(r, "grant"), "egress", clock_unix_ms(), &g), E_OK);
    assert_true(span_is(g.detail,
        "{\"url\":\"https://api.example.org/v1/chat/completions\",\"secret\":\"KEY\",\"auth\":\"bearer\","
        "\"headers\":{},\"loopback\":false,\"method\":\"POST\"}"));
    assert_true(span_find(rig_get(r, "detail"), SPAN("KEY")) < 0); /* the agent is not told which secret */
}

static void
each_api_has_its_address_and_its_key(void **state)
{
    static const struct {
        const char *api, *model, *properties, *path, *auth;
    } rows[] = {
        {"openai-chat", "m", "{}", "/chat/completions", "bearer"},
        {"anthropic", "m", "{}", "/messages", "x-api-key"},
        {"openai-responses", "m", "{}", "/responses", "bearer"},
        {"gemini", "gemini-x", "{}", "/models/gemini-x:streamGenerateContent?alt=sse", "x-goog-api-key"},
        {"gemini", "tunedModels/x", "{\"stream\":false}", "/tunedModels/x:generateContent", "x-goog-api-key"},
    };
    struct rig *r = *state;
    struct talk open = {0};
    struct grant g;
    rig_dataset(r, "movies", "public", SPAN("operator"));
    assert_int_equal(start(r, &open, "movies"), E_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rig_admin(r, "model.set",
            task_printf(&r->t,
                "{\"name\":\"one\",\"api\":\"%s\",\"url\":\"https://x/v1\",\"model\":\"%s\",\"secret\":\"KEY\","
                "\"properties\":%s}",
                rows[i].api, rows[i].model, rows[i].properties));
        assert_int_equal(r->code, E_OK);
        assert_int_equal(propose(r, &open, "egress", "llm", "one"), E_OK);
        assert_int_equal(grant_open(&r->t, r->g.key, rig_get(r, "grant"), "egress", clock_unix_ms(), &g), E_OK);
        assert_true(span_find(g.detail, task_format(&r->t, "\"url\":\"https://x/v1%s\"", rows[i].path)) >= 0);
        assert_true(span_find(g.detail, task_format(&r->t, "\"auth\":\"%s\"", rows[i].auth)) >= 0);
    }
}

static void
a_persons_own_read_has_a_reusable_grant(void **state)
{
    struct rig *r = *state;
    struct grant g;
    rig_dataset(r, "movies", "public", SPAN("operator"));
    rig_dataset(r, "team", "members", SPAN("operator"));
    assert_int_equal(ASK(r, "web", "authorize", SPAN("verb"), SPAN("read"), SPAN("kind"), SPAN("dataset"), SPAN("id"),
                         SPAN("movies"), SPAN("audience"), SPAN("query"), SPAN("capability"), SPAN("read")),
        E_OK);
    assert_int_equal(grant_open(&r->t, r->g.key, rig_get(r, "grant"), "query", clock_unix_ms(), &g), E_OK);
    assert_true(g.reusable && g.args_hash.n == 0 && span_is(g.dataset, "movies") && span_is(g.capability, "read"));
    assert_int_equal(ASK(r, "web", "authorize", SPAN("verb"), SPAN("sql"), SPAN("kind"), SPAN("dataset"), SPAN("id"),
                         SPAN("movies"), SPAN("audience"), SPAN("query"), SPAN("capability"), SPAN("sql"), HASH),
        E_OK);
    assert_int_equal(grant_open(&r->t, r->g.key, rig_get(r, "grant"), "query", clock_unix_ms(), &g), E_OK);
    assert_true(!g.reusable && span_is(g.args_hash, hash32)); /* bound to one call: once */
    static const struct {
        const char *verb, *kind, *id, *audience, *capability, *dataset;
        enum err want;
    } rows[] = {
        {"read", "dataset", "movies", "egress", "llm", "", E_INVALID},
        {"read", "dataset", "movies", "query", "write", "", E_INVALID},
        {"read", "dataset", "movies", "effect", "publish", "", E_INVALID},
        {"read", "home", "", "query", "read", "team", E_NOTFOUND}, /* the other door to a dataset is the same door */
        {"read", "home", "", "query", "sql", "movies", E_OK},
        {"read", "home", "", "query", "sql", "", E_NOTFOUND},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(
            ASK(r, "web", "authorize", SPAN("verb"), span_of(rows[i].verb), SPAN("kind"), span_of(rows[i].kind),
                SPAN("id"), span_of(rows[i].id), SPAN("audience"), span_of(rows[i].audience), SPAN("capability"),
                span_of(rows[i].capability), SPAN("dataset"), span_of(rows[i].dataset)),
            rows[i].want);
}

static void
visitors_have_a_budget_an_hour(void **state)
{
    struct rig *r = *state;
    struct talk k = {0}, fresh = {0};
    setenv("LYCEUM_LIMITS_ANONYMOUS_TURNS_HOUR", "3", 1);
    assert_int_equal(conf_load(&r->t), E_OK);
    unsetenv("LYCEUM_LIMITS_ANONYMOUS_TURNS_HOUR");
    rig_dataset(r, "movies", "public", SPAN("operator"));
    for (int i = 0; i < 3; i++)
        assert_int_equal(start(r, &k, "movies"), E_OK);
    assert_int_equal(start(r, &k, "movies"), E_BUDGET);
    assert_int_equal(ASK(r, "web", "turn.start", SPAN("visitor"), k.visitor, SPAN("conversation"), k.conversation,
                         SPAN("verb"), SPAN("ask")),
        E_BUDGET);
    assert_int_equal(start(r, &fresh, "movies"), E_OK);
    /* New browsers all the time from one address: they share. */
    enum err last = E_OK;
    for (int i = 0; i < 40 && last == E_OK; i++)
        last =
            ASK(r, "web", "conversation.start", SPAN("datasets"), SPAN("movies"), SPAN("address"), SPAN("192.0.2.7"));
    assert_int_equal(last, E_BUDGET);
    clock_shift_ms(3600 * 1000);
    assert_int_equal(start(r, &k, "movies"), E_OK);
    clock_shift_ms(-3600 * 1000);
    assert_int_equal(conf_load(&r->t), E_OK);
}

static void
a_clock_that_is_set_back_stops_decisions(void **state)
{
    struct rig *r = *state;
    assert_int_equal(rig_ask(r, "web", "catalogue", NULL, 0), E_OK);
    clock_shift_ms(3600 * 1000);
    rig_user(r, "mia", "member"); /* recorded an hour ahead */
    clock_shift_ms(-3600 * 1000);
    assert_int_equal(rig_ask(r, "web", "catalogue", NULL, 0), E_UNAVAILABLE);
    clock_shift_ms(3600 * 1000 - 30 * 1000);
    assert_int_equal(rig_ask(r, "web", "catalogue", NULL, 0), E_OK);
    clock_shift_ms(-3600 * 1000 + 30 * 1000);
}

static void
every_decision_is_on_record_without_what_was_asked(void **state)
{
    struct rig *r = *state;
    struct talk k = {0};
    rig_dataset(r, "movies", "public", SPAN("operator"));
    assert_int_equal(start(r, &k, "movies"), E_OK);
    assert_int_equal(propose(r, &k, "query", "sql", "movies"), E_OK);
    assert_int_equal(propose(r, &k, "effect", "publish", "movies"), E_OK);
    json_t *rows = json_object_get(rig_admin(r, "audit.tail", "{\"n\":2}"), "rows");
    assert_int_equal(json_array_size(rows), 2);
    json_t *refused = json_object_get(json_array_get(rows, 0), "detail"),
           *allowed = json_object_get(json_array_get(rows, 1), "detail");
    assert_true(span_is(json_text(refused, "decision"), "REFUSE") && span_is(json_text(allowed, "decision"), "ALLOW"));
    /* What could be guessed stands there as a keyed hash alone. */
    assert_int_equal(json_text(allowed, "args").n, 64);
    assert_false(
        span_is(json_text(allowed, "args"), "3031323334353637383961626364656630313233343536373839616263646566"));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_up, rig_down)
    const struct CMUnitTest tests[] = {
        TEST(a_visitor_has_a_conversation_that_nobody_else_reads),
        TEST(a_turn_of_another_is_not_started),
        TEST(the_mode_follows_the_datasets),
        TEST(a_proposal_is_sealed_for_exactly_that_call),
        TEST(a_proposal_needs_a_ticket_and_a_hash),
        TEST(what_changed_since_the_start_counts),
        TEST(private_data_goes_to_cleared_models_alone),
        TEST(each_api_has_its_address_and_its_key),
        TEST(a_persons_own_read_has_a_reusable_grant),
        TEST(visitors_have_a_budget_an_hour),
        TEST(a_clock_that_is_set_back_stops_decisions),
        TEST(every_decision_is_on_record_without_what_was_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
