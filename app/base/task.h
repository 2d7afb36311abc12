/* task: one unit of work: its memory, deadline, id and first failure. Results live until task_end. */
#ifndef BASE_TASK_H
#define BASE_TASK_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

#include <jansson.h>

enum { TASK_CAUSE_BYTES = 512, TASK_ID_BYTES = 17 };

struct task_block;
struct task_defer;

struct task {
    struct task_block *blocks; /* arena */
    struct task_defer *defers; /* run by task_end, last first */
    size_t used_bytes;
    size_t limit_bytes;           /* passing it is a bug of ours: inputs are bounded at the door */
    int64_t deadline_ms;          /* clock_mono_ms() after which work stops; 0: none */
    char id[TASK_ID_BYTES];       /* shown to people, found in the log */
    enum err err;                 /* the first failure; E_OK */
    char cause[TASK_CAUSE_BYTES]; /* its sentence: safe to show to the actor (no secret, no row, no path of ours) */
};

/* budget_ms 0: no deadline. */
void task_begin(struct task *t, int64_t budget_ms);
/* Frees all that the task owns; runs the deferred calls. */
void task_end(struct task *t);
/* Forgets the failure (after it was handled); memory stays. */
void task_clear_error(struct task *t);

/* Zeroed memory, aligned for any type; never NULL. */
void *task_alloc(struct task *t, size_t bytes) __attribute__((returns_nonnull));
/* An array of n zeroed items. */
void *task_array(struct task *t, size_t n, size_t item_bytes) __attribute__((returns_nonnull));
#define task_new(t, type) ((type *)task_alloc((t), sizeof(type)))
char *task_z(struct task *t, struct span s) __attribute__((returns_nonnull)); /* NUL-terminated copy */
struct span task_dup(struct task *t, struct span s);                          /* copy */
char *task_printf(struct task *t, const char *fmt, ...) __attribute__((format(printf, 2, 3), returns_nonnull));
struct span task_format(struct task *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A buffer that ends with the task. */
struct buf *task_buf(struct task *t, size_t cap) __attribute__((returns_nonnull));
/* Calls fn(arg) at task_end. */
void task_defer(struct task *t, void (*fn)(void *), void *arg);
/* Gives a JSON value to the task: json_decref at the end. Returns it. NULL is let through. */
json_t *task_json(struct task *t, json_t *j);

/* Records the first cause and returns e; later calls keep the first. The sentence may reach the actor. */
enum err task_fail(struct task *t, enum err e, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Milliseconds left until the deadline: 0 when it has passed, INT_MAX without one. */
int task_left_ms(const struct task *t);

#endif
