/* guest: the table of calls, guest pointers, and the calls that are neither of files nor of paths. */
#include "box/guest_priv.h"

#include "base/must.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

unsigned char *
guest_at(const struct guest *g, uint64_t at, uint64_t n)
{
    return at <= g->size_bytes && n <= g->size_bytes - at ? g->memory + at : NULL;
}

bool
guest_put32(struct guest *g, uint64_t at, uint32_t v)
{
    unsigned char *p = guest_at(g, at, sizeof v);
    if (p)
        memcpy(p, &v, sizeof v);
    return p != NULL;
}

bool
guest_put64(struct guest *g, uint64_t at, uint64_t v)
{
    unsigned char *p = guest_at(g, at, sizeof v);
    if (p)
        memcpy(p, &v, sizeof v);
    return p != NULL;
}

bool
guest_get32(const struct guest *g, uint64_t at, uint32_t *out)
{
    const unsigned char *p = guest_at(g, at, sizeof *out);
    if (p)
        memcpy(out, p, sizeof *out);
    return p != NULL;
}

uint32_t
guest_shim_environ_get(struct guest *g, const uint64_t *a)
{
    (void)g;
    (void)a;
    return WASI_OK;
}

uint32_t
guest_shim_environ_sizes_get(struct guest *g, const uint64_t *a)
{
    return guest_put32(g, a[0], 0) && guest_put32(g, a[1], 0) ? WASI_OK : WASI_FAULT;
}

uint32_t
guest_shim_clock_res_get(struct guest *g, const uint64_t *a)
{
    return guest_put64(g, a[1], 1) ? WASI_OK : WASI_FAULT;
}

uint32_t
guest_shim_clock_time_get(struct guest *g, const uint64_t *a)
{
    static const clockid_t clocks[] = {[WASI_CLOCK_REALTIME] = CLOCK_REALTIME,
        [WASI_CLOCK_MONOTONIC] = CLOCK_MONOTONIC,
        [WASI_CLOCK_PROCESS] = CLOCK_MONOTONIC, /* processor time would be a system call that */
        [WASI_CLOCK_THREAD] = CLOCK_MONOTONIC}; /* a worker may not make */
    struct timespec now;
    if (a[0] >= sizeof clocks / sizeof clocks[0])
        return WASI_INVAL;
    clock_gettime(clocks[a[0]], &now);
    return guest_put64(g, a[2], (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec) ? WASI_OK : WASI_FAULT;
}

/* Sleeping: the run's time is the supervisor's to end, so it is simply not waited; select() on nothing returns. */
uint32_t
guest_shim_poll_oneoff(struct guest *g, const uint64_t *a)
{
    enum { EVENT_BYTES = 32, SUBSCRIPTION_BYTES = 48 };
    uint64_t n = a[2];
    if (n == 0 || n > 64)
        return WASI_INVAL;
    const unsigned char *in = guest_at(g, a[0], n * SUBSCRIPTION_BYTES);
    unsigned char *out = guest_at(g, a[1], EVENT_BYTES);
    if (!in || !out || !guest_at(g, a[3], 4))
        return WASI_FAULT;
    unsigned char event[EVENT_BYTES] = {0};
    memcpy(event, in, 8); /* userdata */
    event[10] = in[8];    /* kind of event: the subscription's */
    memcpy(out, event, sizeof event);
    guest_put32(g, a[3], 1);
    return WASI_OK;
}

uint32_t
guest_shim_random_get(struct guest *g, const uint64_t *a)
{
    unsigned char *p = guest_at(g, a[0], a[1]);
    if (!p)
        return WASI_FAULT;
    for (uint64_t done = 0; done < a[1];) {
        ssize_t n = getrandom(p + done, a[1] - done < 256 ? (size_t)(a[1] - done) : 256, 0);
        if (n <= 0)
            return WASI_IO;
        done += (uint64_t)n;
    }
    return WASI_OK;
}

uint32_t
guest_shim_sched_yield(struct guest *g, const uint64_t *a)
{
    (void)g;
    (void)a;
    return WASI_OK;
}

/* (kind, bytes, n) */
uint32_t
guest_shim_emit(struct guest *g, const uint64_t *a)
{
    const unsigned char *p = guest_at(g, a[1], a[2]);
    if (!p)
        return WASI_FAULT;
    return g->ends.emit(g->ends.env, (uint32_t)a[0], (struct span){(const char *)p, a[2]}) ? WASI_OK : WASI_FBIG;
}

/* (into, n): the answer's next n bytes */
uint32_t
guest_shim_fetch(struct guest *g, const uint64_t *a)
{
    unsigned char *p = guest_at(g, a[0], a[1]);
    if (!p || a[1] > g->answer.n)
        return WASI_FAULT;
    if (a[1] > 0)
        memcpy(p, g->answer.p, a[1]);
    g->answer = span_from(g->answer, a[1]);
    return WASI_OK;
}

/* (request, bytes) -> the answer's length */
uint32_t
guest_shim_call(struct guest *g, const uint64_t *a)
{
    const unsigned char *p = guest_at(g, a[0], a[1]);
    g->answer = SPAN_NONE;
    if (!p || !g->ends.ask(g->ends.env, (struct span){(const char *)p, a[1]}, &g->answer) || g->answer.n > INT32_MAX)
        return UINT32_MAX;
    return (uint32_t)g->answer.n;
}

#define SHIM_ROW(name) [BOX_CALL_##name] = {guest_shim_##name, #name},
static const struct {
    guest_shim *run;
    const char *name;
} shims[BOX_CALL_COUNT] = {BOX_CALLS(SHIM_ROW)};

const char *
guest_call_name(enum box_call number)
{
    return number < BOX_CALL_COUNT ? shims[number].name : "nothing";
}

uint32_t
guest_call(struct guest *g, enum box_call number, const uint64_t arg[BOX_CALL_ARGS])
{
    must(number < BOX_CALL_COUNT);
    return shims[number].run(g, arg);
}
