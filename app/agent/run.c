/* run: the driver of a turn: does what agent_step says and tells it what happened. */
#include "agent/run.h"

#include "agent/prompt.h"
#include "agent/run_priv.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/must.h"
#include "store/work_lease.h"

#include <string.h>

/* A turn that was claimed so often beyond its steps kills its runners. */
enum { CLAIMS_MOST = 12 };

static const struct run_end GOES_ON = {0};

/* What agent_step's action means for the rows of the step before it. */
static struct run_end
end_of(const struct agent_action *act)
{
    if (act->act != AGENT_FINISH)
        return GOES_ON;
    return (struct run_end){.outcome = act->outcome, .code = act->code, .why = span_of(act->why)};
}

/* The keeper's word before a step is judged: E_CONFLICT when the lease is lost, E_UNAVAILABLE when the pool ends. */
static enum err
check_keeper(struct task *t, struct run *r)
{
    bool leaves = r->order->leaving && *r->order->leaving;
    enum keeper_word word = keeper_says(&r->keeper);
    if (word == KEEPER_LOST)
        return task_fail(t, E_CONFLICT, "The lease was lost.");
    if (word == KEEPER_LEAVE || (leaves && word == KEEPER_GO_ON))
        return task_fail(t, E_UNAVAILABLE, "The pool ends.");
    return E_OK;
}

static int64_t
left_ms(const struct run *r)
{
    int64_t left = r->agent.limit_ms - r->agent.used_ms;
    return left > 1 ? left : 1;
}

static void
ask(struct task *t, struct run *r, const struct agent_action *act, struct model_answer *out)
{
    size_t from = prompt_leave_out(r->bytes, r->is_question, r->n_messages);
    const struct llm_chat chat = {
        .system = r->system,
        .context = prompt_context(t, clock_unix_ms(), act->last ? act->why : ""),
        .message = r->messages + from,
        .n = r->n_messages - from,
        .tool = r->tools,
        .tools = r->n_tools,
    };
    const struct model_call call = {
        .ticket = r->turn.ticket,
        .ordinal = r->turn.ordinal,
        .context = r->context,
        .model = r->model,
        .chat = &chat,
        .world = &r->world,
        .last = act->last,
        .tell = &r->tell,
        .keeper = &r->keeper,
    };
    model_ask(t, &call, out);
}

/* Tokens as reported, else estimated: a provider that counts nothing must not make a turn endless. */
static int64_t
count_tokens(struct run *r, const struct model_answer *a)
{
    const struct llm_usage *u = &a->reply.usage;
    size_t sent = r->system.n;
    for (size_t i = 0; i < r->n_messages; i++)
        sent += r->bytes[i];
    int64_t in = u->prompt > 0 ? u->prompt : u->input > 0 ? u->input : (int64_t)(sent / 4);
    int64_t out = u->generated > 0 ? u->generated : (int64_t)((a->reply.text.n + a->reply.reasoning.n) / 4);
    if (span_is(json_text(r->model, "api"), "guide"))
        in = out = 0;
    r->turn.tokens_in += in;
    r->turn.tokens_out += out;
    return in + out;
}

static enum agent_stop
stop_of(const struct llm_reply *reply)
{
    if (reply->refusal.n > 0)
        return AGENT_STOP_REFUSED;
    switch (reply->stop) {
    case LLM_STOP_LENGTH: return AGENT_STOP_LENGTH;
    case LLM_STOP_FILTER: return AGENT_STOP_FILTER;
    default: return AGENT_STOP_END;
    }
}

static size_t
read_same(struct task *t, struct run *r, const struct llm_reply *reply, uint64_t *same)
{
    size_t n = 0;
    for (size_t i = 0; i < reply->parts; i++) {
        struct tool_call call;
        struct tool_done wrong;
        if (reply->part[i].kind != LLM_CALL || n == AGENT_CALLS)
            continue;
        tool_read(t, &r->world, reply->part[i].name, reply->part[i].arguments, &call, &wrong);
        same[n++] = call.same;
    }
    return n;
}

static struct span
label_of(const json_t *model)
{
    struct span label = json_text(model, "label");
    return label.n > 0 ? label : json_text(model, "name");
}

/* The fallback answered: it goes on with the turn, and what it may see is judged for it. */
static enum err
change_model(struct task *t, struct run *r, const json_t *model)
{
    const char *note = task_printf(t, "The model %.*s could not answer. %.*s goes on in its place.",
        SPAN_ARG(label_of(r->model)), SPAN_ARG(label_of(model)));
    r->model = model;
    r->world.model = json_text(model, "name");
    return record_note(t, r, note);
}

/* Asks the model, judges, records. */
static enum err
step_model(struct task *t, struct run *r, struct agent_action *act)
{
    struct model_answer a;
    uint64_t same[AGENT_CALLS];
    r->turn.steps = r->agent.steps;
    if (act->last && r->agent.last != AGENT_LAST_STEP &&
        record_note(t, r,
            r->agent.last == AGENT_LAST_REPEATED ? "The model repeated itself. It was asked to answer with what it has."
                                                 : "Calls failed in the same way three times. The model was asked to "
                                                   "answer with what it has.") != E_OK)
        return t->err;
    if (record_step(t, r) != E_OK)
        return t->err;
    ask(t, r, act, &a);
    r->turn.ordinal += a.attempts;
    if (a.model != r->model && change_model(t, r, a.model) != E_OK)
        return t->err;
    struct agent_input in = {.event = AGENT_REPLIED,
        .ms = a.took_ms,
        .same = same,
        .tokens = count_tokens(r, &a),
        .text = span_trim(a.reply.text).n > 0,
        .stop = stop_of(&a.reply)};
    bool partial = a.broken_off || a.reply.error.fault != LLM_FAULT_NONE;
    if (a.broken_off && (keeper_says(&r->keeper) != KEEPER_STOP))
        return check_keeper(t, r);
    in.event = a.broken_off ? AGENT_STOPPED : partial ? AGENT_BROKE : AGENT_REPLIED;
    in.calls = partial ? 0 : read_same(t, r, &a.reply, same);
    r->turn.used_ms += a.took_ms;
    *act = agent_step(&r->agent, &in);
    struct run_end end = end_of(act);
    if (in.event == AGENT_BROKE && strcmp(end.outcome, "failed") == 0) {
        end.code = task_z(t, a.fault_code);
        end.why = a.fault_sentence;
    }
    return record_reply(t, r, &a, partial, &end);
}

static void
run_call(struct task *t, struct run *r, size_t i, struct tool_done *done)
{
    struct run_call *c = &r->calls[i];
    r->world.approval = c->read.tool && c->read.tool->approved ? c->approval : SPAN_NONE;
    r->world.waiting = r->turn.waiting;
    if (c->read.checked)
        tool_run(t, &r->world, &c->read, done);
    else
        *done = c->wrong;
}

/* {"n","kind","approval","line","expires_ms"}: what the turn rests for, for pages. */
static struct span
approval_event(struct task *t, const struct run_call *c, const struct tool_done *done)
{
    json_t *j;
    struct buf *b = task_buf(t, 4096);
    if (done->again || json_read(t, done->waiting, &j) != E_OK) {
        task_clear_error(t);
        return SPAN_NONE;
    }
    buf_printf(b, "{\"n\":%lld,\"kind\":", (long long)c->ordinal);
    json_put_text(b, json_text(j, "kind"));
    json_put_key(b, "approval");
    json_put_text(b, done->approval);
    json_put_key(b, "line");
    json_put_text(b, json_text(j, "text"));
    buf_printf(b, ",\"expires_ms\":%lld}", (long long)json_int(j, "expires_ms", 0));
    return buf_view(b);
}

/* What the turn rests for after a call. */
static void
put_rest(struct task *t, const struct run_call *c, const struct tool_done *done, struct run_end *end)
{
    end->waiting = done->waiting;
    end->approval = done->approval;
    end->event = done->ending == TOOL_WAITS ? approval_event(t, c, done) : done->waiting;
}

/* Runs, or skips, a call; judges; records. */
static enum err
step_tool(struct task *t, struct run *r, struct agent_action *act)
{
    struct tool_done done;
    size_t i = act->call;
    bool skipped = act->act == AGENT_SKIP_TOOL;
    if (record_call_begin(t, r, i) != E_OK)
        return t->err;
    int64_t began = clock_mono_ms();
    if (skipped)
        tool_refuse(t, "repeated", span_of(act->why), &done);
    else
        run_call(t, r, i, &done);
    int64_t took = clock_mono_ms() - began;
    r->turn.ordinal = r->world.ordinal;
    r->turn.used_ms += took;
    const struct agent_input in = {.event = AGENT_RAN,
        .ms = took,
        .failed = done.failed,
        .skipped = skipped,
        .kind = done.kind,
        .ending = done.ending};
    *act = agent_step(&r->agent, &in);
    struct run_end end = end_of(act);
    if (act->act == AGENT_REST)
        put_rest(t, &r->calls[i], &done, &end);
    if (done.ending == TOOL_DECLINES)
        end.answer = done.answer;
    return record_call_end(t, r, i, &done, took, &end);
}

/* The person's Stop between two steps. */
static enum err
step_stop(struct task *t, struct run *r, struct agent_action *act)
{
    const struct agent_input in = {.event = AGENT_STOPPED};
    *act = agent_step(&r->agent, &in);
    struct run_end end = end_of(act);
    return record_end(t, r, &end);
}

static enum err
step(struct run *r, struct agent_action *act)
{
    struct task t;
    task_begin(&t, left_ms(r));
    enum err e = check_keeper(&t, r);
    if (e == E_OK && keeper_says(&r->keeper) == KEEPER_STOP)
        e = step_stop(&t, r, act);
    else if (e == E_OK)
        e = act->act == AGENT_CALL_MODEL ? step_model(&t, r, act) : step_tool(&t, r, act);
    if (e != E_OK)
        task_fail(r->t, e, "%s", t.cause);
    task_end(&t);
    return e;
}

/* A turn that can't begin: its sentence is its end. */
static enum err
fail_turn(struct run *r, const char *code, const char *why)
{
    struct task t;
    task_begin(&t, 0);
    const struct run_end end = {.outcome = "failed", .code = code, .why = span_of(why)};
    enum err e = record_end(&t, r, &end);
    if (e != E_OK)
        task_fail(r->t, e, "%s", t.cause);
    task_end(&t);
    return e;
}

/* Stop was said while the turn waited, or after: what gate has done by then stands in the conversation. */
static enum err
settle_stopped(struct task *t, struct run *r, const struct agent_input *in)
{
    struct tool_done done;
    if (in->next >= in->calls || r->calls[in->next].approval.n == 0)
        return E_OK;
    r->world.stopped = true;
    run_call(t, r, in->next, &done);
    if (done.ending == TOOL_WAITS) /* nothing has come of it, and nothing will: gate voids it with the turn */
        return E_OK;
    return record_call_end(t, r, in->next, &done, 0, &GOES_ON);
}

/* Reads what is known and records the begin; *end is set when the turn is over already. */
static enum err
prepare(struct task *t, struct run *r, struct agent_action *act, bool *over)
{
    struct agent_input in;
    *over = true;
    if (resume_messages(t, r) != E_OK || resume_context(t, r) != E_OK || resume_calls(t, r, &in) != E_OK) {
        const char *why = task_z(r->t, span_of(t->cause)), *code = r->cannot ? r->cannot : err_word(t->err);
        task_clear_error(t);
        if (r->fresh)
            (void)record_begin(t, r); /* the question must not be lost from the conversation */
        return fail_turn(r, code, why);
    }
    if (r->turn.epoch > CLAIMS_MOST + 2 * (int64_t)r->n_replies + r->agent.questions)
        return fail_turn(
            r, "internal", "This turn broke the agent again and again, so it was given up. Ask in other words.");
    if (record_begin(t, r) != E_OK)
        return t->err;
    if (r->turn.stop_asked) {
        *over = true;
        return settle_stopped(t, r, &in) == E_OK ? step_stop(t, r, act) : t->err;
    }
    *over = false;
    *act = agent_step(&r->agent, &in);
    struct run_end end = end_of(act);
    if (act->act != AGENT_FINISH)
        return E_OK;
    *over = true;
    return record_end(t, r, &end);
}

static enum err
work_on(struct run *r)
{
    struct agent_action act = {0};
    struct task t;
    bool over;
    task_begin(&t, 0);
    enum err e = prepare(&t, r, &act, &over);
    if (e != E_OK)
        task_fail(r->t, e, "%s", t.cause);
    task_end(&t);
    while (e == E_OK && !over && act.act != AGENT_FINISH && act.act != AGENT_REST)
        e = step(r, &act);
    return e;
}

/* The pool ends: the turn goes back. After any other failure (a full disk) its lease runs out: no hot loop. */
static void
give_back(struct run *r, enum err e)
{
    struct task t;
    if (e == E_CONFLICT || !r->order->leaving || !*r->order->leaving)
        return;
    task_begin(&t, 0);
    if (work_lease_release(&t, r->work, r->turn.id, r->owner) != E_OK)
        log_line(&t, "turn %.*s: not given back: %s", SPAN_ARG(r->turn.id), t.cause);
    task_end(&t);
}

static enum err
run_claimed(struct task *t, struct run *r)
{
    tell_open(&r->tell, r->turn.id, r->turn.epoch, r->turn.log_bytes, stream_out_open(t, r->order->mode));
    r->keeper = (struct keeper){
        .path = r->order->path, .turn = r->turn.id, .owner = r->owner, .tell = &r->tell, .leaving = r->order->leaving};
    enum err e = keeper_start(t, &r->keeper);
    if (e == E_OK) {
        e = work_on(r);
        keeper_stop(&r->keeper);
    }
    if (e != E_OK)
        give_back(r, e);
    if (r->tell.out) {
        stream_out_end(r->tell.out, r->turn.id);
        stream_out_close(r->tell.out);
    }
    tell_close(&r->tell);
    return e;
}

enum err
run_turn(struct task *t, const struct run_order *order)
{
    struct run *r = task_new(t, struct run);
    r->t = t;
    r->order = order;
    r->owner = work_lease_owner(t);
    if (work_open_path(t, order->path, &r->work) != E_OK)
        return t->err;
    work_no_checkpoints(r->work);
    if (work_lease_claim(t, r->work, order->turn, r->owner, &r->turn) != E_OK)
        return t->err;
    return run_claimed(t, r);
}
