/* reply_json: a reply as the machine-readable JSON of `lyceum llm decode`. */
#include "base/json.h"
#include "llm/reply.h"

const char *
llm_stop_word(enum llm_stop stop)
{
    static const char *const WORD[] = {[LLM_STOP] = "stop",
        [LLM_STOP_CALLS] = "tool_calls",
        [LLM_STOP_LENGTH] = "length",
        [LLM_STOP_FILTER] = "content_filter",
        [LLM_STOP_ERROR] = "error"};
    return WORD[stop];
}

bool
llm_reply_may_call(const struct llm_reply *r)
{
    return r->error.fault == LLM_FAULT_NONE && (r->stop == LLM_STOP || r->stop == LLM_STOP_CALLS);
}

static void
put_text(struct buf *b, const char *key, struct span value)
{
    json_put_key(b, key);
    json_put_text(b, value);
}

static void
put_text_or_null(struct buf *b, const char *key, struct span value)
{
    json_put_key(b, key);
    if (value.n > 0)
        json_put_text(b, value);
    else
        buf_puts(b, "null");
}

static void
put_count(struct buf *b, const char *key, int64_t value)
{
    json_put_key(b, key);
    if (value >= 0)
        buf_i64(b, value);
    else
        buf_puts(b, "null");
}

static void
put_calls(struct buf *b, const struct llm_reply *r)
{
    buf_puts(b, ",\"tool_calls\":[");
    for (size_t i = 0; i < r->calls; i++) {
        buf_puts(b, i > 0 ? ",{" : "{");
        put_text(b, "id", r->call[i].id);
        put_text(b, "name", r->call[i].name);
        put_text(b, "arguments", r->call[i].arguments);
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
}

static void
put_usage(struct buf *b, const struct llm_usage *u)
{
    buf_puts(b, ",\"usage\":");
    if (u->raw.n == 0) {
        buf_puts(b, "null");
        return;
    }
    buf_putc(b, '{');
    put_count(b, "input", u->input);
    put_count(b, "output", u->output);
    put_count(b, "reasoning", u->reasoning);
    put_count(b, "cache_read", u->cache_read);
    put_count(b, "cache_write", u->cache_write);
    json_put_key(b, "cost");
    if (u->cost >= 0)
        json_put_double(b, u->cost);
    else
        buf_puts(b, "null");
    buf_putc(b, '}');
}

static void
put_error(struct buf *b, const struct llm_error *e)
{
    buf_puts(b, ",\"error\":");
    if (e->fault == LLM_FAULT_NONE) {
        buf_puts(b, "null");
        return;
    }
    buf_putc(b, '{');
    put_text_or_null(b, "code", e->code);
    put_text(b, "message", e->message);
    put_text_or_null(b, "type", e->type);
    put_count(b, "status", e->status);
    put_text(b, "kind", span_of(llm_fault_word(e->fault)));
    buf_printf(b, ",\"retryable\":%s}", e->retryable ? "true" : "false");
}

void
llm_reply_put(struct buf *b, const struct llm_reply *r)
{
    buf_putc(b, '{');
    put_text(b, "text", r->text);
    put_text(b, "reasoning", r->reasoning);
    buf_puts(b, ",\"opaque\":");
    buf_span(b, r->opaque);
    put_calls(b, r);
    put_text(b, "stop", span_of(llm_stop_word(r->stop)));
    put_usage(b, &r->usage);
    put_error(b, &r->error);
    buf_putc(b, '}');
}
