/* rpc: cutting, parsing and writing JSON-RPC messages. */
#include "plugin/rpc.h"

#include "base/json.h"

#include <string.h>

static enum err
too_long(struct task *t)
{
    return task_fail(t, E_LIMIT, "The plugin sent a message of more than %d MB.", RPC_MESSAGE_BYTES >> 20);
}

static enum err
cut_prefixed(struct task *t, struct span bytes, size_t *taken, struct span *body)
{
    const unsigned char *x = (const unsigned char *)bytes.p;
    if (bytes.n < 4)
        return E_OK;
    size_t n = (size_t)x[0] | (size_t)x[1] << 8 | (size_t)x[2] << 16 | (size_t)x[3] << 24;
    if (n > RPC_MESSAGE_BYTES)
        return too_long(t);
    if (bytes.n - 4 < n)
        return E_OK;
    *taken = n + 4;
    *body = (struct span){bytes.p + 4, n};
    return E_OK;
}

static enum err
cut_line(struct task *t, struct span bytes, size_t *taken, struct span *body)
{
    const char *end = bytes.n > 0 ? memchr(bytes.p, '\n', bytes.n) : NULL;
    size_t n = end ? (size_t)(end - bytes.p) : bytes.n;
    if (n > RPC_MESSAGE_BYTES)
        return too_long(t);
    if (!end)
        return E_OK;
    *taken = n + 1;
    *body = span_trim((struct span){bytes.p, n});
    return E_OK;
}

enum err
rpc_cut(struct task *t, enum rpc_framing framing, struct span bytes, size_t *taken, struct span *body)
{
    *taken = 0;
    *body = SPAN_NONE;
    return framing == RPC_PREFIXED ? cut_prefixed(t, bytes, taken, body) : cut_line(t, bytes, taken, body);
}

bool
rpc_bounded(struct span json, int depth)
{
    int now = 0, values = 0;
    bool in_text = false;
    for (size_t i = 0; i < json.n; i++) {
        char c = json.p[i];
        if (in_text && c == '\\')
            i++;
        else if (c == '"')
            in_text = !in_text;
        if (in_text)
            continue;
        values += c == '{' || c == '[' || c == ',' || c == ':';
        now += (c == '{' || c == '[') - ((c == '}' || c == ']') && now > 0);
        if (now > depth || values > RPC_VALUES)
            return false;
    }
    return true;
}

static enum err
refuse(struct task *t, const char *why)
{
    return task_fail(t, E_INVALID, "The plugin sent something that is no JSON-RPC message: %s.", why);
}

static bool
id_ok(const json_t *id)
{
    return !id || json_is_integer(id) || (json_is_string(id) && json_string_length(id) <= RPC_ID_BYTES);
}

/* A request, a notice: it has a method. */
static enum err
read_call(struct task *t, const json_t *j, struct rpc_message *out)
{
    out->kind = out->id ? RPC_REQUEST : RPC_NOTICE;
    out->method = json_text(j, "method");
    out->params = json_object_get(j, "params");
    if (out->method.n == 0 || out->method.n > RPC_METHOD_BYTES)
        return refuse(t, "its method is no short text");
    if (out->params && !json_is_object(out->params))
        return refuse(t, "its params are no object");
    return E_OK;
}

static enum err
read_answer(struct task *t, const json_t *j, struct rpc_message *out)
{
    const json_t *failure = json_object_get(j, "error");
    out->result = json_object_get(j, "result");
    out->kind = failure ? RPC_FAILURE : RPC_RESULT;
    if (!out->id || !failure == !out->result)
        return refuse(t, "it is neither a request nor an answer");
    if (failure && !json_is_object(failure))
        return refuse(t, "its error is no object");
    out->code = json_int(failure, "code", 0);
    out->text = json_text(failure, "message");
    return E_OK;
}

enum err
rpc_parse(struct task *t, struct span body, struct rpc_message *out)
{
    json_t *j;
    *out = (struct rpc_message){0};
    if (!rpc_bounded(body, RPC_DEPTH))
        return task_fail(
            t, E_INVALID, "The plugin sent JSON that is nested more than %d deep, or has too many values.", RPC_DEPTH);
    if (json_read(t, body, &j) != E_OK) {
        task_clear_error(t); /* the parser's words may quote what the plugin sent */
        return refuse(t, "it is not valid JSON");
    }
    if (!json_is_object(j) || !span_is(json_text(j, "jsonrpc"), "2.0"))
        return refuse(t, "jsonrpc is not \"2.0\"");
    out->id = json_object_get(j, "id");
    if (!id_ok(out->id))
        return refuse(t, "its id is neither a number nor a short text");
    return json_object_get(j, "method") ? read_call(t, j, out) : read_answer(t, j, out);
}

/* Writing -------------------------------------------------------------------------------------------------------- */

static size_t
begin(struct buf *b, enum rpc_framing framing, const json_t *id)
{
    size_t mark = b->n;
    if (framing == RPC_PREFIXED)
        buf_u32le(b, 0);
    buf_puts(b, "{\"jsonrpc\":\"2.0\"");
    if (id) {
        buf_puts(b, ",\"id\":");
        json_put(b, id);
    }
    return mark;
}

static void
end(struct buf *b, enum rpc_framing framing, size_t mark)
{
    buf_putc(b, '}');
    if (framing == RPC_LINES)
        buf_putc(b, '\n');
    if (framing == RPC_LINES || b->failed)
        return;
    size_t n = b->n - mark - 4;
    for (size_t i = 0; i < 4; i++)
        b->p[mark + i] = (char)(unsigned char)(n >> (8 * i));
}

static void
put_member(struct buf *b, const char *name, struct span json)
{
    json_put_key(b, name);
    buf_span(b, json);
}

void
rpc_put_request(struct buf *b, enum rpc_framing framing, int64_t id, const char *method, struct span params)
{
    size_t mark = begin(b, framing, NULL);
    json_put_key(b, "id");
    buf_i64(b, id);
    json_put_key(b, "method");
    json_put_text(b, span_of(method));
    put_member(b, "params", params);
    end(b, framing, mark);
}

void
rpc_put_notice(struct buf *b, enum rpc_framing framing, const char *method, struct span params)
{
    size_t mark = begin(b, framing, NULL);
    json_put_key(b, "method");
    json_put_text(b, span_of(method));
    put_member(b, "params", params);
    end(b, framing, mark);
}

void
rpc_put_result(struct buf *b, enum rpc_framing framing, const json_t *id, struct span result)
{
    size_t mark = begin(b, framing, id);
    put_member(b, "result", result);
    end(b, framing, mark);
}

void
rpc_put_failure(struct buf *b, enum rpc_framing framing, const json_t *id, int64_t code, struct span text)
{
    size_t mark = begin(b, framing, id);
    buf_printf(b, ",\"error\":{\"code\":%lld,\"message\":", (long long)code);
    json_put_text(b, text);
    buf_putc(b, '}');
    end(b, framing, mark);
}
