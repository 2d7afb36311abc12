/* cli_policy: lines in, lines out. */
#include "cli/cli_policy.h"

#include "base/fsio.h"
#include "base/json.h"
#include "cli/cli_policy_set.h"
#include "policy/table.h"
#include "policy/trace.h"
#include "store/policy_view.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char USAGE[] =
    "usage: lyceum policy decide < cases.jsonl | policy table [--view] | policy trace FILE.jsonl |\n"
    "       policy get [--json] | policy set NAME VALUE ...\n";
enum { LINE_BYTES = 1 << 20, ANSWER_BYTES = 1 << 20, TABLE_BYTES = 16 << 20 };

/* Answers one line into out. */
typedef enum err line_fn(struct task *t, void *state, struct span line, struct buf *out);

static enum err
decide_line(struct task *t, void *state, struct span line, struct buf *out)
{
    struct policy_case c;
    json_t *j = NULL;
    const char *reason;
    (void)state;
    if (json_read(t, line, &j) != E_OK || policy_case_read(t, j, &c) != E_OK)
        return t->err;
    enum policy_decision d = policy_decide(&c, &reason);
    buf_printf(out, "{\"decision\":\"%s\",\"reason\":\"%s\"}\n", policy_decision_word(d), reason);
    return E_OK;
}

static enum err
play_line(struct task *t, void *state, struct span line, struct buf *out)
{
    return trace_line(t, state, line, out);
}

/* Reads one line without its newline; *whole is false for one that was too long, which is not kept. */
static bool
next_line(FILE *in, char *line, struct span *out, bool *whole)
{
    size_t n = 0;
    int c;
    while ((c = getc_unlocked(in)) != EOF && c != '\n') {
        if (n < LINE_BYTES)
            line[n] = (char)c;
        n++;
    }
    *whole = n <= LINE_BYTES;
    *out = span_trim((struct span){line, *whole ? n : 0});
    return c != EOF || n > 0;
}

/* Each line is a task of its own, so that a long run needs no more memory than one line. */
static bool
answer_line(struct span line, bool whole, line_fn *fn, void *state)
{
    struct task t;
    task_begin(&t, 0);
    struct buf *out = task_buf(&t, ANSWER_BYTES);
    enum err e =
        whole ? fn(&t, state, line, out) : task_fail(&t, E_LIMIT, "The line is longer than %d bytes.", LINE_BYTES);
    if (e != E_OK) {
        buf_clear(out);
        buf_puts(out, "{\"error\":");
        json_put_text(out, span_of(t.cause));
        buf_puts(out, "}\n");
    }
    struct span answer = buf_view(out);
    fwrite(answer.p, 1, answer.n, stdout);
    task_end(&t);
    return e == E_OK;
}

static int
each_line(struct task *t, FILE *in, line_fn *fn, void *state)
{
    char *line = task_alloc(t, LINE_BYTES);
    struct span text;
    bool whole, good = true;
    setvbuf(stdout, NULL, _IOLBF, 0); /* who asks line by line gets its answer at once */
    while (next_line(in, line, &text, &whole))
        if ((text.n > 0 || !whole) && !answer_line(text, whole, fn, state))
            good = false;
    return good && !ferror(in) && !ferror(stdout) ? 0 : 1;
}

static int
trace_file(struct task *t, const char *path)
{
    FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (!in) {
        fprintf(stderr, "%s can't be read: %s.\n", path, strerror(errno));
        return 1;
    }
    int status = each_line(t, in, play_line, trace_open(t, policy_decide));
    fclose(in);
    return status;
}

static void
put_table(struct buf *out)
{
    policy_table_put_head(out);
    for (int n = 0; n < POLICY_CASES; n++) {
        struct policy_case c;
        const char *reason;
        policy_table_case(n, &c);
        enum policy_decision d = policy_decide(&c, &reason);
        policy_table_put_row(out, &c, d, reason);
    }
}

static int
table(struct task *t, bool by_view)
{
    struct buf *out = task_buf(t, TABLE_BYTES);
    if (!by_view)
        put_table(out);
    else if (policy_view_put(t, out) != E_OK)
        fprintf(stderr, "%s\n", t->cause);
    return t->err == E_OK && !out->failed && fsio_write_all(STDOUT_FILENO, buf_view(out)) ? 0 : 1;
}

int
cli_policy(struct task *t, int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "decide") == 0 && argc == 2)
        return each_line(t, stdin, decide_line, NULL);
    if (strcmp(what, "table") == 0 && (argc == 2 || (argc == 3 && strcmp(argv[2], "--view") == 0)))
        return table(t, argc == 3);
    if (strcmp(what, "trace") == 0 && argc == 3)
        return trace_file(t, argv[2]);
    if (strcmp(what, "get") == 0 || strcmp(what, "set") == 0)
        return cli_policy_set(t, argc - 1, argv + 1);
    fputs(USAGE, stderr);
    return 2;
}
