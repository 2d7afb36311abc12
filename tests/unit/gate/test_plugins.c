/* test_plugins: which plugins are let in, which a conversation gets, what they may do in it, and how they end. */
#include "bundles.h"

#include "gate/plugin_install.h"
#include "gate/policy_set.h"
#include "store/auth_approval.h"
#include "store/auth_plugin.h"

static struct note_secret acme, other;

static const struct version GEO = {"acme/geo", 1,
    "cap net GET https://api.acme.example:443\ntool geocode E3 geocode.json dry-run\n", {"geocode"}, NULL};
static const struct version BOOKS = {
    "acme/books", 1, "cap read.dataset private\ncap ask\ntool look_up E0 look_up.json\n", {"look_up"}, NULL};
static const struct version WORDS = {"acme/words", 1, "tool count_words E0 count_words.json\n", {"count_words"}, NULL};
static const struct version MAPS = {
    "acme/maps", 1, "cap read.dataset public\ncap artifact\ntool draw E1 draw.json\n", {"draw"}, NULL};

static int
plugins_world(void **state)
{
    if (world(state) != 0)
        return -1;
    struct rig *r = *state;
    if (note_secret_new(&r->t, SPAN("acme.example/2026a"), &acme) != E_OK)
        return -1;
    return note_secret_new(&r->t, SPAN("acme.example/2027a"), &other) == E_OK ? 0 : -1;
}

static void
must_install(struct rig *r, const struct version *v, const char *more)
{
    json_t *j = install(r, &acme, v, more);
    if (!j)
        fail_msg("%s: %.*s", v->id, SPAN_ARG(rig_get(r, "message")));
}

/* The named member of the plugin's record. */
static json_t *
member(struct rig *r, const char *id, const char *key)
{
    size_t i;
    json_t *one, *list = json_object_get(rig_admin(r, "plugin.list", "{}"), "plugins");
    json_array_foreach(list, i, one)
    {
        if (span_is(json_text(one, "id"), id))
            return json_object_get(one, key);
    }
    return NULL;
}

static bool
is_in_context(struct rig *r, struct talk *k, const char *tool)
{
    json_t *j = NULL, *one;
    size_t i;
    assert_int_equal(
        ASK(r, span_is(k->mode, "private") ? "agentpriv" : "agentpub", "turn.context", SPAN("ticket"), k->ticket),
        E_OK);
    assert_int_equal(json_read(&r->t, rig_get(r, "body"), &j), E_OK);
    json_array_foreach(json_object_get(j, "tools"), i, one)
    {
        if (strcmp(json_string_value(one), tool) == 0)
            return true;
    }
    return false;
}

static struct span
digest_of(struct rig *r, const char *id)
{
    struct auth_plugin p;
    assert_int_equal(auth_plugin_find(&r->t, &r->g.db, span_of(id), &p), E_OK);
    return p.digest;
}

static struct wish
call_of(struct rig *r, const char *id, const char *tool)
{
    struct task *t = &r->t;
    struct span digest = digest_of(r, id), args = SPAN("{\"q\":\"x\"}");
    const struct span bound[] = {SPAN("plugin"), digest, span_of(tool), args};
    return (struct wish){"plugin", "call", "", "near", grant_args_hash(t, bound, 4),
        task_format(t, "{\"id\":\"%s\",\"digest\":\"%.*s\",\"tool\":\"%s\",\"args\":%.*s}", id, SPAN_ARG(digest), tool,
            SPAN_ARG(args)),
        SPAN_NONE, SPAN_NONE};
}

static bool
calls(struct rig *r, struct talk *k, const char *id, const char *tool, const char *decision, const char *reason)
{
    const struct wish w = call_of(r, id, tool);
    return is(r, k, &w, decision, reason);
}

/* In the middle of the call with that ordinal, in a plugin's name. */
static bool
back(struct rig *r, struct talk *k, const char *id, int64_t call, const struct wish *w, const char *decision,
    const char *reason)
{
    struct buf *n = task_buf(&r->t, 8), *c = task_buf(&r->t, 8);
    struct span hash = w->hash.n > 0 ? w->hash : SPAN("0123456789abcdef0123456789abcdef");
    buf_u64le(n, (uint64_t)++k->ordinal);
    buf_u64le(c, (uint64_t)call);
    enum err e = ASK(r, span_is(k->mode, "private") ? "agentpriv" : "agentpub", "propose", SPAN("ticket"), k->ticket,
        SPAN("ordinal"), buf_view(n), SPAN("audience"), span_of(w->audience), SPAN("capability"),
        span_of(w->capability), SPAN("dataset"), span_of(w->dataset), SPAN("model"), span_of(w->model),
        SPAN("args_hash"), hash, SPAN("body"), w->body, SPAN("plugin"), span_of(id), SPAN("call"), buf_view(c));
    return e == E_OK && said(r, decision, reason);
}

static bool
back_reads(struct rig *r, struct talk *k, const char *id, int64_t call, const char *dataset, const char *decision,
    const char *reason)
{
    const struct wish w = {"query", "sql", dataset, "guide", SPAN_NONE, SPAN_NONE, SPAN_NONE, SPAN_NONE};
    return back(r, k, id, call, &w, decision, reason);
}

static struct wish
fetch_of(struct rig *r, const char *method, const char *url)
{
    struct task *t = &r->t;
    struct span body = task_format(t, "{\"method\":\"%s\",\"url\":\"%s\",\"headers\":\"\",\"body\":\"\"}", method, url);
    const struct span bound[] = {SPAN("plugin-fetch"), body};
    return (struct wish){
        "egress", "plugin-fetch", "", "near", grant_args_hash(t, bound, 2), body, SPAN_NONE, SPAN_NONE};
}

/* As the approvals' page would leave it. */
static void
approve(struct rig *r, struct span id)
{
    static const char sql[] = "UPDATE approval SET state = 'approved', decided_ms = 1 WHERE id = ?";
    assert_int_equal(db_run(&r->t, &r->g.db, sql, DB_ARGS(DB_TEXT(id)), NULL), E_OK);
}

#define OFF "REFUSE", "plugin-stopped"
#define SHOWN "ASK", "outside-needs-approval"

static void
what_is_let_in_and_what_is_not(void **state)
{
    struct rig *r = *state;
    static const struct {
        struct version v;
        const char *says;
    } rows[] = {
        {{"acme/a", 1, "tool sql E0 sql.json\n", {"sql"}, NULL}, "own tools"},
        {{"acme/b", 1, "tool change E2 change.json dry-run\n", {"change"}, NULL}, ""},
    };
    must_install(r, &WORDS, "");
    assert_true(span_is(span_of(json_string_value(member(r, "acme/words", "state"))), "off"));
    assert_string_equal(json_string_value(member(r, "acme/words", "abc")), "100");
    assert_null(install(r, &acme, &rows[0].v, ""));
    assert_true(span_find(rig_get(r, "message"), span_of(rows[0].says)) >= 0);
    /* Not by the key that is named; not without a key; not for people on the web, at once. */
    const char *digest = bundle(r, &acme, &BOOKS);
    assert_null(rig_admin(r, "plugin.install",
        task_printf(
            &r->t, "{\"digest\":\"%s\",\"key\":\"%.*s\"}", digest, SPAN_ARG(note_key_text(&r->t, &other.key)))));
    assert_null(rig_admin(r, "plugin.install", task_printf(&r->t, "{\"digest\":\"%s\"}", digest)));
    assert_true(span_find(rig_get(r, "message"), SPAN("which key")) >= 0);
    assert_null(rig_admin(r, "plugin.install", task_printf(&r->t, "{\"digest\":\"%s\",\"level\":\"dev\"}", digest)));
    /* A changed byte. */
    const char *file = task_printf(&r->t, "%s/plugins/%s/main.py", r->folder, digest);
    chmod(file, 0644);
    write_file(r, task_printf(&r->t, "%s/plugins/%s", r->folder, digest), "main.py", SPAN("print(2)\n"));
    assert_null(rig_admin(r, "plugin.install",
        task_printf(&r->t, "{\"digest\":\"%s\",\"key\":\"%.*s\"}", digest, SPAN_ARG(note_key_text(&r->t, &acme.key)))));
    assert_int_equal(r->code, E_DENIED);
}

static void
a_conversation_gets_what_is_on_and_calls_it(void **state)
{
    struct rig *r = *state;
    struct talk k = {.session = ann};
    must_install(r, &WORDS, "");
    assert_int_equal(start(r, &k, "open", false), E_OK);
    assert_false(is_in_context(r, &k, "count_words"));
    assert_true(calls(r, &k, "acme/words", "count_words", OFF));
    assert_non_null(rig_admin(r, "plugin.enable", "{\"id\":\"acme/words\"}"));
    assert_true(is_in_context(r, &k, "count_words"));
    assert_true(calls(r, &k, "acme/words", "count_words", "ALLOW", "read-within-clearance"));
    struct grant g = granted(r, "plugin");
    assert_true(span_is(g.capability, "call") && span_find(g.detail, digest_of(r, "acme/words")) > 0);
    assert_int_equal(taint_of(r, &k).integrity, 4);
    assert_true(calls(r, &k, "acme/words", "other", "REFUSE", "no-such-tool"));
    assert_true(calls(r, &k, "acme/none", "count_words", "REFUSE", "no-such-tool") || r->code != E_OK);
    struct wish w = call_of(r, "acme/words", "count_words");
    w.hash = SPAN("0123456789abcdef0123456789abcdef");
    assert_int_equal(propose(r, &k, &w), E_INVALID); /* other arguments than were hashed */
    /* Off at once, and back. */
    rig_admin(r, "plugin.disable", "{\"id\":\"acme/words\"}");
    assert_false(is_in_context(r, &k, "count_words"));
    assert_true(calls(r, &k, "acme/words", "count_words", OFF));
    rig_admin(r, "plugin.enable", "{\"id\":\"acme/words\"}");
    assert_true(calls(r, &k, "acme/words", "count_words", "ALLOW", "read-within-clearance"));
    rig_admin(r, "plugin.revoke", "{\"id\":\"acme/words\",\"why\":\"It lies.\"}");
    assert_true(calls(r, &k, "acme/words", "count_words", OFF));
    rig_admin(r, "plugin.enable", "{\"id\":\"acme/words\"}");
    assert_int_equal(r->code, E_DENIED);
    assert_true(span_find(rig_get(r, "message"), SPAN("It lies.")) > 0);
    assert_null(install(r, &acme, &WORDS, ""));
    assert_int_equal(r->code, E_DENIED); /* the same bytes again */
}

static void
one_that_sends_is_never_offered_in_private(void **state)
{
    struct rig *r = *state;
    struct talk k = {.session = ann}, v = {0}, strict = {.session = ann};
    must_install(r, &GEO, ",\"enable\":true");
    assert_int_equal(start(r, &k, "desk", false), E_OK);
    assert_false(is_in_context(r, &k, "geocode"));
    assert_true(calls(r, &k, "acme/geo", "geocode", "REFUSE", "outside-needs-public-mode"));
    assert_int_equal(start(r, &v, "open", false), E_OK); /* a visitor: there is nobody to ask */
    assert_false(is_in_context(r, &v, "geocode"));
    assert_true(calls(r, &v, "acme/geo", "geocode", "REFUSE", "no-such-tool"));
    rig_admin(r, "policy.set", "{\"strict\":true}");
    assert_int_equal(start(r, &strict, "open", false), E_OK);
    assert_false(is_in_context(r, &strict, "geocode"));
}

static void
one_that_sends_is_asked_about_with_its_bytes_and_asks_declared_hosts_alone(void **state)
{
    struct rig *r = *state;
    struct talk k = {.session = ann};
    struct auth_approval a;
    must_install(r, &GEO, ",\"enable\":true");
    assert_int_equal(start(r, &k, "open", false), E_OK);
    assert_true(is_in_context(r, &k, "geocode"));
    struct wish w = call_of(r, "acme/geo", "geocode");
    assert_int_equal(propose(r, &k, &w), E_OK);
    assert_true(span_is(rig_get(r, "decision"), "ASK") && rig_get(r, "grant").n == 0);
    w.approval = task_dup(&r->t, rig_get(r, "approval"));
    assert_int_equal(auth_approval_find(&r->t, &r->g.db, w.approval, &a), E_OK);
    assert_true(span_is(a.kind, "plugin") && span_eq(a.args, w.body) && span_is(a.plugin, "acme/geo"));
    assert_true(span_eq(a.plugin_digest, digest_of(r, "acme/geo")));
    assert_true(span_find(a.facts, SPAN("https://api.acme.example:443")) > 0);
    approve(r, w.approval);
    /* Another argument is not what was approved. */
    struct wish wrong = w;
    const struct span bound[] = {SPAN("plugin"), digest_of(r, "acme/geo"), SPAN("geocode"), SPAN("{\"q\":\"y\"}")};
    wrong.hash = grant_args_hash(&r->t, bound, 4);
    wrong.body =
        task_format(&r->t, "{\"id\":\"acme/geo\",\"digest\":\"%.*s\",\"tool\":\"geocode\",\"args\":{\"q\":\"y\"}}",
            SPAN_ARG(digest_of(r, "acme/geo")));
    assert_int_equal(propose(r, &k, &wrong), E_OK);
    assert_true(span_is(rig_get(r, "decision"), "REFUSE"));
    assert_int_equal(propose(r, &k, &w), E_OK);
    assert_true(span_is(rig_get(r, "decision"), "ALLOW"));
    int64_t call = k.ordinal;
    assert_int_equal(propose(r, &k, &w), E_OK); /* once */
    assert_true(span_is(rig_get(r, "decision"), "REFUSE"));
    struct wish f = fetch_of(r, "GET", "https://api.acme.example/find?q=x");
    assert_true(back(r, &k, "acme/geo", call, &f, "ALLOW", "approved"));
    struct grant g = granted(r, "egress");
    assert_true(span_is(g.capability, "plugin-fetch") && span_find(g.detail, SPAN("api.acme.example/find")) > 0);
    static const char *const undeclared[][2] = {{"GET", "https://evil.example/"}, {"POST", "https://api.acme.example/"},
        {"GET", "https://api.acme.example:8443/"}, {"GET", "http://api.acme.example/"}};
    for (size_t i = 0; i < 4; i++) {
        f = fetch_of(r, undeclared[i][0], undeclared[i][1]);
        assert_true(back(r, &k, "acme/geo", call, &f, "REFUSE", "not-declared"));
    }
}

static void
requests_end_after_so_many_and_without_an_approved_call(void **state)
{
    struct rig *r = *state;
    struct talk k = {.session = ann};
    must_install(r, &GEO, ",\"enable\":true");
    assert_int_equal(start(r, &k, "open", false), E_OK);
    struct wish w = call_of(r, "acme/geo", "geocode"), f = fetch_of(r, "GET", "https://api.acme.example/");
    assert_true(back(r, &k, "acme/geo", 1, &f, "REFUSE", "no-such-call"));
    assert_int_equal(propose(r, &k, &w), E_OK);
    w.approval = task_dup(&r->t, rig_get(r, "approval"));
    approve(r, w.approval);
    assert_int_equal(propose(r, &k, &w), E_OK);
    int64_t call = k.ordinal;
    for (int i = 0; i < 8; i++)
        assert_true(back(r, &k, "acme/geo", call, &f, "ALLOW", "approved"));
    assert_true(back(r, &k, "acme/geo", call, &f, "REFUSE", "too-many-requests"));
    rig_admin(r, "plugin.disable", "{\"id\":\"acme/geo\"}");
    assert_true(back(r, &k, "acme/geo", call, &f, OFF));
}

static void
what_it_reads_ends_at_what_it_declares(void **state)
{
    struct rig *r = *state;
    struct talk k = {.session = ann};
    must_install(r, &BOOKS, ",\"enable\":true");
    must_install(r, &MAPS, ",\"enable\":true");
    must_install(r, &WORDS, ",\"enable\":true");
    assert_int_equal(start(r, &k, "desk\nopen", false), E_OK);
    assert_true(calls(r, &k, "acme/books", "look_up", "ALLOW", "read-within-clearance"));
    int64_t books = k.ordinal;
    assert_true(back_reads(r, &k, "acme/books", books, "desk", ALLOWED));
    assert_int_equal(granted(r, "query").level, 2);
    assert_true(back_reads(r, &k, "acme/maps", books, "open", "REFUSE", "no-such-call")); /* another one's call */
    assert_true(back_reads(r, &k, "acme/books", books, "vault", "REFUSE", "not-in-this-conversation"));
    assert_true(calls(r, &k, "acme/maps", "draw", "ALLOW", "ephemeral"));
    int64_t maps = k.ordinal;
    assert_true(back_reads(r, &k, "acme/maps", maps, "desk", ABOVE));
    assert_true(back_reads(r, &k, "acme/maps", maps, "open", ALLOWED));
    assert_int_equal(granted(r, "query").level, 0);
    assert_true(calls(r, &k, "acme/words", "count_words", "ALLOW", "read-within-clearance"));
    assert_true(back_reads(r, &k, "acme/words", k.ordinal, "open", "REFUSE", "not-declared"));
    /* And at what an admin lets it. */
    rig_admin(r, "plugin.set", "{\"id\":\"acme/books\",\"reads\":\"public\"}");
    assert_true(back_reads(r, &k, "acme/books", books, "desk", ABOVE));
    /* What is not for plugins at all. */
    const struct wish write = {"effect", "write", "desk", "near", SPAN_NONE, SPAN_NONE, SPAN_NONE, SPAN_NONE};
    assert_true(back(r, &k, "acme/books", books, &write, "REFUSE", "no-such-capability"));
    const struct wish llm = {"egress", "llm", "", "near", SPAN_NONE, SPAN_NONE, SPAN_NONE, SPAN_NONE};
    assert_true(back(r, &k, "acme/books", books, &llm, "REFUSE", "no-such-capability"));
}

static void
what_is_kept_or_asked_must_be_declared(void **state)
{
    struct rig *r = *state;
    struct talk k = {.session = ann};
    struct span kept = SPAN("{\"type\":\"image/png\",\"sha256\":"
                            "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"bytes\":100}"),
                asked = SPAN("{\"text\":\"Which?\",\"options\":[]}");
    const struct span keeps[] = {SPAN("artifact"), kept}, asks[] = {SPAN("ask"), asked};
    const struct wish keep = {"gate", "artifact", "", "near", grant_args_hash(&r->t, keeps, 2), kept, SPAN_NONE,
                          SPAN_NONE},
                      ask = {"gate", "ask", "", "near", grant_args_hash(&r->t, asks, 2), asked, SPAN_NONE, SPAN_NONE};
    must_install(r, &BOOKS, ",\"enable\":true");
    must_install(r, &MAPS, ",\"enable\":true");
    assert_int_equal(start(r, &k, "open", false), E_OK);
    assert_true(calls(r, &k, "acme/maps", "draw", "ALLOW", "ephemeral"));
    int64_t maps = k.ordinal;
    assert_true(back(r, &k, "acme/maps", maps, &keep, "ALLOW", "ephemeral"));
    assert_true(back(r, &k, "acme/maps", maps, &ask, "REFUSE", "not-declared"));
    assert_true(calls(r, &k, "acme/books", "look_up", "ALLOW", "read-within-clearance"));
    int64_t books = k.ordinal;
    assert_true(back(r, &k, "acme/books", books, &ask, "ALLOW", "read-within-clearance"));
    assert_true(back(r, &k, "acme/books", books, &keep, "REFUSE", "not-declared"));
    assert_true(is(r, &k, &keep, "REFUSE", "authority-is-for-people")); /* the model itself keeps nothing */
}

/* What each wider update says. */
static void
a_wider_update_is_held_back_until_consent(void **state)
{
    struct rig *r = *state;
    static const struct {
        struct version v;
        const char *why;
    } rows[] = {
        {{"acme/maps", 2, "cap read.dataset private\ncap artifact\ntool draw E1 draw.json\n", {"draw"}, NULL},
            "private"},
        {{"acme/maps", 3, "cap read.dataset public\ncap artifact\ncap ask\ntool draw E1 draw.json\n", {"draw"}, NULL},
            "ask"},
        {{"acme/maps", 4, "cap net GET https://maps.example:443\ncap artifact\ntool draw E3 draw.json dry-run\n",
             {"draw"}, NULL},
            "maps.example"},
        {{"acme/maps", 5, "cap read.dataset public\ncap artifact\ntool draw E1 draw.json\n", {"draw"},
             "Call look_up first."},
            "draw"},
        {{"acme/maps", 6, "cap read.dataset public\ncap artifact\ntool draw E1 draw.json\ntool erase E1 erase.json\n",
             {"draw", "erase"}, NULL},
            "erase"},
    };
    struct version same = MAPS;
    must_install(r, &MAPS, ",\"enable\":true");
    struct span first = digest_of(r, "acme/maps");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *j = install(r, &acme, &rows[i].v, "");
        if (!j)
            fail_msg("%zu: %.*s", i, SPAN_ARG(rig_get(r, "message")));
        assert_true(span_is(json_text(j, "outcome"), "held"));
        assert_true(span_find(json_dump(&r->t, json_object_get(j, "held_why")), span_of(rows[i].why)) > 0);
        assert_true(span_eq(digest_of(r, "acme/maps"), first)); /* the old one serves on */
    }
    /* A key of its publisher that is not the one it had. */
    same.serial = 7;
    assert_true(span_is(json_text(install(r, &other, &same, ""), "outcome"), "held"));
    /* Nothing wider: at once. */
    same.serial = 8;
    assert_true(span_is(json_text(install(r, &acme, &same, ""), "outcome"), "updated"));
    struct span eighth = digest_of(r, "acme/maps");
    assert_false(span_eq(eighth, first));
    /* Older ones come no more. */
    same.serial = 2;
    same.about = "Replayed.";
    assert_null(install(r, &acme, &same, ""));
    assert_int_equal(r->code, E_DENIED);
}

static void
consent_and_the_way_back(void **state)
{
    struct rig *r = *state;
    struct talk k = {.session = ann};
    static const struct version wider = {
        "acme/words", 2, "cap ask\ntool count_words E0 count_words.json\n", {"count_words"}, NULL};
    must_install(r, &WORDS, ",\"enable\":true");
    struct span first = digest_of(r, "acme/words");
    json_t *j = install(r, &acme, &wider, "");
    struct span held = task_dup(&r->t, json_text(json_object_get(j, "held"), "digest"));
    assert_true(held.n == 64);
    assert_int_equal(json_array_size(json_object_get(rig_admin(r, "plugin.list", "{}"), "notices")), 1);
    rig_admin(r, "plugin.consent", "{\"id\":\"acme/words\",\"digest\":\"abc\"}");
    assert_int_equal(r->code, E_CONFLICT); /* not what was looked at */
    rig_admin(r, "plugin.consent", task_printf(&r->t, "{\"id\":\"acme/words\",\"digest\":\"%.*s\"}", SPAN_ARG(held)));
    assert_int_equal(r->code, E_OK);
    assert_true(span_eq(digest_of(r, "acme/words"), held));
    assert_int_equal(json_array_size(json_object_get(rig_admin(r, "plugin.list", "{}"), "notices")), 0);
    /* A turn that was told of the version before is told so. */
    assert_int_equal(start(r, &k, "open", false), E_OK);
    struct wish w = call_of(r, "acme/words", "count_words");
    rig_admin(r, "plugin.rollback", "{\"id\":\"acme/words\"}");
    assert_int_equal(r->code, E_OK);
    assert_true(span_eq(digest_of(r, "acme/words"), first));
    assert_true(is(r, &k, &w, "REFUSE", "plugin-changed"));
    assert_true(calls(r, &k, "acme/words", "count_words", "ALLOW", "read-within-clearance"));
    rig_admin(r, "plugin.rollback", "{\"id\":\"acme/words\"}");
    assert_int_equal(r->code, E_CONFLICT);
    j = rig_admin(r, "plugin.log", "{\"id\":\"acme/words\"}");
    assert_int_equal(json_array_size(json_object_get(j, "versions")), 2);
    assert_true(json_array_size(json_object_get(j, "consents")) >= 1);
    rig_admin(r, "plugin.remove", "{\"id\":\"acme/words\"}");
    assert_int_equal(r->code, E_OK);
    assert_null(member(r, "acme/words", "id"));
}

static void
an_update_voids_open_approvals(void **state)
{
    struct rig *r = *state;
    struct talk k = {.session = ann};
    struct policy_set before, after;
    struct auth_approval a;
    struct version next = GEO;
    must_install(r, &GEO, ",\"enable\":true");
    assert_int_equal(start(r, &k, "open", false), E_OK);
    struct wish w = call_of(r, "acme/geo", "geocode");
    assert_int_equal(propose(r, &k, &w), E_OK);
    struct span approval = task_dup(&r->t, rig_get(r, "approval"));
    assert_int_equal(policy_set_read(&r->t, &r->g, &before), E_OK);
    next.serial = 2;
    assert_true(span_is(json_text(install(r, &acme, &next, ""), "outcome"), "updated"));
    assert_int_equal(policy_set_read(&r->t, &r->g, &after), E_OK);
    assert_string_not_equal(before.hash, after.hash);
    assert_int_equal(auth_approval_find(&r->t, &r->g.db, approval, &a), E_OK);
    assert_true(span_is(a.state, "void") && span_is(a.why, "policy-changed"));
}

static void
a_set_with_all_three_powers_is_refused_by_name(void **state)
{
    struct rig *r = *state;
    must_install(r, &MAPS, ",\"enable\":true");
    must_install(r, &GEO, ",\"enable\":true"); /* untrusted and outside: fine */
    must_install(r, &BOOKS, "");
    json_t *j = rig_admin(r, "plugin.closure", "{\"ids\":[\"acme/books\"]}");
    assert_true(json_is_false(json_object_get(j, "may")));
    struct span said = json_dump(&r->t, json_object_get(j, "sentences"));
    assert_true(span_find(said, SPAN("acme/books")) > 0 && span_find(said, SPAN("acme/geo")) > 0);
    assert_true(span_find(said, SPAN("may not read private data")) > 0);
    assert_null(rig_admin(r, "plugin.enable", "{\"id\":\"acme/books\"}"));
    assert_int_equal(r->code, E_DENIED);
    struct span message = rig_get(r, "message");
    assert_true(span_find(message, SPAN("acme/books")) > 0 && span_find(message, SPAN("acme/geo")) > 0);
    assert_false(json_is_true(member(r, "acme/books", "on")));
    /* Each way out. */
    assert_non_null(rig_admin(r, "plugin.enable", "{\"id\":\"acme/books\",\"mode\":\"private\"}"));
    assert_null(rig_admin(r, "plugin.set", "{\"id\":\"acme/books\",\"mode\":\"\"}"));
    assert_non_null(rig_admin(r, "plugin.set", "{\"id\":\"acme/books\",\"mode\":\"\",\"reads\":\"public\"}"));
    assert_null(rig_admin(r, "plugin.set", "{\"id\":\"acme/books\",\"reads\":\"secret\"}"));
    assert_non_null(
        rig_admin(r, "plugin.set", "{\"id\":\"acme/books\",\"reads\":\"secret\",\"public_reads\":\"public\"}"));
    assert_non_null(rig_admin(r, "plugin.closure", "{\"ids\":[\"acme/books\",\"acme/geo\"]}"));
    rig_admin(r, "plugin.disable", "{\"id\":\"acme/books\"}");
    assert_null(rig_admin(r, "plugin.enable", "{\"id\":\"acme/books\",\"public_reads\":\"org\"}"));
    rig_admin(r, "plugin.disable", "{\"id\":\"acme/books\"}");
    assert_non_null(rig_admin(
        r, "plugin.enable", "{\"id\":\"acme/geo\",\"scope\":[[\"dataset\",\"open\"],[\"dataset\",\"mixed\"]]}"));
    assert_non_null(rig_admin(r, "plugin.enable",
        "{\"id\":\"acme/books\",\"reads\":\"secret\",\"public_reads\":\"secret\",\"scope\":[[\"dataset\",\"desk\"]]}"));
    assert_null(rig_admin(
        r, "plugin.set", "{\"id\":\"acme/books\",\"scope\":[[\"dataset\",\"desk\"],[\"dataset\",\"open\"]]}"));
}

static void
two_tools_of_one_name_are_never_together(void **state)
{
    struct rig *r = *state;
    static const struct version twin = {"acme/twin", 1, "tool draw E0 draw.json\n", {"draw"}, NULL};
    must_install(r, &MAPS, ",\"enable\":true");
    must_install(r, &twin, "");
    assert_null(rig_admin(r, "plugin.enable", "{\"id\":\"acme/twin\"}"));
    assert_true(span_find(rig_get(r, "message"), SPAN("both have a tool called draw")) > 0);
}

static void
for_a_group_first_then_for_all(void **state)
{
    struct rig *r = *state;
    struct talk a = {.session = ann}, b = {.session = bob};
    static const struct version next = {
        "acme/words", 2, "tool count_words E0 count_words.json\n", {"count_words"}, NULL};
    rig_admin(r, "plugin.group", "{\"name\":\"testers\",\"users\":[\"ann\"]}");
    assert_int_equal(r->code, E_OK);
    must_install(r, &WORDS, ",\"enable\":true");
    struct span first = digest_of(r, "acme/words");
    assert_true(span_is(json_text(install(r, &acme, &next, ",\"group\":\"testers\""), "outcome"), "staged"));
    assert_int_equal(start(r, &a, "open", false), E_OK);
    assert_int_equal(start(r, &b, "open", false), E_OK);
    struct wish old = call_of(r, "acme/words", "count_words");
    assert_true(is(r, &a, &old, "REFUSE", "plugin-changed")); /* she has the next one */
    assert_true(is(r, &b, &old, "ALLOW", "read-within-clearance"));
    rig_admin(r, "plugin.stage", "{\"id\":\"acme/words\",\"finish\":true}");
    assert_int_equal(r->code, E_OK);
    assert_false(span_eq(digest_of(r, "acme/words"), first));
    assert_true(is(r, &b, &old, "REFUSE", "plugin-changed"));
    rig_admin(r, "plugin.rollback", "{\"id\":\"acme/words\"}");
    assert_true(is(r, &a, &old, "ALLOW", "read-within-clearance"));
}

static void
for_a_group_or_a_dataset_alone(void **state)
{
    struct rig *r = *state;
    struct talk a = {.session = ann}, b = {.session = bob}, both = {.session = ann}, v = {0};
    rig_admin(r, "plugin.group", "{\"name\":\"testers\",\"users\":[\"ann\"]}");
    must_install(r, &WORDS, ",\"enable\":true,\"scope\":[[\"group\",\"testers\"]]");
    assert_int_equal(start(r, &a, "open", false), E_OK);
    assert_int_equal(start(r, &b, "open", false), E_OK);
    assert_int_equal(start(r, &v, "open", false), E_OK);
    assert_true(is_in_context(r, &a, "count_words"));
    assert_false(is_in_context(r, &b, "count_words"));
    rig_admin(r, "plugin.set", "{\"id\":\"acme/words\",\"scope\":[[\"group\",\"members\"]]}");
    assert_true(is_in_context(r, &b, "count_words"));
    assert_false(is_in_context(r, &v, "count_words"));
    rig_admin(r, "plugin.set", "{\"id\":\"acme/words\",\"scope\":[[\"dataset\",\"open\"]]}");
    assert_true(is_in_context(r, &v, "count_words"));
    assert_int_equal(start(r, &both, "open\ndesk", false), E_OK);
    assert_false(is_in_context(r, &both, "count_words")); /* the other dataset is not its business */
    rig_admin(r, "plugin.set", "{\"id\":\"acme/words\",\"scope\":[[\"dataset\",\"none\"]]}");
    assert_int_equal(r->code, E_NOTFOUND);
}

/* The notices' words, together. */
static struct span
notices(struct rig *r)
{
    return json_dump(&r->t, json_object_get(rig_admin(r, "plugin.list", "{}"), "notices"));
}

static void
past_its_marketplaces_word_nothing_is_sent(void **state)
{
    struct rig *r = *state;
    struct talk k = {.session = ann};
    struct auth_market m = {.name = SPAN("shop"), .place = SPAN("/shop"), .root_key = SPAN("k"), .state = SPAN("{}")};
    static const char sql[] = "UPDATE plugin_version SET market = 'shop', vet_ms = ?";
    must_install(r, &GEO, ",\"enable\":true");
    must_install(r, &WORDS, ",\"enable\":true");
    assert_int_equal(start(r, &k, "open", false), E_OK);
    assert_true(is_in_context(r, &k, "geocode"));
    assert_int_equal(db_run(&r->t, &r->g.db, sql, DB_ARGS(DB_I64(INT64_MAX)), NULL), E_OK);
    assert_false(is_in_context(r, &k, "geocode")); /* a marketplace that is not known any more */
    m.stale_ms = m.ends_ms = clock_unix_ms() + 60000;
    assert_int_equal(auth_market_put(&r->t, &r->g.db, &m, 1), E_OK);
    assert_true(is_in_context(r, &k, "geocode") && span_is(notices(r), "[]"));
    m.stale_ms = 1;
    assert_int_equal(auth_market_put(&r->t, &r->g.db, &m, 1), E_OK);
    assert_true(is_in_context(r, &k, "geocode") && span_find(notices(r), SPAN("updates wait")) > 0);
    m.ends_ms = 1;
    assert_int_equal(auth_market_put(&r->t, &r->g.db, &m, 1), E_OK);
    assert_true(is_in_context(r, &k, "count_words") && !is_in_context(r, &k, "geocode"));
    assert_true(calls(r, &k, "acme/geo", "geocode", "REFUSE", "no-such-tool"));
    assert_true(span_find(notices(r), SPAN("send nothing")) > 0 && span_find(notices(r), SPAN("reviewers")) < 0);
    assert_int_equal(db_run(&r->t, &r->g.db, sql, DB_ARGS(DB_I64(2)), NULL), E_OK);
    assert_true(span_find(notices(r), SPAN("reviewers")) > 0);
}

static void
settings_are_those_that_it_declares(void **state)
{
    struct rig *r = *state;
    struct talk k = {.session = ann};
    static const struct version v = {"acme/words", 1,
        "setting region string The region\nsetting most integer At most\ntool count_words E0 count_words.json\n",
        {"count_words"}, NULL};
    must_install(r, &v, ",\"enable\":true");
    rig_admin(r, "plugin.set", "{\"id\":\"acme/words\",\"settings\":{\"region\":\"ord\",\"most\":3}}");
    assert_int_equal(r->code, E_OK);
    rig_admin(r, "plugin.set", "{\"id\":\"acme/words\",\"settings\":{\"most\":\"three\"}}");
    assert_int_equal(r->code, E_INVALID);
    rig_admin(r, "plugin.set", "{\"id\":\"acme/words\",\"settings\":{\"other\":1}}");
    assert_int_equal(r->code, E_INVALID);
    assert_int_equal(start(r, &k, "open", false), E_OK);
    assert_true(calls(r, &k, "acme/words", "count_words", "ALLOW", "read-within-clearance"));
    assert_true(span_find(granted(r, "plugin").detail, SPAN("\"settings\":{\"region\":\"ord\",\"most\":3}")) > 0);
}

static void
a_key_goes_to_its_own_host_alone(void **state)
{
    struct rig *r = *state;
    struct talk k = {.session = ann};
    static const struct version v = {"acme/two", 1,
        "secret TWO_KEY api.acme.example\ncap net GET https://api.acme.example:443\ncap net GET "
        "https://cdn.acme.example:443\ntool geocode E3 geocode.json dry-run\n",
        {"geocode"}, NULL};
    static const struct {
        const char *url;
        bool key;
    } rows[] = {{"https://api.acme.example/a", true}, {"https://cdn.acme.example/a", false}};
    must_install(r, &v, ",\"enable\":true");
    assert_int_equal(start(r, &k, "open", false), E_OK);
    struct wish w = call_of(r, "acme/two", "geocode");
    assert_int_equal(propose(r, &k, &w), E_OK);
    w.approval = task_dup(&r->t, rig_get(r, "approval"));
    approve(r, w.approval);
    assert_int_equal(propose(r, &k, &w), E_OK);
    int64_t call = k.ordinal;
    for (size_t i = 0; i < 2; i++) {
        struct wish f = fetch_of(r, "GET", rows[i].url);
        assert_true(back(r, &k, "acme/two", call, &f, "ALLOW", "approved"));
        struct span detail = granted(r, "egress").detail;
        assert_int_equal(span_find(detail, SPAN("\"secret\":\"plugin:acme:two:TWO_KEY\"")) > 0, rows[i].key);
        assert_int_equal(span_find(detail, SPAN("\"auth\":\"bearer\"")) > 0, rows[i].key);
    }
}

/* The plugin asks for the host that it declares; where that goes is an admin's to say, shown to who approves, and
 * stands in the grant. */
static void
another_host_is_an_admins_to_name(void **state)
{
    struct rig *r = *state;
    struct talk k = {.session = ann};
    struct auth_approval a;
    static const char *const bad[] = {"\"https://evil.example:443\":\"https://x.example\"",
        "\"https://api.acme.example:443\":\"http://x.example\"",
        "\"https://api.acme.example:443\":\"https://x.y/?a=b\"",
        "\"https://api.acme.example:443\":\"https://user@x.example\"", "\"https://api.acme.example:443\":7"};
    must_install(r, &GEO, ",\"enable\":true");
    assert_int_equal(start(r, &k, "open", false), E_OK);
    struct wish w = call_of(r, "acme/geo", "geocode"), f = fetch_of(r, "GET", "https://api.acme.example/find?q=x");
    assert_int_equal(propose(r, &k, &w), E_OK);
    w.approval = task_dup(&r->t, rig_get(r, "approval"));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        rig_admin(r, "plugin.set", task_printf(&r->t, "{\"id\":\"acme/geo\",\"endpoints\":{%s}}", bad[i]));
        assert_int_equal(r->code, E_INVALID);
    }
    rig_admin(r, "plugin.set",
        "{\"id\":\"acme/geo\",\"endpoints\":{\"https://api.acme.example:443\":\"http://127.0.0.1:9009/geo/\"}}");
    assert_int_equal(r->code, E_OK);
    assert_int_equal(auth_approval_find(&r->t, &r->g.db, w.approval, &a), E_OK);
    assert_true(span_is(a.state, "void")); /* it was asked for another destination */
    w.approval = SPAN_NONE;
    assert_int_equal(propose(r, &k, &w), E_OK);
    w.approval = task_dup(&r->t, rig_get(r, "approval"));
    assert_int_equal(auth_approval_find(&r->t, &r->g.db, w.approval, &a), E_OK);
    assert_true(span_find(a.facts, SPAN("http://127.0.0.1:9009/geo (an admin put it in the place of")) > 0);
    assert_true(span_is(a.sink, "http://127.0.0.1:9009/geo"));
    approve(r, w.approval);
    assert_int_equal(propose(r, &k, &w), E_OK);
    assert_true(back(r, &k, "acme/geo", k.ordinal, &f, "ALLOW", "approved"));
    struct span detail = granted(r, "egress").detail;
    assert_true(span_find(detail, SPAN("\"url\":\"http://127.0.0.1:9009/geo/find?q=x\"")) > 0);
    assert_true(span_find(detail, SPAN("\"asked\":\"https://api.acme.example/find?q=x\"")) > 0);
    assert_true(span_find(detail, SPAN("\"loopback\":true")) > 0);
    rig_admin(r, "plugin.set", "{\"id\":\"acme/geo\",\"endpoints\":{\"https://api.acme.example:443\":null}}");
    assert_true(json_object_size(member(r, "acme/geo", "endpoints")) == 0);
}

static void
admins_on_the_web_are_asked_for_their_password_first(void **state)
{
    struct rig *r = *state;
    json_t *j = NULL;
    rig_user(r, "root2", "admin");
    struct span admin = rig_session(r, "root2");
    must_install(r, &WORDS, "");
    assert_int_equal(ASK(r, "web", "admin", SPAN("session"), admin, SPAN("operation"), SPAN("plugin.enable"),
                         SPAN("in"), SPAN("{\"id\":\"acme/words\"}")),
        E_OK);
    assert_int_equal(json_read(&r->t, rig_get(r, "body"), &j), E_OK);
    assert_true(id_is(json_text(j, "approval"), 'p'));
    assert_false(json_is_true(member(r, "acme/words", "on")));
    must_install(r, &GEO, "");
    assert_int_equal(
        ASK(r, "web", "admin", SPAN("session"), admin, SPAN("operation"), SPAN("plugin.set"), SPAN("in"),
            SPAN("{\"id\":\"acme/geo\",\"endpoints\":{\"https://api.acme.example:443\":\"https://x.example\"}}")),
        E_OK);
    assert_int_equal(json_read(&r->t, rig_get(r, "body"), &j), E_OK);
    assert_true(id_is(json_text(j, "approval"), 'p'));
    assert_true(json_object_size(member(r, "acme/geo", "endpoints")) == 0);
    assert_int_equal(
        ASK(r, "web", "admin", SPAN("session"), ann, SPAN("operation"), SPAN("plugin.list"), SPAN("in"), SPAN("{}")),
        E_DENIED);
}

/* Files are hashed before the transaction, in which it is seen whether they are the same still. */
static void
what_was_touched_after_it_was_hashed_is_not_let_in(void **state)
{
    struct rig *r = *state;
    struct plugin_files files;
    struct plugin_candidate k = {0};
    struct span facts;
    const char *digest = bundle(r, &acme, &WORDS);
    struct admin_call c = {.gate = &r->g, .in = task_json(&r->t, json_pack("{s:s}", "digest", digest))};
    const char *folder = plugin_folder(&r->t, span_of(digest));
    plugin_files_look(&r->t, &c, &files);
    assert_int_equal(bundle_manifest(&r->t, folder, &k.note, &k.manifest), E_OK);
    assert_int_equal(plugin_facts_make(&r->t, &k, &files, &facts), E_OK);
    chmod(folder, 0755);
    write_file(r, folder, "main.py", SPAN("print(1)\n")); /* the very same bytes, in another file */
    assert_int_equal(plugin_facts_make(&r->t, &k, &files, &facts), E_CONFLICT);
    task_clear_error(&r->t);
    write_file(r, folder, "main.py", SPAN("print(9)\n"));
    plugin_files_look(&r->t, &c, &files);
    assert_int_equal(plugin_facts_make(&r->t, &k, &files, &facts), E_DENIED);
    assert_non_null(strstr(r->t.cause, "main.py"));
    task_clear_error(&r->t);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, plugins_world, rig_down)
    const struct CMUnitTest tests[] = {
        T(what_is_let_in_and_what_is_not),
        T(a_conversation_gets_what_is_on_and_calls_it),
        T(one_that_sends_is_never_offered_in_private),
        T(one_that_sends_is_asked_about_with_its_bytes_and_asks_declared_hosts_alone),
        T(requests_end_after_so_many_and_without_an_approved_call),
        T(what_it_reads_ends_at_what_it_declares),
        T(what_is_kept_or_asked_must_be_declared),
        T(a_wider_update_is_held_back_until_consent),
        T(consent_and_the_way_back),
        T(an_update_voids_open_approvals),
        T(a_set_with_all_three_powers_is_refused_by_name),
        T(two_tools_of_one_name_are_never_together),
        T(for_a_group_first_then_for_all),
        T(for_a_group_or_a_dataset_alone),
        T(past_its_marketplaces_word_nothing_is_sent),
        T(settings_are_those_that_it_declares),
        T(a_key_goes_to_its_own_host_alone),
        T(another_host_is_an_admins_to_name),
        T(what_was_touched_after_it_was_hashed_is_not_let_in),
        T(admins_on_the_web_are_asked_for_their_password_first),
    };
    return cmocka_run_group_tests_name("plugins", tests, NULL, NULL);
}
