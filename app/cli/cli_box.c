/* cli_box: lyceum box: run a file in a fresh box. */
#include "cli/cli_box.h"

#include "base/fsio.h"
#include "base/json.h"
#include "box/result.h"
#include "cli/cli_box_priv.h"

#include <stdio.h>
#include <string.h>

static const char USAGE[] = "usage: lyceum box run FILE.py [--json] [--timeout SECONDS] [--memory MB]\n"
                            "       lyceum box bench [--quick] [--only FIGURE] [--boxes N]\n"
                            "       lyceum box doctor\n";
enum { FILE_BYTES = 1 << 20, TIMEOUT_MOST_S = 3600, MEMORY_LEAST_MB = 32, MEMORY_MOST_MB = 4000 };

bool
cli_box_start(struct task *t, struct box_host *h)
{
    struct place place;
    if (place_find(t, &place) == E_OK && box_host_open(t, &place, h) == E_OK)
        return true;
    fprintf(stderr, "%s\n", t->cause);
    return false;
}

struct options {
    const char *file;
    bool json;
    struct box_limits limits;
};

static bool
read_value(const char *name, const char *value, struct box_limits *limits)
{
    double seconds;
    int64_t mb;
    if (strcmp(name, "--timeout") == 0) {
        if (!span_double(span_of(value), &seconds) || seconds <= 0 || seconds > TIMEOUT_MOST_S)
            return false;
        limits->timeout_ms = (int64_t)(seconds * 1000);
        return true;
    }
    if (strcmp(name, "--memory") != 0 || !span_i64(span_of(value), &mb) || mb < MEMORY_LEAST_MB || mb > MEMORY_MOST_MB)
        return false;
    limits->memory_bytes = (uint64_t)mb << 20;
    return true;
}

static bool
read_options(int argc, char **argv, struct options *o)
{
    *o = (struct options){.limits = box_limits_default()};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            o->json = true;
        else if (argv[i][0] == '-' && i + 1 < argc && read_value(argv[i], argv[i + 1], &o->limits))
            i++;
        else if (argv[i][0] != '-' && !o->file)
            o->file = argv[i];
        else
            return false;
    }
    return o->file != NULL;
}

static void
put_text(struct buf *out, const char *key, struct span value)
{
    json_put_key(out, key);
    if (value.p)
        json_put_text(out, value);
    else
        buf_puts(out, "null");
}

static void
put_int(struct buf *out, const char *key, int64_t value)
{
    json_put_key(out, key);
    buf_i64(out, value);
}

/* The exception: its name, its line, and the traceback as Python prints it. */
static void
put_error(struct buf *out, struct span error)
{
    struct span name = SPAN_NONE, line = SPAN_NONE;
    json_put_key(out, "error");
    if (!error.p || !span_cut(&error, '\n', &name) || !span_cut(&error, '\n', &line)) {
        buf_puts(out, "null");
        return;
    }
    buf_puts(out, "{");
    put_text(out, "name", name);
    json_put_key(out, "line");
    buf_span(out, line.n > 0 && span_only(line, "0123456789") ? line : SPAN("0"));
    put_text(out, "traceback", error);
    buf_puts(out, "}");
}

/* Tables or charts. What is not JSON after all is left out. */
static void
put_pieces(struct task *t, struct buf *out, const char *key, const struct box_result *r, enum result_kind kind)
{
    json_put_key(out, key);
    buf_puts(out, "[");
    for (size_t i = 0, n = 0; i < r->pieces; i++) {
        json_t *j;
        if (r->piece[i].kind != (uint32_t)kind)
            continue;
        if (json_read(t, r->piece[i].bytes, &j) != E_OK) {
            task_clear_error(t);
            continue;
        }
        if (n++ > 0)
            buf_puts(out, ",");
        json_put(out, j);
    }
    buf_puts(out, "]");
}

static void
print_json(struct task *t, const struct box_result *r)
{
    struct buf *out = task_buf(t, 64 << 20);
    buf_puts(out, "{");
    put_text(out, "end", span_of(box_end_word(r->end)));
    put_text(out, "stdout", r->out.p ? r->out : SPAN(""));
    put_text(out, "stderr", r->err.p ? r->err : SPAN(""));
    put_text(out, "value", r->value);
    put_error(out, r->error);
    put_pieces(t, out, "tables", r, RESULT_TABLE);
    put_pieces(t, out, "charts", r, RESULT_CHART);
    put_text(out, "message", r->sentence);
    json_put_key(out, "cut");
    buf_puts(out, r->cut ? "true" : "false");
    put_int(out, "microseconds", r->us);
    put_int(out, "memory_bytes", (int64_t)r->memory_bytes);
    put_int(out, "work_bytes", (int64_t)r->work_bytes);
    buf_puts(out, "}\n");
    fwrite(out->p, 1, out->n, stdout);
}

static void
print_text(const struct box_result *r)
{
    struct span traceback = r->error, first;
    fwrite(r->out.p ? r->out.p : "", 1, r->out.n, stdout);
    if (r->value.n > 0)
        printf("%.*s\n", SPAN_ARG(r->value));
    fwrite(r->err.p ? r->err.p : "", 1, r->err.n, stderr);
    if (span_cut(&traceback, '\n', &first) && span_cut(&traceback, '\n', &first))
        fprintf(stderr, "%.*s", SPAN_ARG(traceback));
    if (r->sentence.n > 0)
        fprintf(stderr, "%.*s\n", SPAN_ARG(r->sentence));
}

static int
run_in(struct task *t, struct box_host *h, const struct options *o, struct span code)
{
    struct box box;
    struct box_result result = {.end = BOX_LOST};
    enum err e = box_open(t, h, o->limits, NULL, &box);
    if (e == E_OK) {
        e = box_run(t, &box, code, NULL, &result);
        box_close(&box);
    }
    if (e != E_OK) {
        fprintf(stderr, "%s\n", t->cause);
        return 1;
    }
    if (o->json)
        print_json(t, &result);
    else
        print_text(&result);
    return result.end == BOX_RAN ? 0 : 1;
}

int
cli_box_run(struct task *t, int argc, char **argv)
{
    struct options o;
    struct box_host host;
    struct span code;
    if (!read_options(argc, argv, &o)) {
        fputs(USAGE, stderr);
        return 2;
    }
    if (fsio_read(t, o.file, FILE_BYTES, &code) != E_OK) {
        fprintf(stderr, "%s\n", t->cause);
        return 1;
    }
    if (!cli_box_start(t, &host))
        return 1;
    int status = run_in(t, &host, &o, code);
    box_host_close(&host);
    return status;
}

static const struct {
    const char *name;
    int (*run)(struct task *t, int argc, char **argv);
} commands[] = {
    {"run", cli_box_run},
    {"bench", cli_box_bench},
    {"doctor", cli_box_doctor},
};

int
cli_box(struct task *t, int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(t, argc - 1, argv + 1);
    fputs(USAGE, stderr);
    return 2;
}
