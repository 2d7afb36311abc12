/* test_web: signing in and out, one-time links, the account, and who may watch a stream. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate/web.h"
#include "gate/web_priv.h"
#include "harness.h"

static const char password[] = "correct horse battery";

struct page {
    struct http_request req;
    struct http_response out;
    struct span head, body;
    struct span session; /* the cookie that was set, "" when it was dropped, NULL when neither */
};

static const struct http_service *
service(struct rig *r)
{
    static struct http_service s;
    s = (struct http_service){.body_bytes = 16384,
        .origin = "http://127.0.0.1:8080",
        .handle = web_handle,
        .failed = web_failed,
        .arg = &r->g};
    return &s;
}

static struct span
after(struct span text, const char *mark, char end)
{
    ptrdiff_t at = span_find(text, span_of(mark));
    if (at < 0)
        return SPAN_NONE;
    struct span rest = span_from(text, (size_t)at + strlen(mark)), out = rest;
    span_cut(&rest, end, &out);
    return out;
}

struct visit {
    const char *method, *path, *query, *form, *address, *site;
    struct span session, visitor;
    const char *conversation, *turn;
    const char *document; /* NULL: the path, as nginx has it */
};

static void
visit(struct rig *r, const struct visit *v, struct page *out)
{
    struct task *t = &r->t;
    const char *form = v->form ? v->form : "";
    char *env[16];
    size_t n = 0;
    task_clear_error(t);
    env[n++] = task_printf(t, "REQUEST_METHOD=%s", v->method);
    env[n++] = task_printf(t, "REQUEST_URI=%s%s%s", v->path, v->query ? "?" : "", v->query ? v->query : "");
    env[n++] = task_printf(t, "DOCUMENT_URI=%s", v->document ? v->document : v->path);
    env[n++] = task_printf(t, "QUERY_STRING=%s", v->query ? v->query : "");
    env[n++] = task_printf(t, "REMOTE_ADDR=%s", v->address ? v->address : "192.0.2.1");
    env[n++] = task_printf(t, "HTTP_SEC_FETCH_SITE=%s", v->site ? v->site : "same-origin");
    env[n++] = task_printf(t, "CONTENT_LENGTH=%zu", strlen(form));
    env[n++] = task_printf(t, "CONTENT_TYPE=application/x-www-form-urlencoded");
    env[n++] = task_printf(t, "HTTP_USER_AGENT=Test <b>\xff");
    env[n++] = task_printf(t, "LYCEUM_CONVERSATION=%s", v->conversation ? v->conversation : "");
    env[n++] = task_printf(t, "LYCEUM_TURN=%s", v->turn ? v->turn : "");
    if (v->session.n > 0 || v->visitor.n > 0)
        env[n++] = task_printf(t, "HTTP_COOKIE=%s%.*s%s%s%.*s", v->session.n ? "lyceum=" : "", SPAN_ARG(v->session),
            v->session.n && v->visitor.n ? "; " : "", v->visitor.n ? "lyceum_visitor=" : "", SPAN_ARG(v->visitor));
    env[n] = NULL;
    http_answer(t, service(r), env, span_of(form), &out->req, &out->out);
    out->head = http_response_head(&out->out);
    out->body = buf_view(out->out.body);
    out->session = after(out->head, "Set-Cookie: lyceum=", ';');
    task_clear_error(t);
}

static struct page
get(struct rig *r, const char *path, struct span session)
{
    struct page p;
    visit(r, &(struct visit){.method = "GET", .path = path, .session = session}, &p);
    return p;
}

static struct page
post(struct rig *r, const char *path, const char *form, struct span session)
{
    struct page p;
    visit(r, &(struct visit){.method = "POST", .path = path, .form = form, .session = session}, &p);
    return p;
}

static bool
goes_to(const struct page *p, const char *where)
{
    return p->out.status == 303 && span_is(span_trim(after(p->head, "Location: ", '\n')), where);
}

static bool
is_in(struct rig *r, struct span session)
{
    return ASK(r, "web", "catalogue", SPAN("session"), session) == E_OK && frame_i64(&r->reply, "signed_in", 0) == 1;
}

static bool
shows(const struct page *p, const char *text)
{
    return span_find(p->body, span_of(text)) >= 0;
}

static void
with_password(struct rig *r, const char *name)
{
    rig_admin(r, "user.passwd", task_printf(&r->t, "{\"name\":\"%s\",\"password\":\"%s\"}", name, password));
    assert_int_equal(r->code, E_OK);
}

static void
the_right_password_signs_in_and_the_wrong_one_does_not(void **state)
{
    struct rig *r = *state;
    with_password(r, "admin");
    struct page p = get(r, "/-/signin", SPAN_NONE);
    assert_true(p.out.status == 200 && shows(&p, "name=\"password\""));
    p = post(r, "/-/signin", "name=admin&password=wrong+horse+battery", SPAN_NONE);
    assert_true(p.out.status == 403 && p.session.p == NULL && shows(&p, "not right"));
    struct span same = task_dup(&r->t, p.body);
    p = post(r, "/-/signin", "name=nobody&password=wrong+horse+battery", SPAN_NONE);
    assert_true(p.out.status == 403 && p.session.p == NULL && p.body.n == same.n + 1); /* the name alone differs */
    p = post(r, "/-/signin", "name=admin&password=correct+horse+battery", SPAN_NONE);
    assert_true(goes_to(&p, "/") && p.session.n == 43);
    assert_true(span_find(p.head, SPAN("HttpOnly; SameSite=Lax")) > 0);
    assert_true(is_in(r, p.session));
    p = get(r, "/-/account", p.session);
    assert_true(p.out.status == 200 && shows(&p, "Test &lt;b&gt;") && shows(&p, "this one"));
}

static void
signing_in_goes_to_our_own_pages_alone(void **state)
{
    struct rig *r = *state;
    static const struct {
        const char *next;
        bool ok;
    } rows[] = {
        {"/movies?x=1#y", true},
        {"/", true},
        {"/-/chat/c_x", true},
        {"//evil.example", false},
        {"/\\evil.example", false},
        {"https://evil.example", false},
        {"javascript:alert(1)", false},
        {"", false},
        {"/x\ny", false},
        {"/x\ty", false},
        {"/a\\b", false},
        {"/-/signout", false},
        {"/-/signin?next=/", false},
        {"/-/internal/viewer", false},
        {" /x", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(web_path_ok(span_of(rows[i].next)), rows[i].ok);
    with_password(r, "admin");
    struct page p = post(r, "/-/signin", "name=admin&password=correct+horse+battery&next=//evil.example", SPAN_NONE);
    assert_true(goes_to(&p, "/"));
    p = post(r, "/-/signin", "name=admin&password=correct+horse+battery&next=%2Fmovies", SPAN_NONE);
    assert_true(goes_to(&p, "/movies"));
}

static void
a_session_value_does_not_live_on_over_a_sign_in(void **state)
{
    struct rig *r = *state;
    with_password(r, "admin");
    struct page one = post(r, "/-/signin", "name=admin&password=correct+horse+battery", SPAN_NONE);
    struct page two = post(r, "/-/signin", "name=admin&password=correct+horse+battery", one.session);
    assert_true(two.session.n == 43 && !span_eq(one.session, two.session));
    assert_false(is_in(r, one.session));
    assert_true(is_in(r, two.session));
    /* A value that somebody else planted is not taken over. */
    struct span planted = SPAN("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    struct page three = post(r, "/-/signin", "name=admin&password=correct+horse+battery", planted);
    assert_false(span_eq(three.session, planted));
    assert_false(is_in(r, planted));
}

static void
signing_out_ends_the_session_and_tells_everybody(void **state)
{
    struct rig *r = *state;
    struct share_watch w;
    with_password(r, "admin");
    struct page p = post(r, "/-/signin", "name=admin&password=correct+horse+battery", SPAN_NONE);
    struct span session = p.session;
    share_watch_open(&w);
    uint64_t before = w.seen;
    p = get(r, "/-/signout", session); /* looking changes nothing */
    assert_true(p.out.status == 404 && is_in(r, session));
    p = post(r, "/-/signout", "", session);
    assert_true(goes_to(&p, "/") && p.session.p && p.session.n == 0);
    assert_false(is_in(r, session));
    share_watch_close(&w);
    share_watch_open(&w);
    assert_true(w.seen == before + 1);
    share_watch_close(&w);
}

static void
another_site_can_do_nothing(void **state)
{
    struct rig *r = *state;
    struct page p;
    with_password(r, "admin");
    p = post(r, "/-/signin", "name=admin&password=correct+horse+battery", SPAN_NONE);
    struct span session = p.session;
    static const char *const paths[] = {"/-/signout", "/-/account/password", "/-/account/end", "/-/account/idle"};
    static const char *const sites[] = {"cross-site", "same-site", "none", ""};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        for (size_t k = 0; k < sizeof sites / sizeof sites[0]; k++) {
            visit(r,
                &(struct visit){.method = "POST",
                    .path = paths[i],
                    .form = "password=another+long+one&minutes=30",
                    .session = session,
                    .site = sites[k]},
                &p);
            assert_int_equal(p.out.status, 403);
        }
    assert_true(is_in(r, session));
}

static void
a_link_works_once_and_only_by_its_button(void **state)
{
    struct rig *r = *state;
    json_t *link = rig_admin(r, "signin.link", "{\"name\":\"admin\"}");
    const char *path = task_z(&r->t, json_text(link, "path"));
    for (int i = 0; i < 2; i++) {
        struct page look = get(r, path, SPAN_NONE);
        assert_true(look.out.status == 200 && look.session.p == NULL && shows(&look, "admin"));
    }
    struct page p = post(r, path, "", SPAN_NONE);
    assert_true(goes_to(&p, "/-/account") && is_in(r, p.session));
    p = post(r, path, "", SPAN_NONE);
    assert_true(p.out.status == 404 && p.session.p == NULL);
    p = get(r, path, SPAN_NONE);
    assert_int_equal(p.out.status, 404);
    p = get(r, "/-/signin/link/short", SPAN_NONE);
    assert_int_equal(p.out.status, 404);
    const char *old = task_z(&r->t, json_text(rig_admin(r, "signin.link", "{\"name\":\"admin\"}"), "path"));
    clock_shift_ms(24 * 3600 * 1000 + 1);
    p = post(r, old, "", SPAN_NONE);
    assert_int_equal(p.out.status, 404);
    clock_shift_ms(-24 * 3600 * 1000 - 1);
}

static void
a_disabled_account_is_out_at_once(void **state)
{
    struct rig *r = *state;
    rig_user(r, "mia", "member");
    with_password(r, "mia");
    const char *path = task_z(&r->t, json_text(rig_admin(r, "signin.link", "{\"name\":\"mia\"}"), "path"));
    struct page p = post(r, "/-/signin", "name=mia&password=correct+horse+battery", SPAN_NONE);
    struct span session = p.session;
    assert_true(is_in(r, session));
    rig_admin(r, "user.disable", "{\"name\":\"mia\"}");
    assert_false(is_in(r, session));
    p = post(r, "/-/signin", "name=mia&password=correct+horse+battery", SPAN_NONE);
    assert_int_equal(p.out.status, 403);
    p = post(r, path, "", SPAN_NONE);
    assert_int_equal(p.out.status, 404);
    rig_admin(r, "user.disable", "{\"name\":\"mia\",\"disabled\":false}");
    assert_false(is_in(r, session)); /* the old session does not come back */
    /* Should a session ever be left behind, the account's state still counts. */
    session = rig_session(r, "mia");
    assert_true(is_in(r, session));
    assert_int_equal(db_exec(&r->t, &r->g.db, "UPDATE user SET disabled = 1 WHERE name = 'mia'"), E_OK);
    assert_false(is_in(r, session));
}

/* The first pause after wrong guesses is a second, which a slow machine lets pass between two lines of a test: the
 * clock is put back for what must come within it. */
enum { HELD_MS = 60000 };

static void
guessing_is_slowed_down_and_shuts_nobody_else_out(void **state)
{
    struct rig *r = *state;
    struct page p;
    with_password(r, "admin");
    for (int i = 0; i < 5; i++) {
        p = post(r, "/-/signin", "name=admin&password=wrong+horse+battery", SPAN_NONE);
        assert_int_equal(p.out.status, 403);
    }
    clock_shift_ms(-HELD_MS);
    p = post(r, "/-/signin", "name=admin&password=correct+horse+battery", SPAN_NONE);
    assert_true(p.out.status == 429 && span_find(p.head, SPAN("Retry-After: ")) > 0 && p.session.p == NULL);
    /* The owner, from elsewhere. */
    visit(r,
        &(struct visit){.method = "POST",
            .path = "/-/signin",
            .form = "name=admin&password=correct+horse+battery",
            .address = "198.51.100.4"},
        &p);
    assert_true(p.session.n == 43);
    clock_shift_ms(HELD_MS + 15 * 60 * 1000 + 1000);
    p = post(r, "/-/signin", "name=admin&password=correct+horse+battery", SPAN_NONE);
    assert_true(p.session.n == 43);
    clock_shift_ms(-15 * 60 * 1000 - 1000);
}

static void
one_household_is_one_address(void **state)
{
    struct rig *r = *state;
    struct page p;
    for (int i = 0; i < 6; i++) {
        if (i == 5)
            clock_shift_ms(-HELD_MS);
        visit(r,
            &(struct visit){.method = "POST",
                .path = "/-/signin",
                .form = "name=admin&password=wrong+horse+battery",
                .address = task_printf(&r->t, "2001:db8:1:2::%d", i + 1)},
            &p);
    }
    assert_int_equal(p.out.status, 429);
    clock_shift_ms(HELD_MS);
    visit(r,
        &(struct visit){.method = "POST",
            .path = "/-/signin",
            .form = "name=admin&password=wrong+horse+battery",
            .address = "2001:db8:1:3::1"},
        &p);
    assert_int_equal(p.out.status, 403);
}

static void
a_new_password_needs_the_old_one_and_ends_the_other_sessions(void **state)
{
    struct rig *r = *state;
    with_password(r, "admin");
    struct span other = rig_session(r, "admin");
    struct page p = post(r, "/-/signin", "name=admin&password=correct+horse+battery", SPAN_NONE);
    struct span mine = p.session;
    p = post(r, "/-/account/password", "current=wrong+horse+battery&password=another+long+one", mine);
    assert_true(p.out.status == 403 && is_in(r, other));
    p = post(r, "/-/account/password", "current=correct+horse+battery&password=short", mine);
    assert_true(p.out.status == 400 && shows(&p, "at least 10"));
    p = post(r, "/-/account/password", "current=correct+horse+battery&password=another+long+one", mine);
    assert_true(goes_to(&p, "/-/account?done=password"));
    assert_false(is_in(r, other));
    assert_false(is_in(r, mine));
    assert_true(is_in(r, p.session));
    p = post(r, "/-/signin", "name=admin&password=another+long+one", SPAN_NONE);
    assert_int_equal(p.session.n, 43);
}

static void
sessions_end_by_the_persons_choice(void **state)
{
    struct rig *r = *state;
    char hex[HASH_HEX_BYTES];
    rig_user(r, "mia", "member");
    struct span one = rig_session(r, "mia"), two = rig_session(r, "mia"), admins = rig_session(r, "admin");
    hash_hex(admins, hex);
    struct page p = post(r, "/-/account/end", task_printf(&r->t, "id=%s", hex), one); /* somebody else's */
    assert_true(p.out.status == 404 && is_in(r, admins));
    hash_hex(two, hex);
    p = post(r, "/-/account/end", task_printf(&r->t, "id=%s", hex), one);
    assert_true(goes_to(&p, "/-/account?done=ended") && !is_in(r, two) && is_in(r, one));
    p = post(r, "/-/account/idle", "minutes=7", one);
    assert_int_equal(p.out.status, 400);
    p = post(r, "/-/account/idle", "minutes=30", one);
    assert_true(goes_to(&p, "/-/account?done=idle"));
    clock_shift_ms(29 * 60 * 1000);
    assert_true(is_in(r, one)); /* and this was a use */
    clock_shift_ms(29 * 60 * 1000);
    assert_true(is_in(r, one));
    clock_shift_ms(31 * 60 * 1000);
    assert_false(is_in(r, one));
    clock_shift_ms(-89 * 60 * 1000);
}

static void
visitors_have_no_account(void **state)
{
    struct rig *r = *state;
    struct page p = get(r, "/-/account", SPAN_NONE);
    assert_true(goes_to(&p, "/-/signin?next=/-/account"));
    p = post(r, "/-/account/password", "password=another+long+one", SPAN_NONE);
    assert_true(goes_to(&p, "/-/signin?next=/-/account"));
    p = get(r, "/-/account/nothing", SPAN_NONE);
    assert_int_equal(p.out.status, 404);
}

static void
the_owner_alone_watches_a_stream(void **state)
{
    struct rig *r = *state;
    struct grant g;
    struct page p;
    rig_dataset(r, "movies", "public", SPAN("operator"));
    assert_int_equal(ASK(r, "web", "conversation.start", SPAN("datasets"), SPAN("movies")), E_OK);
    struct span visitor = rig_get(r, "visitor_cookie");
    const char *c = task_z(&r->t, rig_get(r, "conversation")), *turn = task_z(&r->t, rig_get(r, "turn"));
    struct visit v = {
        .method = "GET", .path = "/-/internal/viewer", .visitor = visitor, .conversation = c, .turn = turn};
    visit(r, &v, &p);
    assert_int_equal(p.out.status, 204);
    struct buf *sealed = task_buf(&r->t, GRANT_SEAL_BYTES);
    assert_true(base64_get(span_trim(after(p.head, "X-Lyceum-Viewer: ", '\n')), sealed));
    assert_int_equal(grant_open(&r->t, r->g.key, buf_view(sealed), "stream", clock_unix_ms(), &g), E_OK);
    assert_true(span_is(g.conversation, c) && span_is(g.turn, turn) && span_is(g.capability, "view") &&
                span_is(g.mode, "public"));
    assert_true(span_find(g.detail, g.subject) > 0);
    struct visit outside = v; /* a browser that asks for it itself: only nginx may */
    outside.document = "/-/account";
    visit(r, &outside, &p);
    assert_true(p.out.status == 403 && span_find(p.head, SPAN("X-Lyceum-Viewer")) < 0);
    static const struct {
        const char *conversation, *turn;
        bool other;
    } rows[] = {
        {"c_aaaaaaaaaaaaaaaaaaaaaaaaaa", NULL, false}, {"", NULL, false}, {NULL, "t_x", false}, {NULL, NULL, true}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct visit w = v;
        w.conversation = rows[i].conversation ? rows[i].conversation : c;
        w.turn = rows[i].turn ? rows[i].turn : turn;
        w.visitor = rows[i].other ? SPAN_NONE : visitor;
        w.session = rows[i].other ? rig_session(r, "admin") : SPAN_NONE;
        visit(r, &w, &p);
        assert_int_equal(p.out.status, 403);
        assert_true(span_find(p.head, SPAN("X-Lyceum-Viewer")) < 0);
    }
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_up, rig_down)
    const struct CMUnitTest tests[] = {
        TEST(the_right_password_signs_in_and_the_wrong_one_does_not),
        TEST(signing_in_goes_to_our_own_pages_alone),
        TEST(a_session_value_does_not_live_on_over_a_sign_in),
        TEST(signing_out_ends_the_session_and_tells_everybody),
        TEST(another_site_can_do_nothing),
        TEST(a_link_works_once_and_only_by_its_button),
        TEST(a_disabled_account_is_out_at_once),
        TEST(guessing_is_slowed_down_and_shuts_nobody_else_out),
        TEST(one_household_is_one_address),
        TEST(a_new_password_needs_the_old_one_and_ends_the_other_sessions),
        TEST(sessions_end_by_the_persons_choice),
        TEST(visitors_have_no_account),
        TEST(the_owner_alone_watches_a_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
