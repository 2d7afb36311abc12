/* draft: the reply under construction, and the reply that is made of it. */
#include "base/json.h"
#include "llm/loose.h"
#include "llm/reply_priv.h"

struct draft_part *
draft_add(struct llm_decoder *d, enum llm_part_kind kind, int64_t index)
{
    if (d->parts == LLM_PARTS) {
        draft_fail(d, LLM_FAULT_NONSENSE, "too_many_parts", "The answer has more parts than we take.");
        d->broken = true;
        return NULL;
    }
    struct draft_part *p = &d->part[d->parts++];
    *p = (struct draft_part){.kind = kind, .index = index, .text = task_buf(d->t, LLM_TEXT_BYTES)};
    return p;
}

struct draft_part *
draft_last(struct llm_decoder *d)
{
    return d->parts > 0 ? &d->part[d->parts - 1] : NULL;
}

/* The call's number among the calls. */
static size_t
call_number(const struct llm_decoder *d, const struct draft_part *p)
{
    size_t n = 0;
    for (const struct draft_part *q = d->part; q < p; q++)
        n += q->kind == LLM_CALL;
    return n;
}

static void
tell(struct llm_decoder *d, const struct draft_part *p, struct span piece)
{
    d->shown = true;
    if (!d->how.fn)
        return;
    struct llm_delta delta = {.kind = p->kind, .text = piece};
    if (p->kind == LLM_CALL) {
        delta.call = call_number(d, p);
        delta.name = p->name;
    }
    d->how.fn(d->how.arg, &delta);
}

/* Counts the bytes of s; false once there are too many. */
static bool
fits(struct llm_decoder *d, struct span s)
{
    if (!d->broken && s.n > LLM_TEXT_BYTES - d->bytes) {
        draft_fail(d, LLM_FAULT_NONSENSE, "too_large", "The answer is longer than we take.");
        d->broken = true;
    }
    d->bytes += d->broken ? 0 : s.n;
    return !d->broken;
}

void
draft_append(struct llm_decoder *d, struct draft_part *p, struct span s)
{
    if (!p || s.n == 0 || !fits(d, s))
        return;
    buf_span(p->text, s);
    tell(d, p, s);
}

void
draft_settle(struct llm_decoder *d, struct draft_part *p, struct span s)
{
    if (!p || s.n == 0)
        return;
    struct span had = buf_view(p->text);
    if (span_eq(span_first(s, had.n), had)) {
        draft_append(d, p, span_from(s, had.n));
    } else if (fits(d, s)) { /* what was shown can't be taken back, and is not shown twice */
        buf_clear(p->text);
        buf_span(p->text, s);
    }
}

void
draft_flow(struct llm_decoder *d, enum llm_part_kind kind, struct span s)
{
    if (s.n == 0)
        return;
    struct draft_part *p = draft_last(d);
    if (!p || p->kind != kind || p->index >= 0)
        p = draft_add(d, kind, -1);
    draft_append(d, p, s);
}

void
draft_named(struct llm_decoder *d, struct draft_part *p, struct span name)
{
    if (!p || name.n == 0)
        return;
    p->name = task_dup(d->t, name);
    tell(d, p, SPAN_NONE);
}

static const struct {
    const char *word;
    enum llm_stop stop;
} STOP_WORD[] = {
    {"stop", LLM_STOP},
    {"end_turn", LLM_STOP},
    {"eos", LLM_STOP},
    {"stop_sequence", LLM_STOP},
    {"pause_turn", LLM_STOP},
    {"tool_calls", LLM_STOP_CALLS},
    {"tool_use", LLM_STOP_CALLS},
    {"function_call", LLM_STOP_CALLS},
    {"length", LLM_STOP_LENGTH},
    {"max_tokens", LLM_STOP_LENGTH},
    {"max_output_tokens", LLM_STOP_LENGTH},
    {"model_length", LLM_STOP_LENGTH},
    {"model_context_window_exceeded", LLM_STOP_LENGTH},
    {"content_filter", LLM_STOP_FILTER},
    {"refusal", LLM_STOP_FILTER},
    {"safety", LLM_STOP_FILTER},
    {"prohibited_content", LLM_STOP_FILTER},
    {"error", LLM_STOP_ERROR},
};

/* A word that is not known ends the answer normally: new ones must not break old programs. */
void
draft_stop(struct llm_decoder *d, struct span word)
{
    if (word.n == 0)
        return;
    d->has_stop = true;
    d->stop = LLM_STOP;
    for (size_t i = 0; i < sizeof STOP_WORD / sizeof *STOP_WORD; i++) {
        if (span_is_nocase(word, STOP_WORD[i].word))
            d->stop = STOP_WORD[i].stop;
    }
    if (d->stop == LLM_STOP_ERROR)
        draft_fail(d, LLM_FAULT_DOWN, "finish_error", "The provider stopped with an error.");
}

void
draft_stop_calls(struct llm_decoder *d)
{
    for (size_t i = 0; i < d->parts; i++) {
        if (d->part[i].kind == LLM_CALL && d->has_stop && d->stop == LLM_STOP)
            d->stop = LLM_STOP_CALLS;
    }
}

/* Some servers open with {} and then send the real arguments behind it. */
static struct span
arguments_of(struct llm_decoder *d, const struct draft_part *p)
{
    struct span s = span_trim(buf_view(p->text));
    if (s.n == 0)
        return SPAN("{}");
    if (span_starts(s, "{}") && s.n > 2 && loose_is_object(span_from(s, 2)))
        s = span_from(s, 2);
    return task_dup(d->t, s);
}

static bool
same_id_before(const struct llm_reply *r, struct span id)
{
    for (size_t i = 0; i < r->calls; i++) {
        if (span_eq(r->call[i].id, id))
            return true;
    }
    return false;
}

static void
add_call(struct llm_decoder *d, const struct draft_part *p, struct llm_reply *out)
{
    struct llm_call *c = &out->call[out->calls];
    *c = (struct llm_call){p->id, p->name, arguments_of(d, p)};
    for (size_t k = out->calls + 1; c->id.n == 0 || same_id_before(out, c->id); k++)
        c->id = task_format(d->t, "call_%zu", k);
    out->calls++;
}

static struct span
block_text(struct llm_decoder *d, const struct draft_part *p)
{
    return p->block ? json_dump(d->t, p->block) : SPAN_NONE;
}

/* The part as the conversation keeps it; a text without a letter and a call without a name are left out. */
static void
add_part(struct llm_decoder *d, const struct draft_part *p, const struct llm_call *call, struct llm_reply *out)
{
    struct llm_part part = {.kind = p->kind, .opaque = block_text(d, p)};
    if (part.opaque.n > 0)
        part.origin = d->how.origin;
    if (call) {
        part.id = call->id;
        part.name = call->name;
        part.arguments = call->arguments;
    } else {
        part.text = buf_view(p->text);
    }
    bool hollow = call ? call->name.n == 0 : part.text.n == 0 && part.opaque.n == 0;
    if (!hollow)
        out->part[out->parts++] = part;
}

static struct span
joined(struct llm_decoder *d, enum llm_part_kind kind)
{
    struct buf *b = task_buf(d->t, LLM_TEXT_BYTES);
    for (size_t i = 0; i < d->parts; i++) {
        if (d->part[i].kind == kind)
            buf_span(b, buf_view(d->part[i].text));
    }
    return buf_view(b);
}

static struct span
opaque_list(struct llm_decoder *d, const struct llm_reply *r)
{
    struct buf *b = task_buf(d->t, (size_t)64 << 20);
    buf_putc(b, '[');
    for (size_t i = 0; i < r->parts; i++) {
        if (r->part[i].opaque.n == 0)
            continue;
        buf_puts(b, b->n > 1 ? "," : "");
        buf_span(b, r->part[i].opaque);
    }
    buf_putc(b, ']');
    return buf_view(b);
}

/* What an answer without a word about its end must have ended by. */
static enum llm_stop
stop_of(const struct llm_decoder *d, const struct llm_reply *r)
{
    if (!d->has_stop && d->error.fault != LLM_FAULT_NONE)
        return LLM_STOP_ERROR;
    if (r->refusal.n > 0 && (!d->has_stop || d->stop == LLM_STOP))
        return LLM_STOP_FILTER;
    if (d->has_stop)
        return d->stop;
    for (size_t i = 0; i < r->parts; i++) {
        if (r->part[i].kind == LLM_CALL)
            return LLM_STOP_CALLS;
    }
    return LLM_STOP;
}

void
draft_finish(struct llm_decoder *d, struct llm_reply *out)
{
    *out = (struct llm_reply){.refusal = buf_view(d->refusal), .model = d->model, .usage = d->usage, .error = d->error};
    out->call = task_array(d->t, d->parts, sizeof *out->call);
    out->part = task_array(d->t, d->parts, sizeof *out->part);
    for (size_t i = 0; i < d->parts; i++) {
        bool is_call = d->part[i].kind == LLM_CALL;
        if (is_call)
            add_call(d, &d->part[i], out);
        add_part(d, &d->part[i], is_call ? &out->call[out->calls - 1] : NULL, out);
    }
    out->text = joined(d, LLM_TEXT);
    out->reasoning = joined(d, LLM_REASONING);
    out->opaque = opaque_list(d, out);
    out->stop = stop_of(d, out);
    if (d->raw_usage)
        out->usage.raw = json_dump(d->t, d->raw_usage);
}
