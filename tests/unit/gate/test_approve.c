/* test_approve: from a button on the main origin to an answer on the approvals' own. */
#include "gate/act.h"
#include "gate/approval.h"
#include "gate/web.h"
#include "gate/web_priv.h"
#include "harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char main_origin[] = "http://127.0.0.1:8080", approve_origin[] = "http://approve.localhost:8080";
static const char password[] = "correct horse battery";

static int runs; /* the edge to what is carried out */

enum err
act_run(struct task *t, struct gate *g, const struct auth_approval *a, int64_t now_ms, json_t **outcome)
{
    (void)g;
    (void)a;
    (void)now_ms;
    runs++;
    *outcome = task_json(t, json_pack("{s:i}", "updated", 3));
    return E_OK;
}

bool
act_can_tell(const struct auth_approval *a)
{
    (void)a;
    return false;
}

enum err
act_tell(struct task *t, struct gate *g, const struct auth_approval *a, int64_t now_ms, json_t **outcome)
{
    (void)g;
    (void)a;
    (void)now_ms;
    (void)outcome;
    return task_fail(t, E_NOTFOUND, "It was not.");
}

struct page {
    struct http_request req;
    struct http_response out;
    struct span head, body, cookie; /* cookie: of the approvals' origin, when it was set */
};
static struct {
    struct rig *r;
    struct span ann, eve; /* cookies of their main sessions */
    struct span ann_id;
    struct span approve; /* cookie of the approvals' origin */
} w;

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

static struct page
visit(bool approve, const char *method, struct span path, const char *form, struct span cookie)
{
    const struct http_service s = {.body_bytes = 16384,
        .origin = main_origin,
        .approve_origin = approve_origin,
        .approves = true,
        .handle = web_handle,
        .failed = web_failed,
        .arg = &w.r->g};
    struct task *t = &w.r->t;
    struct page p;
    struct span rest = path, only = path;
    span_cut(&rest, '?', &only);
    task_clear_error(t);
    char *env[] = {task_printf(t, "REQUEST_METHOD=%s", method), task_printf(t, "REQUEST_URI=%.*s", SPAN_ARG(path)),
        task_printf(t, "QUERY_STRING=%.*s", SPAN_ARG(rest.n < path.n ? rest : SPAN_NONE)),
        task_printf(t, "LYCEUM_SITE=%s", approve ? "approve" : "main"),
        task_printf(t, "HTTP_HOST=%s", approve ? "approve.localhost:8080" : "127.0.0.1:8080"),
        task_printf(t, "REMOTE_ADDR=192.0.2.1"), task_printf(t, "HTTP_SEC_FETCH_SITE=same-origin"),
        task_printf(t, "CONTENT_LENGTH=%zu", strlen(form)),
        task_printf(t, "CONTENT_TYPE=application/x-www-form-urlencoded"),
        cookie.n > 0 ? task_printf(t, "HTTP_COOKIE=%s=%.*s", approve ? "lyceum_approve" : "lyceum", SPAN_ARG(cookie))
                     : NULL,
        NULL};
    http_answer(t, &s, env, span_of(form), &p.req, &p.out);
    p.head = http_response_head(&p.out);
    p.body = buf_view(p.out.body);
    p.cookie = after(p.head, "Set-Cookie: lyceum_approve=", ';');
    task_clear_error(t);
    return p;
}

static struct page
over_there(const char *method, struct span id, const char *more, const char *form)
{
    return visit(true, method, task_format(&w.r->t, "/-/approve/%.*s%s", SPAN_ARG(id), more), form, w.approve);
}

static bool
shows(const struct page *p, const char *text)
{
    return span_find(p->body, span_of(text)) >= 0;
}

static int
set_up(void **state)
{
    if (rig_up(state) != 0)
        return -1;
    w.r = *state;
    runs = 0;
    w.approve = SPAN_NONE;
    w.ann_id = rig_user(w.r, "ann", "admin");
    rig_user(w.r, "eve", "admin");
    rig_admin(w.r, "user.passwd", task_printf(&w.r->t, "{\"name\":\"ann\",\"password\":\"%s\"}", password));
    w.ann = rig_session(w.r, "ann");
    w.eve = rig_session(w.r, "eve");
    rig_dataset(w.r, "movies", "public", w.ann_id);
    return 0;
}

static struct span
asked(const char *kind, enum policy_effect effect, const char *args, const char *facts)
{
    struct approval_asked out;
    bool theirs = effect == EFFECT_AUTHORITY; /* a person's own gesture: no other is ever asked about */
    const struct approval_call c = {.kind = kind,
        .c = {.proposer = theirs ? PROPOSER_USER : PROPOSER_MODEL,
            .integrity = theirs ? 1 : 3,
            .effect = effect,
            .dominates = true},
        .user = w.ann_id,
        .args = span_of(args),
        .dataset = SPAN("movies"),
        .sink = SPAN("movies"),
        .facts = span_of(facts)};
    assert_int_equal(approval_ask(&w.r->t, &w.r->g, &c, clock_unix_ms(), &out), E_OK);
    return out.id;
}

static struct span
saved(void)
{
    return asked("save", EFFECT_DURABLE,
        "{\"name\":\"best\",\"dataset\":\"movies\",\"sql\":\"SELECT title\\nFROM movies -- \\u202egnihton\\u200b\"}",
        "{}");
}

/* Presses the button on the main origin; the address that it leads to, without the origin. */
static struct span
led(struct span id, struct span who)
{
    struct page p = visit(false, "POST", task_format(&w.r->t, "/-/approve/%.*s", SPAN_ARG(id)), "", who);
    assert_int_equal(p.out.status, 303);
    struct span to = span_trim(after(p.head, "Location: ", '\n'));
    assert_true(span_starts(to, approve_origin));
    return span_from(to, strlen(approve_origin));
}

static struct span
code_of(struct span address)
{
    return after(address, "?code=", '\n');
}

static struct page
enter(struct span id, struct span code)
{
    return over_there("POST", id, "/enter", task_printf(&w.r->t, "code=%.*s", SPAN_ARG(code)));
}

/* The whole way; the page of the approval. */
static struct page
came(struct span id)
{
    struct page p = enter(id, code_of(led(id, w.ann)));
    assert_true(p.out.status == 303 && p.cookie.n == 43);
    w.approve = task_dup(&w.r->t, p.cookie);
    return over_there("GET", id, "", "");
}

static struct page
answer(struct span id, const struct page *shown, const char *more)
{
    clock_shift_ms(APPROVAL_SHOWN_MS);
    struct span seen = after(shown->body, "name=\"seen\" value=\"", '"');
    return over_there("POST", id, "", task_printf(&w.r->t, "seen=%.*s&%s", SPAN_ARG(seen), more));
}

static const char *
state_of(struct span id)
{
    struct auth_approval a;
    assert_int_equal(auth_approval_find(&w.r->t, &w.r->g.db, id, &a), E_OK);
    return task_z(&w.r->t, a.state);
}

static void
the_way_there_and_the_answer(void **state)
{
    (void)state;
    struct span id = saved(), address = led(id, w.ann);
    struct page p = visit(true, "GET", address, "", SPAN_NONE);
    assert_true(p.out.status == 200 && shows(&p, "enter-button") && p.cookie.p == NULL);
    assert_string_equal(state_of(id), "pending");
    p = came(id);
    assert_int_equal(p.out.status, 200);
    assert_true(shows(&p, "Save a query on movies") && shows(&p, "You have chosen no phrase yet"));
    assert_true(shows(&p, "[U+202E]gnihton[U+200B]"));
    assert_true(span_find(p.head, SPAN("frame-ancestors 'none'")) > 0 && span_find(p.head, SPAN("no-store")) > 0);
    p = answer(id, &p, "answer=approve&read=yes");
    assert_int_equal(p.out.status, 303);
    assert_int_equal(runs, 1);
    p = over_there("GET", id, "", "");
    assert_true(shows(&p, "It was carried out") && !shows(&p, "approve-button"));
    p = over_there("POST", id, "", "answer=approve&read=yes&seen=x"); /* again */
    assert_true(p.out.status == 409 && runs == 1);
}

static void
a_decline_does_nothing(void **state)
{
    (void)state;
    struct span id = saved();
    struct page p = came(id);
    p = answer(id, &p, "answer=decline");
    assert_true(p.out.status == 303 && runs == 0);
    assert_string_equal(state_of(id), "declined");
    p = over_there("GET", id, "", "");
    assert_true(shows(&p, "You declined it"));
}

static void
a_code_leads_once_for_a_minute_to_its_own_approval(void **state)
{
    (void)state;
    struct span id = saved(), other = asked("save", EFFECT_DURABLE, "{\"name\":\"two\",\"sql\":\"SELECT 2\"}", "{}");
    struct span code = code_of(led(id, w.ann));
    assert_int_equal(enter(other, code).out.status, 403);
    struct page p = over_there("GET", other, task_printf(&w.r->t, "?code=%.*s", SPAN_ARG(code)), "");
    assert_int_equal(p.out.status, 403);
    assert_int_equal(enter(id, code).out.status, 303);
    assert_int_equal(enter(id, code).out.status, 403); /* used */
    code = code_of(led(id, w.ann));
    clock_shift_ms(60001);
    assert_int_equal(enter(id, code).out.status, 403); /* old */
    code = code_of(led(id, w.ann));
    bool ended;
    assert_int_equal(auth_session_end(&w.r->t, &w.r->g.db, w.ann_id, who_hash(&w.r->t, w.ann), &ended), E_OK);
    assert_int_equal(enter(id, code).out.status, 403); /* signed out since */
    assert_int_equal(enter(id, SPAN("")).out.status, 403);
    assert_int_equal(over_there("GET", id, "", "").out.status, 401);
}

static void
nobody_else_comes_near_it(void **state)
{
    (void)state;
    struct span id = saved();
    struct span path = task_format(&w.r->t, "/-/approve/%.*s", SPAN_ARG(id));
    assert_int_equal(visit(false, "POST", path, "", w.eve).out.status, 404);     /* an admin, but not she */
    assert_int_equal(visit(false, "POST", path, "", SPAN_NONE).out.status, 303); /* to sign in */
    assert_int_equal(visit(true, "GET", path, "", w.ann).out.status, 401); /* the main session's value opens nothing */
    struct span hers = asked("save", EFFECT_DURABLE, "{\"name\":\"x\"}", "{}");
    struct page p = came(hers);
    struct span anns = w.approve;
    w.approve = SPAN_NONE;
    assert_int_equal(answer(hers, &p, "answer=approve&read=yes").out.status, 401);
    /* The cookie of one origin is worth nothing on the other. */
    p = visit(false, "GET", SPAN("/-/approve"), "", anns);
    assert_int_equal(p.out.status, 303);
    assert_int_equal(visit(true, "GET", SPAN("/-/account"), "", anns).out.status, 404);
    assert_int_equal(runs, 0);
    assert_string_equal(state_of(hers), "pending");
}

static void
it_is_read_before_it_is_approved(void **state)
{
    (void)state;
    struct span id = saved();
    struct page p = came(id);
    struct span seen = after(p.body, "name=\"seen\" value=\"", '"');
    const char *form = task_printf(&w.r->t, "answer=approve&read=yes&seen=%.*s", SPAN_ARG(seen));
    struct page early = over_there("POST", id, "", form);
    assert_true(early.out.status == 409 && shows(&early, "sooner than anybody can read"));
    assert_int_equal(answer(id, &p, "answer=approve").out.status, 400);
    assert_int_equal(answer(id, &p, "answer=maybe").out.status, 400);
    assert_int_equal(over_there("POST", id, "", "answer=approve&read=yes&seen=other").out.status, 409);
    assert_int_equal(runs, 0);
    assert_int_equal(over_there("POST", id, "", form).out.status, 303);
    assert_int_equal(runs, 1);
}

static void
its_time_runs_out_while_it_is_open(void **state)
{
    (void)state;
    struct span id = saved();
    struct page p = came(id);
    clock_shift_ms(14 * 60 * 1000); /* within the session of the approvals' origin */
    assert_int_equal(over_there("GET", id, "", "").out.status, 200);
    clock_shift_ms(2 * 60 * 1000);
    assert_int_equal(over_there("GET", id, "", "").out.status, 401); /* that one ended too */
    w.approve = enter(id, code_of(led(id, w.ann))).cookie;
    w.approve = task_dup(&w.r->t, w.approve);
    p = over_there("GET", id, "", "");
    assert_true(shows(&p, "The time for this approval is over"));
    assert_string_equal(state_of(id), "expired");
}

static void
what_is_authority_asks_for_the_password_and_the_number(void **state)
{
    (void)state;
    struct span id = asked("undo", EFFECT_AUTHORITY, "{\"change\":\"g_x\"}", "{\"deleted\":1203}");
    struct page p = came(id), q;
    assert_true(shows(&p, "name=\"password\"") && shows(&p, "name=\"count\""));
    static const char *const bad[] = {"count=1203", "count=1203&password=wrong+horse+battery",
        "count=1204&password=correct+horse+battery", "password=correct+horse+battery",
        "count=1203+or+so&password=correct+horse+battery"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        q = answer(id, &p, task_printf(&w.r->t, "answer=approve&read=yes&%s", bad[i]));
        assert_true(q.out.status == 403 && shows(&q, "role=\"alert\""));
    }
    assert_string_equal(state_of(id), "pending");
    q = answer(id, &p, "answer=approve&read=yes&count=1203&password=correct+horse+battery");
    assert_int_equal(q.out.status, 303);
    assert_int_equal(runs, 1);
}

static void
guessing_the_password_is_slowed_down(void **state)
{
    (void)state;
    struct span id = asked("admin", EFFECT_AUTHORITY,
        "{\"operation\":\"user.add\",\"in\":{\"name\":\"bob\",\"password\":\"hidden secret\"}}", "{}");
    struct page p = came(id), q = {0};
    assert_true(shows(&p, "user.add") && shows(&p, "bob") && !shows(&p, "hidden secret"));
    assert_false(shows(&p, "name=\"count\""));
    for (int i = 0; i < 8 && q.out.status != 429; i++)
        q = answer(id, &p, "answer=approve&read=yes&password=wrong+horse+battery");
    assert_int_equal(q.out.status, 429);
    q = over_there("POST", id, "", "answer=approve&read=yes&password=correct+horse+battery");
    assert_int_equal(q.out.status, 429); /* the right one too, for that while */
    assert_int_equal(runs, 0);
    clock_shift_ms(60000);
    q = answer(id, &p, "answer=approve&read=yes&password=correct+horse+battery");
    assert_int_equal(q.out.status, 303);
}

static void
an_account_without_a_password_has_no_step_up(void **state)
{
    (void)state;
    struct span was = w.ann_id, who = w.ann;
    struct auth_user u;
    assert_int_equal(auth_user_by_name(&w.r->t, &w.r->g.db, SPAN("eve"), &u), E_OK);
    w.ann_id = u.id;
    w.ann = w.eve;
    struct span id = asked("admin", EFFECT_AUTHORITY, "{\"operation\":\"user.list\"}", "{}");
    struct page p = came(id);
    assert_true(shows(&p, "your account has none yet") && !shows(&p, "name=\"password\""));
    assert_int_equal(answer(id, &p, "answer=approve&read=yes&password=").out.status, 403);
    assert_int_equal(runs, 0);
    w.ann_id = was;
    w.ann = who;
}

static void
the_phrase_is_shown(void **state)
{
    (void)state;
    struct page p = visit(false, "POST", SPAN("/-/account/phrase"), "phrase=+seven+blue+%3Cowls%3E+", w.ann);
    assert_int_equal(p.out.status, 303);
    p = visit(false, "GET", SPAN("/-/account"), "", w.ann);
    assert_true(shows(&p, "value=\"seven blue &lt;owls&gt;\""));
    struct span id = saved();
    p = came(id);
    assert_true(shows(&p, "seven blue &lt;owls&gt;"));
    p = visit(false, "GET", SPAN("/-/approve"), "", w.eve);
    assert_true(shows(&p, "none-open") && !shows(&p, "owls"));
}

static void
addresses_are_shown_so_that_nothing_hides(void **state)
{
    (void)state;
    static const struct {
        const char *url, *shown;
    } rows[] = {
        {"https://ex\\u0430mple.org/a", "xn--"},
        {"https://example.org/\\u202ecod.exe", "[U+202E]"},
        {"https://bank.example@evil.example/", "misread"},
        {"https://EXAMPLE.org/?q=a%20b", "https://example.org/?q=a%20b"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct span id = asked("fetch", EFFECT_OUTSIDE, task_printf(&w.r->t, "{\"url\":\"%s\"}", rows[i].url), "{}");
        w.approve = SPAN_NONE;
        struct page p = came(id);
        if (!shows(&p, rows[i].shown))
            fail_msg("%s: %.*s", rows[i].url, SPAN_ARG(p.body));
        assert_false(shows(&p, "\u202e"));
    }
}

static void
the_list_holds_what_waits(void **state)
{
    (void)state;
    struct span id = saved();
    struct page p = visit(false, "GET", SPAN("/-/approve"), "", w.ann);
    assert_true(shows(&p, "Save a query on movies") && shows(&p, task_z(&w.r->t, id)));
    assert_true(span_find(p.head, SPAN("form-action 'self' http://")) > 0);
    p = came(id);
    answer(id, &p, "answer=decline");
    p = visit(false, "GET", SPAN("/-/approve"), "", w.ann);
    assert_true(shows(&p, "none-open"));
}

int
main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, rig_down)
    const struct CMUnitTest tests[] = {
        WITH(the_way_there_and_the_answer),
        WITH(a_decline_does_nothing),
        WITH(a_code_leads_once_for_a_minute_to_its_own_approval),
        WITH(nobody_else_comes_near_it),
        WITH(it_is_read_before_it_is_approved),
        WITH(its_time_runs_out_while_it_is_open),
        WITH(what_is_authority_asks_for_the_password_and_the_number),
        WITH(guessing_the_password_is_slowed_down),
        WITH(an_account_without_a_password_has_no_step_up),
        WITH(the_phrase_is_shown),
        WITH(addresses_are_shown_so_that_nothing_hides),
        WITH(the_list_holds_what_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
