/* alone: one process, waited for. */
#include "plugin/alone.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/json.h"
#include "base/must.h"
#include "base/pool.h"
#include "plugin/bundle.h"
#include "plugin/host_maker.h"
#include "plugin/result.h"
#include "plugin/rpc.h"
#include "plugin/schema.h"
#include "plugin/talk.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHUNK = 65536, START_MS = 10000 };

struct alone {
    char work[64];
    struct host_maker maker;
    struct host_bundle *bundle;
    unsigned may;
    int fd;               /* of its process; -1: none */
    struct host_news end; /* how it ended, when that is known */
    struct talk talk;
};
static struct pool alones = {.item_bytes = sizeof(struct alone)};

enum err
alone_open(struct task *t, const char *bundle, unsigned without, struct alone **out)
{
    struct manifest m;
    struct span note;
    struct alone *a = pool_take(&alones);
    *a = (struct alone){.work = "/tmp/lyceum-plugin-XXXXXX", .fd = -1, .maker = {.fd = -1}};
    *out = a;
    bool made = mkdtemp(a->work) != NULL;
    if (!made)
        task_fail(t, E_UNAVAILABLE, "No folder could be made in /tmp: %s.", strerror(errno));
    if (made && bundle_manifest(t, bundle, &note, &m) == E_OK && host_maker_folder(t, a->work) == E_OK &&
        host_maker_start(t, a->work, &a->maker) == E_OK &&
        host_bundle_load(t, bundle, a->work, span_of(m.digest), &a->bundle) == E_OK) {
        a->may = a->bundle->may & ~without;
        return E_OK;
    }
    alone_close(a);
    *out = NULL;
    return t->err;
}

/* Its slot is free when the maker has told how it ended. */
static void
await_end(struct alone *a)
{
    struct pollfd p = {.fd = a->maker.fd, .events = POLLIN};
    while (a->end.what != NEWS_ENDED && a->end.what != NEWS_FAILED && a->end.what != NEWS_GONE)
        if (poll(&p, 1, START_MS) > 0)
            host_maker_news(&a->maker, &a->end);
        else
            a->end.what = NEWS_GONE;
}

static void
end_process(struct alone *a)
{
    if (a->fd < 0)
        return;
    close(a->fd);
    a->fd = -1;
    talk_reset(&a->talk);
    host_maker_kill(&a->maker, 0);
    await_end(a);
}

void
alone_close(struct alone *a)
{
    end_process(a);
    if (a->bundle)
        host_bundle_free(a->bundle, a->work);
    if (a->maker.fd >= 0) {
        close(a->maker.fd);
        waitpid(a->maker.pid, NULL, 0);
    }
    host_jail_remove(a->work);
    pool_give(&alones, a);
}

const struct manifest *
alone_manifest(const struct alone *a)
{
    return &a->bundle->m;
}

static const char *
learn_end(struct task *t, struct alone *a)
{
    host_maker_kill(&a->maker, 0);
    await_end(a);
    if (a->end.what == NEWS_ENDED)
        return result_end(t, a->bundle->m.id, &a->end);
    task_fail(t, E_UNAVAILABLE, "%s", a->end.what == NEWS_FAILED ? a->end.sentence : "The plugin's process was lost.");
    return "crash";
}

static enum err
send_out(struct task *t, struct alone *a)
{
    while (a->talk.out.n > 0) {
        ssize_t n = send(a->fd, a->talk.out.p, a->talk.out.n, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            return E_OK; /* its end is read */
        buf_drop(&a->talk.out, n > 0 ? (size_t)n : 0);
    }
    return a->talk.out.failed ? task_fail(t, E_LIMIT, "The plugin does not read what it asked for.") : E_OK;
}

/* Waits until until_ms for the next thing that happens. A failure ends the process. */
static enum err
next(struct task *t, struct alone *a, int64_t until_ms, struct talk_news *news, const char **word)
{
    for (;;) {
        /* What it says may be answered at once, a refused question above all: that goes out before anything is waited
         * for. */
        if (talk_next(t, &a->talk, news, word) != E_OK || send_out(t, a) != E_OK || news->event != TALK_NOTHING)
            break;
        int64_t left = until_ms - clock_mono_ms();
        struct pollfd p = {.fd = a->fd, .events = POLLIN};
        if (left <= 0 || poll(&p, 1, (int)left) == 0) {
            *word = "hang";
            task_fail(t, E_DEADLINE, "The plugin did not answer in time, and was ended.");
            break;
        }
        char *to = buf_room(&a->talk.in, CHUNK);
        ssize_t n = to ? recv(a->fd, to, CHUNK, 0) : 0;
        if (n <= 0) {
            *word = learn_end(t, a);
            break;
        }
        a->talk.in.n += (size_t)n;
    }
    if (t->err != E_OK)
        end_process(a);
    return t->err;
}

/* A process that is ready for a call. */
static enum err
start(struct task *t, struct alone *a, const char **word)
{
    static struct host_order o;
    struct talk_news news;
    int ends[2];
    if (a->fd >= 0)
        return E_OK;
    *word = "";
    if (host_bundle_order(t, a->bundle, &o) != E_OK)
        return t->err;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return task_fail(t, E_UNAVAILABLE, "No socket could be made for the plugin.");
    bool ok = host_maker_order(&a->maker, &o, ends[1]);
    close(ends[1]);
    a->fd = ends[0];
    a->end = (struct host_news){.what = NEWS_NONE};
    talk_init(&a->talk, o.stdio ? RPC_LINES : RPC_PREFIXED, a->may);
    if (ok)
        return next(t, a, clock_mono_ms() + START_MS, &news, word);
    end_process(a);
    return task_fail(t, E_UNAVAILABLE, "The process that starts plugins does not answer.");
}

static void
answer(struct task *t, struct alone *a, const struct plugin_call *c, const struct talk_news *news)
{
    json_t *result = NULL;
    enum err e = c->on_ask ? c->on_ask(t, c->arg, news->method, news->params, &result)
                           : task_fail(t, E_DENIED, "Nothing is answered here.");
    struct span why = e == E_OK && result ? SPAN_NONE : task_format(t, "%s", t->cause[0] ? t->cause : "No answer.");
    talk_told(&a->talk, news->n, result ? json_dump(t, result) : SPAN("null"), why);
    task_clear_error(t);
}

static enum err
converse(struct task *t, struct alone *a, const struct plugin_call *c, const struct host_tool *tool, json_t **blocks,
    const char **word)
{
    struct talk_news news;
    struct span text;
    int64_t most = conf_int("limits.plugin_ms");
    int64_t until = clock_mono_ms() + (c->deadline_ms > 0 && c->deadline_ms < most ? c->deadline_ms : most);
    talk_call(&a->talk, c->tool, c->args, SPAN_NONE);
    while (next(t, a, until, &news, word) == E_OK) {
        if (news.event == TALK_ASKED)
            answer(t, a, c, &news);
        else if (news.event == TALK_PROGRESS && c->on_progress)
            c->on_progress(c->arg, news.text);
        else if (news.event == TALK_RESULT)
            return result_read(t, a->bundle->m.id, tool, news.result, &text, word) == E_OK ? json_read(t, text, blocks)
                                                                                           : t->err;
        else if (news.event == TALK_REFUSED) {
            *word = news.code == TALK_CODE_MEMORY ? "memory" : "tool";
            return task_fail(t, E_INVALID, "The plugin says: %.*s", SPAN_ARG(news.text));
        }
    }
    return t->err;
}

enum err
alone_call(struct task *t, struct alone *a, const struct plugin_call *c, char word[PLUGIN_WORD_BYTES], json_t **blocks)
{
    const char *why = "schema";
    json_t *args;
    const struct host_tool *tool = host_bundle_tool(a->bundle, c->tool);
    if (!tool)
        task_fail(t, E_NOTFOUND, "The plugin has no tool of that name.");
    else if (!rpc_bounded(c->args, RPC_DEPTH - 2))
        task_fail(t, E_LIMIT, "The tool's arguments are nested too deep.");
    else if (json_read(t, c->args, &args) == E_OK && schema_fits(t, tool->input, args, "arguments") == E_OK &&
             start(t, a, &why) == E_OK)
        converse(t, a, c, tool, blocks, &why);
    snprintf(word, PLUGIN_WORD_BYTES, "%s", t->err == E_OK ? "" : why);
    return t->err;
}

enum err
alone_list(struct task *t, struct alone *a, json_t **out)
{
    struct talk_news news = {.event = TALK_NOTHING};
    const char *word;
    if (start(t, a, &word) != E_OK)
        return t->err;
    talk_list(&a->talk);
    while (news.event != TALK_RESULT)
        if (next(t, a, clock_mono_ms() + START_MS, &news, &word) != E_OK)
            return t->err;
        else if (news.event == TALK_REFUSED)
            return task_fail(t, E_INVALID, "The plugin does not list its tools: %.*s", SPAN_ARG(news.text));
    return json_read(t, json_dump(t, news.result), out);
}
