/* talk: a state machine over two buffers. */
#include "plugin/talk.h"

#include "base/json.h"
#include "base/must.h"
#include "plugin/blocks.h"

#include <string.h>

#define TALK_VERSION "2025-06-18"
enum { CODE_METHOD = -32601, CODE_REFUSED = -32000, IN_SLACK = 1 << 20 };

static const struct {
    const char *method;
    unsigned may;
    const char *cap; /* as manifests write it */
} host_calls[] = {
    {"host/query", TALK_MAY_QUERY, "cap read.dataset"},
    {"host/fetch", TALK_MAY_FETCH, "cap net"},
    {"host/artifact.put", TALK_MAY_ARTIFACT, "cap artifact"},
    {"host/ask", TALK_MAY_ASK, "cap ask"},
};

void
talk_init(struct talk *k, enum rpc_framing framing, unsigned may)
{
    *k = (struct talk){.framing = framing, .may = may, .state = TALK_STARTING, .last_id = 1};
    buf_init(&k->in, RPC_MESSAGE_BYTES + IN_SLACK);
    buf_init(&k->out, TALK_OUT_BYTES);
    rpc_put_request(&k->out, framing, 1, "initialize",
        SPAN("{\"protocolVersion\":\"" TALK_VERSION
             "\",\"capabilities\":{},\"clientInfo\":{\"name\":\"lyceum\",\"version\":\"" LYCEUM_VERSION "\"}}"));
}

static void
forget_asks(struct talk *k)
{
    for (size_t i = 0; i < TALK_ASKS; i++) {
        json_decref(k->ask[i].id);
        k->ask[i].id = NULL;
        k->ask[i].n = 0;
    }
}

void
talk_reset(struct talk *k)
{
    forget_asks(k);
    buf_reset(&k->in);
    buf_reset(&k->out);
}

bool
talk_asks_open(const struct talk *k)
{
    for (size_t i = 0; i < TALK_ASKS; i++)
        if (k->ask[i].n > 0)
            return true;
    return false;
}

/* What we send --------------------------------------------------------------------------------------------------------
 */

static void
begin_round(struct talk *k)
{
    forget_asks(k);
    k->heard = k->notices = k->noise = k->asks = 0;
    k->last_id++;
}

void
talk_call(struct talk *k, struct span tool, struct span args, struct span settings)
{
    struct buf b;
    must(k->state == TALK_IDLE);
    begin_round(k);
    k->state = TALK_CALLING;
    buf_init(&b, TALK_OUT_BYTES);
    buf_puts(&b, "{\"name\":");
    json_put_text(&b, tool);
    buf_puts(&b, ",\"arguments\":");
    buf_span(&b, args);
    if (settings.n > 0) {
        buf_puts(&b, ",\"_meta\":{\"settings\":");
        buf_span(&b, settings);
        buf_putc(&b, '}');
    }
    buf_putc(&b, '}');
    must(!b.failed); /* arguments are bounded at the door */
    rpc_put_request(&k->out, k->framing, k->last_id, "tools/call", buf_view(&b));
    buf_reset(&b);
}

void
talk_list(struct talk *k)
{
    must(k->state == TALK_IDLE);
    begin_round(k);
    k->state = TALK_LISTING;
    rpc_put_request(&k->out, k->framing, k->last_id, "tools/list", SPAN("{}"));
}

bool
talk_told(struct talk *k, int64_t n, struct span result, struct span failure)
{
    for (size_t i = 0; n > 0 && i < TALK_ASKS; i++) {
        if (k->ask[i].n != n)
            continue;
        if (failure.n > 0)
            rpc_put_failure(&k->out, k->framing, k->ask[i].id, CODE_REFUSED, failure);
        else
            rpc_put_result(&k->out, k->framing, k->ask[i].id, result);
        json_decref(k->ask[i].id);
        k->ask[i].id = NULL;
        k->ask[i].n = 0;
        return true;
    }
    return false;
}

/* What comes
 * ------------------------------------------------------------------------------------------------------------ */

static enum err
break_off(struct task *t, const char **word, const char *why)
{
    *word = "protocol";
    return task_fail(t, E_INVALID, "The plugin does not keep to the protocol: %s.", why);
}

static enum err
flooded(struct task *t, const char **word, const char *what)
{
    *word = "flood";
    return task_fail(t, E_LIMIT, "The plugin sent %s.", what);
}

static enum err
take_ask(struct task *t, struct talk *k, const struct rpc_message *m, struct talk_news *out, const char **word)
{
    if (k->state != TALK_CALLING)
        return break_off(t, word, "it asks for something while no call runs");
    if (++k->asks > TALK_ASKS_IN_ALL)
        return flooded(t, word, "more questions to the host than a call may have");
    for (size_t i = 0; i < TALK_ASKS; i++) {
        if (k->ask[i].n > 0)
            continue;
        k->ask[i].n = ++k->last_ask;
        k->ask[i].id = json_incref((json_t *)(uintptr_t)m->id);
        *out = (struct talk_news){.event = TALK_ASKED, .n = k->last_ask, .method = m->method, .params = m->params};
        return E_OK;
    }
    return flooded(t, word, "more questions at a time than the host answers");
}

static enum err
take_request(struct task *t, struct talk *k, const struct rpc_message *m, struct talk_news *out, const char **word)
{
    if (span_is(m->method, "ping")) {
        rpc_put_result(&k->out, k->framing, m->id, SPAN("{}"));
        return ++k->notices > TALK_NOTICES ? flooded(t, word, "too many messages beside its work") : E_OK;
    }
    for (size_t i = 0; i < sizeof host_calls / sizeof host_calls[0]; i++) {
        if (!span_is(m->method, host_calls[i].method))
            continue;
        if (k->may & host_calls[i].may)
            return take_ask(t, k, m, out, word);
        struct span why = task_format(t, "The manifest does not declare \"%s\".", host_calls[i].cap);
        rpc_put_failure(&k->out, k->framing, m->id, CODE_REFUSED, why);
        return ++k->notices > TALK_NOTICES ? flooded(t, word, "too many messages beside its work") : E_OK;
    }
    rpc_put_failure(&k->out, k->framing, m->id, CODE_METHOD, SPAN("The host does not know this method."));
    return ++k->notices > TALK_NOTICES ? flooded(t, word, "too many messages beside its work") : E_OK;
}

/* Progress is for people; all other notices (logs, changed lists) are not listened to. */
static enum err
take_notice(struct task *t, struct talk *k, const struct rpc_message *m, struct talk_news *out, const char **word)
{
    if (++k->notices > TALK_NOTICES)
        return flooded(t, word, "too many messages beside its work");
    bool ours = span_is(m->method, "host/progress");
    if (k->state != TALK_CALLING || (!ours && !span_is(m->method, "notifications/progress")))
        return E_OK;
    struct span text = json_text(m->params, ours ? "text" : "message");
    out->event = TALK_PROGRESS;
    out->text = blocks_visible(t, text, TALK_PROGRESS_BYTES);
    return E_OK;
}

static enum err
take_started(struct task *t, struct talk *k, const struct rpc_message *m, struct talk_news *out, const char **word)
{
    if (m->kind == RPC_FAILURE || !json_is_object(m->result))
        return break_off(t, word, "it refused to be initialized");
    rpc_put_notice(&k->out, k->framing, "notifications/initialized", SPAN("{}"));
    k->state = TALK_IDLE;
    out->event = TALK_READY;
    return E_OK;
}

static enum err
take_answer(struct task *t, struct talk *k, const struct rpc_message *m, struct talk_news *out, const char **word)
{
    if (!json_is_integer(m->id) || json_integer_value(m->id) != k->last_id || k->state == TALK_IDLE)
        return break_off(t, word, "it answers what nobody asked");
    if (k->state == TALK_STARTING)
        return take_started(t, k, m, out, word);
    k->state = TALK_IDLE;
    out->event = m->kind == RPC_RESULT ? TALK_RESULT : TALK_REFUSED;
    out->result = m->result;
    out->code = m->code;
    out->text = blocks_visible(t, m->text, TALK_PROGRESS_BYTES);
    return E_OK;
}

static enum err
take(struct task *t, struct talk *k, struct span body, struct talk_news *out, const char **word)
{
    struct rpc_message m;
    /* What a server prints beside its messages; JSON-RPC is an object. */
    if (k->framing == RPC_LINES && !span_starts(body, "{"))
        return body.n > 0 && ++k->noise > TALK_NOISE ? break_off(t, word, "it prints other lines than messages") : E_OK;
    *word = "protocol";
    if (rpc_parse(t, body, &m) != E_OK)
        return t->err;
    switch (m.kind) {
    case RPC_REQUEST: return take_request(t, k, &m, out, word);
    case RPC_NOTICE: return take_notice(t, k, &m, out, word);
    case RPC_RESULT:
    case RPC_FAILURE: return take_answer(t, k, &m, out, word);
    }
    return E_OK;
}

enum err
talk_next(struct task *t, struct talk *k, struct talk_news *out, const char **word)
{
    *out = (struct talk_news){.event = TALK_NOTHING};
    *word = "flood";
    while (out->event == TALK_NOTHING) {
        struct span body;
        size_t taken;
        if (rpc_cut(t, k->framing, buf_view(&k->in), &taken, &body) != E_OK)
            return t->err;
        if (taken == 0)
            return E_OK;
        k->heard += taken;
        if (k->heard > TALK_CALL_BYTES)
            return flooded(t, word, "more than 24 MB in one call");
        body = task_dup(t, body);
        buf_drop(&k->in, taken);
        if (take(t, k, body, out, word) != E_OK)
            return t->err;
        if (k->out.failed)
            return flooded(t, word, "more requests than it reads answers of");
    }
    return E_OK;
}
