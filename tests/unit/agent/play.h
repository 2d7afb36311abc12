/* play: whole turns in one process: real database, real steps and codecs; gate, query, effect and egress are played
 * here, the model is a script. For test programs of the agent, each of which includes it once. */
#ifndef TESTS_AGENT_PLAY_H
#define TESTS_AGENT_PLAY_H

#include "agent/run.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/id.h"
#include "base/json.h"
#include "effect/effect_client.h"
#include "egress/egress_client.h"
#include "gate/gate_client.h"
#include "plugin/plugin_client.h"
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
    bool die_in_query, die_in_ask;
    char asked[4096]; /* capabilities of the proposals, each with a blank behind it */
    size_t bodies_n;
    char bodies[BODIES]; /* requests, each followed by a NUL */
} * sh;
static const struct reply *script;
/* What gate and effect are to say in a test; nothing set: six tools, everything is allowed. */
static struct play {
    const char *tools;            /* JSON array */
    const char *refuse, *reason;  /* a capability that is refused, and its code */
    const char *outcome;          /* of the approval p_1: JSON */
    const char *dryrun, *word;    /* sentence and word with which a dry run fails */
    const char *page, *page_head; /* what a fetch gives */
    const char *plugins;          /* JSON array; NULL: none */
    bool plugin_asks;             /* a call of a plugin needs a person */
    enum err (*plugin)(struct task *t, const struct plugin_call *c, char *word, json_t **blocks);
} play;
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
    static const char *const ASKED[] = {"write", "save", "fetch"};
    size_t n = strlen(sh->asked);
    snprintf(sh->asked + n, sizeof sh->asked - n, "%s ", p->capability);
    assert_true(p->model.n > 0 && p->args_hash.n == HASH_BYTES);
    *out = (struct gate_verdict){.decision = SPAN("ALLOW"), .reason = SPAN("test"), .grant = p->args_hash};
    if (play.refuse && strcmp(play.refuse, p->capability) == 0) {
        *out = (struct gate_verdict){.decision = SPAN("REFUSE"), .reason = span_of(play.reason)};
        return E_OK;
    }
    for (size_t i = 0; i < 3 && p->approval.n == 0; i++)
        if (strcmp(ASKED[i], p->capability) == 0 || (play.plugin_asks && strcmp("call", p->capability) == 0))
            *out = (struct gate_verdict){.decision = SPAN("ASK"), .approval = SPAN("p_1"), .expires_ms = 12345};
    if (sh->die_in_ask && span_is(out->decision, "ASK")) {
        sh->die_in_ask = false;
        raise(SIGKILL);
    }
    return E_OK;
}

enum err
gate_outcome(struct task *t, struct span ticket, struct span approval, json_t **out)
{
    assert_true(span_is(ticket, "ticket") && span_is(approval, "p_1"));
    return json_read(t, span_of(play.outcome), out);
}

enum err
gate_turn_context(struct task *t, struct span ticket, json_t **out)
{
    if (!span_is(ticket, "ticket"))
        return task_fail(t, E_DENIED, "The ticket is void.");
    return json_read(t,
        task_format(t,
            "{\"mode\":\"private\",\"datasets\":[{\"name\":\"movies\",\"title\":\"Movies\",\"level\":2,\"writable\":"
            "true}],"
            "\"models\":[{\"name\":\"scripted\",\"label\":\"Script\",\"api\":\"openai-chat\",\"model\":\"m\","
            "\"default\":true,"
            "\"clearance\":\"public\",\"properties\":{}},{\"name\":\"house\",\"label\":\"House\",\"api\":\"openai-"
            "chat\","
            "\"clearance\":\"private\"},{\"name\":\"cloud\",\"api\":\"anthropic\",\"clearance\":\"org\"}],\"limits\":{}"
            "%s%s,\"plugins\":%s}",
            play.tools ? ",\"tools\":" : "", play.tools ? play.tools : "", play.plugins ? play.plugins : "[]"),
        out);
}

/* ---- plugin ---- */

struct span
plugin_call_hash(struct task *t, struct span digest, struct span tool, struct span args)
{
    const struct span bound[] = {SPAN("plugin"), digest, tool, args};
    return grant_args_hash(t, bound, 4);
}

enum err
plugin_call(struct task *t, const struct plugin_call *c, char word[PLUGIN_WORD_BYTES], json_t **blocks)
{
    assert_non_null(play.plugin);
    assert_true(span_eq(c->grant, plugin_call_hash(t, SPAN("d1"), c->tool, c->args)));
    return play.plugin(t, c, word, blocks);
}

/* ---- effect ---- */

enum err
effect_dryrun(struct task *t, struct span grant, struct span dataset, struct span sql, struct span *receipt)
{
    const struct span bound[] = {SPAN("dryrun"), dataset, sql};
    assert_true(span_eq(grant, grant_args_hash(t, bound, 3)));
    if (play.dryrun)
        return task_fail(t, E_INVALID, "%s", play.dryrun);
    *receipt = SPAN("receipt");
    return E_OK;
}

const char *
effect_word(void)
{
    return play.word ? play.word : "";
}

enum err
effect_scratch(
    struct task *t, struct span grant, struct span conversation, struct span dataset, struct span sql, json_t **out)
{
    const struct span bound[] = {SPAN("scratch"), conversation, dataset, sql};
    assert_true(span_eq(grant, grant_args_hash(t, bound, 4)));
    return json_read(t, SPAN("{\"tables\":[{\"name\":\"step1\",\"rows\":3}],\"bytes\":4096}"), out);
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
        .took_us = 900,
        .level = 2,
        .integrity = 3};
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

#include "play_model.h"

/* ---- the fixture ---- */

static int
begin(void **state)
{
    (void)state;
    fx = (struct fixture){.dir = "/tmp/lyc-run-XXXXXX"};
    play = (struct play){0};
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

/* Before and after all tests of a program: cmocka_run_group_tests(tests, play_begin, play_end). */
static struct task play_task;

static int
play_begin(void **state)
{
    (void)state;
    id_init();
    setenv("LYCEUM_STATE", "/nonexistent", 1); /* the settings' defaults */
    sh = mmap(NULL, sizeof *sh, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    task_begin(&play_task, 0);
    return conf_load(&play_task) == E_OK ? 0 : -1;
}

static int
play_end(void **state)
{
    (void)state;
    task_end(&play_task);
    munmap(sh, sizeof *sh);
    return 0;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

#endif
