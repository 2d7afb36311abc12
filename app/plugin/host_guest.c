/* host_guest: callers: requests in, questions and results out. */
#include "plugin/host_priv.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/json.h"
#include "plugin/plugin_client.h"
#include "plugin/schema.h"
#include "sandbox/peer.h"
#include "wire/frame.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHUNK = 65536, READ_MS = 5000, QUEUE_MS = 10000, REPLY_MS = 10000, ACCEPTS = 64 };
enum { IN_BYTES = PLUGIN_ASK_BYTES + (1 << 20), OUT_BYTES = 16 << 20 };

static const char *const callers[] = {"gate", "web", "agentpub", "agentpriv", "operator", NULL};

/* Out -------------------------------------------------------------------------------------------------------------- */

void
guest_forget(struct host *h, struct guest *g)
{
    if (g->state == GUEST_OVER)
        return;
    host_watch(h, &g->watch, 0);
    close(g->watch.fd);
    g->watch.fd = -1;
    g->state = GUEST_OVER;
}

static void
flush(struct host *h, struct guest *g)
{
    while (g->out.n > 0) {
        ssize_t n = send(g->watch.fd, g->out.p, g->out.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            host_watch(h, &g->watch, EPOLLIN | EPOLLRDHUP | EPOLLOUT);
            return;
        }
        if (n < 0)
            break; /* its going is told as an event of its own, or below */
        buf_drop(&g->out, (size_t)n);
    }
    if (g->state == GUEST_REPLYING)
        guest_forget(h, g);
    else
        host_watch(h, &g->watch, EPOLLIN | EPOLLRDHUP);
}

static void
reply(struct host *h, struct guest *g)
{
    g->state = GUEST_REPLYING;
    g->process = NULL;
    g->due_ms = clock_mono_ms() + REPLY_MS;
    flush(h, g);
}

void
guest_fail(struct host *h, struct guest *g, enum err e, const char *word, const char *sentence)
{
    size_t mark = frame_begin(&g->out, "error");
    frame_put_z(&g->out, "code", err_word(e));
    frame_put_z(&g->out, "message", sentence);
    frame_put_z(&g->out, "word", word ? word : "");
    frame_end(&g->out, mark);
    reply(h, g);
}

void
guest_finish(struct host *h, struct guest *g, struct span result)
{
    size_t mark = frame_begin(&g->out, "ok");
    frame_put(&g->out, "result", result);
    frame_end(&g->out, mark);
    reply(h, g);
}

void
guest_put_ask(struct host *h, struct guest *g, const struct talk_news *news)
{
    size_t mark = frame_begin(&g->out, "ask");
    frame_put_i64(&g->out, "n", news->n);
    frame_put(&g->out, "method", news->method);
    frame_put(&g->out, "params", news->params ? json_dump(&g->t, news->params) : SPAN("{}"));
    frame_end(&g->out, mark);
    flush(h, g);
}

void
guest_put_progress(struct host *h, struct guest *g, struct span text)
{
    size_t mark = frame_begin(&g->out, "progress");
    frame_put(&g->out, "text", text);
    frame_end(&g->out, mark);
    flush(h, g);
}

/* Requests --------------------------------------------------------------------------------------------------------- */

static struct host_bundle *
find_bundle(struct host *h, struct span digest)
{
    struct host_bundle *b = h->bundles;
    while (b && !span_is(digest, b->m.digest))
        b = b->next;
    return b;
}

static enum err
get_bundle(struct host *h, struct guest *g, const char **word)
{
    struct span digest = g->who.digest;
    const char *folder = task_printf(&g->t, "%s/%.*s", h->plugins, SPAN_ARG(digest));
    g->bundle = find_bundle(h, digest);
    *word = "gone";
    if (!g->bundle) {
        process_free_bundles(h, HOST_BUNDLES - 1);
        if (host_bundle_load(&g->t, folder, h->work, digest, &g->bundle) != E_OK)
            return g->t.err;
        g->bundle->next = h->bundles;
        h->bundles = g->bundle;
    }
    g->bundle->used_ms = clock_mono_ms();
    return E_OK;
}

/* The arguments against the tool's schema, before any process sees them. */
static enum err
check_args(struct guest *g, const char **word)
{
    json_t *args;
    const struct host_tool *tool = host_bundle_tool(g->bundle, g->tool);
    *word = "schema";
    if (!tool)
        return task_fail(&g->t, E_NOTFOUND, "The plugin %.*s has no tool of that name.", SPAN_ARG(g->who.id));
    if (g->args.n > PLUGIN_ARGS_BYTES || !rpc_bounded(g->args, RPC_DEPTH - 2))
        return task_fail(&g->t, E_LIMIT, "The tool's arguments are too long, or nested too deep.");
    if (json_read(&g->t, g->args, &args) != E_OK)
        return g->t.err;
    if (!json_is_object(args))
        return task_fail(&g->t, E_INVALID, "The tool's arguments must be a JSON object.");
    return schema_fits(&g->t, tool->input, args, "arguments");
}

static void
make_key(struct guest *g)
{
    const struct host_admitted *w = &g->who;
    hash_bytes(
        task_format(&g->t, "%.*s\n%.*s\n%.*s", SPAN_ARG(w->digest), SPAN_ARG(w->subject), SPAN_ARG(w->conversation)),
        g->key);
}

static enum err
take_call(struct host *h, struct guest *g, const struct frame *f, const char **word)
{
    int64_t most = conf_int("limits.plugin_ms"), wanted = frame_i64(f, "deadline", 0);
    g->tool = frame_get(f, "tool");
    g->args = frame_get(f, "args");
    g->budget_ms = wanted > 0 && wanted < most ? wanted : most;
    if (g->tool.n == 0)
        return task_fail(&g->t, E_INVALID, "The call names no tool.");
    if (host_admit(&g->t, frame_get(f, "grant"), "call", g->tool, g->args, &g->who) != E_OK ||
        get_bundle(h, g, word) != E_OK || check_args(g, word) != E_OK)
        return g->t.err;
    make_key(g);
    g->state = GUEST_WAITING;
    g->due_ms = clock_mono_ms() + QUEUE_MS;
    process_assign(h, g);
    return E_OK;
}

static enum err
take_stop(struct host *h, struct guest *g, const struct frame *f)
{
    struct host_admitted who;
    if (host_admit(&g->t, frame_get(f, "grant"), "stop", SPAN_NONE, SPAN_NONE, &who) != E_OK)
        return g->t.err;
    process_stop_bundle(h, who.digest);
    guest_finish(h, g, SPAN("{}"));
    return E_OK;
}

static void
take_request(struct host *h, struct guest *g, struct span bytes)
{
    struct frame f;
    const char *word = NULL;
    enum err e = frame_parse(&g->t, task_dup(&g->t, bytes), &f);
    if (e == E_OK)
        e = frame_is(&f, "call")   ? take_call(h, g, &f, &word)
            : frame_is(&f, "stop") ? take_stop(h, g, &f)
                                   : task_fail(&g->t, E_INVALID, "The plugin service does not know this request.");
    if (e != E_OK && g->state <= GUEST_WAITING)
        guest_fail(h, g, e, g->t.err == E_UNAVAILABLE ? NULL : word, g->t.cause);
}

static void
take_told(struct host *h, struct guest *g, struct span bytes)
{
    struct task t;
    struct frame f;
    task_begin(&t, 0);
    if (frame_parse(&t, bytes, &f) == E_OK && frame_is(&f, "told") && g->process)
        process_told(h, g->process, frame_i64(&f, "n", 0), frame_get(&f, "result"), frame_get(&f, "error"));
    task_end(&t);
}

/* A caller that goes takes its process with it: nobody knows in which state that is. */
static void
leave(struct host *h, struct guest *g)
{
    struct process *p = g->process;
    g->process = NULL;
    if (p)
        process_kill(h, p);
    guest_forget(h, g);
}

static void
take_frames(struct host *h, struct guest *g)
{
    for (;;) {
        size_t n = 0;
        struct task t;
        task_begin(&t, 0);
        enum err e = frame_size(&t, buf_view(&g->in), IN_BYTES, &n);
        task_end(&t);
        if (e != E_OK && g->state == GUEST_READING)
            guest_fail(h, g, e, NULL, "That is no message to the plugin service.");
        else if (e != E_OK)
            leave(h, g);
        if (n == 0 || g->state == GUEST_OVER)
            return;
        if (g->state == GUEST_READING)
            take_request(h, g, span_first(buf_view(&g->in), n));
        else if (g->state == GUEST_RUNNING)
            take_told(h, g, span_first(buf_view(&g->in), n));
        buf_drop(&g->in, n);
    }
}

void
guest_event(struct host *h, struct guest *g, uint32_t events)
{
    if (events & EPOLLOUT)
        flush(h, g);
    if (g->state == GUEST_OVER || !(events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)))
        return;
    char *to = buf_room(&g->in, CHUNK);
    ssize_t n = to ? recv(g->watch.fd, to, CHUNK, MSG_DONTWAIT) : 0;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        leave(h, g);
        return;
    }
    g->in.n += (size_t)n;
    take_frames(h, g);
}

/* Coming and going ----------------------------------------------------------------------------------------------------
 */

static size_t
count_of(const struct host *h, const char *role)
{
    size_t n = 0;
    for (const struct guest *g = h->first; g; g = g->next)
        n += g->role == role && g->state != GUEST_OVER;
    return n;
}

static struct guest *
add(struct host *h, int fd)
{
    struct guest *g = pool_take(&h->guest_pool);
    *g = (struct guest){
        .prev = h->last, .watch = {WATCH_GUEST, fd, 0, g}, .role = peer_role(fd), .due_ms = clock_mono_ms() + READ_MS};
    task_begin(&g->t, 0);
    buf_init(&g->in, IN_BYTES + CHUNK + 4);
    buf_init(&g->out, OUT_BYTES);
    *(h->last ? &h->last->next : &h->first) = g;
    h->last = g;
    h->guests++;
    return g;
}

void
guest_accept(struct host *h)
{
    int fd;
    for (int i = 0; i < ACCEPTS && (fd = accept4(h->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0; i++) {
        struct task t;
        task_begin(&t, 0);
        struct guest *g = add(h, fd);
        if (peer_check(&t, fd, callers) != E_OK)
            guest_fail(h, g, t.err, NULL, t.cause);
        else if (count_of(h, g->role) > HOST_GUESTS_OF_A_ROLE)
            guest_fail(h, g, E_UNAVAILABLE, NULL,
                "This program has too many calls of plugins under way. Try again in a moment.");
        else
            guest_event(h, g, EPOLLIN); /* most have sent their request already */
        if (g->state <= GUEST_RUNNING && g->watch.events == 0)
            host_watch(h, &g->watch, EPOLLIN | EPOLLRDHUP);
        task_end(&t);
    }
}

void
guest_tick(struct host *h, int64_t now_ms)
{
    for (struct guest *g = h->first; g; g = g->next) {
        if (g->state == GUEST_WAITING && !process_assign(h, g) && now_ms >= g->due_ms)
            guest_fail(h, g, E_UNAVAILABLE, NULL,
                "All places for plugins are taken, or another call of this conversation runs. Try again in a moment.");
        else if ((g->state == GUEST_READING || g->state == GUEST_REPLYING) && now_ms >= g->due_ms)
            guest_forget(h, g);
    }
}

void
guest_sweep(struct host *h)
{
    for (struct guest *g = h->first, *next; g; g = next) {
        next = g->next;
        if (g->state != GUEST_OVER)
            continue;
        *(g->prev ? &g->prev->next : &h->first) = g->next;
        *(g->next ? &g->next->prev : &h->last) = g->prev;
        buf_reset(&g->in);
        buf_reset(&g->out);
        task_end(&g->t);
        pool_give(&h->guest_pool, g);
        h->guests--;
    }
}
