/* watch: looks at the queue, when nudged and each second; asks gate for approvals; moves the WAL into the database off
 * everybody's path. */
#include "agent/pool.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "gate/gate_client.h"
#include "sandbox/peer.h"
#include "store/work_approval.h"
#include "store/work_lease.h"
#include "wire/sock.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LOOK_MS = 1000, CHECKPOINT_MS = 2000, NUDGE_MS = 500, NUDGE_BYTES = 256, READY_MOST = 64 };
enum { SETTLE_MS = 1000, APPROVALS_AT_ONCE = 1000 };

/* The other pool has no business here. */
static const char *const PUBLIC_NUDGERS[] = {"web", "gate", "agentpub", "operator", NULL};
static const char *const PRIVATE_NUDGERS[] = {"web", "gate", "agentpriv", "operator", NULL};

static void
look(struct work *w, int master)
{
    struct task t;
    struct span *turns;
    size_t n;
    task_begin(&t, 0);
    if (work_lease_ready(&t, w, READY_MOST, &turns, &n) != E_OK)
        log_line(&t, "queue: %s", t.cause);
    else
        for (size_t i = 0; i < n; i++)
            (void)send(master, turns[i].p, turns[i].n, MSG_DONTWAIT | MSG_NOSIGNAL);
    task_end(&t);
}

/* One batch of waiting turns, those after *after: asks gate which of them may go on. True: there may be more. */
static bool
settle_some(struct task *t, struct work *w, struct span *after, bool *woken)
{
    struct work_approval *waiting;
    struct span *settled;
    size_t n, n_settled;
    if (work_approval_list(t, w, *after, APPROVALS_AT_ONCE, &waiting, &n) != E_OK || n == 0)
        return false;
    struct span *ids = task_array(t, n, sizeof *ids);
    for (size_t i = 0; i < n; i++)
        ids[i] = waiting[i].approval;
    if (gate_approvals_settled(t, ids, n, &settled, &n_settled) != E_OK)
        return false;
    for (size_t i = 0; i < n_settled; i++)
        if (work_approval_settled(t, w, settled[i]) != E_OK)
            return false;
    *woken = *woken || n_settled > 0;
    *after = ids[n - 1];
    return n == APPROVALS_AT_ONCE;
}

/* Turns whose approvals were decided, ran out or are void go back to the queue. Nothing is lost by failing: it is asked
 * again. Gate's being away is told by others. True: there are some. */
static bool
settle(struct work *w)
{
    struct task t;
    bool woken = false;
    struct span after = SPAN_NONE;
    task_begin(&t, SETTLE_MS);
    while (settle_some(&t, w, &after, &woken))
        continue;
    if (t.err != E_OK && t.err != E_UNAVAILABLE && t.err != E_DEADLINE)
        log_line(&t, "approvals: %s", t.cause);
    task_end(&t);
    return woken;
}

static void
checkpoint(struct work *w, int64_t *next_ms)
{
    struct task t;
    if (clock_mono_ms() < *next_ms)
        return;
    *next_ms = clock_mono_ms() + CHECKPOINT_MS;
    task_begin(&t, 0);
    if (work_checkpoint(&t, w) != E_OK)
        log_line(&t, "checkpoint: %s", t.cause);
    task_end(&t);
}

/* Answers a nudge; what it says does not matter, only that somebody of ours says it: false when nobody did. */
static bool
take_nudge(const struct pool *p)
{
    const char *const *nudgers = strcmp(p->mode, "private") == 0 ? PRIVATE_NUDGERS : PUBLIC_NUDGERS;
    struct task t;
    struct frame f;
    int fd = accept4(p->nudge, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return false;
    task_begin(&t, NUDGE_MS);
    struct buf *in = task_buf(&t, NUDGE_BYTES * 2), *out = task_buf(&t, NUDGE_BYTES);
    bool ours = peer_check(&t, fd, nudgers) == E_OK && sock_recv(&t, fd, in, NUDGE_BYTES, &f, NULL) == E_OK;
    if (ours) {
        frame_end(out, frame_begin(out, "ok"));
        (void)sock_send(&t, fd, buf_view(out));
    }
    task_end(&t);
    close(fd);
    return ours;
}

static void
hear(struct work *w, struct span word)
{
    struct task t;
    struct span what, pid;
    int64_t number;
    task_begin(&t, 0);
    if (span_cut(&word, ' ', &what) && span_cut(&word, ' ', &pid) && span_i64(pid, &number) && span_is(what, "dead") &&
        work_lease_expire(&t, w, word, number) != E_OK)
        log_line(&t, "lease: %s", t.cause);
    task_end(&t);
}

static void
hear_master(struct work *w, int master)
{
    char word[WATCH_WORD_BYTES];
    ssize_t n;
    while ((n = recv(master, word, sizeof word, MSG_DONTWAIT)) > 0)
        hear(w, (struct span){word, (size_t)n});
}

int
watch_run(const struct pool *p, int master, const volatile sig_atomic_t *stopping)
{
    struct task t;
    struct work *w;
    int64_t checkpoint_ms = 0, settle_ms = 0;
    struct pollfd fds[] = {{.fd = p->nudge, .events = POLLIN}, {.fd = master, .events = POLLIN}};
    task_begin(&t, 0);
    close(p->web);
    if (work_open_path(&t, p->path, &w) != E_OK) {
        log_line(&t, "%s", t.cause);
        task_end(&t);
        return 1;
    }
    work_no_checkpoints(w);
    while (!*stopping) {
        look(w, master);
        if (clock_mono_ms() >= settle_ms) {
            if (settle(w))
                look(w, master);
            settle_ms = clock_mono_ms() + LOOK_MS;
        }
        checkpoint(w, &checkpoint_ms);
        if (poll(fds, 2, LOOK_MS) <= 0)
            continue;
        if (fds[0].revents && take_nudge(p)) /* gate nudges when a person has decided */
            settle_ms = 0;
        if (fds[1].revents & (POLLHUP | POLLERR))
            break; /* the master is gone */
        hear_master(w, master);
    }
    task_end(&t);
    return 0;
}

void
pool_nudge(const char *mode)
{
    struct task t;
    struct frame f;
    task_begin(&t, NUDGE_MS);
    struct buf *b = task_buf(&t, NUDGE_BYTES);
    frame_end(b, frame_begin(b, "nudge"));
    const char *path = conf_path(&t, task_printf(&t, "run/agent-%s-nudge.sock", mode));
    if (sock_call(&t, path, "agent", buf_view(b), NUDGE_BYTES, &f) != E_OK)
        log_line(&t, "nudge: %s", t.cause);
    task_end(&t);
}
