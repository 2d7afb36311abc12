/* Whole turns: real database, real steps and codecs; gate, query and egress are played here, the model is a script. */
#include "agent/run.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/id.h"
#include "base/json.h"
#include "egress/egress_client.h"
#include "gate/gate_client.h"
#include "policy/grant.h"
#include "query/query_client.h"
#include "store/work_conversation.h"
#include "store/work_event.h"
#include "store/work_lease.h"
#include "store/work_log.h"
#include "store/work_result.h"
#include "store/work_step.h"
#include "stream/stream_client.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* One reply of the script: an HTTP status, headers, and what comes. */
struct reply {
    int status;
    const char *headers;
    const char *text;   /* NULL: none */
    const char *call;   /* NULL, or "name\narguments"; several with "\n\n" between */
    const char *finish; /* NULL: stop or tool_calls */
    const char *refusal;
    enum { NOTHING, STOP_THEN_WAIT, DIE, LOSE_LEASE, CUT } then; /* in the middle of it */
};

enum { TURN_MOST = 16, BODIES = 1 << 20 };
/* What survives a runner that was killed. */
static struct shared {
    int replies, queries, proposals;
    int gate_down; /* so many proposals find nobody */
    bool die_in_query;
    size_t bodies_n;
    char bodies[BODIES]; /* requests, each followed by a NUL */
} * sh;
static const struct reply *script;
static struct fixture {
    struct task t;
    struct work *w;
    char dir[32];
    char path[64];
} fx;

/* ---- gate ---- */

enum err
gate_propose(struct task *t, const struct gate_proposal *p, struct gate_verdict *out)
{
    sh->proposals++;
    if (sh->gate_down-- > 0)
        return task_fail(t, E_UNAVAILABLE, "The gate does not answer.");
    *out = (struct gate_verdict){.decision = SPAN("ALLOW"), .reason = SPAN("test"), .grant = p->args_hash};
    return E_OK;
}

enum err
gate_turn_context(struct task *t, struct span ticket, json_t **out)
{
    if (!span_is(ticket, "ticket"))
        return task_fail(t, E_DENIED, "The ticket is void.");
    return json_read(t,
        SPAN("{\"datasets\":[{\"name\":\"movies\",\"title\":\"Movies\"}],\"models\":[{\"name\":\"scripted\",\"api\":"
             "\"openai-chat\",\"model\":\"m\",\"default\":true,\"properties\":{}}],\"limits\":{}}"),
        out);
}

/* ---- query ---- */

struct span
query_own_hash(struct task *t, const char *operation, struct span dataset, struct span argument)
{
    const struct span all[] = {span_of(operation), dataset, argument};
    return grant_args_hash(t, all, 3);
}

struct span
query_sql_hash(struct task *t, const struct query_sql *q)
{
    return grant_args_hash(t, &q->sql, 1);
}

enum err
query_schema(struct task *t, struct span grant, struct span dataset, json_t **out)
{
    (void)grant, (void)dataset;
    return json_read(t,
        SPAN("{\"dataset\":\"movies\",\"tables\":[{\"name\":\"movie\",\"rows\":3,\"columns\":[{\"name\":"
             "\"title\",\"type\":\"TEXT\"}]}]}"),
        out);
}

enum err
query_find(struct task *t, struct span grant, struct span dataset, struct span words, int64_t most, json_t **out)
{
    (void)grant, (void)dataset, (void)words, (void)most;
    return json_read(t, SPAN("[{\"name\":\"movie\"}]"), out);
}

enum err
query_sql(struct task *t, const struct query_sql *q, struct query_rows *out, struct query_problem *problem)
{
    static struct query_column column = {.name = {"n", 1}};
    static struct cell cell = {.kind = CELL_INT, .i = 42};
    sh->queries++;
    if (sh->die_in_query) {
        sh->die_in_query = false;
        raise(SIGKILL);
    }
    if (span_find(q->sql, SPAN("cuont")) >= 0) {
        *problem = (struct query_problem){.code = SPAN("no_such_function"),
            .message = SPAN("no such function: cuont"),
            .offset = 7,
            .token = SPAN("cuont"),
            .hint = SPAN("Did you mean count?")};
        return task_fail(t, E_INVALID, "no such function: cuont");
    }
    *out = (struct query_rows){.columns = &column,
        .n_columns = 1,
        .cells = &cell,
        .n_rows = 1,
        .total = -1,
        .revision = SPAN("abc"),
        .took_us = 900};
    return E_OK;
}

/* ---- stream ---- */

struct stream_out *
stream_out_open(struct task *t, const char *mode)
{
    (void)t, (void)mode;
    return NULL;
}
void
stream_out_turn(struct stream_out *s, struct span turn, int64_t epoch, int64_t offset)
{
    (void)s, (void)turn, (void)epoch, (void)offset;
}
void
stream_out_bytes(struct stream_out *s, struct span turn, struct span bytes)
{
    (void)s, (void)turn, (void)bytes;
}
void
stream_out_end(struct stream_out *s, struct span turn)
{
    (void)s, (void)turn;
}
void
stream_out_flush(struct stream_out *s)
{
    (void)s;
}
void
stream_out_close(struct stream_out *s)
{
    (void)s;
}

/* ---- egress: the script as OpenAI's chunks ---- */

static void
chunk(struct buf *b, struct span delta, const char *finish)
{
    buf_puts(b, "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":");
    buf_span(b, delta);
    buf_printf(b, ",\"finish_reason\":%s%s%s}]}\n\n", finish ? "\"" : "", finish ? finish : "null", finish ? "\"" : "");
}

static void
put_calls(struct task *t, struct buf *b, const char *calls)
{
    for (int i = 0; *calls; i++) {
        const char *end = strstr(calls, "\n\n");
        struct span one = end ? (struct span){calls, (size_t)(end - calls)} : span_of(calls), name;
        calls = end ? end + 2 : calls + one.n;
        span_cut(&one, '\n', &name);
        struct buf *d = task_buf(t, 10000);
        buf_printf(d,
            "{\"tool_calls\":[{\"index\":%d,\"id\":\"call_%d_%d\",\"type\":\"function\",\"function\":{\"name\":", i,
            sh->replies, i);
        json_put_text(d, name);
        buf_puts(d, ",\"arguments\":");
        json_put_text(d, one);
        buf_puts(d, "}}]}");
        chunk(b, buf_view(d), NULL);
    }
}

static void
put_string(struct task *t, struct buf *b, const char *key, const char *text)
{
    struct buf *d = task_buf(t, 10000);
    buf_printf(d, "{\"%s\":", key);
    json_put_text(d, span_of(text));
    buf_putc(d, '}');
    chunk(b, buf_view(d), NULL);
}

static void
happen(const struct reply *r, int wake_fd)
{
    struct task t;
    struct work *w;
    struct work_turn turn;
    struct pollfd wake = {.fd = wake_fd, .events = POLLIN};
    if (r->then == DIE)
        raise(SIGKILL);
    if (r->then != STOP_THEN_WAIT && r->then != LOSE_LEASE)
        return;
    task_begin(&t, 0);
    assert_int_equal(work_open_path(&t, fx.path, &w), E_OK);
    if (r->then == STOP_THEN_WAIT) {
        assert_int_equal(work_turn_stop(&t, w, SPAN("t_1")), E_OK);
        assert_int_equal(poll(&wake, 1, 20000), 1); /* the keeper hears it: a deadline, not a wait */
    } else {
        clock_shift_ms(WORK_LEASE_MS + 1);
        assert_int_equal(work_lease_claim(&t, w, SPAN("t_1"), SPAN("thief"), &turn), E_OK);
    }
    task_end(&t);
}

enum err
egress_call(struct task *t, const struct egress_call *c)
{
    const struct reply *r = &script[sh->replies++];
    assert_true(span_eq(c->grant, grant_args_hash(t, (struct span[]){SPAN("http"), c->body}, 2)));
    if (sh->bodies_n + c->body.n + 1 < BODIES) {
        memcpy(sh->bodies + sh->bodies_n, c->body.p, c->body.n);
        sh->bodies_n += c->body.n + 1;
    }
    if (r->status == 0)
        return task_fail(t, E_UNAVAILABLE, "The provider can't be reached.");
    if (!c->on_head(c->arg, r->status, span_of(r->headers)))
        return E_OK;
    struct buf *b = task_buf(t, 100000);
    if (r->status != 200)
        buf_puts(b, "{\"error\":{\"message\":\"scripted\",\"type\":\"server_error\"}}");
    else if (r->text)
        put_string(t, b, "content", r->text);
    if (r->refusal)
        put_string(t, b, "refusal", r->refusal);
    bool goes_on = b->n == 0 || c->on_body(c->arg, buf_view(b));
    happen(r, c->wake_fd);
    if (!goes_on || r->status != 200 || r->then == STOP_THEN_WAIT)
        return E_OK;
    if (r->then == CUT)
        return task_fail(t, E_UNAVAILABLE, "The connection was lost.");
    buf_clear(b);
    if (r->call)
        put_calls(t, b, r->call);
    chunk(b, SPAN("{}"), r->finish ? r->finish : r->call ? "tool_calls" : "stop");
    buf_puts(b, "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}}\n\ndata: [DONE]\n\n");
    (void)c->on_body(c->arg, buf_view(b));
    return E_OK;
}

/* ---- the fixture ---- */

static int
begin(void **state)
{
    (void)state;
    fx = (struct fixture){.dir = "/tmp/lyc-run-XXXXXX"};
    task_begin(&fx.t, 0);
    assert_non_null(mkdtemp(fx.dir));
    snprintf(fx.path, sizeof fx.path, "%s/work.db", fx.dir);
    memset(sh, 0, sizeof *sh);
    assert_int_equal(work_open_path(&fx.t, fx.path, &fx.w), E_OK);
    struct work_conversation c = {.id = SPAN("c_1"), .owner = SPAN("u_a"), .datasets = SPAN("[\"movies\"]")};
    assert_int_equal(work_conversation_create(&fx.t, fx.w, &c), E_OK);
    struct work_question q = {SPAN("c_1"), SPAN("t_1"), SPAN("ticket"), SPAN(""), SPAN("How many films?")};
    assert_int_equal(work_turn_queue(&fx.t, fx.w, &q), E_OK);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    static const char *const tails[] = {"", "-wal", "-shm"};
    work_close(fx.w);
    for (size_t i = 0; i < 3; i++)
        unlink(task_printf(&fx.t, "%s%s", fx.path, tails[i]));
    rmdir(fx.dir);
    task_end(&fx.t);
    return 0;
}

static enum err
run(const struct reply *replies)
{
    struct task t;
    const struct run_order order = {"public", fx.path, SPAN("t_1"), NULL};
    script = replies;
    task_begin(&t, 0);
    enum err e = run_turn(&t, &order);
    task_end(&t);
    return e;
}

/* In a process of its own, which the script kills. */
static void
run_and_die(const struct reply *replies)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        alarm(60);
        run(replies);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    clock_shift_ms(WORK_LEASE_MS + 1);
}

static struct work_turn
turn_now(void)
{
    struct work_turn turn;
    assert_int_equal(work_turn_get(&fx.t, fx.w, SPAN("t_1"), &turn), E_OK);
    return turn;
}

/* The kinds of the turn's events, with blanks between. */
static const char *
events(void)
{
    struct work_event *list;
    size_t n;
    struct buf *b = task_buf(&fx.t, 10000);
    assert_int_equal(work_event_list(&fx.t, fx.w, SPAN("t_1"), &list, &n), E_OK);
    for (size_t i = 0; i < n; i++)
        buf_printf(b, "%s%.*s", i ? " " : "", SPAN_ARG(list[i].kind));
    return task_z(&fx.t, buf_view(b));
}

/* The roles of the conversation's messages. */
static const char *
messages(void)
{
    struct work_message *list;
    size_t n;
    struct buf *b = task_buf(&fx.t, 10000);
    assert_int_equal(work_message_list(&fx.t, fx.w, SPAN("c_1"), &list, &n), E_OK);
    for (size_t i = 0; i < n; i++)
        buf_printf(b, "%s%.*s", i ? " " : "", SPAN_ARG(list[i].role));
    return task_z(&fx.t, buf_view(b));
}

/* Every event of the log is framed, its id names its end; gives the kinds. */
static const char *
log_kinds(void)
{
    struct span bytes, line;
    int64_t epoch;
    size_t at = 0;
    struct buf *b = task_buf(&fx.t, 10000);
    assert_int_equal(work_log_read(&fx.t, fx.w, SPAN("t_1"), 0, BODIES, &bytes, &epoch), E_OK);
    assert_int_equal(bytes.n, turn_now().log_bytes);
    while (at < bytes.n) {
        struct span rest = span_from(bytes, at);
        ptrdiff_t n = span_find(rest, SPAN("\n\n"));
        assert_true(n > 0);
        at += (size_t)n + 2;
        int64_t offset;
        span_cut(&rest, '\n', &line);
        assert_true(span_starts(line, "id: t_1."));
        assert_true(span_i64(span_from(line, line.n - 10), &offset));
        assert_int_equal(offset, at);
        span_cut(&rest, '\n', &line);
        assert_true(span_starts(line, "event: "));
        buf_printf(b, "%s%.*s", b->n ? " " : "", SPAN_ARG(span_from(line, 7)));
    }
    return task_z(&fx.t, buf_view(b));
}

/* The n-th request holds the text. */
static bool
request_has(int n, const char *text)
{
    const char *p = sh->bodies;
    while (n-- > 0)
        p += strlen(p) + 1;
    return strstr(p, text) != NULL;
}

/* ---- the cases ---- */

static void
an_answer_at_once(void **state)
{
    (void)state;
    assert_int_equal(run((const struct reply[]){{200, "", "There are 42.", NULL, NULL, NULL, NOTHING}}), E_OK);
    struct work_turn turn = turn_now();
    assert_true(span_is(turn.state, "done") && span_is(turn.outcome, "done"));
    assert_int_equal(turn.tokens_in, 10);
    assert_int_equal(turn.tokens_out, 5);
    assert_string_equal(events(), "text usage done");
    assert_string_equal(messages(), "user assistant");
    assert_string_equal(log_kinds(), "state step text usage done");
    assert_true(request_has(0, "How many films?") && request_has(0, "\\\"name\\\":\\\"movie\\\""));
}

static void
errors_heal_and_rows_are_kept(void **state)
{
    (void)state;
    assert_int_equal(
        run((const struct reply[]){
            {200, "", "Let me look.", "sql\n{\"sql\":\"select cuont(*) from movie\"}", NULL, NULL, NOTHING},
            {200, "", NULL, "sql\n{\"sql\":\"select count(*) n from movie\"}", NULL, NULL, NOTHING},
            {200, "", "42 films [r1].", NULL, NULL, NULL, NOTHING},
        }),
        E_OK);
    assert_string_equal(events(), "text call result call result text usage done");
    assert_string_equal(messages(), "user assistant tool assistant tool assistant");
    assert_true(request_has(1, "no such function: cuont") && request_has(1, "Did you mean count?"));
    assert_true(request_has(2, "r1") && request_has(2, "[42]"));
    struct work_result r;
    struct cells page;
    assert_int_equal(work_result_by_handle(&fx.t, fx.w, SPAN("c_1"), SPAN("r1"), &r), E_OK);
    assert_true(span_is(r.sql, "select count(*) n from movie") && span_is(r.revision, "abc"));
    assert_int_equal(work_result_page(&fx.t, fx.w, r.id, 0, 10, &page), E_OK);
    assert_int_equal(page.cells[0].i, 42);
    assert_string_equal(log_kinds(), "state step text usage call result step usage call result step text usage done");
}

static void
parallel_calls_run_in_order(void **state)
{
    (void)state;
    assert_int_equal(
        run((const struct reply[]){
            {200, "", NULL, "sql\n{\"sql\":\"select 1\"}\n\nfind_tables\n{}\n\nsql\n{\"sql\":\"select 2\"}", NULL, NULL,
                NOTHING},
            {200, "", "Done.", NULL, NULL, NULL, NOTHING},
        }),
        E_OK);
    assert_int_equal(sh->queries, 2);
    assert_string_equal(messages(), "user assistant tool assistant");
    assert_string_equal(events(), "call result call result call result text usage done");
    assert_true(request_has(1, "call_1_0") && request_has(1, "call_1_1") && request_has(1, "call_1_2"));
}

static void
wrong_calls_go_back_as_errors(void **state)
{
    (void)state;
    assert_int_equal(run((const struct reply[]){
                         {200, "", NULL, "sql\n{\"sql\": \"select 1", NULL, NULL, NOTHING},
                         {200, "", NULL, "drop_everything\n{\"x\":1}", NULL, NULL, NOTHING},
                         {200, "", NULL, "sql\n{\"statement\":\"select 1\"}", NULL, NULL, NOTHING},
                         {200, "", "Recovered.", NULL, NULL, NULL, NOTHING},
                     }),
        E_OK);
    assert_int_equal(sh->queries, 0);
    assert_true(request_has(1, "not valid JSON"));
    assert_true(request_has(2, "nknown tool"));
    assert_true(request_has(3, "There is no argument"));
    assert_true(span_is(turn_now().outcome, "done"));
}

static void
a_call_that_was_cut_never_runs(void **state)
{
    (void)state;
    assert_int_equal(
        run((const struct reply[]){{200, "", NULL, "sql\n{\"sql\":\"delete from mov", "length", NULL, NOTHING}}), E_OK);
    assert_int_equal(sh->queries, 0);
    assert_true(span_is(turn_now().outcome, "limit") && span_is(turn_now().error_code, "length"));
    assert_string_equal(messages(), "user assistant tool");
}

static void
a_refusal_and_a_filter_are_told(void **state)
{
    (void)state;
    assert_int_equal(
        run((const struct reply[]){{200, "", NULL, NULL, NULL, "I can't help with that.", NOTHING}}), E_OK);
    assert_true(span_is(turn_now().outcome, "failed") && span_is(turn_now().error_code, "refused"));
    assert_string_equal(events(), "text usage error done");
    assert_string_equal(log_kinds(), "state step text usage error done");
}

static void
a_filter_is_told(void **state)
{
    (void)state;
    assert_int_equal(run((const struct reply[]){{200, "", "partial", NULL, "content_filter", NULL, NOTHING}}), E_OK);
    assert_true(span_is(turn_now().outcome, "failed"));
    assert_true(span_is(turn_now().error_code, "filter"));
    assert_string_equal(events(), "text usage error done");
}

static void
a_busy_provider_is_asked_again(void **state)
{
    (void)state;
    assert_int_equal(run((const struct reply[]){
                         {429, "retry-after-ms: 1\n", NULL, NULL, NULL, NULL, NOTHING},
                         {503, "Retry-After-Ms: 1\r\n", NULL, NULL, NULL, NULL, NOTHING},
                         {200, "", "finally", NULL, NULL, NULL, NOTHING},
                     }),
        E_OK);
    assert_int_equal(sh->replies, 3);
    assert_true(span_is(turn_now().outcome, "done"));
}

static void
a_dead_provider_fails_the_turn_with_a_sentence(void **state)
{
    (void)state;
    assert_int_equal(run((const struct reply[]){
                         {500, "retry-after-ms: 1\n", NULL, NULL, NULL, NULL, NOTHING},
                         {500, "retry-after-ms: 1\n", NULL, NULL, NULL, NULL, NOTHING},
                         {500, "retry-after-ms: 1\n", NULL, NULL, NULL, NULL, NOTHING},
                         {500, "retry-after-ms: 1\n", NULL, NULL, NULL, NULL, NOTHING},
                     }),
        E_OK);
    assert_int_equal(sh->replies, 4);
    assert_true(span_is(turn_now().state, "failed"));
    assert_true(span_ends(turn_now().error_text, "."));
    assert_string_equal(messages(), "user");
}

static void
nothing_is_asked_again_once_it_was_shown(void **state)
{
    (void)state;
    assert_int_equal(run((const struct reply[]){{200, "", "Half an answer", NULL, NULL, NULL, CUT}}), E_OK);
    assert_int_equal(sh->replies, 1);
    assert_true(span_is(turn_now().state, "failed"));
    assert_string_equal(events(), "text usage error done");
    assert_string_equal(messages(), "user assistant");
}

static void
a_question_rests_and_its_answer_goes_on(void **state)
{
    (void)state;
    static const struct reply REPLIES[] = {
        {200, "", NULL,
            "ask\n{\"question\":\"Which year?\",\"options\":[\"1999\",\"2000\"]}\n\nsql\n{\"sql\":\"select 1\"}", NULL,
            NULL, NOTHING},
        {200, "", "In 1999: 42.", NULL, NULL, NULL, NOTHING},
    };
    assert_int_equal(run(REPLIES), E_OK);
    struct work_turn turn = turn_now();
    assert_true(span_is(turn.state, "waiting"));
    assert_true(span_find(turn.waiting, SPAN("Which year?")) >= 0);
    assert_string_equal(events(), "call result question");
    assert_true(strstr(log_kinds(), "question wait") != NULL);
    assert_int_equal(work_turn_answer(&fx.t, fx.w, SPAN("t_1"), SPAN("ticket"), SPAN("1999")), E_OK);
    assert_int_equal(run(REPLIES), E_OK);
    assert_int_equal(sh->queries, 0);
    assert_true(request_has(1, "1999") && request_has(1, "was not run: a question"));
    assert_true(span_is(turn_now().outcome, "done"));
    assert_string_equal(events(), "call result question answer text usage done");
    assert_string_equal(messages(), "user assistant tool assistant");
}

static void
a_waiting_turn_can_be_stopped(void **state)
{
    (void)state;
    assert_int_equal(
        run((const struct reply[]){{200, "", NULL, "ask\n{\"question\":\"Which year?\"}", NULL, NULL, NOTHING}}), E_OK);
    assert_int_equal(work_turn_stop(&fx.t, fx.w, SPAN("t_1")), E_OK);
    assert_int_equal(run(NULL), E_OK);
    assert_true(span_is(turn_now().state, "stopped"));
    assert_string_equal(messages(), "user assistant tool"); /* the call has its result */
}

static void
stop_keeps_what_was_said(void **state)
{
    (void)state;
    assert_int_equal(run((const struct reply[]){
                         {200, "", "The first half", "sql\n{\"sql\":\"select 1\"}", NULL, NULL, STOP_THEN_WAIT}}),
        E_OK);
    assert_true(span_is(turn_now().state, "stopped") && span_is(turn_now().outcome, "stopped"));
    assert_int_equal(sh->queries, 0);
    assert_string_equal(events(), "text usage done");
    assert_string_equal(messages(), "user assistant");
}

static void
the_data_can_not_answer(void **state)
{
    (void)state;
    assert_int_equal(
        run((const struct reply[]){{200, "", NULL,
            "cannot_answer\n{\"reason\":\"There are no weights.\",\"nearest\":\"titles\"}", NULL, NULL, NOTHING}}),
        E_OK);
    assert_true(span_is(turn_now().outcome, "cannot_answer") && span_is(turn_now().state, "done"));
    assert_string_equal(events(), "call result text usage done");
    assert_string_equal(messages(), "user assistant tool assistant");
}

static void
a_loop_ends(void **state)
{
    (void)state;
    static struct reply loop[64];
    for (size_t i = 0; i < 64; i++)
        loop[i] = (struct reply){200, "", NULL, "find_tables\n{}", NULL, NULL, NOTHING};
    assert_int_equal(run(loop), E_OK);
    assert_true(span_is(turn_now().outcome, "limit"));
    assert_int_equal(sh->replies, conf_int("limits.turn_steps"));
    assert_true(request_has(sh->replies - 1, "\"tool_choice\":\"none\""));
}

/* The numbers of runs and queries that a turn takes when its runner is killed somewhere. */
static void
killed_in_the_first_answer(void **state)
{
    (void)state;
    run_and_die((const struct reply[]){{200, "", "There", NULL, NULL, NULL, DIE}});
    sh->replies = 0;
    assert_int_equal(run((const struct reply[]){{200, "", "There are 42.", NULL, NULL, NULL, NOTHING}}), E_OK);
    assert_string_equal(messages(), "user assistant");
    assert_string_equal(events(), "text usage done");
    assert_int_equal(turn_now().epoch, 2);
    assert_true(strstr(log_kinds(), "state step state step text usage done") ||
                strstr(log_kinds(), "state step text state step text usage done"));
}

static void
killed_in_a_statement(void **state)
{
    (void)state;
    static const struct reply REPLIES[] = {
        {200, "", NULL, "sql\n{\"sql\":\"select 1\"}\n\nsql\n{\"sql\":\"select 2\"}", NULL, NULL, NOTHING},
        {200, "", "Done.", NULL, NULL, NULL, NOTHING},
    };
    sh->die_in_query = true;
    run_and_die(REPLIES);
    assert_int_equal(sh->queries, 1);
    assert_int_equal(run(REPLIES), E_OK);
    assert_int_equal(sh->replies, 2); /* the first answer was durable */
    assert_int_equal(sh->queries, 3); /* the statement that was running ran again: it only reads */
    assert_string_equal(events(), "call result call result text usage done");
    assert_string_equal(messages(), "user assistant tool assistant");
}

static void
killed_after_a_statement(void **state)
{
    (void)state;
    run_and_die((const struct reply[]){
        {200, "", NULL, "sql\n{\"sql\":\"select 1\"}", NULL, NULL, NOTHING},
        {200, "", "So", NULL, NULL, NULL, DIE},
    });
    assert_int_equal(sh->queries, 1);
    sh->replies = 1;
    assert_int_equal(run((const struct reply[]){
                         {0, "", NULL, NULL, NULL, NULL, NOTHING},
                         {200, "", "So it is.", NULL, NULL, NULL, NOTHING},
                     }),
        E_OK);
    assert_int_equal(sh->queries, 1); /* finished calls are not run again */
    assert_string_equal(events(), "call result text usage done");
    assert_string_equal(messages(), "user assistant tool assistant");
    assert_int_equal(turn_now().steps, 2);
}

static void
a_lost_lease_writes_nothing_more(void **state)
{
    (void)state;
    assert_int_equal(run((const struct reply[]){{200, "", "Mine", NULL, NULL, NULL, LOSE_LEASE}}), E_CONFLICT);
    assert_string_equal(messages(), "user");
    assert_string_equal(events(), "");
    assert_true(span_is(turn_now().state, "running"));
    assert_int_equal(turn_now().epoch, 2);
}

static void
a_restart_of_gate_is_waited_for(void **state)
{
    (void)state;
    sh->gate_down = 2; /* the schema's proposals: find_tables asks again */
    assert_int_equal(run((const struct reply[]){
                         {200, "", NULL, "find_tables\n{}", NULL, NULL, NOTHING},
                         {200, "", "One table.", NULL, NULL, NULL, NOTHING},
                     }),
        E_OK);
    assert_true(span_is(turn_now().outcome, "done"));
    assert_true(request_has(1, "\\\"name\\\":\\\"movie\\\""));
    assert_true(sh->gate_down < 0);
}

static void
a_void_ticket_fails_the_turn(void **state)
{
    (void)state;
    assert_int_equal(work_turn_finish(&fx.t, fx.w, SPAN("t_1"), "done", "", SPAN_NONE), E_OK);
    struct work_question q = {SPAN("c_1"), SPAN("t_2"), SPAN("void"), SPAN(""), SPAN("And now?")};
    assert_int_equal(work_turn_queue(&fx.t, fx.w, &q), E_OK);
    struct task t;
    struct work_turn turn;
    const struct run_order order = {"public", fx.path, SPAN("t_2"), NULL};
    task_begin(&t, 0);
    assert_int_equal(run_turn(&t, &order), E_OK);
    task_end(&t);
    assert_int_equal(work_turn_get(&fx.t, fx.w, SPAN("t_2"), &turn), E_OK);
    assert_true(span_is(turn.state, "failed") && span_is(turn.error_text, "The ticket is void."));
    assert_string_equal(messages(), "user");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(an_answer_at_once),
        CASE(errors_heal_and_rows_are_kept),
        CASE(parallel_calls_run_in_order),
        CASE(wrong_calls_go_back_as_errors),
        CASE(a_call_that_was_cut_never_runs),
        CASE(a_refusal_and_a_filter_are_told),
        CASE(a_filter_is_told),
        CASE(a_busy_provider_is_asked_again),
        CASE(a_dead_provider_fails_the_turn_with_a_sentence),
        CASE(nothing_is_asked_again_once_it_was_shown),
        CASE(a_question_rests_and_its_answer_goes_on),
        CASE(a_waiting_turn_can_be_stopped),
        CASE(stop_keeps_what_was_said),
        CASE(the_data_can_not_answer),
        CASE(a_loop_ends),
        CASE(killed_in_the_first_answer),
        CASE(killed_in_a_statement),
        CASE(killed_after_a_statement),
        CASE(a_lost_lease_writes_nothing_more),
        CASE(a_restart_of_gate_is_waited_for),
        CASE(a_void_ticket_fails_the_turn),
    };
    struct task t;
    id_init();
    setenv("LYCEUM_STATE", "/nonexistent", 1); /* the settings' defaults */
    sh = mmap(NULL, sizeof *sh, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    task_begin(&t, 0);
    int failed = conf_load(&t) != E_OK ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
    task_end(&t);
    munmap(sh, sizeof *sh);
    return failed;
}
