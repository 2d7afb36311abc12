/* host_process: plugins' processes: started when needed, kept warm for one person's conversation, ended for a reason.
 */
#include "plugin/host_priv.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/json.h"
#include "base/log.h"
#include "base/must.h"
#include "plugin/result.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 65536, START_MS = 10000, ASK_MS = 15 * 60000, DIE_MS = 2000, IDLE_CPU_MS = 2000 };

/* Its state
 * ------------------------------------------------------------------------------------------------------------ */

/* Processor time of a process in milliseconds, by its clock; 0 when it has gone. */
static int64_t
cpu_ms(const struct process *p)
{
    struct timespec ts;
    clockid_t clock = (clockid_t)((~(unsigned)p->pid << 3) | 2U);
    if (p->pid <= 0 || clock_gettime(clock, &ts) != 0)
        return 0;
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
turn(struct process *p, enum process_state state, int64_t ms)
{
    p->state = state;
    p->due_ms = clock_mono_ms() + ms;
    p->cpu_ms = cpu_ms(p);
    p->left_ms = -1;
}

static void
shut(struct host *h, struct process *p)
{
    if (p->watch.fd < 0)
        return;
    host_watch(h, &p->watch, 0);
    close(p->watch.fd);
    p->watch.fd = -1;
}

/* From here on the maker's news is awaited, which frees the slot. */
static void
die(struct host *h, struct process *p)
{
    shut(h, p);
    if (p->state != PROCESS_DYING)
        turn(p, PROCESS_DYING, DIE_MS);
    host_maker_kill(&h->maker, p->slot);
}

void
process_kill(struct host *h, struct process *p)
{
    p->guest = NULL;
    die(h, p);
}

/* Ends it and says why. */
static void
fail(struct host *h, struct process *p, enum err e, const char *word, const char *sentence)
{
    struct guest *g = p->guest;
    process_kill(h, p);
    if (g)
        guest_fail(h, g, e, word, sentence);
}

void
process_forget(struct host *h, struct process *p)
{
    if (p->state == PROCESS_FREE)
        return;
    shut(h, p);
    talk_reset(&p->talk);
    p->bundle->users--;
    *p = (struct process){.slot = p->slot, .watch = {.fd = -1}};
}

/* Out
 * ------------------------------------------------------------------------------------------------------------------ */

static void
flush(struct host *h, struct process *p)
{
    struct buf *out = &p->talk.out;
    while (out->n > 0 && p->watch.fd >= 0) {
        ssize_t n = send(p->watch.fd, out->p, out->n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break; /* full, or gone: its end is an event of its own */
        buf_drop(out, (size_t)n);
    }
    if (p->watch.fd >= 0)
        host_watch(h, &p->watch, EPOLLIN | EPOLLRDHUP | (out->n > 0 ? (uint32_t)EPOLLOUT : 0U));
}

static void
call(struct host *h, struct process *p)
{
    struct guest *g = p->guest;
    turn(p, PROCESS_BUSY, g->budget_ms);
    talk_call(&p->talk, g->tool, g->args, g->who.settings);
    flush(h, p);
}

/* Assignment
 * ------------------------------------------------------------------------------------------------------------- */

static struct process *
find_key(struct host *h, const unsigned char key[HASH_BYTES])
{
    for (int64_t i = 0; i < h->slots; i++)
        if (h->process[i].state != PROCESS_FREE && h->process[i].state != PROCESS_DYING &&
            memcmp(h->process[i].key, key, HASH_BYTES) == 0)
            return &h->process[i];
    return NULL;
}

/* The longest idle one; of one subject alone, when that is not NULL. */
static struct process *
longest_idle(struct host *h, const unsigned char *subject)
{
    struct process *best = NULL;
    for (int64_t i = 0; i < h->slots; i++) {
        struct process *p = &h->process[i];
        if (p->state == PROCESS_IDLE && (!subject || memcmp(p->subject, subject, HASH_BYTES) == 0) &&
            (!best || p->due_ms < best->due_ms))
            best = p;
    }
    return best;
}

/* A free slot, or one that will be free soon because somebody idle is ended. */
static struct process *
find_slot(struct host *h, const unsigned char subject[HASH_BYTES])
{
    struct process *spare = NULL;
    int own = 0;
    for (int64_t i = 0; i < h->slots; i++) {
        struct process *p = &h->process[i];
        if (p->state == PROCESS_FREE)
            spare = spare ? spare : p;
        else
            own += memcmp(p->subject, subject, HASH_BYTES) == 0;
    }
    if (spare && own < HOST_OF_A_SUBJECT)
        return spare;
    struct process *idle = longest_idle(h, own < HOST_OF_A_SUBJECT ? NULL : subject);
    if (idle)
        process_kill(h, idle);
    return NULL;
}

static enum err
start(struct host *h, struct process *p, struct guest *g)
{
    static struct host_order o;
    int ends[2];
    if (host_bundle_order(&g->t, g->bundle, &o) != E_OK)
        return g->t.err;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return task_fail(&g->t, E_UNAVAILABLE, "No socket could be made for a plugin.");
    o.slot = p->slot;
    bool ok = host_maker_order(&h->maker, &o, ends[1]);
    close(ends[1]);
    if (!ok) {
        close(ends[0]);
        return task_fail(&g->t, E_UNAVAILABLE, "Too many plugins are being started. Try again in a moment.");
    }
    *p = (struct process){.slot = p->slot, .watch = {WATCH_PROCESS, ends[0], 0, p}, .bundle = g->bundle, .guest = g};
    g->bundle->users++;
    talk_init(&p->talk, o.stdio ? RPC_LINES : RPC_PREFIXED, g->bundle->may);
    memcpy(p->key, g->key, sizeof p->key);
    hash_bytes(g->who.subject, p->subject);
    turn(p, PROCESS_STARTING, START_MS);
    flush(h, p);
    return E_OK;
}

bool
process_assign(struct host *h, struct guest *g)
{
    unsigned char subject[HASH_BYTES];
    struct process *p = find_key(h, g->key);
    if (p && p->state != PROCESS_IDLE)
        return false; /* this conversation's own: it is busy */
    g->process = p;
    if (!p) {
        hash_bytes(g->who.subject, subject);
        p = find_slot(h, subject);
        if (!p)
            return false;
        if (start(h, p, g) != E_OK) {
            guest_fail(h, g, g->t.err, NULL, g->t.cause);
            return true;
        }
        g->process = p;
    }
    g->state = GUEST_RUNNING;
    p->guest = g;
    if (p->state == PROCESS_IDLE)
        call(h, p);
    return true;
}

/* What it says
 * ----------------------------------------------------------------------------------------------------------- */

static void
rest(struct process *p)
{
    turn(p, PROCESS_IDLE, conf_int("plugin.idle_ms"));
    p->guest = NULL;
}

static void
on_result(struct host *h, struct process *p, const struct talk_news *news)
{
    struct guest *g = p->guest;
    struct span result;
    const char *word = NULL;
    rest(p);
    if (result_read(&g->t, g->who.id, host_bundle_tool(g->bundle, g->tool), news->result, &result, &word) == E_OK)
        guest_finish(h, g, result);
    else
        guest_fail(h, g, g->t.err, word, g->t.cause);
}

/* The call was answered with an error: the process itself is well, unless it ran out of memory. */
static void
on_refused(struct host *h, struct process *p, const struct talk_news *news)
{
    struct guest *g = p->guest;
    if (news->code == TALK_CODE_MEMORY) {
        fail(h, p, E_LIMIT, "memory", "The plugin needed more memory than it may have, and was ended.");
        return;
    }
    rest(p);
    task_fail(&g->t, E_INVALID, "The plugin %.*s says: %.*s", SPAN_ARG(g->who.id), SPAN_ARG(news->text));
    guest_fail(h, g, E_INVALID, "tool", g->t.cause);
}

/* The call's time stands still while the caller has a question to answer. */
static void
pause_clock(struct process *p)
{
    int64_t now = clock_mono_ms();
    if (p->left_ms >= 0)
        return;
    p->left_ms = p->due_ms > now ? p->due_ms - now : 0;
    p->due_ms = now + ASK_MS;
}

static void
on_news(struct host *h, struct process *p, const struct talk_news *news)
{
    switch (news->event) {
    case TALK_NOTHING: return;
    case TALK_READY: call(h, p); return;
    case TALK_ASKED:
        pause_clock(p);
        guest_put_ask(h, p->guest, news);
        if (p->guest->out.failed)
            fail(h, p, E_LIMIT, "flood", "The plugin asks for more than its caller takes.");
        return;
    case TALK_PROGRESS: guest_put_progress(h, p->guest, news->text); return;
    case TALK_RESULT: on_result(h, p, news); return;
    case TALK_REFUSED: on_refused(h, p, news); return;
    }
}

static void
hear(struct host *h, struct process *p)
{
    struct talk_news news = {.event = TALK_READY};
    while (p->watch.fd >= 0 && news.event != TALK_NOTHING) {
        struct task idle;
        const char *word;
        task_begin(&idle, 0);
        struct task *t = p->guest ? &p->guest->t : &idle;
        if (talk_next(t, &p->talk, &news, &word) != E_OK) {
            news.event = TALK_NOTHING;
            fail(h, p, t->err, word, t->cause);
        } else {
            on_news(h, p, &news);
        }
        task_end(&idle);
    }
    flush(h, p);
}

void
process_event(struct host *h, struct process *p, uint32_t events)
{
    if (events & EPOLLOUT)
        flush(h, p);
    if (!(events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)))
        return;
    char *to = buf_room(&p->talk.in, CHUNK);
    ssize_t n = to ? recv(p->watch.fd, to, CHUNK, MSG_DONTWAIT) : 0;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        die(h, p); /* how it ended is the maker's news */
        return;
    }
    p->talk.in.n += (size_t)n;
    hear(h, p);
}

void
process_told(struct host *h, struct process *p, int64_t n, struct span result, struct span failure)
{
    if (!talk_told(&p->talk, n, result.n > 0 ? result : SPAN("null"), failure))
        return;
    if (p->left_ms >= 0 && !talk_asks_open(&p->talk)) {
        p->due_ms = clock_mono_ms() + p->left_ms;
        p->left_ms = -1;
    }
    if (p->talk.out.failed)
        fail(h, p, E_LIMIT, "flood", "The plugin does not read what it asked for.");
    else
        flush(h, p);
}

/* How it ends
 * ------------------------------------------------------------------------------------------------------------- */

void
process_news(struct host *h, const struct host_news *news)
{
    must(news->slot >= 0 && news->slot < h->slots);
    struct process *p = &h->process[news->slot];
    struct guest *g = p->guest;
    if (p->state == PROCESS_FREE)
        return;
    if (news->what == NEWS_STARTED) {
        p->pid = news->pid;
        if (p->state == PROCESS_DYING)
            host_maker_kill(&h->maker, p->slot); /* the first order came too early */
        return;
    }
    process_forget(h, p);
    if (!g)
        return;
    if (news->what == NEWS_FAILED) {
        log_line(NULL, "a plugin did not start: %s", news->sentence);
        guest_fail(h, g, E_UNAVAILABLE, "crash", news->sentence);
    } else {
        const char *word = result_end(&g->t, g->who.id, news);
        guest_fail(h, g, g->t.err, word, g->t.cause);
    }
}

static void
tick_one(struct host *h, struct process *p, int64_t now_ms)
{
    struct task t;
    int64_t used = p->state == PROCESS_FREE ? 0 : cpu_ms(p) - p->cpu_ms;
    task_begin(&t, 0);
    if (p->state == PROCESS_STARTING && now_ms >= p->due_ms)
        fail(h, p, E_DEADLINE, "hang", "The plugin did not come up in time, and was ended.");
    else if (p->state == PROCESS_BUSY && used > conf_int("limits.plugin_cpu_ms"))
        fail(h, p, E_DEADLINE, "hang", "The plugin used more processor time than a call may, and was ended.");
    else if (p->state == PROCESS_BUSY && now_ms >= p->due_ms)
        fail(h, p, E_DEADLINE, "hang",
            task_printf(&t, "The plugin did not answer within %lld ms, and was ended.",
                (long long)(p->guest ? p->guest->budget_ms : 0)));
    else if (p->state == PROCESS_IDLE && (now_ms >= p->due_ms || used > IDLE_CPU_MS))
        process_kill(h, p);
    else if (p->state == PROCESS_DYING && now_ms >= p->due_ms) {
        host_maker_kill(&h->maker, p->slot);
        p->due_ms = now_ms + DIE_MS;
    }
    task_end(&t);
}

void
process_tick(struct host *h, int64_t now_ms)
{
    for (int64_t i = 0; i < h->slots; i++)
        tick_one(h, &h->process[i], now_ms);
}

/* Bundles
 * ------------------------------------------------------------------------------------------------------------------ */

void
process_stop_bundle(struct host *h, struct span digest)
{
    for (int64_t i = 0; i < h->slots; i++) {
        struct process *p = &h->process[i];
        if (p->state != PROCESS_FREE && p->state != PROCESS_DYING && span_is(digest, p->bundle->m.digest))
            fail(h, p, E_DENIED, "gone", "The plugin was stopped: it was revoked, disabled or replaced.");
    }
    for (struct guest *g = h->first; g; g = g->next)
        if (g->state == GUEST_WAITING && span_eq(g->who.digest, digest))
            guest_fail(h, g, E_DENIED, "gone", "The plugin was stopped: it was revoked, disabled or replaced.");
}

static bool
is_wanted(const struct host *h, const struct host_bundle *b)
{
    for (const struct guest *g = h->first; g; g = g->next)
        if (g->state != GUEST_OVER && g->bundle == b)
            return true;
    return b->users > 0;
}

void
process_free_bundles(struct host *h, size_t most)
{
    size_t n = 0;
    for (const struct host_bundle *b = h->bundles; b; b = b->next)
        n++;
    while (n > most) {
        struct host_bundle **oldest = NULL;
        for (struct host_bundle **at = &h->bundles; *at; at = &(*at)->next)
            if (!is_wanted(h, *at) && (!oldest || (*at)->used_ms < (*oldest)->used_ms))
                oldest = at;
        if (!oldest)
            return;
        struct host_bundle *b = *oldest;
        *oldest = b->next;
        host_bundle_free(b, h->work);
        n--;
    }
}
