/* cli_ask: writes a turn as the operator, wakes the pool, follows the log. */
#include "cli/cli_ask.h"

#include "agent/pool.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/json.h"
#include "cli/cli_ask_print.h"
#include "cli/cli_dataset.h"
#include "gate/gate_client.h"
#include "store/work_conversation.h"
#include "store/work_log.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DATASETS_MOST = 16, LOOK_MS = 25, QUEUED_MS = 60000, LOG_BYTES = 1 << 20 };

struct question {
    const char *datasets, *model, *text; /* datasets: names by '\n' */
    bool as_json;
};

static volatile sig_atomic_t interrupted;

static void
on_interrupt(int sig)
{
    (void)sig;
    interrupted = 1;
}

static enum err
read_options(struct task *t, int argc, char **argv, struct question *q)
{
    const struct cli_option options[] = {
        {"--dataset", &q->datasets, NULL}, {"--model", &q->model, NULL}, {"--json", NULL, &q->as_json}};
    size_t words;
    if (cli_options(t, argc, argv, options, sizeof options / sizeof *options, &q->text, 1, &words) != E_OK)
        return t->err;
    if (words == 0 || !q->datasets)
        return task_fail(t, E_INVALID, "usage: lyceum ask --dataset NAME [--model NAME] [--json] \"question\"");
    if ((int64_t)strlen(q->text) > conf_int("limits.question_bytes"))
        return task_fail(
            t, E_LIMIT, "The question is longer than %lld bytes.", (long long)conf_int("limits.question_bytes"));
    return E_OK;
}

static size_t
split(struct task *t, const char *datasets, struct span *names)
{
    size_t n = 0;
    struct span rest = span_of(datasets), one;
    (void)t;
    while (n < DATASETS_MOST && span_cut(&rest, '\n', &one))
        names[n++] = one;
    return n;
}

static struct span
names_json(struct task *t, const struct span *names, size_t n)
{
    struct buf *b = task_buf(t, 65536);
    buf_putc(b, '[');
    for (size_t i = 0; i < n; i++) {
        buf_puts(b, i ? "," : "");
        json_put_text(b, names[i]);
    }
    buf_putc(b, ']');
    return buf_view(b);
}

/* Gate first, then the rows, then the nudge: the way of a message from the pages. */
static enum err
start(struct task *t, const struct question *q, struct gate_start *started, struct work **w)
{
    const struct gate_who me = {0};
    struct span names[DATASETS_MOST];
    size_t n = split(t, q->datasets, names);
    gate_client_as_operator();
    if (gate_conversation_start(t, &me, names, n, false, started) != E_OK ||
        work_open(t, task_z(t, started->mode), w) != E_OK)
        return t->err;
    const struct work_conversation c = {.id = started->conversation,
        .owner = started->actor.principal,
        .datasets = names_json(t, names, n),
        .model = span_of(q->model)};
    const struct work_question question = {
        started->conversation, started->turn, started->ticket, span_of(q->model), span_of(q->text)};
    if (work_begin(t, *w) != E_OK)
        return t->err;
    enum err e = work_conversation_create(t, *w, &c);
    if (e == E_OK)
        e = work_turn_queue(t, *w, &question);
    if (work_end(t, *w, e) != E_OK)
        return t->err;
    pool_nudge(task_z(t, started->mode));
    return E_OK;
}

/* What came since; false when the turn rests or has ended. */
static bool
look(struct task *t, struct work *w, struct span turn, const struct question *q, int64_t *offset)
{
    struct task s;
    struct span bytes;
    int64_t epoch;
    struct work_log_state state;
    task_begin(&s, 0);
    enum err e = work_log_state(&s, w, turn, &state);
    if (e == E_OK)
        e = work_log_read(&s, w, turn, *offset, LOG_BYTES, &bytes, &epoch);
    if (e == E_OK) {
        *offset += (int64_t)bytes.n;
        if (!q->as_json)
            cli_ask_show(&s, bytes);
    } else {
        task_fail(t, e, "%s", s.cause);
    }
    bool goes_on = e == E_OK && (bytes.n > 0 || (!state.over && !state.waiting));
    task_end(&s);
    return goes_on;
}

static enum err
check_taken(struct task *t, struct work *w, struct span id, int64_t began_ms)
{
    struct work_turn turn;
    if (clock_mono_ms() - began_ms < QUEUED_MS)
        return E_OK;
    if (work_turn_get(t, w, id, &turn) != E_OK || !span_is(turn.state, "queued"))
        return t->err;
    (void)work_turn_stop(t, w, id);
    return task_fail(t, E_UNAVAILABLE,
        "No agent took the question within a minute. Is lyceum-agent running? `lyceum doctor` says more.");
}

static enum err
follow(struct task *t, struct work *w, const struct gate_start *started, const struct question *q)
{
    int64_t offset = 0, began = clock_mono_ms();
    bool stopped = false;
    const struct sigaction act = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &act, NULL);
    while (look(t, w, started->turn, q, &offset)) {
        if (interrupted && !stopped) {
            stopped = true;
            if (work_turn_stop(t, w, started->turn) != E_OK)
                return t->err;
        }
        if (offset == 0 && check_taken(t, w, started->turn, began) != E_OK)
            return t->err;
        poll(NULL, 0, LOOK_MS);
    }
    return t->err;
}

int
cli_ask(struct task *t, int argc, char **argv)
{
    struct question q = {0};
    struct gate_start started;
    struct work *w;
    enum err e = read_options(t, argc, argv, &q);
    if (e == E_OK)
        e = start(t, &q, &started, &w);
    if (e == E_OK)
        e = follow(t, w, &started, &q);
    bool good = false;
    if (e == E_OK)
        e = cli_ask_print(t, w, started.turn, q.as_json, &good);
    if (e != E_OK)
        return cli_dataset_end(t, e, q.as_json, NULL);
    return good ? 0 : 1;
}
