/* record_step: boundaries of a step: the model's reply, a call's begin, a call's result. */
#include "agent/run_priv.h"

#include "agent/record_priv.h"
#include "base/id.h"
#include "base/json.h"
#include "store/work_event.h"
#include "store/work_step.h"

enum { BODY_BYTES = 32 << 20 };

/* The parts that stay: of a broken-off reply its words alone. */
static struct llm_message
message_of(struct task *t, const struct llm_reply *reply, bool partial)
{
    struct llm_message m = {LLM_ASSISTANT, task_array(t, reply->parts + 1, sizeof *m.part), 0};
    for (size_t i = 0; i < reply->parts; i++)
        if (!partial || reply->part[i].kind == LLM_TEXT)
            m.part[m.n++] = reply->part[i];
    if (m.n == 0 && reply->refusal.n > 0)
        m.part[m.n++] = (struct llm_part){.kind = LLM_TEXT, .text = reply->refusal};
    return m;
}

static enum err
put_provider_call(struct task *t, struct run *r, const struct model_answer *a)
{
    const struct llm_reply *reply = &a->reply;
    const struct work_provider_call c = {
        .turn = r->turn.id,
        .purpose = SPAN("agent"),
        .model = json_text(r->model, "name"),
        .api = json_text(r->model, "api"),
        .status = reply->error.status,
        .stop = span_of(llm_stop_word(reply->stop)),
        .error = a->fault_code,
        .usage = reply->usage.raw.n ? reply->usage.raw : SPAN("{}"),
        .tokens_in = reply->usage.prompt > 0 ? reply->usage.prompt : 0,
        .tokens_out = reply->usage.generated > 0 ? reply->usage.generated : 0,
        .took_ms = a->took_ms,
    };
    return work_provider_put(t, r->work, &c);
}

/* The calls of the message, as rows and in memory. */
static enum err
put_calls(struct task *t, struct run *r, const struct llm_message *m)
{
    r->calls = task_array(r->t, m->n, sizeof *r->calls);
    r->n_calls = 0;
    for (size_t i = 0; i < m->n; i++) {
        if (m->part[i].kind != LLM_CALL)
            continue;
        struct run_call *c = &r->calls[r->n_calls++];
        *c = (struct run_call){
            .id = task_dup(r->t, m->part[i].id),
            .name = task_dup(r->t, m->part[i].name),
            .arguments = task_dup(r->t, m->part[i].arguments),
            .ordinal = ++r->turn.ordinal,
        };
        tool_read(r->t, &r->world, c->name, c->arguments, &c->read, &c->wrong);
        const struct work_call row = {
            .ordinal = c->ordinal,
            .step = r->turn.steps,
            .call_id = c->id,
            .tool = c->name,
            .args = c->arguments,
            .state = SPAN("proposed"),
            .effect = c->read.tool ? (int64_t)c->read.tool->effect : EFFECT_READ,
        };
        if (work_call_put(t, r->work, r->turn.id, &row) != E_OK)
            return t->err;
    }
    return E_OK;
}

static struct span
shown_text(const struct llm_reply *reply)
{
    return reply->text.n > 0 ? reply->text : reply->refusal;
}

static enum err
put_reply(struct task *t, struct run *r, const struct model_answer *a, bool partial)
{
    struct llm_message m = message_of(t, &a->reply, partial);
    struct span text = shown_text(&a->reply);
    if (put_provider_call(t, r, a) != E_OK)
        return t->err;
    if (m.n > 0 && record_message(t, r, "assistant", &m) != E_OK)
        return t->err;
    if (a->reply.reasoning.n > 0 &&
        work_event_put(t, r->work, r->turn.id, "reasoning", record_object(t, "text", a->reply.reasoning)) != E_OK)
        return t->err;
    if (text.n > 0 && work_event_put(t, r->work, r->turn.id, "text", record_object(t, "text", text)) != E_OK)
        return t->err;
    return partial ? E_OK : put_calls(t, r, &m);
}

enum err
record_reply(struct task *t, struct run *r, const struct model_answer *a, bool partial, const struct run_end *end)
{
    if (a->reply.text.n == 0 && a->reply.refusal.n > 0)
        tell_event(&r->tell, "text", record_object(t, "d", a->reply.refusal));
    tell_event(&r->tell, "usage",
        task_format(t, "{\"in\":%lld,\"out\":%lld}", (long long)r->turn.tokens_in, (long long)r->turn.tokens_out));
    record_tell_end(t, r, end);
    if (record_open(t, r) != E_OK)
        return t->err;
    enum err e = put_reply(t, r, a, partial);
    return record_close(t, r, e == E_OK ? record_put_end(t, r, end) : e);
}

/* {"n","tool","line","args"} and, for pages, the dataset. */
static struct span
call_body(struct task *t, const struct run *r, const struct run_call *c)
{
    struct buf *b = task_buf(t, BODY_BYTES);
    struct span dataset = json_text(c->read.args, "dataset");
    if (dataset.n == 0 && r->world.datasets == 1)
        dataset = r->world.dataset[0].name;
    buf_printf(b, "{\"n\":%lld,\"tool\":", (long long)c->ordinal);
    json_put_text(b, c->read.tool ? span_of(c->read.tool->name) : c->name);
    json_put_key(b, "line");
    json_put_text(b, c->read.doing);
    json_put_key(b, "args");
    if (c->read.checked)
        json_put(b, c->read.args);
    else
        buf_puts(b, "{}");
    json_put_key(b, "dataset");
    json_put_text(b, dataset);
    buf_putc(b, '}');
    return buf_view(b);
}

enum err
record_call_begin(struct task *t, struct run *r, size_t i)
{
    struct run_call *c = &r->calls[i];
    struct span body = call_body(t, r, c);
    r->world.ordinal = r->turn.ordinal;
    if (c->begun) /* its event, in the log and for pages, came with its state */
        return E_OK;
    tell_event(&r->tell, "call", body);
    if (record_open(t, r) != E_OK)
        return t->err;
    enum err e = work_call_state(t, r->work, r->turn.id, c->ordinal, "running", SPAN_NONE);
    if (e == E_OK)
        e = work_event_put(t, r->work, r->turn.id, "call", body);
    return record_close(t, r, e);
}

static struct span
result_body(struct task *t, const struct run_call *c, const struct tool_done *done, int64_t took_ms)
{
    struct buf *b = task_buf(t, BODY_BYTES);
    buf_printf(b, "{\"n\":%lld,\"ok\":%s,\"ms\":%lld,\"line\":", (long long)c->ordinal, done->failed ? "false" : "true",
        (long long)took_ms);
    json_put_text(b, done->line);
    if (done->result) {
        json_put_key(b, "handle");
        json_put_text(b, done->result->handle);
        json_put_key(b, "result");
        json_put_text(b, done->result->id);
    }
    if (done->problem.n > 0) {
        json_put_key(b, "error");
        buf_span(b, done->problem);
    }
    buf_putc(b, '}');
    return buf_view(b);
}

static enum err
put_result(
    struct task *t, struct run *r, size_t i, const struct tool_done *done, struct span body, const struct run_end *end)
{
    struct run_call *c = &r->calls[i];
    if (done->ending == TOOL_WAITS && end->waiting.n > 0) /* its result will be what becomes of the approval */
        return record_put_end(t, r, end);
    if (done->result && work_result_put(t, r->work, done->result, done->cells, done->columns) != E_OK)
        return t->err;
    for (size_t k = 0; k < done->artifacts; k++)
        if (work_artifact_put(t, r->work, &done->artifact[k]) != E_OK)
            return t->err;
    if (work_event_put(t, r->work, r->turn.id, "result", body) != E_OK)
        return t->err;
    if (done->ending == TOOL_ASKS && end->waiting.n > 0) /* its result will be what the person answers */
        return record_put_end(t, r, end);
    c->done = true;
    c->failed = done->failed;
    c->result = task_dup(r->t, done->json);
    if (work_call_state(t, r->work, r->turn.id, c->ordinal, "done", c->result) != E_OK || record_results(t, r) != E_OK)
        return t->err;
    if (c->approval.n > 0 && work_turn_answer_taken(t, r->work, r->turn.id) != E_OK)
        return t->err;
    return record_put_end(t, r, end);
}

enum err
record_call_end(
    struct task *t, struct run *r, size_t i, const struct tool_done *done, int64_t took_ms, const struct run_end *end)
{
    if (done->result && done->result->id.n == 0) { /* named before the row: the log's event carries it */
        char id[ID_BYTES + 1];
        id_new('x', id);
        done->result->id = task_dup(t, span_of(id));
    }
    struct span body = result_body(t, &r->calls[i], done, took_ms);
    if (done->ending != TOOL_WAITS)
        tell_event(&r->tell, "result", body);
    record_tell_end(t, r, end);
    if (record_open(t, r) != E_OK)
        return t->err;
    return record_close(t, r, put_result(t, r, i, done, body, end));
}
