/* test_approval: what an approval binds, what ends it, and that it is used once. */
#include "gate/act.h"
#include "gate/approval_priv.h"
#include "gate/policy_set.h"
#include "harness.h"
#include "store/auth_audit.h"
#include "store/auth_label.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

/* The edge to effect and to gate's own deeds: what they answer, and how often they were asked. */
static struct {
    enum err run, tell;
    bool can_tell;
    int runs, tells;
} acts;

enum err
act_run(struct task *t, struct gate *g, const struct auth_approval *a, int64_t now_ms, json_t **outcome)
{
    (void)g;
    (void)a;
    (void)now_ms;
    acts.runs++;
    *outcome = task_json(t, json_pack("{s:i,s:s}", "updated", 3, "note", "no text for models"));
    return acts.run == E_OK ? E_OK : task_fail(t, acts.run, "The test says no.");
}

bool
act_can_tell(const struct auth_approval *a)
{
    (void)a;
    return acts.can_tell;
}

enum err
act_tell(struct task *t, struct gate *g, const struct auth_approval *a, int64_t now_ms, json_t **outcome)
{
    (void)g;
    (void)a;
    (void)now_ms;
    acts.tells++;
    *outcome = task_json(t, json_pack("{s:i}", "updated", 3));
    return acts.tell == E_OK ? E_OK : task_fail(t, acts.tell, "The test says no.");
}

static struct {
    struct span user, session, conversation, turn; /* session: its hash */
    int64_t now_ms;
} world;

static int
set_up(void **state)
{
    char id[ID_BYTES + 1];
    if (rig_up(state) != 0)
        return -1;
    struct rig *r = *state;
    memset(&acts, 0, sizeof acts);
    world.user = rig_user(r, "ann", "member");
    char hex[HASH_HEX_BYTES];
    hash_hex(rig_session(r, "ann"), hex);
    world.session = task_dup(&r->t, span_of(hex));
    id_new('c', id);
    world.conversation = task_dup(&r->t, span_of(id));
    id_new('t', id);
    world.turn = task_dup(&r->t, span_of(id));
    rig_dataset(r, "movies", "public", world.user);
    struct auth_conversation c = {.id = world.conversation,
        .owner = world.user,
        .mode = SPAN("public"),
        .datasets = SPAN("[\"movies\"]"),
        .categories = SPAN("[]"),
        .sources = SPAN("[]"),
        .created_ms = 1};
    world.now_ms = clock_unix_ms();
    return auth_conversation_add(&r->t, &r->g.db, &c) == E_OK ? 0 : -1;
}

static struct approval_call
call(struct rig *r)
{
    struct auth_dataset d;
    assert_int_equal(auth_dataset_find(&r->t, &r->g.db, SPAN("movies"), &d), E_OK);
    return (struct approval_call){.kind = "save",
        .c = {.proposer = PROPOSER_MODEL, .integrity = 3, .effect = EFFECT_DURABLE, .dominates = true},
        .user = world.user,
        .conversation = world.conversation,
        .turn = world.turn,
        .ordinal = 4,
        .tool = SPAN("save_query"),
        .args = SPAN("{\"name\":\"best\",\"dataset\":\"movies\",\"sql\":\"SELECT 1\"}"),
        .dataset = SPAN("movies"),
        .revision = d.revision,
        .categories = SPAN("[]"),
        .sink = SPAN("movies"),
        .facts = SPAN("{\"rows\":3}")};
}

static struct span
ask_for(struct rig *r, const struct approval_call *c)
{
    struct approval_asked asked;
    assert_int_equal(approval_ask(&r->t, &r->g, c, world.now_ms, &asked), E_OK);
    assert_true(id_is(asked.id, 'p') && span_is(asked.state, "pending") && asked.expires_ms > world.now_ms);
    return asked.id;
}

static struct span
asked(struct rig *r)
{
    struct approval_call c = call(r);
    return ask_for(r, &c);
}

static struct auth_approval
row(struct rig *r, struct span id)
{
    struct auth_approval a;
    assert_int_equal(auth_approval_find(&r->t, &r->g.db, id, &a), E_OK);
    return a;
}

/* The sentence of a refusal, or NULL; *a as it is now. */
static const char *
shown(struct rig *r, struct span id, struct auth_approval *a)
{
    const char *why = NULL;
    *a = (struct auth_approval){.id = id, .user = world.user};
    assert_int_equal(approval_show(&r->t, &r->g, world.session, world.now_ms, a, &why), E_OK);
    return why;
}

static const char *
answered(struct rig *r, const struct auth_approval *a, bool yes)
{
    const char *why = NULL;
    const struct approval_answer answer = {
        .id = a->id, .user = world.user, .session = world.session, .binding = a->binding, .approve = yes};
    assert_int_equal(approval_answer(&r->t, &r->g, &answer, world.now_ms, &why), E_OK);
    return why;
}

static const char *
approved(struct rig *r, struct span id)
{
    struct auth_approval a;
    const char *why = shown(r, id, &a);
    world.now_ms += APPROVAL_SHOWN_MS;
    return why ? why : answered(r, &a, true);
}

static int
audited(struct rig *r, const char *action, const char *why)
{
    struct auth_audit *rows = NULL;
    size_t n = 0;
    int found = 0;
    assert_int_equal(auth_audit_tail(&r->t, &r->g.db, 1000, &rows, &n), E_OK);
    for (size_t i = 0; i < n; i++)
        found += span_is(rows[i].action, action) &&
                 span_find(rows[i].detail, span_of(task_printf(&r->t, "\"why\":\"%s\"", why))) >= 0;
    return found;
}

static void
sql(struct rig *r, const char *text)
{
    assert_int_equal(sqlite3_exec(r->g.db.handle, text, NULL, NULL, NULL), SQLITE_OK);
}

static void
an_approval_is_asked_shown_approved_and_carried_out_once(void **state)
{
    struct rig *r = *state;
    struct span id = asked(r);
    assert_null(approved(r, id));
    struct auth_approval a = row(r, id);
    assert_true(span_is(a.state, "done") && acts.runs == 1);
    assert_true(span_eq(a.session, world.session));
    assert_non_null(answered(r, &a, true));
    assert_int_equal(acts.runs, 1);
    static const char *const steps[] = {"asked", "shown", "approved", "consumed", "done"};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        assert_int_equal(audited(r, task_printf(&r->t, "approval.%s", steps[i]), ""), 1);
    assert_int_equal(audited(r, "approval.refused", "done"), 1);
    json_t *told = approval_outcome(&r->t, &a);
    assert_string_equal(json_string_value(json_object_get(told, "code")), "done");
    assert_int_equal(json_integer_value(json_object_get(told, "updated")), 3);
    assert_null(json_object_get(told, "note"));
}

/* The newest decision on record holds that text. */
static bool
decided(struct rig *r, const char *text)
{
    struct auth_audit *rows = NULL;
    size_t n = 0;
    assert_int_equal(auth_audit_tail(&r->t, &r->g.db, 1000, &rows, &n), E_OK);
    for (size_t i = 0; i < n; i++)
        if (span_is(rows[i].action, "decide"))
            return span_find(rows[i].detail, span_of(text)) >= 0;
    return false;
}

static void
a_yes_is_decided_and_allows_nothing_that_the_policy_refuses(void **state)
{
    struct rig *r = *state;
    assert_null(approved(r, asked(r)));
    assert_true(decided(r, "\"approval\":\"approved\",\"decision\":\"ALLOW\",\"reason\":\"approved\""));
    struct approval_call c = call(r);
    c.c.effect = EFFECT_AUTHORITY; /* a model's: gate asks nobody, and if it did */
    struct span id = ask_for(r, &c);
    assert_non_null(approved(r, id));
    assert_true(decided(r, "\"decision\":\"REFUSE\",\"reason\":\"authority-is-for-people\""));
    assert_true(span_is(row(r, id).state, "pending"));
    assert_int_equal(acts.runs, 1);
}

static void
asking_again_finds_the_open_one(void **state)
{
    struct rig *r = *state;
    struct approval_call c = call(r);
    struct span id = ask_for(r, &c);
    c.ordinal = 9;
    assert_true(span_eq(ask_for(r, &c), id));
    c.args = SPAN("{\"name\":\"other\"}");
    assert_false(span_eq(ask_for(r, &c), id));
    c = call(r);
    c.c.effect = EFFECT_AUTHORITY; /* the same words, but judged otherwise since */
    assert_false(span_eq(ask_for(r, &c), id));
    c = call(r);
    c.turn = SPAN("t_other");
    assert_false(span_eq(ask_for(r, &c), id));
    struct auth_approval a;
    shown(r, id, &a);
    assert_null(answered(r, &a, false));
    assert_false(span_eq(asked(r), id)); /* declined: not found again */
}

/* Every bound column of the stored row, changed by somebody who can write the database but has not gate's secret. */
static void
a_changed_byte_in_any_field_is_refused(void **state)
{
    struct rig *r = *state;
    size_t n, tried = 0;
    const struct auth_approval_column *c = auth_approval_columns(&n);
    for (size_t i = 0; i < n; i++) {
        if (!c[i].bound || strcmp(c[i].name, "id") == 0 || strcmp(c[i].name, "user") == 0)
            continue;
        struct auth_approval a;
        struct span id = asked(r);
        assert_null(shown(r, id, &a));
        sql(r, task_printf(&r->t,
                   c[i].number ? "UPDATE approval SET %s = %s + 1 WHERE id = '%.*s'"
                               : "UPDATE approval SET %s = %s || ' ' WHERE id = '%.*s'",
                   c[i].name, c[i].name, SPAN_ARG(id)));
        world.now_ms += APPROVAL_SHOWN_MS;
        assert_non_null(answered(r, &a, true));
        struct auth_approval after = row(r, id);
        if (!span_is(after.state, "void") || !span_is(after.why, "mismatched"))
            fail_msg("%s: %.*s %.*s", c[i].name, SPAN_ARG(after.state), SPAN_ARG(after.why));
        tried++;
    }
    assert_true(tried > 25);
    assert_int_equal(acts.runs, 0);
    assert_int_equal(audited(r, "approval.void", "mismatched"), (int)tried);
    /* The two that say which row it is: another's is not there. */
    struct auth_approval a;
    struct span id = asked(r);
    assert_null(shown(r, id, &a));
    struct span other = rig_user(r, "eve", "member");
    sql(r, task_printf(&r->t, "UPDATE approval SET user = '%.*s' WHERE id = '%.*s'", SPAN_ARG(other), SPAN_ARG(id)));
    const char *why = NULL;
    const struct approval_answer stolen = {
        .id = id, .user = other, .session = world.session, .binding = a.binding, .approve = true};
    assert_int_equal(approval_answer(&r->t, &r->g, &stolen, world.now_ms, &why), E_OK);
    assert_non_null(why);
    assert_true(span_is(row(r, id).why, "mismatched") && acts.runs == 0);
}

/* The same for the call that is proposed again: each part of it is covered. */
static void
another_call_is_not_approved(void **state)
{
    struct rig *r = *state;
    static const size_t texts[] = {offsetof(struct approval_call, user), offsetof(struct approval_call, conversation),
        offsetof(struct approval_call, turn), offsetof(struct approval_call, plugin),
        offsetof(struct approval_call, plugin_digest), offsetof(struct approval_call, tool),
        offsetof(struct approval_call, schema_digest), offsetof(struct approval_call, args),
        offsetof(struct approval_call, dataset), offsetof(struct approval_call, revision),
        offsetof(struct approval_call, categories), offsetof(struct approval_call, sink),
        offsetof(struct approval_call, payload_hash), offsetof(struct approval_call, effect_digest),
        offsetof(struct approval_call, proposal), offsetof(struct approval_call, facts)};
    struct approval_call fetch = call(r), other;
    enum policy_approval got;
    fetch.kind = "fetch";
    fetch.args = SPAN("{\"url\":\"https://example.org/\"}");
    struct span id = ask_for(r, &fetch);
    assert_int_equal(approval_state(&r->t, &r->g, id, &fetch, world.now_ms, &got), E_OK);
    assert_int_equal(got, APPROVAL_PENDING);
    assert_null(approved(r, id));
    assert_int_equal(acts.runs, 0); /* the agent's to carry out */
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        other = fetch;
        *(struct span *)(void *)((char *)&other + texts[i]) = SPAN("another");
        assert_int_equal(approval_state(&r->t, &r->g, id, &other, world.now_ms, &got), E_OK);
        assert_int_equal(got, APPROVAL_MISMATCHED);
    }
    struct policy_case cases[] = {fetch.c, fetch.c, fetch.c, fetch.c, fetch.c, fetch.c, fetch.c};
    cases[0].integrity = 4;
    cases[1].level = LEVEL_ORG;
    cases[2].dominates = false;
    cases[3].effect = EFFECT_OUTSIDE;
    cases[4].clearance = LEVEL_SECRET;
    cases[5].mode = MODE_PRIVATE;
    cases[6].proposer = PROPOSER_USER;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        other = fetch;
        other.c = cases[i];
        assert_int_equal(approval_state(&r->t, &r->g, id, &other, world.now_ms, &got), E_OK);
        assert_int_equal(got, APPROVAL_MISMATCHED);
    }
    assert_int_equal(approval_state(&r->t, &r->g, SPAN("p_none"), &fetch, world.now_ms, &got), E_OK);
    assert_int_equal(got, APPROVAL_MISMATCHED);
    assert_int_equal(approval_state(&r->t, &r->g, id, &fetch, world.now_ms, &got), E_OK);
    assert_int_equal(got, APPROVAL_APPROVED);
    bool won = false;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(db_begin(&r->t, &r->g.db), E_OK);
        assert_int_equal(db_end(&r->t, &r->g.db, approval_consume(&r->t, &r->g, id, world.now_ms, &won)), E_OK);
        assert_int_equal(won, i == 0);
    }
    assert_int_equal(approval_state(&r->t, &r->g, id, &fetch, world.now_ms, &got), E_OK);
    assert_int_equal(got, APPROVAL_CONSUMED);
}

static void
relabel(struct rig *r)
{
    struct auth_conversation c;
    assert_int_equal(auth_conversation_find(&r->t, &r->g.db, world.conversation, &c), E_OK);
    c.integrity = 4;
    assert_int_equal(auth_taint_put(&r->t, &r->g.db, &c), E_OK);
}

static void
new_revision(struct rig *r)
{
    sql(r, "UPDATE dataset SET revision = 'bbbb' WHERE name = 'movies'");
}

static void
new_role(struct rig *r)
{
    rig_admin(r, "user.role", "{\"name\":\"ann\",\"role\":\"admin\"}");
}

static void
disabled(struct rig *r)
{
    rig_admin(r, "user.disable", "{\"name\":\"ann\"}");
}

static void
signed_out(struct rig *r)
{
    bool ended = false;
    assert_int_equal(auth_session_end(&r->t, &r->g.db, world.user, world.session, &ended), E_OK);
    rig_session(r, "ann"); /* another one does not help */
}

static void
deleted(struct rig *r)
{
    assert_int_equal(auth_conversation_delete(&r->t, &r->g.db, world.conversation), E_OK);
}

static void
stopped(struct rig *r)
{
    assert_int_equal(approval_void_conversation(&r->t, &r->g, world.conversation, "stopped", world.now_ms), E_OK);
}

static void
new_policy(struct rig *r)
{
    json_t *in = task_json(&r->t, json_pack("{s:b}", "strict", 1));
    assert_int_equal(db_begin(&r->t, &r->g.db), E_OK);
    enum err e = policy_set_write(&r->t, &r->g, in, world.now_ms);
    if (e == E_OK)
        e = approval_void_policy(&r->t, &r->g, world.now_ms);
    assert_int_equal(db_end(&r->t, &r->g.db, e), E_OK);
}

/* Before the answer, and between the answer and the use. */
static void
what_it_stands_on_may_not_change(void **state)
{
    static const struct {
        void (*change)(struct rig *r);
        const char *why;
    } rows[] = {
        {relabel, "label-rose"},
        {new_revision, "revision-changed"},
        {new_role, "role-changed"},
        {disabled, "account"},
        {signed_out, "signed-out"},
        {deleted, "deleted"},
        {stopped, "stopped"},
        {new_policy, "policy-changed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] * 2; i++) {
        rig_down(state);
        assert_int_equal(set_up(state), 0);
        struct rig *r = *state;
        struct approval_call c = call(r);
        struct auth_approval a;
        bool late = i % 2 == 1, won = true;
        c.kind = late ? "fetch" : "save";
        struct span id = ask_for(r, &c);
        assert_null(shown(r, id, &a));
        world.now_ms += APPROVAL_SHOWN_MS;
        if (late)
            assert_null(answered(r, &a, true));
        rows[i / 2].change(r);
        task_clear_error(&r->t);
        if (late) {
            assert_int_equal(db_begin(&r->t, &r->g.db), E_OK);
            assert_int_equal(db_end(&r->t, &r->g.db, approval_consume(&r->t, &r->g, id, world.now_ms, &won)), E_OK);
            assert_false(won);
        } else {
            assert_non_null(answered(r, &a, true));
        }
        a = row(r, id);
        if (!span_is(a.state, "void") || !span_is(a.why, rows[i / 2].why))
            fail_msg("%s: %.*s %.*s", rows[i / 2].why, SPAN_ARG(a.state), SPAN_ARG(a.why));
        assert_int_equal(acts.runs, 0);
        assert_int_equal(audited(r, "approval.void", rows[i / 2].why), 1);
    }
}

static void
each_effect_has_its_time(void **state)
{
    struct rig *r = *state;
    static const struct {
        enum policy_effect effect;
        int64_t life_ms;
    } rows[] = {{EFFECT_DURABLE, 900000}, {EFFECT_OUTSIDE, 300000}, {EFFECT_AUTHORITY, 300000}};
    for (size_t i = 0; i < 3; i++) {
        struct approval_call c = call(r);
        struct auth_approval a;
        c.c.effect = rows[i].effect;
        c.c.proposer = PROPOSER_USER;
        c.c.integrity = 1;
        c.args = task_format(&r->t, "{\"n\":%zu}", i);
        struct span id = ask_for(r, &c), later = SPAN_NONE;
        assert_int_equal(row(r, id).expires_ms - row(r, id).created_ms, rows[i].life_ms);
        assert_null(shown(r, id, &a));
        world.now_ms = a.expires_ms - 1;
        assert_null(answered(r, &a, true));
        c.args = task_format(&r->t, "{\"late\":%zu}", i);
        later = ask_for(r, &c);
        assert_null(shown(r, later, &a));
        world.now_ms = a.expires_ms;
        assert_non_null(answered(r, &a, true));
        assert_true(span_is(row(r, later).state, "expired"));
        assert_int_equal(audited(r, "approval.expired", "expired"), (int)i + 1);
    }
    assert_int_equal(acts.runs, 3);
}

static void
an_answer_is_about_what_was_shown_there(void **state)
{
    struct rig *r = *state;
    struct auth_approval a, seen;
    struct span id = asked(r);
    const char *why = NULL;
    a = row(r, id);
    assert_non_null(answered(r, &a, true)); /* never shown */
    assert_null(shown(r, id, &a));
    seen = a;
    assert_non_null(answered(r, &a, true)); /* sooner than anybody reads */
    world.now_ms += APPROVAL_SHOWN_MS;
    seen.binding = SPAN("another");
    assert_non_null(answered(r, &seen, true));
    struct approval_answer answer = {
        .id = id, .user = world.user, .session = SPAN("other"), .binding = a.binding, .approve = true};
    assert_int_equal(approval_answer(&r->t, &r->g, &answer, world.now_ms, &why), E_OK);
    assert_non_null(why);
    answer.user = rig_user(r, "eve", "admin"); /* admins answer for nobody else */
    assert_int_equal(approval_answer(&r->t, &r->g, &answer, world.now_ms, &why), E_NOTFOUND);
    task_clear_error(&r->t);
    struct auth_approval theirs = {.id = id, .user = answer.user};
    assert_int_equal(approval_show(&r->t, &r->g, world.session, world.now_ms, &theirs, &why), E_NOTFOUND);
    task_clear_error(&r->t);
    static const char *const refusals[] = {"not-shown", "too-soon", "other-bytes", "other-session"};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(audited(r, "approval.refused", refusals[i]), 1);
    assert_int_equal(acts.runs, 0);
    assert_null(answered(r, &a, true));
    assert_int_equal(acts.runs, 1);
}

static void
declines_count_against_the_turn(void **state)
{
    struct rig *r = *state;
    int64_t declines = 0;
    struct auth_approval a;
    struct span id = asked(r);
    assert_null(shown(r, id, &a));
    assert_null(answered(r, &a, false));
    assert_true(span_is(row(r, id).state, "declined"));
    assert_non_null(answered(r, &a, true));
    assert_int_equal(db_number(&r->t, &r->g.db, "SELECT count(*) FROM approval WHERE turn = ? AND state = 'declined'",
                         DB_ARGS(DB_TEXT(world.turn)), 0, &declines),
        E_OK);
    assert_int_equal(declines, 1);
    a = row(r, id);
    assert_string_equal(json_string_value(json_object_get(approval_outcome(&r->t, &a), "code")), "declined");
}

static void
what_died_in_between_is_found_out_and_never_run_again(void **state)
{
    struct rig *r = *state;
    static const struct {
        enum err run, tell;
        bool can_tell;
        const char *first, *then;
    } rows[] = {
        {E_OK, E_OK, true, "done", "done"},
        {E_CONFLICT, E_OK, true, "failed", "failed"},
        {E_UNAVAILABLE, E_OK, true, "consumed", "done"},
        {E_UNAVAILABLE, E_NOTFOUND, true, "consumed", "lost"},
        {E_DEADLINE, E_UNAVAILABLE, true, "consumed", "consumed"},
        {E_UNAVAILABLE, E_OK, false, "failed", "failed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct approval_call c = call(r);
        struct auth_approval a;
        c.args = task_format(&r->t, "{\"n\":%zu}", i);
        acts.run = rows[i].run;
        acts.tell = rows[i].tell;
        acts.can_tell = rows[i].can_tell;
        int runs = acts.runs;
        struct span id = ask_for(r, &c);
        assert_null(approved(r, id));
        a = row(r, id);
        assert_true(span_is(a.state, rows[i].first));
        assert_int_equal(approval_is_open(&a), strcmp(rows[i].first, "consumed") == 0);
        r->g.started_ms = world.now_ms + 1; /* gate was started anew since */
        assert_int_equal(approval_look(&r->t, &r->g, id, world.now_ms + 2, &a), E_OK);
        assert_true(span_is(a.state, rows[i].then));
        assert_int_equal(acts.runs, runs + 1);
        r->g.started_ms = 0;
    }
}

/* Whoever looks at a list settles what died, also what nobody opens; what runs still is left alone. */
static void
lists_settle_what_died_in_between(void **state)
{
    struct rig *r = *state;
    struct span id[3];
    struct approval_call c = call(r);
    acts.run = E_UNAVAILABLE;
    acts.can_tell = true;
    for (size_t i = 0; i < 3; i++) {
        c.args = task_format(&r->t, "{\"n\":%zu}", i);
        id[i] = ask_for(r, &c);
        assert_null(approved(r, id[i]));
        assert_true(span_is(row(r, id[i]).state, "consumed"));
    }
    static const struct {
        enum err tell;
        bool mine;
        const char *state;
    } rows[] = {{E_UNAVAILABLE, true, "consumed"}, {E_OK, false, "consumed"}, {E_OK, true, "done"}};
    assert_int_equal(approval_settle(&r->t, &r->g, SPAN_NONE, world.now_ms + 1), E_OK); /* it may run still */
    r->g.started_ms = world.now_ms + 1;
    for (size_t i = 0; i < 3; i++) {
        acts.tell = rows[i].tell;
        struct span user = rows[i].mine ? world.user : SPAN("u_somebodyelse");
        assert_true(span_is(row(r, id[i]).state, "consumed"));
        assert_int_equal(approval_settle(&r->t, &r->g, user, world.now_ms + 2), E_OK);
        for (size_t k = 0; k < 3; k++)
            assert_true(span_is(row(r, id[k]).state, rows[i].state));
    }
    assert_int_equal(acts.runs, 3);
}

/* Each of 64 processes has a connection of its own; all wait for one pipe to close. */
static void
of_many_answers_at_once_one_wins(void **state)
{
    struct rig *r = *state;
    enum { PEOPLE = 64 };
    struct auth_approval a;
    int gate_open_fds[2], won = 0;
    struct span id = asked(r);
    assert_null(shown(r, id, &a));
    world.now_ms += APPROVAL_SHOWN_MS;
    assert_int_equal(pipe(gate_open_fds), 0);
    gate_close(&r->g);
    for (int i = 0; i < PEOPLE; i++)
        if (fork() == 0) {
            char wait;
            const char *why = NULL;
            struct task t;
            close(gate_open_fds[1]);
            (void)!read(gate_open_fds[0], &wait, 1);
            task_begin(&t, 0);
            const struct approval_answer answer = {
                .id = a.id, .user = world.user, .session = world.session, .binding = a.binding, .approve = i % 4 != 3};
            if (gate_open(&t, &r->g) != E_OK || approval_answer(&t, &r->g, &answer, world.now_ms, &why) != E_OK)
                _exit(2);
            _exit(why ? 1 : 0);
        }
    close(gate_open_fds[0]);
    close(gate_open_fds[1]);
    for (int i = 0; i < PEOPLE; i++) {
        int status = 0;
        assert_true(wait(&status) > 0 && WIFEXITED(status));
        assert_int_not_equal(WEXITSTATUS(status), 2);
        won += WEXITSTATUS(status) == 0;
    }
    assert_int_equal(gate_open(&r->t, &r->g), E_OK);
    assert_int_equal(won, 1);
    assert_int_equal(audited(r, "approval.consumed", "") + audited(r, "approval.declined", "declined"), 1);
}

static void
only_accounts_are_asked_and_not_without_end(void **state)
{
    struct rig *r = *state;
    struct approval_call c = call(r);
    struct approval_asked out;
    static const char *const nobodies[] = {
        "operator", "a_aaaaaaaaaaaaaaaaaaaaaaaaaa", "", "u_aaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < 4; i++) {
        c.user = span_of(nobodies[i]);
        assert_int_equal(approval_ask(&r->t, &r->g, &c, world.now_ms, &out), E_DENIED);
        task_clear_error(&r->t);
    }
    c.user = world.user;
    for (int i = 0; i < APPROVALS_OPEN; i++) {
        c.args = task_format(&r->t, "{\"n\":%d}", i);
        ask_for(r, &c);
    }
    c.args = SPAN("{\"one\":\"more\"}");
    assert_int_equal(approval_ask(&r->t, &r->g, &c, world.now_ms, &out), E_BUDGET);
    task_clear_error(&r->t);
    world.now_ms += 900000;
    ask_for(r, &c);
}

static void
agents_learn_which_turns_may_go_on(void **state)
{
    struct rig *r = *state;
    struct span done = asked(r);
    struct approval_call c = call(r);
    c.args = SPAN("{\"waits\":1}");
    struct span waits = ask_for(r, &c);
    assert_null(approved(r, done));
    struct span ids = task_format(&r->t, "%.*s\n%.*s\np_aaaaaaaaaaaaaaaaaaaaaaaaaa", SPAN_ARG(done), SPAN_ARG(waits));
    assert_int_equal(ASK(r, "agentpub", "approvals.settled", SPAN("ids"), ids), E_OK);
    struct span settled = task_dup(&r->t, rig_get(r, "ids"));
    assert_true(span_find(settled, done) >= 0);
    assert_true(span_find(settled, waits) < 0);
    assert_true(span_find(settled, SPAN("p_aaaaaaaaaaaaaaaaaaaaaaaaaa")) >= 0); /* none: nothing to wait for */
    assert_int_equal(ASK(r, "agentpriv", "approvals.settled", SPAN("ids"), done), E_OK);
    assert_int_equal(rig_get(r, "ids").n, 0);
    assert_int_equal(ASK(r, "web", "approvals.settled", SPAN("ids"), done), E_DENIED);
    assert_int_equal(ASK(r, "agentpub", "approvals.settled", SPAN("ids"), SPAN("movies")), E_INVALID);
}

int
main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, rig_down)
    const struct CMUnitTest tests[] = {
        WITH(an_approval_is_asked_shown_approved_and_carried_out_once),
        WITH(a_yes_is_decided_and_allows_nothing_that_the_policy_refuses),
        WITH(asking_again_finds_the_open_one),
        WITH(a_changed_byte_in_any_field_is_refused),
        WITH(another_call_is_not_approved),
        WITH(what_it_stands_on_may_not_change),
        WITH(each_effect_has_its_time),
        WITH(an_answer_is_about_what_was_shown_there),
        WITH(declines_count_against_the_turn),
        WITH(what_died_in_between_is_found_out_and_never_run_again),
        WITH(lists_settle_what_died_in_between),
        WITH(of_many_answers_at_once_one_wins),
        WITH(only_accounts_are_asked_and_not_without_end),
        WITH(agents_learn_which_turns_may_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
