/* cli_batch: lines in, grouped by their file, answered, lines out in their order. */
#include "cli/cli_batch.h"

#include "base/fsio.h"
#include "base/json.h"
#include "cli/cli_batch_priv.h"
#include "cli/cli_database.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { INPUT_BYTES = 256 << 20, LINES = 500000, OUTPUT_BYTES = 512 << 20, FILES = 20000 };

struct line {
    struct span text;   /* as it came */
    struct span id;     /* as JSON */
    struct span asked;  /* statement or question */
    size_t file;        /* of files, or none */
    struct span answer; /* the members behind id; empty: not yet */
};
struct file {
    struct span name; /* as the lines name it */
    size_t lines;
};
struct batch {
    struct task *t;
    enum batch_kind kind;
    const char *member; /* what is asked: "sql" or "question" */
    struct line *lines;
    size_t n, printed;
    struct file *files;
    size_t n_files;
    struct buf in;
};

static bool
read_input(struct buf *in)
{
    for (;;) {
        char *to = buf_room(in, 1 << 16);
        ssize_t n = to ? read(STDIN_FILENO, to, 1 << 16) : -1;
        if (n <= 0)
            return n == 0;
        in->n += (size_t)n;
    }
}

static void
fail_line(struct batch *x, struct line *line, const char *code, const char *message)
{
    struct buf *b = task_buf(x->t, BATCH_ANSWER_BYTES);
    batch_put_failure(b, x->kind, code, span_of(message));
    line->answer = buf_view(b);
}

static size_t
file_of(struct batch *x, struct span name)
{
    for (size_t i = x->n_files; i-- > 0;)
        if (span_eq(x->files[i].name, name))
            return i;
    if (x->n_files == FILES)
        return FILES;
    x->files[x->n_files] = (struct file){.name = task_dup(x->t, name)};
    return x->n_files++;
}

static void
take_line(struct batch *x, struct line *line)
{
    struct task t;
    json_t *j = NULL;
    task_begin(&t, 0);
    line->id = SPAN("null");
    line->file = FILES;
    bool ok = line->text.n <= BATCH_LINE_BYTES && json_read_lax(&t, line->text, &j) == E_OK && json_is_object(j);
    const json_t *id = ok ? json_object_get(j, "id") : NULL;
    if (id && (json_is_string(id) || json_is_number(id)))
        line->id = task_dup(x->t, json_dump(&t, id));
    struct span db = ok ? json_text(j, "db") : SPAN_NONE;
    if (!ok) {
        fail_line(x, line, "malformed_line",
            line->text.n > BATCH_LINE_BYTES ? "The line is too long." : "The line is not a JSON object.");
    } else if (db.n == 0 || !json_is_string(json_object_get(j, x->member)) || memchr(db.p, '\0', db.n)) {
        fail_line(x, line, "malformed_line",
            task_printf(&t, "The line lacks \"db\" or \"%s\", or they are no texts.", x->member));
    } else {
        line->asked = task_dup(x->t, json_text(j, x->member));
        line->file = file_of(x, db);
    }
    if (line->file < FILES)
        x->files[line->file].lines++;
    else if (line->answer.n == 0)
        fail_line(x, line, "too_many_files", "The input names too many files.");
    task_end(&t);
}

static bool
take_lines(struct batch *x)
{
    struct span rest = buf_view(&x->in), text;
    size_t room = 1;
    for (size_t i = 0; i < rest.n; i++)
        room += rest.p[i] == '\n';
    if (room > LINES)
        return false;
    x->lines = task_array(x->t, room, sizeof *x->lines);
    x->files = task_array(x->t, FILES, sizeof *x->files);
    while (span_cut(&rest, '\n', &text)) {
        if (span_trim(text).n == 0)
            continue;
        x->lines[x->n] = (struct line){.text = text};
        take_line(x, &x->lines[x->n++]);
    }
    return true;
}

/* A worker that ended is started anew for the lines behind the one that ended it. */
static void
answer_line(struct batch *x, struct line *line, const char *path, struct batch_worker *w)
{
    struct task t;
    task_begin(&t, 0);
    struct buf *b = task_buf(&t, BATCH_ANSWER_BYTES * 2);
    if ((w->fd < 0 && batch_worker_start(&t, path, x->kind, w) != E_OK) ||
        batch_worker_ask(&t, w, line->asked, b) != E_OK) {
        fail_line(x, line, t.err == E_DEADLINE ? "timeout" : "other", t.cause);
        batch_worker_end(w);
    } else {
        line->answer = task_dup(x->t, buf_view(b));
    }
    task_end(&t);
}

static void
answer_file(struct batch *x, size_t file)
{
    struct task t;
    struct cli_database found;
    struct batch_worker w = {.fd = -1};
    task_begin(&t, 0);
    bool ok = cli_database_find(&t, task_z(&t, x->files[file].name), &found) == E_OK;
    for (size_t i = 0; i < x->n && x->files[file].lines > 0; i++) {
        if (x->lines[i].file != file)
            continue;
        x->files[file].lines--;
        if (ok)
            answer_line(x, &x->lines[i], found.path, &w);
        else
            fail_line(x, &x->lines[i], "database", t.cause);
    }
    batch_worker_end(&w);
    task_end(&t);
}

/* What is answered up to the first line that is not. */
static bool
print_ready(struct batch *x)
{
    struct buf b;
    buf_init(&b, OUTPUT_BYTES);
    for (; x->printed < x->n && x->lines[x->printed].answer.n > 0; x->printed++) {
        buf_puts(&b, "{\"id\":");
        buf_span(&b, x->lines[x->printed].id);
        buf_span(&b, x->lines[x->printed].answer);
        buf_puts(&b, "}\n");
    }
    bool ok = !b.failed && fsio_write_all(STDOUT_FILENO, buf_view(&b));
    buf_reset(&b);
    return ok;
}

static int
run(struct task *t, enum batch_kind kind, const char *name, int argc, char **argv)
{
    struct batch x = {.t = t, .kind = kind, .member = kind == BATCH_LINK ? "question" : "sql"};
    if (argc != 2 || strcmp(argv[1], "--batch") != 0) {
        fprintf(stderr, "usage: lyceum %s --batch < lines: {\"id\",\"db\",\"%s\"} each\n", name, x.member);
        return 2;
    }
    t->limit_bytes = (size_t)2 << 30;
    buf_init(&x.in, INPUT_BYTES);
    bool ok = read_input(&x.in) && take_lines(&x);
    if (!ok)
        fprintf(stderr, "The input could not be read: it is longer than %d MB or %d lines, or standard input failed.\n",
            INPUT_BYTES >> 20, LINES);
    for (size_t i = 0; ok && i < x.n_files; i++) {
        answer_file(&x, i);
        ok = print_ready(&x);
    }
    ok = ok && print_ready(&x);
    buf_reset(&x.in);
    return ok ? 0 : 1;
}

int
cli_hint(struct task *t, int argc, char **argv)
{
    return run(t, BATCH_HINT, "hint", argc, argv);
}

int
cli_link(struct task *t, int argc, char **argv)
{
    return run(t, BATCH_LINK, "link", argc, argv);
}

int
cli_check(struct task *t, int argc, char **argv)
{
    return run(t, BATCH_CHECK, "check", argc, argv);
}
