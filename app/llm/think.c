/* think: some servers leave the model's reasoning in the text, between <think> and </think> at its beginning. */
#include "llm/reply_priv.h"

#define OPEN "<think>"
#define CLOSE "</think>"
enum { LEAD_BYTES = 256 }; /* white space before the tag that is waited for */

static struct span
without_lead(struct span s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\n' || s.p[0] == '\r' || s.p[0] == '\t'))
        s = span_from(s, 1);
    return s;
}

/* How many bytes at the end of s might be the beginning of the closing tag. */
static size_t
open_end(struct span s)
{
    size_t n = sizeof CLOSE - 2 < s.n ? sizeof CLOSE - 2 : s.n;
    while (n > 0 && !span_eq(span_from(s, s.n - n), span_first(SPAN(CLOSE), n)))
        n--;
    return n;
}

/* Each step takes the held text as far as it is clear; true when the state changed, so that the rest is looked at
 * again. */
static bool
step_begin(struct llm_decoder *d)
{
    struct span s = without_lead(buf_view(d->held));
    if (span_starts(s, OPEN)) {
        buf_drop(d->held, d->held->n - s.n + sizeof OPEN - 1);
        d->think = THINK_IN;
        return true;
    }
    if (span_eq(s, span_first(SPAN(OPEN), s.n)) && d->held->n < LEAD_BYTES)
        return false;
    d->think = THINK_OUT;
    return true;
}

static bool
step_in(struct llm_decoder *d)
{
    struct span s = buf_view(d->held);
    ptrdiff_t at = span_find(s, SPAN(CLOSE));
    size_t n = at >= 0 ? (size_t)at : s.n - open_end(s);
    draft_flow(d, LLM_REASONING, span_first(s, n));
    buf_drop(d->held, at >= 0 ? n + sizeof CLOSE - 1 : n);
    if (at >= 0)
        d->think = THINK_AFTER;
    return at >= 0;
}

static bool
step_after(struct llm_decoder *d)
{
    struct span s = without_lead(buf_view(d->held));
    buf_drop(d->held, d->held->n - s.n);
    if (d->held->n > 0)
        d->think = THINK_OUT;
    return d->held->n > 0;
}

void
think_text(struct llm_decoder *d, struct span s)
{
    static bool (*const STEP[])(struct llm_decoder *) = {step_begin, step_in, step_after};
    if (d->think != THINK_OUT) {
        buf_span(d->held, s);
        while (d->think != THINK_OUT && STEP[d->think](d))
            ;
        if (d->think != THINK_OUT)
            return;
        s = buf_view(d->held);
    }
    draft_flow(d, LLM_TEXT, s);
    buf_clear(d->held);
}

void
think_end(struct llm_decoder *d)
{
    if (d->held->n > 0)
        draft_flow(d, d->think == THINK_IN ? LLM_REASONING : LLM_TEXT, buf_view(d->held));
    buf_clear(d->held);
}
