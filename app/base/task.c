/* task: arena, deferred clean-up, first cause. */
#include "base/task.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/must.h"

#include <limits.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 16 * 1024 };
static const size_t TASK_LIMIT_BYTES = (size_t)512 << 20;

struct task_block {
    struct task_block *next;
    size_t used;
    size_t room;
    alignas(max_align_t) char bytes[];
};

struct task_defer {
    struct task_defer *next;
    void (*fn)(void *);
    void *arg;
};

void
task_begin(struct task *t, int64_t budget_ms)
{
    *t = (struct task){.limit_bytes = TASK_LIMIT_BYTES};
    if (budget_ms > 0)
        t->deadline_ms = clock_mono_ms() + budget_ms;
    id_short(t->id);
}

void
task_end(struct task *t)
{
    for (struct task_defer *d = t->defers; d; d = d->next)
        d->fn(d->arg);
    struct task_block *b = t->blocks;
    while (b) {
        struct task_block *next = b->next;
        free(b);
        b = next;
    }
    t->blocks = NULL;
    t->defers = NULL;
    t->used_bytes = 0;
}

void
task_clear_error(struct task *t)
{
    t->err = E_OK;
    t->cause[0] = '\0';
}

void *
task_alloc(struct task *t, size_t bytes)
{
    size_t need = (bytes + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    must(need >= bytes);
    struct task_block *b = t->blocks;
    if (!b || b->room - b->used < need) {
        size_t room = need > BLOCK_BYTES / 4 ? need : BLOCK_BYTES;
        must(t->used_bytes + room <= t->limit_bytes);
        struct task_block *fresh = malloc(sizeof *fresh + room);
        must(fresh);
        fresh->used = 0;
        fresh->room = room;
        t->used_bytes += room;
        if (b && room == need) { /* a big one goes behind, so that the open block stays in use */
            fresh->next = b->next;
            b->next = fresh;
        } else {
            fresh->next = b;
            t->blocks = fresh;
        }
        b = fresh;
    }
    void *p = b->bytes + b->used;
    b->used += need;
    memset(p, 0, need);
    return p;
}

void *
task_array(struct task *t, size_t n, size_t item_bytes)
{
    must(item_bytes == 0 || n <= SIZE_MAX / item_bytes);
    return task_alloc(t, n * item_bytes);
}

char *
task_z(struct task *t, struct span s)
{
    char *z = task_alloc(t, s.n + 1);
    if (s.n > 0)
        memcpy(z, s.p, s.n);
    return z;
}

struct span
task_dup(struct task *t, struct span s)
{
    return (struct span){task_z(t, s), s.n};
}

static struct span format_v(struct task *t, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

static struct span
format_v(struct task *t, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    must(n >= 0);
    char *z = task_alloc(t, (size_t)n + 1);
    vsnprintf(z, (size_t)n + 1, fmt, again);
    va_end(again);
    return (struct span){z, (size_t)n};
}

char *
task_printf(struct task *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct span s = format_v(t, fmt, ap);
    va_end(ap);
    return (char *)(uintptr_t)s.p;
}

struct span
task_format(struct task *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct span s = format_v(t, fmt, ap);
    va_end(ap);
    return s;
}

void
task_defer(struct task *t, void (*fn)(void *), void *arg)
{
    struct task_defer *d = task_new(t, struct task_defer);
    *d = (struct task_defer){t->defers, fn, arg};
    t->defers = d;
}

static void
drop_buf(void *arg)
{
    buf_reset(arg);
}

struct buf *
task_buf(struct task *t, size_t cap)
{
    struct buf *b = task_new(t, struct buf);
    buf_init(b, cap);
    task_defer(t, drop_buf, b);
    return b;
}

static void
drop_json(void *arg)
{
    json_decref(arg);
}

json_t *
task_json(struct task *t, json_t *j)
{
    if (j)
        task_defer(t, drop_json, j);
    return j;
}

enum err
task_fail(struct task *t, enum err e, const char *fmt, ...)
{
    must(e != E_OK);
    if (t->err != E_OK)
        return t->err;
    t->err = e;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(t->cause, sizeof t->cause, fmt, ap);
    va_end(ap);
    return e;
}

int
task_left_ms(const struct task *t)
{
    if (t->deadline_ms == 0)
        return INT_MAX;
    int64_t left = t->deadline_ms - clock_mono_ms();
    return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}
