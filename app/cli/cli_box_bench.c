/* cli_box_bench: the sandbox's figures, measured here and now, as JSON. */
#include "base/json.h"
#include "cli/cli_box_measure.h"
#include "cli/cli_box_priv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BOXES_MOST = 80000 };

static const struct {
    const char *name;
    enum err (*measure)(struct series *s);
    size_t n, quick_n;
    const char *goal; /* of design 06 */
} figures[] = {
    {"create", measure_create, 1000, 50, "p50 <= 1500 us, p99 <= 10000 us"},
    {"claim", measure_claim, 500, 50, "p50 <= 500 us"},
    {"checkpoint small", measure_checkpoint_small, 300, 20, "p50 <= 500 us"},
    {"checkpoint 15 MB", measure_checkpoint_large, 100, 10, "p50 <= 6000 us"},
    {"restore", measure_restore, 200, 20, "p50 <= 2000 us"},
    {"creations per second", measure_rate, 8000, 400, ">= 1500"},
    {"live", measure_live, 1000, 50, "<= 0.7 MB each"},
    {"soft timeout", measure_soft_timeout, 60, 6, "p50 <= 5000 us late"},
    {"cpu", measure_cpu, 3, 1, ">= 60 % of native"},
    {"fork + exec python3", measure_exec, 50, 5, NULL},
    {"bubblewrap + python3", measure_bubblewrap, 50, 5, NULL},
    {"runc", measure_runc, 10, 2, NULL},
};

static int
by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void
put_number(struct buf *out, const char *key, double v)
{
    json_put_key(out, key);
    json_put_double(out, isfinite(v) ? round(v * 1000) / 1000 : v);
}

static void
put_figure(struct buf *out, const char *name, const char *goal, struct series *s)
{
    qsort(s->us, s->taken, sizeof *s->us, by_size);
    json_put_key(out, "name");
    json_put_text(out, span_of(name));
    json_put_key(out, "n");
    buf_i64(out, (int64_t)s->taken);
    put_number(out, "p50_us", s->taken > 0 ? s->us[s->taken / 2] : NAN);
    put_number(out, "p99_us", s->taken > 0 ? s->us[s->taken * 99 / 100] : NAN);
    json_put_key(out, "unit");
    json_put_text(out, span_of(s->unit));
    if (s->value > 0)
        put_number(out, "value", s->value);
    if (goal) {
        json_put_key(out, "goal");
        json_put_text(out, span_of(goal));
    }
    if (s->gap) {
        json_put_key(out, "message");
        json_put_text(out, span_of(s->gap));
    }
}

/* A figure that can't be had on this machine is null with a sentence: never left out, never made up. */
static void
print_figure(struct task *t, struct box_host *h, size_t i, size_t n, bool first)
{
    struct task own;
    task_begin(&own, 0);
    struct series s = {.t = &own, .host = h, .n = n, .unit = "us"};
    s.us = task_array(&own, SERIES_MOST, sizeof *s.us);
    if (figures[i].measure(&s) != E_OK) {
        s.taken = 0;
        s.value = 0;
        s.gap = own.cause;
    }
    struct buf *out = task_buf(t, 65536);
    buf_puts(out, "{");
    put_figure(out, figures[i].name, figures[i].goal, &s);
    buf_puts(out, "}");
    printf("%s %s", first ? "[" : ",\n ", buf_z(out));
    fflush(stdout);
    task_end(&own);
}

/* --boxes says how many are made for the rate; the others have their own numbers. */
static size_t
wanted(size_t i, bool quick, int64_t boxes)
{
    if (boxes > 0 && figures[i].measure == measure_rate)
        return (size_t)boxes;
    return quick ? figures[i].quick_n : figures[i].n;
}

int
cli_box_bench(struct task *t, int argc, char **argv)
{
    struct box_host host;
    bool quick = false;
    const char *only = NULL;
    int64_t boxes = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quick") == 0)
            quick = true;
        else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc)
            only = argv[++i];
        else if (strcmp(argv[i], "--boxes") == 0 && i + 1 < argc && span_i64(span_of(argv[i + 1]), &boxes) &&
                 boxes >= 100 && boxes <= BOXES_MOST)
            i++;
        else
            return fprintf(
                       stderr, "usage: lyceum box bench [--quick] [--only FIGURE] [--boxes 100 to %d]\n", BOXES_MOST),
                   2;
    }
    if (!cli_box_start(t, &host))
        return 1;
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        if (!only || strcmp(only, figures[i].name) == 0)
            print_figure(t, &host, i, wanted(i, quick, boxes), only || i == 0);
    printf("]\n");
    box_host_close(&host);
    return 0;
}
