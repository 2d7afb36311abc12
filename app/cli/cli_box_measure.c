/* cli_box_measure: the figures of one zygote's boxes. */
#include "cli/cli_box_measure.h"

#include "base/clock.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SMALL_CODE "print(sum(x * x for x in range(10)))"
static const struct span SMALL = {SMALL_CODE, sizeof SMALL_CODE - 1};
#define HEAP_CODE "rows = [{'id': i, 'amt': i * 1.5, 'name': 'n%d' % i} for i in range(62000)]\nlen(rows)"
static const struct span HEAP = {HEAP_CODE, sizeof HEAP_CODE - 1};

static void
note(struct series *s, double v)
{
    if (s->taken < SERIES_MOST)
        s->us[s->taken++] = v;
}

/* Runs code that must end well. */
static enum err
run_well(struct task *t, struct box *b, struct span code)
{
    struct box_result r;
    enum err e = box_run(t, b, code, NULL, &r);
    if (e == E_OK && r.end != BOX_RAN)
        e = task_fail(t, E_INTERNAL, "A run of the bench ended badly: %s.", box_end_word(r.end));
    return e;
}

/* A figure's samples each in a task of their own: thousands of them must not pile up. */
static enum err
repeat(struct series *s, enum err (*one)(struct series *s, struct task *t))
{
    for (size_t i = 0; i < s->n; i++) {
        struct task t;
        task_begin(&t, 0);
        enum err e = one(s, &t);
        if (e != E_OK)
            task_fail(s->t, e, "%s", t.cause);
        task_end(&t);
        if (e != E_OK)
            return e;
    }
    return E_OK;
}

static enum err
create_one(struct series *s, struct task *t)
{
    struct box b;
    int64_t began = clock_mono_us();
    enum err e = box_open(t, s->host, box_limits_default(), NULL, &b);
    if (e != E_OK)
        return e;
    e = run_well(t, &b, SMALL);
    note(s, (double)(clock_mono_us() - began));
    box_close(&b);
    return e;
}

enum err
measure_create(struct series *s)
{
    return repeat(s, create_one);
}

/* A box that was made ahead and is idle: what a pool gives. */
static enum err
claim_one(struct series *s, struct task *t)
{
    struct box b;
    enum err e = box_open(t, s->host, box_limits_default(), NULL, &b);
    if (e != E_OK)
        return e;
    usleep(2000); /* not a wait for anything: an idle box is what is measured */
    int64_t began = clock_mono_us();
    e = run_well(t, &b, SMALL);
    note(s, (double)(clock_mono_us() - began));
    box_close(&b);
    return e;
}

enum err
measure_claim(struct series *s)
{
    return repeat(s, claim_one);
}

static enum err
checkpoints(struct series *s, struct span code)
{
    struct box b;
    enum err e = box_open(s->t, s->host, box_limits_default(), NULL, &b);
    if (e != E_OK)
        return e;
    e = run_well(s->t, &b, code);
    for (size_t i = 0; e == E_OK && i < s->n; i++) {
        struct task t;
        struct image im;
        task_begin(&t, 0);
        int64_t began = clock_mono_us();
        e = box_checkpoint(&t, &b, &im);
        note(s, (double)(clock_mono_us() - began));
        s->value = (double)im.bytes / (1 << 20); /* MB of the image */
        if (e == E_OK)
            image_close(&im);
        else
            task_fail(s->t, e, "%s", t.cause);
        task_end(&t);
    }
    box_close(&b);
    return e;
}

enum err
measure_checkpoint_small(struct series *s)
{
    return checkpoints(s, SMALL);
}

enum err
measure_checkpoint_large(struct series *s)
{
    return checkpoints(s, HEAP);
}

/* From a checkpoint of 15 MB to the first result that needs it. */
static enum err
restores(struct series *s, struct box *b, const struct image *im)
{
    enum err e = E_OK;
    for (size_t i = 0; e == E_OK && i < s->n; i++) {
        struct task t;
        task_begin(&t, 0);
        int64_t began = clock_mono_us();
        e = box_restore(&t, b, im);
        if (e == E_OK)
            e = run_well(&t, b, SPAN("print(len(rows), rows[77]['name'])"));
        note(s, (double)(clock_mono_us() - began));
        if (e != E_OK)
            task_fail(s->t, e, "%s", t.cause);
        task_end(&t);
    }
    return e;
}

enum err
measure_restore(struct series *s)
{
    struct box b;
    struct image im = {.fd = -1};
    enum err e = box_open(s->t, s->host, box_limits_default(), NULL, &b);
    if (e != E_OK)
        return e;
    e = run_well(s->t, &b, HEAP);
    if (e == E_OK)
        e = box_checkpoint(s->t, &b, &im);
    if (e == E_OK)
        e = restores(s, &b, &im);
    s->value = (double)im.bytes / (1 << 20);
    image_close(&im);
    box_close(&b);
    return e;
}

/* One process of the rate: a zygote of its own, as a supervisor would keep one for each processor. */
static _Noreturn void
make_many(size_t n, int ready, int go)
{
    struct task t;
    struct place place;
    struct box_host host;
    char mark = 0;
    task_begin(&t, 0);
    if (place_find(&t, &place) != E_OK || box_host_open(&t, &place, &host) != E_OK)
        _exit(1);
    if (write(ready, &mark, 1) != 1 || read(go, &mark, 1) != 0)
        _exit(1);
    struct series s = {.t = &t, .host = &host, .n = n};
    s.us = task_array(&t, SERIES_MOST, sizeof *s.us);
    enum err e = measure_create(&s);
    box_host_close(&host);
    _exit(e == E_OK ? 0 : 1);
}

enum err
measure_rate(struct series *s)
{
    long workers = sysconf(_SC_NPROCESSORS_ONLN);
    int ready[2], go[2], status, bad = 0;
    char mark;
    if (pipe(ready) != 0 || pipe(go) != 0)
        return task_fail(s->t, E_UNAVAILABLE, "There are no descriptors left.");
    for (long i = 0; i < workers; i++)
        if (fork() == 0) {
            close(go[1]);
            make_many(s->n / (size_t)workers, ready[1], go[0]);
        }
    close(ready[1]);
    for (long i = 0; i < workers; i++)
        if (read(ready[0], &mark, 1) != 1)
            bad = 1;
    int64_t began = clock_mono_us();
    close(go[1]); /* the end of the pipe is the start */
    for (long i = 0; i < workers; i++)
        if (wait(&status) < 0 || status != 0)
            bad = 1;
    double us = (double)(clock_mono_us() - began);
    close(go[0]);
    close(ready[0]);
    s->unit = "per second";
    s->value = (double)s->n / us * 1e6;
    note(s, us / (double)s->n);
    return bad ? task_fail(s->t, E_UNAVAILABLE, "Not all boxes could be made.") : E_OK;
}

/* So many boxes at once, each with a variable of its own, each asked again at the end. */
enum err
measure_live(struct series *s)
{
    struct box *b = task_array(s->t, s->n, sizeof *b);
    size_t n = 0;
    uint64_t bytes = 0, one;
    enum err e = E_OK;
    for (; e == E_OK && n < s->n; n++) {
        e = box_open(s->t, s->host, box_limits_default(), NULL, &b[n]);
        if (e != E_OK)
            break;
        e = run_well(s->t, &b[n], task_format(s->t, "mine = %zu", n));
    }
    for (size_t i = 0; e == E_OK && i < n; i++) {
        struct box_result r;
        e = box_usage(s->t, &b[i], &one);
        bytes += one;
        int64_t began = clock_mono_us();
        if (e == E_OK)
            e = box_run(s->t, &b[i], SPAN("mine"), NULL, &r);
        note(s, (double)(clock_mono_us() - began));
        if (e == E_OK && !span_is(r.value, task_printf(s->t, "%zu", i)))
            e = task_fail(s->t, E_CORRUPT, "A box did not have its own variable.");
    }
    for (size_t i = 0; i < n; i++)
        box_close(&b[i]);
    s->value = n > 0 ? (double)bytes / (double)n / (1 << 20) : 0;
    s->unit = "us to ask one of them; value: MB each";
    return e;
}

enum err
measure_soft_timeout(struct series *s)
{
    static const char *const endless[] = {"while True: pass", "x = 1\nwhile True: x = x * 3",
        "import re\nre.match('(a+)+$', 'a' * 40 + 'b')", "n = 9 ** 9\nwhile True: n = (n * n) % (10 ** 400)",
        "def f(): return f()\nwhile True:\n try: f()\n except RecursionError: pass", "[i for i in iter(int, 1)]"};
    enum { TIMEOUT_MS = 50, KINDS = sizeof endless / sizeof endless[0] };
    struct box_limits limits = box_limits_default();
    struct box b;
    struct box_result r = {.end = BOX_LOST};
    limits.timeout_ms = TIMEOUT_MS;
    limits.memory_bytes = (uint64_t)1 << 30;
    enum err e = box_open(s->t, s->host, limits, NULL, &b);
    if (e != E_OK)
        return e;
    e = run_well(s->t, &b, SPAN("kept = 1"));
    for (size_t i = 0; e == E_OK && i < s->n; i++) {
        struct task t;
        task_begin(&t, 0);
        e = box_run(&t, &b, span_of(endless[i % KINDS]), NULL, &r);
        note(s, (double)r.us - TIMEOUT_MS * 1000.0);
        if (e == E_OK && r.end != BOX_TIMED_OUT)
            e = task_fail(s->t, E_INTERNAL, "Not stopped in time: %s (%s).", endless[i % KINDS], box_end_word(r.end));
        task_end(&t);
    }
    if (e == E_OK)
        e = run_well(s->t, &b, SPAN("assert kept == 1"));
    s->unit = "us late";
    box_close(&b);
    return e;
}
