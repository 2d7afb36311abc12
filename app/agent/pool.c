/* pool: forking and reaping runners. */
#include "agent/pool.h"

#include "agent/run.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/must.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { AGAIN_MS = 1000, TICK_MS = 500 };

struct runner {
    pid_t pid; /* 0: free */
    char turn[ID_BYTES + 1];
};

/* A child that must always be there. */
struct helper {
    pid_t pid;
    int64_t again_ms; /* not to be started before */
};

struct master {
    const struct pool *p;
    struct runner at[POOL_RUNNERS];
    int64_t running;
    struct helper watcher, door;
    int ends[2]; /* master's and the watcher's */
    pid_t self;
};

static volatile sig_atomic_t stopping;

static void
on_stop(int sig)
{
    (void)sig;
    stopping = 1;
}

static void
on_child(int sig)
{
    (void)sig; /* wakes ppoll */
}

static void
handle(int sig, void (*fn)(int))
{
    struct sigaction a = {.sa_handler = fn};
    must(sigaction(sig, &a, NULL) == 0);
}

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

/* In a child: signals as a plain program has them, but for SIGTERM's flag. */
static void
be_child(void)
{
    sigset_t s = masked();
    handle(SIGTERM, on_stop);
    handle(SIGCHLD, SIG_DFL);
    handle(SIGINT, SIG_IGN); /* Ctrl-C reaches the whole group: the master decides */
    must(sigprocmask(SIG_UNBLOCK, &s, NULL) == 0);
}

/* A helper dies with its master; a runner finishes its turn: its lease is its own. */
static void
die_with(pid_t master)
{
    must(prctl(PR_SET_PDEATHSIG, SIGTERM) == 0);
    if (getppid() != master)
        _exit(1);
}

static int
run_one(const struct pool *p, const char *turn)
{
    struct task t;
    const struct run_order order = {p->mode, p->path, span_of(turn), &stopping};
    task_begin(&t, 0);
    enum err e = run_turn(&t, &order);
    if (e != E_OK && e != E_CONFLICT && !stopping)
        log_line(&t, "turn %s: %s", turn, t.cause);
    task_end(&t);
    return e == E_OK || e == E_CONFLICT ? 0 : 1;
}

static struct runner *
runner_of(struct master *m, const char *turn)
{
    struct runner *free_one = NULL;
    for (size_t i = 0; i < POOL_RUNNERS; i++) {
        if (m->at[i].pid == 0)
            free_one = free_one ? free_one : &m->at[i];
        else if (strcmp(m->at[i].turn, turn) == 0)
            return NULL; /* it runs already */
    }
    return free_one;
}

static void
start_runner(struct master *m, const char *turn)
{
    struct runner *r = runner_of(m, turn);
    if (!r || stopping || m->running >= m->p->runners)
        return;
    memcpy(r->turn, turn, strlen(turn) + 1);
    pid_t pid = fork();
    if (pid == 0) {
        be_child();
        close(m->ends[0]);
        close(m->p->web);
        close(m->p->nudge);
        exit(run_one(m->p, turn)); /* not _exit: a sanitizer build checks for leaks at exit */
    }
    if (pid < 0) {
        log_line(NULL, "a runner could not be forked; the turn stays queued");
        return;
    }
    r->pid = pid;
    m->running++;
}

static void
start_helper(struct master *m, struct helper *h)
{
    if (h->pid != 0 || stopping || clock_mono_ms() < h->again_ms)
        return;
    h->again_ms = clock_mono_ms() + AGAIN_MS;
    pid_t pid = fork();
    if (pid == 0) {
        be_child();
        die_with(m->self);
        close(m->ends[0]);
        exit(h == &m->door ? door_run(m->p) : watch_run(m->p, m->ends[1], &stopping));
    }
    h->pid = pid > 0 ? pid : 0;
}

static void
tell_watcher(const struct master *m, const struct runner *r, pid_t pid, bool dead)
{
    char word[WATCH_WORD_BYTES];
    int n = snprintf(word, sizeof word, "%s %ld %s", dead ? "dead" : "over", (long)pid, r->turn);
    (void)send(m->ends[0], word, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void
runner_ended(struct master *m, pid_t pid, int status)
{
    for (size_t i = 0; i < POOL_RUNNERS; i++) {
        if (m->at[i].pid != pid)
            continue;
        m->at[i].pid = 0;
        m->running--;
        if (WIFSIGNALED(status))
            log_line(NULL, "the runner of turn %s ended by signal %d", m->at[i].turn, WTERMSIG(status));
        /* After a failure the watcher's own rhythm is soon enough: no hot loop on a full disk. */
        if (WIFSIGNALED(status) || WEXITSTATUS(status) == 0)
            tell_watcher(m, &m->at[i], pid, WIFSIGNALED(status));
        return;
    }
}

static void
reap(struct master *m)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == m->watcher.pid)
            m->watcher.pid = 0;
        else if (pid == m->door.pid)
            m->door.pid = 0;
        else
            runner_ended(m, pid, status);
    }
}

static void
take_turns(struct master *m)
{
    char turn[ID_BYTES + 1];
    ssize_t n;
    while ((n = recv(m->ends[0], turn, ID_BYTES, MSG_DONTWAIT)) > 0) {
        turn[n] = '\0';
        if (id_is(span_of(turn), 't'))
            start_runner(m, turn);
    }
}

static void
signal_all(const struct master *m, int sig)
{
    if (m->watcher.pid)
        kill(m->watcher.pid, sig);
    if (m->door.pid)
        kill(m->door.pid, sig);
    for (size_t i = 0; i < POOL_RUNNERS; i++)
        if (m->at[i].pid)
            kill(m->at[i].pid, sig);
}

static void
pause_for(struct master *m, int64_t ms)
{
    sigset_t none;
    struct pollfd fd = {.fd = m->ends[0], .events = POLLIN};
    const struct timespec ts = {ms / 1000, ms % 1000 * 1000000};
    sigemptyset(&none);
    (void)ppoll(&fd, 1, &ts, &none);
}

static void
stop_all(struct master *m)
{
    int64_t until = clock_mono_ms() + POOL_STOP_MS;
    signal_all(m, SIGTERM);
    while (clock_mono_ms() < until && (m->running > 0 || m->watcher.pid || m->door.pid)) {
        pause_for(m, 50);
        take_turns(m); /* and drops them */
        reap(m);
    }
    signal_all(m, SIGKILL);
}

int
pool_run(const struct pool *p)
{
    static struct master m;
    sigset_t set = masked();
    m = (struct master){.p = p, .self = getpid()};
    must(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    handle(SIGTERM, on_stop);
    handle(SIGINT, on_stop);
    handle(SIGCHLD, on_child);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, m.ends) != 0) {
        log_line(NULL, "no socket pair: %s", strerror(errno));
        return 1;
    }
    while (!stopping) {
        start_helper(&m, &m.watcher);
        start_helper(&m, &m.door);
        pause_for(&m, TICK_MS);
        take_turns(&m);
        reap(&m);
    }
    stop_all(&m);
    return 0;
}
