/* exchange: one HTTP request for a caller, with the key that only egress knows. */
#include "egress/operation.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/json.h"
#include "base/log.h"
#include "base/must.h"
#include "egress/header.h"

#include <sodium.h>
#include <string.h>

/* Of a page: unpacked bytes unless the grant says otherwise; a web server is quicker than a model. */
enum { PAGE_BYTES = 262144, PAGE_FIRST_BYTE_MS = 20000, PAGE_IDLE_MS = 10000 };

/* How a key is sent. */
static const struct {
    const char *auth, *before;
} auths[] = {
    {"bearer", "Authorization: Bearer "}, {"x-api-key", "x-api-key: "}, {"x-goog-api-key", "x-goog-api-key: "}};

struct exchange {
    struct guest *guest;
    struct task *task;
    struct curl_slist *headers;
    struct vault_value key_line; /* "Authorization: Bearer ...", in locked memory */
    struct span fixed;           /* names of the grant's own headers, each with a line's end: they come first */
    char host[256];
    int status;
    int64_t begun_ms;
};

/* The list's nodes and lines are the task's (or the vault's): libcurl only reads them. */
static void
put_line(struct exchange *x, char *line)
{
    struct curl_slist *node = task_new(x->task, struct curl_slist);
    node->data = line;
    node->next = x->headers;
    x->headers = node;
}

static void
put_header(void *arg, struct span name, struct span value)
{
    struct exchange *x = arg;
    /* libcurl's way to say "present and empty". */
    put_line(x, value.n > 0 ? task_printf(x->task, "%.*s: %.*s", SPAN_ARG(name), SPAN_ARG(value))
                            : task_printf(x->task, "%.*s;", SPAN_ARG(name)));
}

static bool
is_fixed(struct exchange *x, struct span name)
{
    struct span rest = x->fixed;
    struct span one;
    while (span_cut(&rest, '\n', &one))
        if (one.n > 0 && span_is_nocase(name, task_z(x->task, one)))
            return true;
    return false;
}

static void
put_callers(void *arg, struct span name, struct span value)
{
    struct exchange *x = arg;
    if (!is_fixed(x, name))
        put_header(x, name, value);
}

/* Headers of the grant's detail, which gate took from the model's record. */
static enum err
put_fixed(struct exchange *x, json_t *headers)
{
    struct buf *names = task_buf(x->task, HEADER_BYTES);
    const char *name;
    json_t *value;
    json_object_foreach(headers, name, value)
    {
        struct span v = {json_string_value(value), json_string_length(value)};
        if (header_check(x->task, span_of(name), v) != E_OK)
            return x->task->err;
        put_header(x, span_of(name), v);
        buf_put(names, name, strlen(name));
        buf_put(names, "\n", 1);
    }
    x->fixed = buf_view(names);
    return E_OK;
}

static void
wipe_key(void *arg)
{
    vault_free(&((struct exchange *)arg)->key_line);
}

static enum err
put_key(struct exchange *x, struct span auth, struct span name)
{
    const char *before = NULL;
    struct vault_value key;
    if (span_is(auth, "none") || (auth.n == 0 && name.n == 0))
        return E_OK;
    for (size_t i = 0; i < sizeof auths / sizeof auths[0]; i++)
        if (span_is(auth, auths[i].auth))
            before = auths[i].before;
    if (!before)
        return task_fail(x->task, E_INVALID, "The model's record names no known way to send a key.");
    if (vault_get(x->task, guest_house(x->guest)->vault, name, &key) != E_OK)
        return x->task->err;
    size_t n = strlen(before);
    task_defer(x->task, wipe_key, x);
    if (vault_room(x->task, n + key.n + 1, &x->key_line) == E_OK) {
        memcpy(x->key_line.p, before, n);
        memcpy(x->key_line.p + n, key.p, key.n);
        x->key_line.p[n + key.n] = '\0';
        put_line(x, x->key_line.p);
    }
    vault_free(&key);
    return x->task->err;
}

/* The reply -------------------------------------------------------------------------------------------------------- */

static void
on_head(void *arg, int status, struct span lines)
{
    struct exchange *x = arg;
    struct buf *out = guest_out(x->guest);
    size_t mark = frame_begin(out, "head");
    frame_put_i64(out, "status", status);
    frame_put(out, "headers", lines);
    frame_end(out, mark);
    x->status = status;
}

static void
on_body(void *arg, struct span bytes)
{
    struct buf *out = guest_out(((struct exchange *)arg)->guest);
    size_t mark = frame_begin(out, "body");
    frame_put(out, "bytes", bytes);
    frame_end(out, mark);
}

static void
on_end(void *arg, enum err e, const char *sentence)
{
    struct exchange *x = arg;
    log_line(x->task, "%s: status %d, %s, %lld ms", x->host, x->status, err_word(e),
        (long long)(clock_mono_ms() - x->begun_ms));
    if (e != E_OK) {
        guest_fail(x->guest, e, sentence);
        return;
    }
    frame_end(guest_out(x->guest), frame_begin(guest_out(x->guest), "end"));
    guest_done(x->guest);
}

static enum err
put_headers(struct exchange *x, json_t *detail, struct span callers)
{
    put_line(x, task_printf(x->task, "Expect:"));
    put_line(x, task_printf(x->task, "User-Agent: lyceum/%s", LYCEUM_VERSION));
    if (put_fixed(x, json_object_get(detail, "headers")) != E_OK ||
        header_each(x->task, callers, put_callers, x) != E_OK)
        return x->task->err;
    return put_key(x, json_text(detail, "auth"), json_text(detail, "secret"));
}

static enum err
start(struct exchange *x, struct fetch_ask *ask)
{
    struct fetch *fetch;
    ask->headers = x->headers;
    ask->connect_ms = conf_int("egress.connect_ms");
    ask->on_head = on_head;
    ask->on_body = on_body;
    ask->on_end = on_end;
    ask->arg = x;
    if (fetch_start(x->task, guest_house(x->guest)->net, ask, &fetch) != E_OK)
        return x->task->err;
    memcpy(x->host, fetch_host(fetch), strlen(fetch_host(fetch)) + 1);
    guest_runs(x->guest, fetch);
    return E_OK;
}

static enum err
exchange_new(struct guest *g, const struct frame *f, json_t *detail, struct exchange **out)
{
    struct task *t = guest_task(g);
    *out = task_new(t, struct exchange);
    **out = (struct exchange){.guest = g, .task = t, .begun_ms = clock_mono_ms()};
    return put_headers(*out, detail, frame_get(f, "headers"));
}

static int64_t
at_most(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

enum err
exchange_begin(struct guest *g, const struct frame *f, const struct grant *grant)
{
    struct task *t = guest_task(g);
    struct exchange *x;
    json_t *detail;
    if (json_read(t, grant->detail, &detail) != E_OK || exchange_new(g, f, detail, &x) != E_OK)
        return t->err;
    struct span method = json_text(detail, "method");
    struct span body = frame_get(f, "body");
    int64_t most = json_int(detail, "most_bytes", (int64_t)operation_reply_bytes());
    bool get = span_is(method, "GET") || (method.n == 0 && body.n == 0);
    if ((!get && method.n > 0 && !span_is(method, "POST")) || (get && body.n > 0))
        return task_fail(t, E_INVALID, "The request asks for a method that egress has not.");
    if (most < 1)
        return task_fail(t, E_DENIED, "The grant lets no reply come.");
    struct fetch_ask ask = {.url = json_text(detail, "url"),
        .loopback = json_flag(detail, "loopback", false),
        .post = !get,
        .body = body,
        .first_byte_ms = conf_int("egress.first_byte_ms"),
        .idle_ms = conf_int("egress.idle_ms"),
        .reply_bytes = (size_t)at_most(most, (int64_t)operation_reply_bytes())};
    return start(x, &ask);
}

/* Nothing may go along with a page's address: it was shown to a person, and that was all of it. */
static bool
is_bare(const struct frame *f, const json_t *detail)
{
    struct span auth = json_text(detail, "auth"), method = json_text(detail, "method");
    return frame_get(f, "headers").n == 0 && frame_get(f, "body").n == 0 && (auth.n == 0 || span_is(auth, "none")) &&
           json_text(detail, "secret").n == 0 && json_object_size(json_object_get(detail, "headers")) == 0 &&
           (method.n == 0 || span_is(method, "GET"));
}

enum err
exchange_page_begin(struct guest *g, const struct frame *f, const struct grant *grant)
{
    struct task *t = guest_task(g);
    struct exchange *x;
    json_t *detail;
    if (json_read(t, grant->detail, &detail) != E_OK)
        return t->err;
    int64_t most = json_int(detail, "most_bytes", PAGE_BYTES);
    if (!is_bare(f, detail) || most < 1)
        return task_fail(t, E_DENIED, "A page is fetched without keys, headers and a body.");
    if (exchange_new(g, f, detail, &x) != E_OK)
        return t->err;
    struct fetch_ask ask = {.url = json_text(detail, "url"),
        .loopback = json_flag(detail, "loopback", false),
        .first_byte_ms = at_most(conf_int("egress.first_byte_ms"), PAGE_FIRST_BYTE_MS),
        .idle_ms = at_most(conf_int("egress.idle_ms"), PAGE_IDLE_MS),
        .reply_bytes = (size_t)at_most(most, (int64_t)operation_reply_bytes())};
    return start(x, &ask);
}
