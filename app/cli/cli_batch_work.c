/* cli_batch_work: the jailed process that answers for one file: other people's statements run in it alone. */
#include "base/json.h"
#include "cli/cli_batch_priv.h"
#include "query/child.h"
#include "query/link.h"
#include "query/rows.h"
#include "query/statement.h"
#include "sandbox/jail.h"
#include "wire/sock.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROWS_HINT = 1000, ROWS_CHECK = 100000, CELLS_BYTES = 32 << 20, STATEMENT_MS = 5000, HEAP_BYTES = 512 << 20 };

struct work {
    struct task life; /* of the process */
    struct guard g;
    enum batch_kind kind;
    struct link *link; /* built at the first question */
};

static void
put_field(struct buf *b, const char *key, struct span value)
{
    json_put_key(b, key);
    json_put_text(b, value);
}

static void
put_list(struct buf *b, const char *key, const struct span *list, size_t n)
{
    buf_printf(b, ",\"%s\":[", key);
    for (size_t i = 0; i < n; i++) {
        buf_puts(b, i ? "," : "");
        json_put_text(b, list[i]);
    }
    buf_putc(b, ']');
}

void
batch_put_problem(struct buf *b, const struct query_problem *p)
{
    buf_putc(b, '{');
    put_field(b, "code", p->code);
    put_field(b, "message", p->message);
    json_put_key(b, "offset");
    if (p->offset >= 0)
        buf_i64(b, p->offset);
    else
        buf_puts(b, "null");
    put_field(b, "token", p->token);
    put_list(b, "suggestions", p->suggestions, p->n_suggestions);
    put_list(b, "columns", p->columns, p->n_columns);
    put_field(b, "hint", p->hint);
    buf_putc(b, '}');
}

void
batch_put_failure(struct buf *b, enum batch_kind kind, const char *code, struct span message)
{
    static const char *const rest[] = {[BATCH_HINT] = ",\"notes\":[]",
        [BATCH_LINK] = ",\"tables\":[],\"values\":[]",
        [BATCH_CHECK] = ",\"rows\":null,\"notes\":[]"};
    const struct query_problem p = {.code = span_of(code), .message = message, .offset = -1};
    buf_puts(b, ",\"error\":");
    batch_put_problem(b, &p);
    buf_puts(b, rest[kind]);
}

/* What was done to the statement or its result, which is no doubt about it. */
static bool
is_remark(const struct query_rows *r, size_t i)
{
    static const char *const rows[] = {"quoted_word", "more_rows", "cut_cells"};
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
        if (!r->note_codes || span_is(r->note_codes[i], rows[k]))
            return true;
    return false;
}

static void
put_notes(struct buf *b, const char *key, const struct query_rows *r, bool remarks)
{
    bool first = true;
    buf_printf(b, ",\"%s\":[", key);
    for (size_t i = 0; i < r->n_notes; i++) {
        if (is_remark(r, i) != remarks)
            continue;
        buf_puts(b, first ? "{" : ",{");
        first = false;
        put_field(b, "code", r->note_codes ? r->note_codes[i] : SPAN("note"));
        put_field(b, "text", r->notes[i]);
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
}

static void
answer_sql(struct task *t, struct work *w, struct span sql, struct buf *b)
{
    struct frame f;
    struct query_rows rows = {0};
    struct query_problem problem = {.offset = -1};
    struct buf *reply = task_buf(t, (size_t)CELLS_BYTES * 2);
    const struct statement s = {.sql = sql,
        .rows = w->kind == BATCH_CHECK ? ROWS_CHECK : ROWS_HINT,
        .bytes = CELLS_BYTES,
        .deadline_ms = STATEMENT_MS,
        .unlabelled = true};
    statement_run(t, &w->g, &s, reply);
    bool framed = frame_parse(t, buf_view(reply), &f) == E_OK;
    bool ran = framed && !frame_is(&f, "problem") && rows_read(t, &f, &rows) == E_OK;
    if (framed && frame_is(&f, "problem"))
        rows_read_problem(t, &f, &problem);
    else if (!ran)
        problem.code = SPAN("other");
    if (w->kind == BATCH_CHECK && ran)
        buf_printf(b, ",\"rows\":%zu", rows.n_rows);
    else if (w->kind == BATCH_CHECK)
        buf_puts(b, ",\"rows\":null");
    if (w->kind == BATCH_HINT || !ran)
        buf_puts(b, ",\"error\":");
    if (!ran)
        batch_put_problem(b, &problem);
    else if (w->kind == BATCH_HINT)
        buf_puts(b, "null");
    put_notes(b, "notes", &rows, false);
    if (rows.n_notes > 0)
        put_notes(b, "remarks", &rows, true);
}

static void
answer_question(struct task *t, struct work *w, struct span question, struct buf *b)
{
    struct link_found found;
    if (!w->link)
        w->link = link_open(&w->life, &w->g);
    link_find(t, w->link, question, &found);
    put_list(b, "tables", found.tables, found.n_tables);
    buf_puts(b, ",\"values\":[");
    for (size_t i = 0; i < found.n_values; i++) {
        buf_puts(b, i ? ",{" : "{");
        put_field(b, "table", found.values[i].table);
        put_field(b, "column", found.values[i].column);
        put_field(b, "value", found.values[i].value);
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
}

/* Jailed like a child of the query service, then line after line until the command closes. */
static int
serve(int fd, const char *path, enum batch_kind kind)
{
    static struct work w; /* the guard's callbacks point into it */
    const char *const read[] = {path, NULL};
    struct sandbox_profile p = {.read = read, .bare = true, .seccomp = SECCOMP_QUERY_CHILD};
    struct frame f;
    task_begin(&w.life, 0);
    w.life.limit_bytes = (size_t)2 << 30;
    w.kind = kind;
    bool ready = child_prepare(HEAP_BYTES) && sandbox_files(&w.life, &p) == E_OK &&
                 guard_open(&w.life, &w.g, path, true) == E_OK &&
                 sandbox_calls(&w.life, SECCOMP_QUERY_CHILD, false) == E_OK;
    for (;;) {
        struct task t;
        task_begin(&t, 0);
        struct buf *in = task_buf(&t, BATCH_LINE_BYTES * 2);
        struct buf *b = task_buf(&t, BATCH_ANSWER_BYTES), *out = task_buf(&t, BATCH_ANSWER_BYTES * 2);
        if (sock_recv(&t, fd, in, BATCH_LINE_BYTES * 2, &f, NULL) != E_OK)
            return 0;
        if (!ready)
            batch_put_failure(b, kind, "database", span_of(w.life.cause));
        else if (kind == BATCH_LINK)
            answer_question(&t, &w, frame_get(&f, "text"), b);
        else
            answer_sql(&t, &w, frame_get(&f, "text"), b);
        if (b->failed) {
            buf_clear(b);
            b->failed = false;
            batch_put_failure(b, kind, "too_big", SPAN("The answer is too long."));
        }
        size_t mark = frame_begin(out, "answer");
        frame_put(out, "json", buf_view(b));
        frame_end(out, mark);
        task_clear_error(&t);
        if (sock_send(&t, fd, buf_view(out)) != E_OK)
            return 1;
        task_end(&t);
    }
}

enum err
batch_worker_start(struct task *t, const char *path, enum batch_kind kind, struct batch_worker *w)
{
    int ends[2];
    *w = (struct batch_worker){.fd = -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return task_fail(t, E_UNAVAILABLE, "No process could be started: %s.", strerror(errno));
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        _exit(serve(ends[1], path, kind));
    }
    close(ends[1]);
    *w = (struct batch_worker){.fd = ends[0], .pid = pid};
    if (pid > 0)
        return E_OK;
    close(ends[0]);
    w->fd = -1;
    return task_fail(t, E_UNAVAILABLE, "No process could be started.");
}

enum err
batch_worker_ask(struct task *t, struct batch_worker *w, struct span text, struct buf *answer)
{
    struct task wait; /* its frame is copied out */
    struct frame f;
    task_begin(&wait, BATCH_ANSWER_MS);
    struct buf *request = task_buf(&wait, BATCH_LINE_BYTES * 2), *in = task_buf(&wait, BATCH_ANSWER_BYTES * 2);
    size_t mark = frame_begin(request, "line");
    frame_put(request, "text", text);
    frame_end(request, mark);
    enum err e = sock_send(&wait, w->fd, buf_view(request));
    if (e == E_OK)
        e = sock_recv(&wait, w->fd, in, BATCH_ANSWER_BYTES * 2, &f, NULL);
    if (e == E_OK)
        buf_span(answer, frame_get(&f, "json"));
    else
        task_fail(t, e, "The process that answered for this file %s.", e == E_DEADLINE ? "took too long" : "ended");
    task_end(&wait);
    return e;
}

void
batch_worker_end(struct batch_worker *w)
{
    if (w->fd < 0)
        return;
    close(w->fd);
    w->fd = -1;
    kill(w->pid, SIGKILL);
    waitpid(w->pid, NULL, 0);
}
