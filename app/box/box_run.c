/* box_run: one run: what comes back is gathered, time is kept, and a run that can't be stopped is undone. */
#include "box/box_priv.h"

#include "base/clock.h"
#include "box/module.h"
#include "box/result.h"
#include "box/talk.h"
#include "box/worker.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CODE_BYTES = 1 << 20, AGAIN_US = 20000 };

struct run {
    struct task *t;
    struct box *b;
    const struct box_answerer *answerer;
    struct box_result *result;
    struct buf *out, *err;
    size_t used;
    int64_t began_us, stop_us, kill_us; /* when it is asked to stop, and when it is ended */
    bool asked, over;
};

const char *
box_end_word(enum box_end end)
{
    static const char *const words[] = {"ran", "raised", "timed out", "killed", "trapped", "lost"};
    return words[end];
}

/* What fits below the cap on output; the rest is dropped, which is told. */
static struct span
allowance(struct run *r, struct span bytes)
{
    size_t left = r->b->limits.output_bytes - r->used;
    if (bytes.n > left)
        r->result->cut = true;
    bytes = span_first(bytes, left);
    r->used += bytes.n;
    return bytes;
}

static void
on_print(struct run *r, const struct frame *f)
{
    buf_span(frame_i64(f, "fd", 1) == 2 ? r->err : r->out, allowance(r, frame_get(f, "bytes")));
}

static void
on_emit(struct run *r, const struct frame *f)
{
    struct span bytes = allowance(r, frame_get(f, "bytes"));
    int64_t kind = frame_i64(f, "kind", 0);
    if (kind == RESULT_VALUE)
        r->result->value = task_dup(r->t, bytes);
    else if (kind == RESULT_ERROR)
        r->result->error = task_dup(r->t, bytes);
    else if (r->result->pieces < BOX_PIECES)
        r->result->piece[r->result->pieces++] = (struct box_piece){(uint32_t)kind, task_dup(r->t, bytes)};
    else
        r->result->cut = true;
}

static void
on_ask(struct run *r, const struct frame *f)
{
    struct task one; /* a run may ask ten thousand times */
    task_begin(&one, 0);
    struct buf *reply = task_buf(&one, TALK_WORKER_BYTES);
    struct span answer = SPAN_NONE;
    bool ok = r->answerer && r->answerer->answer(r->answerer->env, &one, frame_get(f, "bytes"), &answer);
    size_t mark = frame_begin(reply, ok ? "answer" : "refuse");
    if (ok)
        frame_put(reply, "bytes", answer);
    frame_end(reply, mark);
    box_say(r->t, r->b, buf_view(reply)); /* a worker that has gone is heard of next */
    task_end(&one);
}

static void
on_done(struct run *r, const struct frame *f)
{
    static const enum box_end ends[] = {[WORKER_RAN] = BOX_RAN,
        [WORKER_RAISED] = BOX_RAISED,
        [WORKER_FAILED] = BOX_RAISED,
        [WORKER_INTERRUPTED] = BOX_TIMED_OUT};
    int64_t status = frame_i64(f, "status", WORKER_FAILED);
    r->over = true;
    if (status < 0 || status > WORKER_INTERRUPTED || !box_note_state(r->b, f)) {
        r->result->end = BOX_LOST;
        return;
    }
    r->result->end = ends[status];
    if (status == WORKER_INTERRUPTED && !r->asked)
        r->result->end = BOX_RAISED; /* the code raised KeyboardInterrupt by itself */
    r->result->memory_hit = frame_i64(f, "capped", 0) != 0;
    r->result->work_bytes = (uint64_t)frame_i64(f, "work_bytes", 0);
}

static void
on_trap(struct run *r, const struct frame *f)
{
    static const char *const why[BOX_TRAP_COUNT] = {
        [BOX_TRAP_MEMORY] = "It reached outside of its memory.",
        [BOX_TRAP_ARITHMETIC] = "It divided by zero or overflowed inside the interpreter.",
        [BOX_TRAP_UNREACHABLE] = "The interpreter gave up (a fatal error of Python).",
        [BOX_TRAP_CALL] = "It called what is no function.",
        [BOX_TRAP_STACK] = "It nested too deeply.",
        [BOX_TRAP_EXIT] = "It ended the interpreter.",
    };
    int64_t n = frame_i64(f, "why", 0);
    r->over = true;
    r->result->end = BOX_TRAPPED;
    r->result->sentence = span_of(n > 0 && n < BOX_TRAP_COUNT ? why[n] : "The interpreter stopped.");
}

static const struct {
    const char *kind;
    void (*on)(struct run *r, const struct frame *f);
} replies[] = {
    {"print", on_print},
    {"emit", on_emit},
    {"ask", on_ask},
    {"done", on_done},
    {"trap", on_trap},
};

/* The signal carries the run's number: if it comes late, the next run is none of its business. */
static void
ask_to_stop(struct run *r)
{
    siginfo_t info = {.si_signo = SIGALRM, .si_code = SI_QUEUE};
    info.si_value.sival_int = r->b->number;
    r->asked = true;
    syscall(SYS_pidfd_send_signal, r->b->process, SIGALRM, &info, 0);
}

/* Nothing came within the wait. */
static void
on_silence(struct run *r)
{
    int64_t now = clock_mono_us();
    if (now >= r->kill_us) {
        r->over = true;
        r->result->end = BOX_KILLED;
    } else if (now >= r->stop_us) {
        ask_to_stop(r);
        r->stop_us = now + AGAIN_US; /* code that catches the interrupt meets the next */
    }
}

static void
hear_one(struct run *r)
{
    struct frame f;
    int64_t until = r->stop_us < r->kill_us ? r->stop_us : r->kill_us, left = until - clock_mono_us();
    enum err e = box_hear(r->t, r->b, left > 0 ? left : 0, &f);
    if (e == E_DEADLINE) {
        on_silence(r);
        return;
    }
    if (e != E_OK) {
        r->over = true;
        r->result->end = BOX_LOST;
        return;
    }
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++)
        if (frame_is(&f, replies[i].kind))
            replies[i].on(r, &f);
    /* A run that talks without pause is not silent, and has its time all the same. */
    if (!r->over && clock_mono_us() >= until)
        on_silence(r);
}

static struct span
tell(const struct run *r)
{
    const struct box_result *x = r->result;
    double seconds = (double)r->b->limits.timeout_ms / 1000;
    switch (x->end) {
    case BOX_TIMED_OUT:
        return task_format(
            r->t, "Stopped after %.3g seconds, the time that a run may take. Variables and files are kept.", seconds);
    case BOX_KILLED:
        return task_format(r->t,
            "Ended after %.3g seconds: it could not be stopped in an orderly way. Variables and files are as they were "
            "before this run.",
            seconds);
    case BOX_TRAPPED:
        return task_format(r->t, "%.*s Variables and files are as they were before this run.", SPAN_ARG(x->sentence));
    case BOX_LOST: return SPAN("The sandbox ended this run. Variables and files are as they were before it.");
    default: return SPAN_NONE;
    }
}

static enum err
finish(struct run *r)
{
    struct box_result *x = r->result;
    x->us = clock_mono_us() - r->began_us;
    x->out = buf_view(r->out);
    x->err = buf_view(r->err);
    x->sentence = tell(r);
    r->b->touched = true;
    enum err e = x->end >= BOX_KILLED ? box_roll_back(r->t, r->b) : E_OK;
    x->memory_bytes = (uint64_t)r->b->state.pages * BOX_PAGE_BYTES;
    if (x->memory_hit && x->end == BOX_RAISED)
        x->sentence = task_format(
            r->t, "The run met its memory limit of %llu MB.", (unsigned long long)(r->b->limits.memory_bytes >> 20));
    if (x->cut)
        x->sentence = task_format(r->t, "%.*s%sWhat it printed beyond %.3g MB was dropped.", SPAN_ARG(x->sentence),
            x->sentence.n > 0 ? " " : "", (double)r->b->limits.output_bytes / (1 << 20));
    return e;
}

enum err
box_run(struct task *t, struct box *b, struct span code, const struct box_answerer *a, struct box_result *out)
{
    size_t cap = b->limits.output_bytes + 1;
    struct run r = {.t = t, .b = b, .answerer = a, .result = out, .out = task_buf(t, cap), .err = task_buf(t, cap)};
    struct buf *request = task_buf(t, CODE_BYTES + 4096);
    *out = (struct box_result){.end = BOX_LOST};
    if (code.n > CODE_BYTES)
        return task_fail(t, E_LIMIT, "The code is longer than 1 MB.");
    enum err e = box_remember(t, b);
    if (e != E_OK)
        return e;
    b->number = b->number % INT32_MAX + 1;
    size_t mark = frame_begin(request, "run");
    frame_put_i64(request, "number", b->number);
    frame_put(request, "code", code);
    frame_end(request, mark);
    r.began_us = clock_mono_us();
    r.stop_us = r.began_us + b->limits.timeout_ms * 1000;
    r.kill_us = r.stop_us + b->limits.grace_ms * 1000;
    r.over = box_say(t, b, buf_view(request)) != E_OK;
    while (!r.over)
        hear_one(&r);
    return finish(&r);
}
