/* worker: runs in the guest what comes over the socket; only reads and writes. */
#include "box/worker.h"

#include "base/must.h"
#include "box/space.h"
#include "box/talk.h"
#include "box/worker_priv.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum {
    FLUSH_BYTES = 65536,         /* what is gathered before it is written */
    RUN_OUTPUT_BYTES = 64 << 20, /* a run that prints more is cut here; the supervisor's cap is lower */
};

static struct {
    struct buf in, out;
    struct buf answer;
    uint64_t run_bytes;            /* printed and emitted by this run */
    volatile sig_atomic_t running; /* number of the run that may be interrupted; 0: none */
    struct worker *worker;
} here;

static void
flush(void)
{
    for (size_t done = 0; done < here.out.n;) {
        ssize_t n = write(TALK_ZYGOTE_FD, here.out.p + done, here.out.n - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            _exit(0); /* nobody listens any more */
        done += (size_t)n;
    }
    buf_clear(&here.out);
}

void
worker_trap(enum box_trap why)
{
    flush();
    size_t mark = frame_begin(&here.out, "trap");
    frame_put_i64(&here.out, "why", why);
    frame_end(&here.out, mark);
    flush();
    _exit(0);
}

int
worker_running(void)
{
    return here.running;
}

void
worker_interrupt(void)
{
    here.worker->module->interrupt();
}

/* Reads until a whole frame is there; its spans live until the next call. */
static void
next_frame(struct task *t, struct frame *f)
{
    size_t size = 0;
    static size_t before;
    buf_drop(&here.in, before);
    for (;;) {
        if (frame_size(t, buf_view(&here.in), TALK_WORKER_BYTES, &size) != E_OK)
            _exit(1);
        if (size > 0 && here.in.n >= size)
            break;
        char *room = buf_room(&here.in, FLUSH_BYTES);
        if (!room)
            _exit(1);
        ssize_t n = read(TALK_ZYGOTE_FD, room, FLUSH_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            _exit(0);
        here.in.n += (size_t)n;
    }
    before = size;
    if (frame_parse(t, span_first(buf_view(&here.in), size), f) != E_OK)
        _exit(1);
}

static bool
room_for(size_t n)
{
    here.run_bytes += n;
    return here.run_bytes <= RUN_OUTPUT_BYTES;
}

static void
print(void *env, uint32_t fd, struct span bytes)
{
    (void)env;
    if (!room_for(bytes.n))
        return;
    size_t mark = frame_begin(&here.out, "print");
    frame_put_i64(&here.out, "fd", fd);
    frame_put(&here.out, "bytes", bytes);
    frame_end(&here.out, mark);
    if (here.out.n >= FLUSH_BYTES)
        flush();
}

static bool
emit(void *env, uint32_t kind, struct span bytes)
{
    (void)env;
    if (!room_for(bytes.n))
        return false;
    size_t mark = frame_begin(&here.out, "emit");
    frame_put_i64(&here.out, "kind", kind);
    frame_put(&here.out, "bytes", bytes);
    frame_end(&here.out, mark);
    if (here.out.n >= FLUSH_BYTES)
        flush();
    return true;
}

/* The reply is kept in a buffer of its own: more may be asked while it is read. */
static bool
ask(void *env, struct span request, struct span *answer)
{
    (void)env;
    struct frame f;
    struct task t;
    size_t mark = frame_begin(&here.out, "ask");
    frame_put(&here.out, "bytes", request);
    frame_end(&here.out, mark);
    flush();
    task_begin(&t, 0);
    next_frame(&t, &f);
    bool ok = frame_is(&f, "answer");
    buf_clear(&here.answer);
    buf_span(&here.answer, frame_get(&f, "bytes"));
    task_end(&t);
    *answer = buf_view(&here.answer);
    return ok && !here.answer.failed;
}

/* 1. Running. */

static void
put_state(struct worker *w, struct buf *out)
{
    const struct guest *g = &w->guest;
    frame_put_i64(out, "pages", (int64_t)(g->size_bytes / BOX_PAGE_BYTES));
    frame_put_i64(out, "stack", w->module->stack());
    frame_put_i64(out, "capped", g->cap_hit);
    frame_put_i64(out, "work_bytes", (int64_t)g->work->blocks_used * WORK_BLOCK_BYTES);
}

static int32_t
execute(struct worker *w, struct span code, int number)
{
    uint32_t at = w->module->alloc((uint32_t)code.n + 1);
    int32_t status = WORKER_FAILED;
    if (at == 0 || at >= w->guest.size_bytes || w->guest.size_bytes - at <= code.n)
        return status;
    memcpy(w->guest.memory + at, code.p, code.n);
    here.running = number;
    status = w->module->exec(at, (uint32_t)code.n);
    here.running = 0;
    w->module->release(at);
    return status;
}

static void
print_nothing(void *env, uint32_t fd, struct span bytes)
{
    (void)env;
    (void)fd;
    (void)bytes;
}

static bool
emit_nothing(void *env, uint32_t kind, struct span bytes)
{
    (void)env;
    (void)kind;
    (void)bytes;
    return true;
}

bool
worker_sample(struct worker *w)
{
    w->guest.ends.print = print_nothing;
    w->guest.ends.emit = emit_nothing;
    return w->module->wake() == 0 && execute(w, SPAN("print(1)"), 0) == WORKER_RAN;
}

static void
on_run(struct worker *w, const struct frame *f)
{
    here.run_bytes = 0;
    w->guest.cap_hit = false;
    int32_t status = execute(w, frame_get(f, "code"), (int)frame_i64(f, "number", 1));
    size_t mark = frame_begin(&here.out, "done");
    frame_put_i64(&here.out, "status", status);
    put_state(w, &here.out);
    frame_end(&here.out, mark);
}

static void
on_limit(struct worker *w, const struct frame *f)
{
    int64_t bytes = frame_i64(f, "memory_bytes", 0);
    if (bytes > 0)
        w->guest.cap_bytes = (uint64_t)bytes;
    size_t mark = frame_begin(&here.out, "done");
    frame_put_i64(&here.out, "status", WORKER_RAN);
    put_state(w, &here.out);
    frame_end(&here.out, mark);
}

static const struct {
    const char *kind;
    void (*on)(struct worker *w, const struct frame *f);
} requests[] = {
    {"run", on_run},
    {"limit", on_limit},
};

void
worker_serve(struct worker *w)
{
    struct task t;
    struct frame f;
    /* Nothing of the heap is a mapping of its own: a worker may not move one (mremap). */
    mallopt(M_MMAP_MAX, 0);
    buf_init(&here.in, TALK_WORKER_BYTES + FLUSH_BYTES);
    buf_init(&here.out, RUN_OUTPUT_BYTES * 2);
    buf_init(&here.answer, TALK_WORKER_BYTES);
    here.worker = w;
    w->guest.ends = (struct guest_ends){.print = print, .emit = emit, .ask = ask};
    if (w->module->wake() != 0)
        worker_trap(BOX_TRAP_UNREACHABLE);
    for (;;) {
        task_begin(&t, 0);
        next_frame(&t, &f);
        for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
            if (frame_is(&f, requests[i].kind))
                requests[i].on(w, &f);
        task_end(&t);
        flush();
    }
}

/* 2. The module's way back. */

static uint32_t
hook_call(void *env, enum box_call number, const uint64_t arg[BOX_CALL_ARGS])
{
    struct worker *w = env;
    return guest_call(&w->guest, number, arg);
}

static uint32_t
hook_grow(void *env, uint32_t pages)
{
    struct worker *w = env;
    struct guest *g = &w->guest;
    uint32_t before = (uint32_t)(g->size_bytes / BOX_PAGE_BYTES);
    uint64_t size = g->size_bytes + (uint64_t)pages * BOX_PAGE_BYTES;
    if (size > g->cap_bytes || !space_grow(before, before + pages)) {
        g->cap_hit = true;
        return UINT32_MAX;
    }
    g->size_bytes = size;
    return before;
}

static _Noreturn void
hook_trap(void *env, enum box_trap why)
{
    (void)env;
    worker_trap(why);
}

static void
boot_print(void *env, uint32_t fd, struct span bytes)
{
    (void)env;
    (void)fd;
    ssize_t n = write(STDERR_FILENO, bytes.p, bytes.n);
    (void)n; /* what Python says while it boots, for whoever builds it */
}

static bool
boot_emit(void *env, uint32_t kind, struct span bytes)
{
    (void)kind;
    boot_print(env, 2, bytes);
    return true;
}

static bool
boot_ask(void *env, struct span request, struct span *answer)
{
    (void)env;
    (void)request;
    (void)answer;
    return false;
}

void
worker_begin(struct worker *w, const struct box_module *module)
{
    w->module = module;
    w->hooks = (struct box_hooks){.env = w, .call = hook_call, .grow = hook_grow, .trap = hook_trap};
    w->guest.memory = (unsigned char *)(uintptr_t)BOX_MEMORY_AT;
    w->guest.cap_bytes = (uint64_t)BOX_PAGE_BYTES * 65535;
    w->guest.work = space_work();
    w->guest.ends = (struct guest_ends){.print = boot_print, .emit = boot_emit, .ask = boot_ask};
    buf_init(&here.out, FLUSH_BYTES);
}
