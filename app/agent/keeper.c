/* keeper: the thread beside a runner. */
#include "agent/keeper.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "store/work_lease.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* What the thread remembers between two ticks. */
struct ticks {
    struct work *w;
    int64_t renewed_ms;
    int64_t leaving_ms; /* since when; 0: not */
};

static void
say(struct keeper *k, enum keeper_word word)
{
    const uint64_t one = 1;
    if (atomic_load(&k->word) >= (int)word)
        return;
    atomic_store(&k->word, (int)word);
    must(write(k->wake_fd, &one, sizeof one) == sizeof one);
}

static void
renew(struct task *t, struct keeper *k, struct ticks *s)
{
    int64_t now = clock_mono_ms();
    if (now - s->renewed_ms < KEEPER_RENEW_MS)
        return;
    enum err e = work_lease_renew(t, s->w, k->turn, k->owner);
    if (e == E_OK)
        s->renewed_ms = now;
    else if (e == E_CONFLICT || now - s->renewed_ms > WORK_LEASE_MS - KEEPER_TICK_MS)
        say(k, KEEPER_LOST);
    task_clear_error(t);
}

static void
hear_stop(struct task *t, struct keeper *k, struct ticks *s)
{
    bool asked = false;
    if (work_lease_stop_asked(t, s->w, k->turn, &asked) == E_OK && asked)
        say(k, KEEPER_STOP);
    task_clear_error(t);
}

/* A model may end by itself within the grace; then its step is not lost. */
static void
hear_leaving(struct keeper *k, struct ticks *s)
{
    if (!k->leaving || !*k->leaving)
        return;
    int64_t now = clock_mono_ms();
    if (s->leaving_ms == 0)
        s->leaving_ms = now;
    if (now - s->leaving_ms >= KEEPER_GRACE_MS)
        say(k, KEEPER_LEAVE);
}

static void
tick(struct keeper *k, struct ticks *s)
{
    struct task t;
    task_begin(&t, 0);
    renew(&t, k, s);
    hear_stop(&t, k, s);
    hear_leaving(k, s);
    if (tell_write_waiting(&t, k->tell, s->w, k->owner) == E_CONFLICT)
        say(k, KEEPER_LOST);
    task_end(&t);
}

static void *
keep(void *arg)
{
    struct keeper *k = arg;
    struct ticks s = {.renewed_ms = clock_mono_ms()};
    struct task t;
    struct pollfd quit = {.fd = k->quit_fd, .events = POLLIN};
    task_begin(&t, 0);
    if (work_open_path(&t, k->path, &s.w) != E_OK) {
        log_line(&t, "keeper: %s", t.cause);
        say(k, KEEPER_LOST);
    } else {
        work_no_checkpoints(s.w);
        while (poll(&quit, 1, KEEPER_TICK_MS) <= 0)
            tick(k, &s);
    }
    task_end(&t);
    return NULL;
}

enum err
keeper_start(struct task *t, struct keeper *k)
{
    atomic_init(&k->word, KEEPER_GO_ON);
    k->wake_fd = eventfd(0, EFD_CLOEXEC);
    k->quit_fd = eventfd(0, EFD_CLOEXEC);
    must(k->wake_fd >= 0 && k->quit_fd >= 0);
    if (pthread_create(&k->thread, NULL, keep, k) != 0)
        return task_fail(t, E_UNAVAILABLE, "The machine has no room for another thread.");
    return E_OK;
}

enum keeper_word
keeper_says(struct keeper *k)
{
    return (enum keeper_word)atomic_load(&k->word);
}

void
keeper_stop(struct keeper *k)
{
    const uint64_t one = 1;
    must(write(k->quit_fd, &one, sizeof one) == sizeof one);
    pthread_join(k->thread, NULL);
    close(k->quit_fd);
    close(k->wake_fd);
}
