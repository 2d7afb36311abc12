/* egress_client: the callers' side of egress.sock. */
#include "egress/egress_client.h"

#include "base/conf.h"
#include "base/id.h"
#include "base/json.h"
#include "policy/grant.h"
#include "wire/sock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sodium.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FRAME_CAP = 1 << 20, READ_BYTES = 65536, REPLY_CAP = 4 << 20 };
enum { JSON_GROWS = 6 }; /* a control character is \u0000 */

static const char *
socket_path(struct task *t)
{
    return conf_path(t, "run/egress.sock");
}

/* One HTTP exchange ------------------------------------------------------------------------------------------------ */

enum outcome { GO_ON, ENDED };

/* Waits for bytes; ENDED: the caller's wake_fd became readable, or a failure is in the task. */
static enum outcome
wait_for(struct task *t, int fd, int wake_fd)
{
    for (;;) {
        struct pollfd p[2] = {{.fd = fd, .events = POLLIN}, {.fd = wake_fd, .events = POLLIN}};
        int left = task_left_ms(t);
        int r = poll(p, wake_fd >= 0 ? 2 : 1, left == INT_MAX ? -1 : left);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            task_fail(t, E_UNAVAILABLE, "Waiting for the reply failed.");
        if (r == 0)
            task_fail(t, E_DEADLINE, "The reply did not end within the time that was left.");
        return r > 0 && p[1].revents == 0 ? GO_ON : ENDED;
    }
}

static enum outcome
deliver(struct task *t, const struct egress_call *c, const struct frame *f)
{
    if (frame_is(f, "body"))
        return c->on_body(c->arg, frame_get(f, "bytes")) ? GO_ON : ENDED;
    if (frame_is(f, "head"))
        return c->on_head(c->arg, (int)frame_i64(f, "status", 0), frame_get(f, "headers")) ? GO_ON : ENDED;
    if (!frame_is(f, "end") && frame_error(t, f) == E_OK)
        task_fail(t, E_INTERNAL, "The egress service sent something that is no reply.");
    return ENDED;
}

/* Hands on every whole frame; drops them from `in`. */
static enum outcome
deliver_all(struct task *t, const struct egress_call *c, struct buf *in)
{
    enum outcome o = GO_ON;
    size_t at = 0;
    while (o == GO_ON) {
        struct span rest = span_from(buf_view(in), at);
        struct frame f;
        size_t n = 0;
        if (frame_size(t, rest, FRAME_CAP, &n) != E_OK)
            return ENDED;
        if (n == 0)
            break;
        if (frame_parse(t, span_first(rest, n), &f) != E_OK)
            return ENDED;
        o = deliver(t, c, &f);
        at += n;
    }
    buf_drop(in, at);
    return o;
}

static enum err
receive(struct task *t, const struct egress_call *c, int fd)
{
    struct buf *in = task_buf(t, FRAME_CAP + READ_BYTES + 4);
    enum outcome o = GO_ON;
    while (o == GO_ON && (o = wait_for(t, fd, c->wake_fd)) == GO_ON) {
        char *to = buf_room(in, READ_BYTES);
        ssize_t r = to ? recv(fd, to, READ_BYTES, MSG_DONTWAIT) : -1;
        if (r < 0 && to && (errno == EINTR || errno == EAGAIN))
            continue;
        if (r <= 0)
            return task_fail(t, E_UNAVAILABLE, "The egress service closed the connection in the middle of the reply.");
        in->n += (size_t)r;
        o = deliver_all(t, c, in);
    }
    return t->err;
}

enum err
egress_call(struct task *t, const struct egress_call *c)
{
    int fd = -1;
    struct buf *b = task_buf(t, FRAME_BYTES);
    size_t mark = frame_begin(b, "http");
    frame_put(b, "grant", c->grant);
    frame_put(b, "headers", c->headers);
    frame_put(b, "body", c->body);
    frame_end(b, mark);
    if (b->failed)
        return task_fail(t, E_LIMIT, "The request is too long to be sent.");
    if (sock_connect(t, socket_path(t), "egress", &fd) != E_OK)
        return t->err;
    if (sock_send(t, fd, buf_view(b)) == E_OK)
        receive(t, c, fd);
    close(fd); /* which also stops what still runs */
    return t->err;
}

struct span
egress_fetch_body(struct task *t, struct span url)
{
    struct buf *b = task_buf(t, url.n * JSON_GROWS + sizeof "{\"url\":\"\"}");
    buf_puts(b, "{\"url\":");
    json_put_text(b, url);
    buf_putc(b, '}');
    return buf_view(b);
}

struct span
egress_fetch_hash(struct task *t, struct span url)
{
    const struct span fields[] = {SPAN("fetch"), egress_fetch_body(t, url)};
    return grant_args_hash(t, fields, sizeof fields / sizeof fields[0]);
}

struct span
egress_plugin_body(struct task *t, struct span method, struct span url, struct span headers, struct span body)
{
    char hex[HASH_HEX_BYTES];
    struct buf *b = task_buf(t, (method.n + url.n + headers.n) * JSON_GROWS + 256);
    hash_hex(body, hex);
    const struct span values[] = {method, url, headers, span_of(hex)};
    static const char *const keys[] = {"method", "url", "headers", "body"};
    buf_putc(b, '{');
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        json_put_key(b, keys[i]);
        json_put_text(b, values[i]);
    }
    buf_putc(b, '}');
    return buf_view(b);
}

/* The rest -----------------------------------------------------------------------------------------------------------
 */

static enum err
ask_list(struct task *t, const char *kind, struct span grant, json_t **out)
{
    struct frame reply;
    struct buf *b = task_buf(t, FRAME_CAP);
    size_t mark = frame_begin(b, kind);
    frame_put(b, "grant", grant);
    frame_end(b, mark);
    if (sock_call(t, socket_path(t), "egress", buf_view(b), REPLY_CAP, &reply) != E_OK)
        return t->err;
    return json_read(t, frame_get(&reply, "list"), out);
}

enum err
egress_secret_set(struct task *t, struct span grant, struct span name, struct span value)
{
    struct frame reply;
    struct buf *b = task_buf(t, FRAME_CAP);
    buf_room(b, grant.n + name.n + value.n + 256); /* no copy of the value is left behind by growing */
    size_t mark = frame_begin(b, "secret.set");
    frame_put(b, "grant", grant);
    frame_put(b, "name", name);
    frame_put(b, "value", value);
    frame_end(b, mark);
    if (b->failed)
        return task_fail(t, E_LIMIT, "That is too long for a secret.");
    enum err e = sock_call(t, socket_path(t), "egress", buf_view(b), REPLY_CAP, &reply);
    sodium_memzero(b->p, b->n);
    return e;
}

enum err
egress_secret_list(struct task *t, struct span grant, json_t **out)
{
    return ask_list(t, "secret.list", grant, out);
}

enum err
egress_probe(struct task *t, struct span grant, json_t **out)
{
    return ask_list(t, "probe", grant, out);
}
