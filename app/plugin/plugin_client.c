/* plugin_client: one connection per call; questions are answered on the way. */
#include "plugin/plugin_client.h"

#include "base/conf.h"
#include "base/json.h"
#include "policy/grant.h"
#include "wire/sock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FRAME_CAP = PLUGIN_ASK_BYTES + (1 << 20), CHUNK = 65536 };

static const char *
socket_path(struct task *t)
{
    return conf_path(t, "run/plugin.sock");
}

struct span
plugin_call_hash(struct task *t, struct span digest, struct span tool, struct span args)
{
    const struct span fields[] = {SPAN("plugin"), digest, tool, args};
    return grant_args_hash(t, fields, sizeof fields / sizeof fields[0]);
}

struct span
plugin_stop_hash(struct task *t, struct span digest)
{
    const struct span fields[] = {SPAN("plugin-stop"), digest};
    return grant_args_hash(t, fields, sizeof fields / sizeof fields[0]);
}

enum err
plugin_stop(struct task *t, struct span grant, struct span digest)
{
    struct frame reply;
    struct buf *b = task_buf(t, CHUNK);
    size_t mark = frame_begin(b, "stop");
    frame_put(b, "grant", grant);
    frame_put(b, "digest", digest);
    frame_end(b, mark);
    return sock_call(t, socket_path(t), "plugin", buf_view(b), CHUNK, &reply);
}

/* Waits for the service; E_CONFLICT when the caller's wake_fd speaks first. */
static enum err
wait_for(struct task *t, int fd, int wake_fd)
{
    for (;;) {
        struct pollfd p[2] = {{.fd = fd, .events = POLLIN}, {.fd = wake_fd, .events = POLLIN}};
        int left = task_left_ms(t);
        int r = poll(p, wake_fd >= 0 ? 2 : 1, left == INT_MAX ? -1 : left);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return task_fail(t, E_UNAVAILABLE, "Waiting for the plugin failed.");
        if (r == 0)
            return task_fail(t, E_DEADLINE, "The plugin did not answer within the time that was left.");
        return p[1].revents ? task_fail(t, E_CONFLICT, "The plugin's call was stopped.") : E_OK;
    }
}

/* A failure is the plugin's to know, not the call's end. */
static enum err
answer_ask(struct task *t, const struct plugin_call *c, int fd, const struct frame *f)
{
    json_t *params = NULL, *result = NULL;
    struct buf *b = task_buf(t, FRAME_CAP);
    enum err e = E_DENIED;
    if (!c->on_ask)
        task_fail(t, e, "Nothing is answered here.");
    else if ((e = json_read(t, frame_get(f, "params"), &params)) == E_OK)
        e = c->on_ask(t, c->arg, frame_get(f, "method"), params, &result);
    size_t mark = frame_begin(b, "told");
    frame_put_i64(b, "n", frame_i64(f, "n", 0));
    if (e == E_OK && result)
        frame_put(b, "result", json_dump(t, result));
    else
        frame_put_z(b, "error", t->cause[0] ? t->cause : "That could not be answered.");
    frame_end(b, mark);
    task_clear_error(t);
    if (b->failed)
        return task_fail(t, E_LIMIT, "What the plugin asked for is more than it may be told.");
    if (sock_send(t, fd, buf_view(b)) == E_UNAVAILABLE)
        task_clear_error(t); /* it ended the call meanwhile, and has said why */
    return t->err;
}

static void
keep_word(char word[PLUGIN_WORD_BYTES], struct span s)
{
    if (word)
        snprintf(word, PLUGIN_WORD_BYTES, "%.*s", SPAN_ARG(s));
}

/* *over: the call has ended. */
static enum err
take_frame(
    struct task *t, const struct plugin_call *c, int fd, const struct frame *f, char *word, json_t **blocks, bool *over)
{
    if (frame_is(f, "ask"))
        return answer_ask(t, c, fd, f);
    if (frame_is(f, "progress")) {
        if (c->on_progress)
            c->on_progress(c->arg, frame_get(f, "text"));
        return E_OK;
    }
    *over = true;
    if (frame_is(f, "ok"))
        return json_read(t, frame_get(f, "result"), blocks);
    keep_word(word, frame_get(f, "word"));
    if (frame_error(t, f) == E_OK)
        return task_fail(t, E_INTERNAL, "The plugin service sent something that is no reply.");
    return t->err;
}

static enum err
receive(struct task *t, const struct plugin_call *c, int fd, char *word, json_t **blocks)
{
    struct buf *in = task_buf(t, FRAME_CAP + CHUNK + 4);
    bool over = false;
    while (!over && t->err == E_OK) {
        struct frame f;
        size_t n = 0;
        if (frame_size(t, buf_view(in), FRAME_CAP, &n) != E_OK)
            return t->err;
        if (n == 0) {
            char *to = wait_for(t, fd, c->wake_fd) == E_OK ? buf_room(in, CHUNK) : NULL;
            ssize_t r = to ? recv(fd, to, CHUNK, MSG_DONTWAIT) : 0;
            if (r > 0)
                in->n += (size_t)r;
            else if (r == 0 || (errno != EINTR && errno != EAGAIN))
                return task_fail(t, E_UNAVAILABLE, "The plugin service closed the connection in the middle of a call.");
            continue;
        }
        struct span whole = task_dup(t, span_first(buf_view(in), n));
        buf_drop(in, n);
        if (frame_parse(t, whole, &f) == E_OK)
            take_frame(t, c, fd, &f, word, blocks, &over);
    }
    return t->err;
}

enum err
plugin_call(struct task *t, const struct plugin_call *c, char word[PLUGIN_WORD_BYTES], json_t **blocks)
{
    int fd = -1;
    struct buf *b = task_buf(t, PLUGIN_ARGS_BYTES * 2);
    keep_word(word, SPAN(""));
    size_t mark = frame_begin(b, "call");
    frame_put(b, "grant", c->grant);
    frame_put(b, "tool", c->tool);
    frame_put(b, "args", c->args);
    frame_put_i64(b, "deadline", c->deadline_ms);
    frame_end(b, mark);
    if (b->failed || c->args.n > PLUGIN_ARGS_BYTES)
        return task_fail(t, E_LIMIT, "The tool's arguments are too long.");
    if (sock_connect(t, socket_path(t), "plugin", &fd) != E_OK)
        return t->err;
    if (sock_send(t, fd, buf_view(b)) == E_OK)
        receive(t, c, fd, word, blocks);
    close(fd); /* which also stops what still runs */
    return t->err;
}
