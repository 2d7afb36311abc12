/* record: what a runner writes of its turn: rows and log in one transaction for each boundary of a step. */
#include "agent/record_priv.h"

#include "base/json.h"
#include "store/work_event.h"
#include "store/work_lease.h"
#include "store/work_step.h"

#include <string.h>

enum { BODY_BYTES = 32 << 20 };

/* Events of the log are appended before the transaction opens: see tell.h. */
enum err
record_open(struct task *t, struct run *r)
{
    if (tell_begin(t, &r->tell, r->work) != E_OK)
        return t->err;
    enum err e = work_lease_hold(t, r->work, r->turn.id, r->owner);
    return e == E_OK ? E_OK : tell_end(t, &r->tell, r->work, e);
}

enum err
record_close(struct task *t, struct run *r, enum err e)
{
    if (e == E_OK)
        e = work_turn_count(t, r->work, &r->turn);
    return tell_end(t, &r->tell, r->work, e);
}

struct span
record_object(struct task *t, const char *key, struct span text)
{
    struct buf *b = task_buf(t, BODY_BYTES);
    buf_putc(b, '{');
    json_put_key(b, key);
    json_put_text(b, text);
    buf_putc(b, '}');
    return buf_view(b);
}

enum err
record_message(struct task *t, struct run *r, const char *role, const struct llm_message *m)
{
    struct buf *b = task_buf(t, BODY_BYTES);
    llm_message_put(b, m);
    if (b->failed)
        return task_fail(t, E_LIMIT, "A message of this turn is too long to be kept.");
    if (work_message_put(t, r->work, r->turn.conversation, r->turn.id, role, buf_view(b)) != E_OK)
        return t->err;
    return resume_add(t, r, buf_view(b), strcmp(role, "user") == 0);
}

static enum err
put_event(struct task *t, struct run *r, const char *kind, struct span body)
{
    return work_event_put(t, r->work, r->turn.id, kind, body);
}

/* The results of all calls of the step, in order, once each has one. */
enum err
record_results(struct task *t, struct run *r)
{
    for (size_t i = 0; i < r->n_calls; i++)
        if (!r->calls[i].done)
            return E_OK;
    if (r->n_calls == 0)
        return E_OK;
    struct llm_message m = {LLM_USER, task_array(t, r->n_calls, sizeof *m.part), r->n_calls};
    for (size_t i = 0; i < r->n_calls; i++)
        m.part[i] = (struct llm_part){.kind = LLM_RESULT,
            .id = r->calls[i].id,
            .name = r->calls[i].name,
            .text = r->calls[i].result,
            .failed = r->calls[i].failed};
    r->n_calls = 0;
    return record_message(t, r, "tool", &m);
}

/* Every call without a result gets one that says why; the one that waits for the person keeps waiting. */
static enum err
refuse_rest(struct task *t, struct run *r, const struct run_end *end)
{
    static const struct {
        const char *outcome, *sentence;
    } WHY[] = {
        {"stopped", "This call was not run: the person stopped the turn."},
        {"limit", "This call was not run: the turn reached its limit."},
        {"failed", "This call was not run: the turn failed."},
        {"", "This call was not run: the turn ended before it."},
    };
    size_t k = 0;
    while (WHY[k].outcome[0] && (!end->outcome || strcmp(end->outcome, WHY[k].outcome) != 0))
        k++;
    bool rests = end->waiting.n > 0, waits = false;
    const char *first = end->approval.n > 0
                            ? "This call was not run: the person's decision on another one is needed first."
                            : "This call was not run: a question was put to the person first.";
    for (size_t i = 0; i < r->n_calls; i++) {
        struct run_call *c = &r->calls[i];
        if (c->done)
            continue;
        if (rests && !waits) { /* the first without a result is the one that asked */
            waits = true;
            continue;
        }
        struct tool_done done;
        tool_refuse(t, "not_run", span_of(rests ? first : WHY[k].sentence), &done);
        c->done = c->failed = true;
        c->result = task_dup(r->t, done.json);
        if (work_call_state(t, r->work, r->turn.id, c->ordinal, "done", c->result) != E_OK)
            return t->err;
    }
    return record_results(t, r);
}

static const char *
rest_kind(const struct run_end *end)
{
    return end->approval.n > 0 ? "approval" : "question";
}

/* Is there an end to tell of? Its events for the log, before the transaction. */
void
record_tell_end(struct task *t, struct run *r, const struct run_end *end)
{
    struct buf *b = task_buf(t, BODY_BYTES);
    if (end->waiting.n > 0) {
        if (end->event.n > 0)
            tell_event(&r->tell, rest_kind(end), end->event);
        tell_event(&r->tell, "wait", SPAN("{}"));
        return;
    }
    if (!end->outcome)
        return;
    if (end->answer.n > 0)
        tell_event(&r->tell, "text", record_object(t, "d", end->answer));
    bool failed = strcmp(end->outcome, "failed") == 0;
    if (end->why.n > 0) {
        buf_puts(b, failed ? "{\"code\":" : "{\"tone\":\"amber\"");
        if (failed)
            json_put_text(b, span_of(end->code));
        json_put_key(b, "text");
        json_put_text(b, end->why);
        buf_puts(b, failed ? ",\"retry\":true}" : "}");
        tell_event(&r->tell, failed ? "error" : "note", buf_view(b));
    }
    tell_event(&r->tell, "done", task_format(t, "{\"outcome\":\"%s\"}", end->outcome));
}

static enum err
put_end_events(struct task *t, struct run *r, const struct run_end *end)
{
    bool failed = strcmp(end->outcome, "failed") == 0;
    struct span usage =
        task_format(t, "{\"in\":%lld,\"out\":%lld}", (long long)r->turn.tokens_in, (long long)r->turn.tokens_out);
    if (end->answer.n > 0 && put_event(t, r, "text", record_object(t, "text", end->answer)) != E_OK)
        return t->err;
    if (put_event(t, r, "usage", usage) != E_OK)
        return t->err;
    if (end->why.n > 0) {
        struct buf *b = task_buf(t, BODY_BYTES);
        buf_puts(b, failed ? "{\"retry\":true" : "{\"tone\":\"amber\"");
        json_put_key(b, "code");
        json_put_text(b, span_of(end->code));
        json_put_key(b, "text");
        json_put_text(b, end->why);
        buf_putc(b, '}');
        if (put_event(t, r, failed ? "error" : "note", buf_view(b)) != E_OK)
            return t->err;
    }
    return put_event(t, r, "done", task_format(t, "{\"outcome\":\"%s\"}", end->outcome));
}

/* An answer of ours stands in the conversation as the model's own words. */
static enum err
put_answer(struct task *t, struct run *r, struct span answer)
{
    if (answer.n == 0)
        return E_OK;
    struct llm_part part = {.kind = LLM_TEXT, .text = answer};
    struct llm_message m = {LLM_ASSISTANT, &part, 1};
    return record_message(t, r, "assistant", &m);
}

/* Within the transaction. */
enum err
record_put_end(struct task *t, struct run *r, const struct run_end *end)
{
    bool rests = end->waiting.n > 0;
    if (!rests && !end->outcome)
        return E_OK;
    if (refuse_rest(t, r, end) != E_OK)
        return t->err;
    if (rests) {
        if (end->event.n > 0 && put_event(t, r, rest_kind(end), end->event) != E_OK)
            return t->err;
        return work_turn_wait(t, r->work, r->turn.id, end->waiting, end->approval);
    }
    if (put_answer(t, r, end->answer) != E_OK || put_end_events(t, r, end) != E_OK)
        return t->err;
    return work_turn_finish(t, r->work, r->turn.id, end->outcome, end->code, end->why);
}

enum err
record_end(struct task *t, struct run *r, const struct run_end *end)
{
    record_tell_end(t, r, end);
    if (record_open(t, r) != E_OK)
        return t->err;
    return record_close(t, r, record_put_end(t, r, end));
}

static enum err
put_question(struct task *t, struct run *r)
{
    struct llm_part part = {.kind = LLM_TEXT, .text = r->turn.question};
    struct llm_message m = {LLM_USER, &part, 1};
    return record_message(t, r, "user", &m);
}

/* The answer of a person to a waiting call. */
static enum err
put_taken_answer(struct task *t, struct run *r)
{
    for (size_t i = 0; i < r->n_calls; i++) {
        struct run_call *c = &r->calls[i];
        if (c->done && work_call_state(t, r->work, r->turn.id, c->ordinal, "done", c->result) != E_OK)
            return t->err;
    }
    if (put_event(t, r, "answer", record_object(t, "text", r->turn.answer)) != E_OK || record_results(t, r) != E_OK)
        return t->err;
    return work_turn_answer_taken(t, r->work, r->turn.id);
}

enum err
record_begin(struct task *t, struct run *r)
{
    tell_event(&r->tell, "state", SPAN("{\"state\":\"running\"}"));
    if (record_open(t, r) != E_OK)
        return t->err;
    enum err e = r->fresh ? put_question(t, r) : E_OK;
    if (e == E_OK && r->taken_answer)
        e = put_taken_answer(t, r);
    return record_close(t, r, e);
}

enum err
record_step(struct task *t, struct run *r)
{
    tell_event(&r->tell, "step", task_format(t, "{\"n\":%lld}", (long long)r->turn.steps));
    if (record_open(t, r) != E_OK)
        return t->err;
    return record_close(t, r, E_OK);
}

enum err
record_note(struct task *t, struct run *r, const char *text)
{
    struct buf *b = task_buf(t, 4096);
    buf_puts(b, "{\"text\":");
    json_put_text(b, span_of(text));
    buf_puts(b, ",\"tone\":\"amber\"}");
    tell_event(&r->tell, "note", buf_view(b));
    if (record_open(t, r) != E_OK)
        return t->err;
    return record_close(t, r, put_event(t, r, "note", buf_view(b)));
}
