/* bench_stream_agent: the programs around stream: web, which makes the rows; a fake agent: events of many turns, told
 * to stream at once, saved each 250 ms. */
#include "bench_stream.h"

#include "base/clock.h"
#include "base/must.h"
#include "store/work_conversation.h"
#include "store/work_lease.h"
#include "store/work_log.h"
#include "store/work_step.h"
#include "stream/stream_client.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STEP_MS = 20, PERSIST_MS = 250 };

struct turn *turns;

static void
make_rows(void)
{
    struct work *w;
    struct task t;
    task_begin(&t, 0);
    must(work_open(&t, "public", &w) == E_OK && work_begin(&t, w) == E_OK);
    for (int i = 0; i < opt.turns; i++) {
        const struct turn *x = &turns[i];
        struct work_conversation c = {.id = id_span(x->conversation), .owner = SPAN("a_bench"), .datasets = SPAN("[]")};
        struct work_question q = {
            .conversation = c.id, .turn = id_span(x->id), .ticket = SPAN("x"), .question = SPAN("?")};
        must(work_conversation_create(&t, w, &c) == E_OK && work_turn_queue(&t, w, &q) == E_OK);
    }
    must(work_end(&t, w, E_OK) == E_OK);
}

/* A process that stands for web: it writes the rows and keeps the database open. Stream can't make the WAL's files. */
pid_t
web_start(void)
{
    int ready[2];
    char c;
    turns = calloc((size_t)opt.turns, sizeof *turns);
    must(turns);
    for (int i = 0; i < opt.turns; i++) {
        id_new('t', turns[i].id);
        id_new('c', turns[i].conversation);
        buf_init(&turns[i].fresh, LOG_CAP);
    }
    must(pipe2(ready, O_CLOEXEC) == 0);
    pid_t pid = fork();
    must(pid >= 0);
    if (pid == 0) {
        make_rows();
        must(write(ready[1], "x", 1) == 1);
        for (;;)
            pause();
    }
    must(read(ready[0], &c, 1) == 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static void
agent_claim(struct work *w)
{
    for (int i = 0; i < opt.turns; i++) {
        struct task t;
        struct work_turn row;
        struct span log;
        int64_t epoch;
        task_begin(&t, 0);
        enum err e = work_lease_claim(&t, w, id_span(turns[i].id), SPAN("bench"), &row);
        turns[i].made = opt.events + 1; /* over, unless it could be claimed */
        if (e == E_OK) {
            must(work_log_read(&t, w, id_span(turns[i].id), 0, LOG_CAP, &log, &epoch) == E_OK);
            turns[i].epoch = row.epoch;
            turns[i].length = row.log_bytes;
            turns[i].made = 0;
            for (ptrdiff_t at; (at = span_find(log, SPAN("\n\n"))) >= 0; log = span_from(log, (size_t)at + 2))
                turns[i].made++;
        }
        task_end(&t);
    }
}

static void
agent_event(struct turn *x, struct stream_out *out, struct buf *b)
{
    bool last = x->made == opt.events;
    const char *kind = last ? "done" : "text";
    char data[128];
    if (last)
        snprintf(data, sizeof data, "{\"outcome\":\"done\"}");
    else
        snprintf(data, sizeof data, "{\"d\":\"word %d of epoch %lld\",\"T\":%lld}", x->made, (long long)x->epoch,
            (long long)clock_mono_us());
    buf_clear(b);
    buf_printf(b, "\nevent: %s\ndata: %s\n\n", kind, data);
    size_t fixed = strlen("id: .0.") + ID_BYTES + 10;
    must(x->epoch < 10);
    x->length += (int64_t)(fixed + b->n);
    size_t at = x->fresh.n;
    buf_printf(&x->fresh, "id: %s.%lld.%010lld", x->id, (long long)x->epoch, (long long)x->length);
    buf_span(&x->fresh, buf_view(b));
    if (!last) {
        stream_out_bytes(out, id_span(x->id), span_from(buf_view(&x->fresh), at));
        x->told = x->fresh.n;
    }
    x->made++;
}

static void
agent_persist(struct work *w, struct stream_out *out)
{
    struct task t;
    task_begin(&t, 0);
    must(work_begin(&t, w) == E_OK);
    for (int i = 0; i < opt.turns; i++) {
        struct turn *x = &turns[i];
        int64_t start = x->length - (int64_t)x->fresh.n;
        must(work_log_append(&t, w, id_span(x->id), x->epoch, start, buf_view(&x->fresh)) == E_OK);
        if (x->fresh.n > 0 && x->made > opt.events)
            must(work_turn_finish(&t, w, id_span(x->id), "done", "", SPAN("")) == E_OK);
    }
    must(work_end(&t, w, E_OK) == E_OK);
    for (int i = 0; i < opt.turns; i++) {
        struct turn *x = &turns[i];
        if (x->fresh.n > x->told) {
            stream_out_bytes(out, id_span(x->id), span_from(buf_view(&x->fresh), x->told));
            stream_out_end(out, id_span(x->id));
        }
        buf_clear(&x->fresh);
        x->told = 0;
    }
    task_end(&t);
}

static _Noreturn void
agent_main(int generation)
{
    struct task t;
    struct work *w;
    struct buf *b;
    task_begin(&t, 0);
    b = task_buf(&t, 4096);
    clock_shift_ms(20000 * generation); /* the killed one's leases have run out */
    must(work_open(&t, "public", &w) == E_OK);
    struct stream_out *out = stream_out_open(&t, "public");
    agent_claim(w);
    int64_t begun = clock_mono_ms();
    int64_t persisted = begun;
    for (int i = 0; i < opt.turns; i++)
        if (turns[i].made <= opt.events)
            stream_out_turn(out, id_span(turns[i].id), turns[i].epoch, turns[i].length);
    for (int64_t step = 0;; step++) {
        /* Turns are spread over the time between two events of one. */
        int period = 1000 / opt.rate > STEP_MS ? 1000 / opt.rate / STEP_MS : 1;
        for (int i = (int)(step % period); i < opt.turns; i += period)
            if (turns[i].made <= opt.events)
                agent_event(&turns[i], out, b);
        stream_out_flush(out);
        if (clock_mono_ms() - persisted >= PERSIST_MS) {
            agent_persist(w, out);
            persisted = clock_mono_ms();
        }
        int64_t rest = begun + step * STEP_MS - clock_mono_ms();
        if (rest > 0)
            usleep((useconds_t)rest * 1000);
    }
}

pid_t
agent_start(int generation)
{
    pid_t pid = fork();
    must(pid >= 0);
    if (pid == 0)
        agent_main(generation);
    return pid;
}
