/* resume: a turn as the database and gate know it: the same for a new one and for one that a dead runner left. */
#include "agent/cleared.h"
#include "agent/prompt.h"
#include "agent/run_priv.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/json.h"
#include "gate/gate_client.h"
#include "store/work_step.h"

#include <poll.h>
#include <string.h>

#define ABOVE "above-clearance" /* gate's code */
enum { ORDINALS_LOST = 100, CONTEXT_MS = 5000 };

static const json_t *
find_model(const json_t *models, struct span name)
{
    size_t i;
    json_t *m;
    json_array_foreach(models, i, m)
    {
        bool meant = name.n > 0 ? span_eq(json_text(m, "name"), name) : json_flag(m, "default", false);
        if (meant)
            return m;
    }
    return NULL;
}

static enum err
choose_model(struct task *t, struct run *r)
{
    const json_t *models = json_object_get(r->context, "models");
    r->model = find_model(models, r->turn.model);
    if (!r->model && r->turn.model.n == 0)
        r->model = find_model(models, SPAN("guide"));
    if (r->model)
        return E_OK;
    return task_fail(t, E_NOTFOUND, "The model \"%.*s\" is not available any more. Choose another one and ask again.",
        SPAN_ARG(span_first(r->turn.model, 80)));
}

static void
take_datasets(struct run *r)
{
    size_t i;
    json_t *d;
    json_array_foreach(json_object_get(r->context, "datasets"), i, d)
    {
        if (r->world.datasets < TOOL_DATASETS)
            r->world.dataset[r->world.datasets++].name = json_text(d, "name");
    }
}

/* A lower limit in the context wins over the deployment's. */
static int64_t
limit(const struct run *r, const char *key, const char *setting)
{
    int64_t own = conf_int(setting);
    int64_t given = json_int(json_object_get(r->context, "limits"), key, own);
    return given > 0 && given < own ? given : own;
}

/* Without a schema the prompt lacks the tables; find_tables tries again and tells the model why. *open: one dataset at
 * least is not above what the model is cleared for. */
static void
load_schemas(struct run *r, bool *open)
{
    *open = r->world.datasets == 0;
    for (size_t i = 0; i < r->world.datasets; i++) {
        struct task s;
        struct tool_dataset *d = &r->world.dataset[i];
        json_t *schema;
        task_begin(&s, conf_int("limits.query_ms"));
        r->world.refused = SPAN_NONE;
        (void)tool_schema(&s, &r->world, d->name, &schema);
        d->closed = span_is(r->world.refused, ABOVE);
        *open = *open || !d->closed;
        task_end(&s);
    }
    r->world.refused = SPAN_NONE;
}

/* Gate may be restarting: a turn does not fail for that. */
static enum err
ask_context(struct task *t, struct run *r)
{
    int64_t until = clock_mono_ms() + CONTEXT_MS;
    for (int wait_ms = 50;; wait_ms *= 2) {
        enum err e = gate_turn_context(t, r->turn.ticket, &r->context);
        if (e != E_UNAVAILABLE || clock_mono_ms() + wait_ms > until)
            return e;
        task_clear_error(t);
        poll(NULL, 0, wait_ms);
    }
}

enum err
resume_context(struct task *t, struct run *r)
{
    bool open;
    if (ask_context(t, r) != E_OK)
        return t->err;
    task_json(r->t, json_incref(r->context));
    if (choose_model(t, r) != E_OK)
        return t->err;
    r->world.keep = r->t;
    r->world.work = r->work;
    r->world.ticket = r->turn.ticket;
    r->world.conversation = r->turn.conversation;
    r->world.turn = r->turn.id;
    r->world.model = json_text(r->model, "name");
    r->world.tools = json_object_get(r->context, "tools");
    tool_take_plugins(&r->world, json_object_get(r->context, "plugins"));
    r->world.wake_fd = r->keeper.wake_fd;
    /* A dead runner may have proposed more than it wrote down; numbers only have to grow. */
    r->world.ordinal = r->turn.ordinal + (r->turn.epoch > 1 ? ORDINALS_LOST : 0);
    take_datasets(r);
    load_schemas(r, &open);
    r->turn.ordinal = r->world.ordinal;
    if (!open) {
        r->cannot = ABOVE;
        return task_fail(t, E_DENIED, "%.*s", SPAN_ARG(cleared_sentence(t, r->context, r->model, SPAN(ABOVE))));
    }
    r->system = prompt_system(r->t, json_object_get(r->context, "datasets"), &r->world);
    r->tools = tool_list(r->t, &r->world, &r->n_tools);
    r->agent.limit_steps = limit(r, "steps", "limits.turn_steps");
    r->agent.limit_tokens = limit(r, "tokens", "limits.turn_tokens");
    r->agent.limit_ms = limit(r, "ms", "limits.turn_ms");
    r->agent.tokens = r->turn.tokens_in + r->turn.tokens_out;
    r->agent.used_ms = r->turn.used_ms;
    return E_OK;
}

static void *
grown(struct task *t, const void *old, size_t n, size_t room, size_t item)
{
    void *p = task_array(t, room, item);
    if (n > 0)
        memcpy(p, old, n * item);
    return p;
}

enum err
resume_add(struct task *t, struct run *r, struct span json, bool is_question)
{
    if (r->n_messages == r->room) {
        r->room = r->room ? 2 * r->room : 32;
        r->messages = grown(r->t, r->messages, r->n_messages, r->room, sizeof *r->messages);
        r->is_question = grown(r->t, r->is_question, r->n_messages, r->room, sizeof *r->is_question);
        r->bytes = grown(r->t, r->bytes, r->n_messages, r->room, sizeof *r->bytes);
    }
    struct llm_message *m = &r->messages[r->n_messages];
    if (llm_message_read(r->t, task_dup(r->t, json), m) != E_OK) {
        task_clear_error(r->t);
        return task_fail(t, E_CORRUPT, "A message of this conversation can't be read. Start a new conversation.");
    }
    r->is_question[r->n_messages] = is_question;
    r->bytes[r->n_messages++] = json.n;
    return E_OK;
}

/* Turns that failed and whose question was asked again at once: the second asking stands for both. */
static bool
was_retried(const struct work_turn *turns, size_t n, struct span id)
{
    for (size_t i = 0; i + 1 < n; i++)
        if (span_eq(turns[i].id, id))
            return span_is(turns[i].state, "failed") && span_eq(turns[i].question, turns[i + 1].question);
    return false;
}

enum err
resume_messages(struct task *t, struct run *r)
{
    struct work_message *list;
    struct work_turn *turns;
    size_t n, n_turns;
    if (work_message_list(t, r->work, r->turn.conversation, &list, &n) != E_OK ||
        work_turn_list(t, r->work, r->turn.conversation, &turns, &n_turns) != E_OK)
        return t->err;
    r->fresh = true;
    for (size_t i = 0; i < n; i++) {
        if (span_eq(list[i].turn, r->turn.id)) {
            r->fresh = false;
            r->n_replies += span_is(list[i].role, "assistant");
        }
        if (was_retried(turns, n_turns, list[i].turn))
            continue;
        if (resume_add(t, r, list[i].body, span_is(list[i].role, "user")) != E_OK)
            return t->err;
    }
    return E_OK;
}

/* Did the call fail? Its result says so. */
static bool
is_failure(struct task *t, struct span result, struct span *kind)
{
    json_t *j;
    *kind = SPAN_NONE;
    if (json_read(t, result, &j) != E_OK) {
        task_clear_error(t);
        return false;
    }
    const json_t *error = json_object_get(j, "error");
    *kind = json_text(error, "code");
    return error != NULL;
}

static void
take_call(struct run *r, const struct work_call *c, struct run_call *out)
{
    *out = (struct run_call){
        .id = task_dup(r->t, c->call_id),
        .name = task_dup(r->t, c->tool),
        .arguments = task_dup(r->t, c->args),
        .ordinal = c->ordinal,
        .begun = !span_is(c->state, "proposed"),
        .done = span_is(c->state, "done"),
        .result = task_dup(r->t, c->result),
    };
    tool_read(r->t, &r->world, out->name, out->arguments, &out->read, &out->wrong);
}

/* The person's answer is the result of the call that asked. */
static void
take_answer(struct run *r, struct run_call *c)
{
    struct buf *b = task_buf(r->t, r->turn.answer.n * 6 + 64);
    buf_puts(b, "{\"answer\":");
    json_put_text(b, r->turn.answer);
    buf_putc(b, '}');
    c->result = buf_view(b);
    c->done = true;
    r->taken_answer = true;
}

/* A plugin may have put a question in the middle of its call. */
static bool
may_ask(const struct run_call *c)
{
    return c->begun && c->read.tool && c->read.tool->plugin;
}

enum err
resume_calls(struct task *t, struct run *r, struct agent_input *in)
{
    struct work_call *list;
    size_t n;
    *in = (struct agent_input){.event = AGENT_BEGIN};
    if (work_call_list(t, r->work, r->turn.id, &list, &n) != E_OK)
        return t->err;
    /* The last message is the question or results: every step is whole. A step without a reply counts for nothing. */
    bool whole = r->fresh || r->n_messages == 0 || r->messages[r->n_messages - 1].role == LLM_USER;
    r->agent.steps = (int64_t)r->n_replies;
    r->calls = task_array(r->t, n, sizeof *r->calls);
    uint64_t *same = task_array(r->t, n, sizeof *same);
    for (size_t i = 0; i < n; i++) {
        struct run_call c;
        struct span kind;
        take_call(r, &list[i], &c);
        if (span_is(c.name, "ask"))
            r->agent.questions++;
        if (!c.done && r->turn.answer.n > 0 && (span_is(c.name, "ask") || may_ask(&c)))
            take_answer(r, &c);
        if (c.done) {
            c.failed = is_failure(t, c.result, &kind);
            agent_remember(&r->agent, c.read.same, c.failed, kind);
        }
        if (whole || list[i].step != r->agent.steps)
            continue;
        same[r->n_calls] = c.read.same;
        r->calls[r->n_calls++] = c;
    }
    in->same = same;
    in->calls = r->n_calls;
    while (in->next < r->n_calls && r->calls[in->next].done)
        in->next++;
    /* Behind a call that waits for an approval stand those that were not run for it. */
    while (in->calls > in->next && r->calls[in->calls - 1].done)
        in->calls--;
    if (in->next < in->calls)
        r->calls[in->next].approval = r->turn.approval;
    return E_OK;
}
