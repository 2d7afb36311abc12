/* prefork: forking workers, watching their deadlines, restarting and stopping them. */
#include "sandbox/prefork.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STOP_MS = 5000, BACKOFF_MS = 100, BACKOFF_MOST_MS = 5000, SETTLED_MS = 10000 };
enum { WATCH_MS = 10, AGAIN_MS = 100, IDLE_MS = 60000 };

/* On a cache line of its own: a worker writes it on every request. */
struct prefork_slot {
    _Alignas(64) _Atomic int64_t due_ms; /* monotonic; 0: idle */
};

struct worker {
    pid_t pid; /* 0: none */
    int64_t started_ms;
    int64_t again_ms; /* not to be started before */
    int64_t backoff_ms;
};

struct master {
    const struct prefork *p;
    struct prefork_slot *slots;
    struct worker at[PREFORK_WORKERS];
};

static volatile sig_atomic_t stopping;

static void
on_stop(int sig)
{
    (void)sig;
    stopping = 1;
}

bool
prefork_stopping(void)
{
    return stopping != 0;
}

void
prefork_busy(struct prefork_slot *slot, int64_t limit_ms)
{
    if (slot)
        atomic_store_explicit(&slot->due_ms, clock_mono_ms() + limit_ms, memory_order_relaxed);
}

void
prefork_idle(struct prefork_slot *slot)
{
    if (slot)
        atomic_store_explicit(&slot->due_ms, 0, memory_order_relaxed);
}

static void
handle(int sig, void (*fn)(int))
{
    struct sigaction a = {.sa_handler = fn}; /* no SA_RESTART: blocking calls return EINTR */
    must(sigaction(sig, &a, NULL) == 0);
}

/* The master lives in sigtimedwait with these blocked; a worker takes them again. */
static sigset_t
masked(void)
{
    sigset_t s;
    sigemptyset(&s);
    sigaddset(&s, SIGCHLD);
    sigaddset(&s, SIGTERM);
    sigaddset(&s, SIGINT);
    return s;
}

static _Noreturn void
be_worker(const struct master *m, int number, pid_t master)
{
    sigset_t s = masked();
    handle(SIGTERM, on_stop);
    signal(SIGINT, SIG_IGN); /* Ctrl-C reaches the whole group: the master decides */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    must(sigprocmask(SIG_UNBLOCK, &s, NULL) == 0);
    must(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
    if (getppid() != master) /* it died before we asked */
        _exit(1);
    exit(m->p->work(number, &m->slots[number], m->p->arg));
}

static void
start(struct master *m, int i)
{
    struct worker *w = &m->at[i];
    pid_t self = getpid();
    prefork_idle(&m->slots[i]);
    w->started_ms = clock_mono_ms();
    pid_t pid = fork();
    if (pid == 0)
        be_worker(m, i, self);
    if (pid < 0) {
        log_line(NULL, "a worker could not be forked; trying again");
        w->again_ms = w->started_ms + BACKOFF_MOST_MS;
        return;
    }
    w->pid = pid;
}

static void
start_due(struct master *m)
{
    int64_t now = clock_mono_ms();
    for (int i = 0; i < m->p->workers; i++)
        if (m->at[i].pid == 0 && now >= m->at[i].again_ms)
            start(m, i);
}

static void
ended(struct worker *w, int number, int status)
{
    int64_t now = clock_mono_ms();
    bool settled = now - w->started_ms >= SETTLED_MS;
    if (WIFSIGNALED(status))
        log_line(NULL, "worker %d ended by signal %d", number, WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        log_line(NULL, "worker %d ended with status %d", number, WEXITSTATUS(status));
    w->pid = 0;
    w->again_ms = now + (settled ? 0 : w->backoff_ms);
    w->backoff_ms = settled ? 0 : w->backoff_ms == 0 ? BACKOFF_MS : w->backoff_ms * 2;
    if (w->backoff_ms > BACKOFF_MOST_MS)
        w->backoff_ms = BACKOFF_MOST_MS;
}

/* Returns the number of workers that still run. */
static int
reap(struct master *m, bool *clean)
{
    int status, alive = 0;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (int i = 0; i < m->p->workers; i++)
            if (m->at[i].pid == pid) {
                *clean = *clean && WIFEXITED(status);
                ended(&m->at[i], i, status);
            }
    for (int i = 0; i < m->p->workers; i++)
        alive += m->at[i].pid != 0;
    return alive;
}

static void
kill_overdue(struct master *m)
{
    int64_t now = clock_mono_ms();
    for (int i = 0; i < m->p->workers; i++) {
        int64_t due = atomic_load_explicit(&m->slots[i].due_ms, memory_order_relaxed);
        if (due == 0 || now <= due || m->at[i].pid == 0)
            continue;
        log_line(NULL, "worker %d was past its deadline and is killed", i);
        kill(m->at[i].pid, SIGKILL);
        prefork_idle(&m->slots[i]);
    }
}

static void
signal_all(const struct master *m, int sig)
{
    for (int i = 0; i < m->p->workers; i++)
        if (m->at[i].pid != 0)
            kill(m->at[i].pid, sig);
}

/* Waits for a signal or ms; true when it is time to stop. */
static bool
pause_for(int64_t ms)
{
    sigset_t s = masked();
    struct timespec ts = {ms / 1000, (ms % 1000) * 1000000};
    int sig = sigtimedwait(&s, NULL, &ts);
    return sig == SIGTERM || sig == SIGINT;
}

static int64_t
watch_ms(const struct master *m)
{
    for (int i = 0; i < m->p->workers; i++)
        if (m->at[i].pid == 0)
            return WATCH_MS;
    return m->p->deadlines ? WATCH_MS * 2 : IDLE_MS; /* a worker's end is a signal: it wakes us at once */
}

static int
stop(struct master *m)
{
    bool clean = true;
    int64_t end = clock_mono_ms() + (m->p->stop_ms > 0 ? m->p->stop_ms : STOP_MS);
    int64_t again = 0;
    while (reap(m, &clean) > 0) {
        int64_t now = clock_mono_ms();
        if (now >= end) {
            signal_all(m, SIGKILL);
            clean = false;
        } else if (now >= again) {
            signal_all(m, SIGTERM);
            again = now + AGAIN_MS;
        }
        pause_for(WATCH_MS);
    }
    return clean ? 0 : 1;
}

int
prefork_run(const struct prefork *p)
{
    static struct master m;
    bool clean = true;
    must(p->workers > 0 && p->workers <= PREFORK_WORKERS);
    m = (struct master){.p = p}; /* a worker may be a master itself: it inherited ours */
    m.slots =
        mmap(NULL, (size_t)p->workers * sizeof m.slots[0], PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(m.slots != MAP_FAILED);
    sigset_t s = masked();
    must(sigprocmask(SIG_BLOCK, &s, NULL) == 0);
    do {
        reap(&m, &clean);
        kill_overdue(&m);
        start_due(&m);
    } while (!pause_for(watch_ms(&m)));
    return stop(&m);
}
