/* cli_audit: verify, export, replay. */
#include "cli/cli_audit.h"

#include "base/clock.h"
#include "base/json.h"
#include "cli/cli_dataset.h"
#include "gate/gate_client.h"
#include "policy/decide.h"
#include "policy/table.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char USAGE[] = "usage: lyceum audit verify [--json] | audit export | audit replay [FILE]\n";
enum { LINE_BYTES = 1 << 20 };

struct replayed {
    long long rows, decisions, narrower, differ;
};

static int
verify(struct task *t, bool as_json)
{
    const struct gate_who me = {0};
    json_t *out = NULL;
    gate_client_as_operator();
    enum err e = gate_admin(t, &me, "audit.verify", NULL, &out);
    if (e != E_OK || as_json) {
        int status = cli_dataset_end(t, e, as_json, out);
        return e == E_OK && (json_int(out, "bad", 0) || json_int(out, "bad_head", 0)) ? 1 : status;
    }
    long long rows = json_int(out, "rows", 0), bad = json_int(out, "bad", 0), head = json_int(out, "bad_head", 0);
    if (bad)
        printf("The chain is broken at row %lld of %lld: it or a row before it was changed.\n", bad, rows);
    if (head)
        printf("The signed head of row %lld does not fit: rows were changed, or cut off the end.\n", head);
    if (!bad && !head) {
        char at[21] = "";
        clock_iso(json_int(out, "head_at_ms", 0), at);
        printf("%lld rows, each chained to the one before. The newest is signed once a minute: last row %lld (%s).\n",
            rows, (long long)json_int(out, "head_seq", 0), at);
        printf("head %.*s\n", SPAN_ARG(json_text(out, "head_hash")));
    }
    return bad || head ? 1 : 0;
}

enum err
cli_audit_replay_row(
    struct task *t, const json_t *row, enum audit_replay *out, const char **decision, const char **reason)
{
    const json_t *detail = json_object_get(row, "detail");
    struct span was = json_text(detail, "decision"), because = json_text(detail, "reason");
    struct policy_case c;
    *out = AUDIT_NO_DECISION;
    *decision = *reason = "";
    if (!json_object_get(detail, "proposer"))
        return E_OK;
    if (policy_case_read(t, detail, &c) != E_OK)
        return t->err;
    *decision = policy_decision_word(policy_decide(&c, reason));
    if (span_is(was, *decision) && span_is(because, *reason))
        *out = AUDIT_SAME;
    else
        *out = span_is(was, "REFUSE") && strcmp(*decision, "REFUSE") != 0 ? AUDIT_NARROWER : AUDIT_DIFFERS;
    return E_OK;
}

static enum err
replay_row(struct task *t, const json_t *row, struct replayed *sum)
{
    enum audit_replay is;
    const char *decision, *reason;
    if (cli_audit_replay_row(t, row, &is, &decision, &reason) != E_OK)
        return t->err;
    sum->rows++;
    sum->decisions += is != AUDIT_NO_DECISION;
    sum->narrower += is == AUDIT_NARROWER;
    sum->differ += is == AUDIT_DIFFERS;
    if (is != AUDIT_DIFFERS)
        return E_OK;
    const json_t *detail = json_object_get(row, "detail");
    printf("row %lld: recorded %.*s (%.*s), decided again %s (%s)\n", (long long)json_int(row, "seq", 0),
        SPAN_ARG(json_text(detail, "decision")), SPAN_ARG(json_text(detail, "reason")), decision, reason);
    return E_OK;
}

typedef enum err row_fn(struct task *t, const json_t *row, struct replayed *sum);

static enum err
print_row(struct task *t, const json_t *row, struct replayed *sum)
{
    struct span text = json_dump(t, row);
    sum->rows++;
    printf("%.*s\n", SPAN_ARG(text));
    return ferror(stdout) ? task_fail(t, E_UNAVAILABLE, "The output can't be written: %s.", strerror(errno)) : E_OK;
}

/* All rows of this deployment, some at a time, each time with a task of its own. */
static enum err
live(struct task *t, row_fn *fn, struct replayed *sum)
{
    const struct gate_who me = {0};
    int64_t after = 0;
    bool more = true;
    gate_client_as_operator();
    while (more && t->err == E_OK) {
        struct task some;
        json_t *in, *out = NULL, *row;
        size_t i;
        task_begin(&some, 0);
        in = task_json(&some, json_pack("{s:I}", "after", (json_int_t)after));
        if (gate_admin(&some, &me, "audit.rows", in, &out) == E_OK)
            json_array_foreach(json_object_get(out, "rows"), i, row)
            {
                if (fn(&some, row, sum) != E_OK)
                    break;
                after = json_int(row, "seq", after);
            }
        more = json_array_size(json_object_get(out, "rows")) > 0;
        if (some.err != E_OK)
            task_fail(t, some.err, "%s", some.cause);
        task_end(&some);
    }
    return t->err;
}

static enum err
line(struct task *t, struct span text, struct replayed *sum)
{
    struct task one;
    json_t *row = NULL;
    task_begin(&one, 0);
    if (json_read(&one, text, &row) != E_OK || replay_row(&one, row, sum) != E_OK)
        task_fail(t, E_INVALID, "Line %lld: %s", sum->rows + 1, one.cause);
    task_end(&one);
    return t->err;
}

static enum err
file(struct task *t, const char *path, struct replayed *sum)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *in = standard ? stdin : fopen(path, "re");
    char *text = task_alloc(t, LINE_BYTES);
    if (!in)
        return task_fail(t, E_NOTFOUND, "%s can't be read: %s.", path, strerror(errno));
    while (t->err == E_OK && fgets(text, LINE_BYTES, in)) {
        struct span s = span_trim(span_of(text));
        if (s.n > 0)
            line(t, s, sum);
    }
    if (!standard)
        fclose(in);
    return t->err;
}

static int
replay(struct task *t, const char *path)
{
    struct replayed sum = {0};
    enum err e = path ? file(t, path, &sum) : live(t, replay_row, &sum);
    if (e != E_OK)
        return cli_dataset_end(t, e, false, NULL);
    printf("%lld rows, %lld decisions made again: %lld differ", sum.rows, sum.decisions, sum.differ);
    if (sum.narrower)
        printf("; %lld were refused by the authority before the policy was asked", sum.narrower);
    printf(".\n");
    return sum.differ ? 1 : 0;
}

int
cli_audit(struct task *t, int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    struct replayed sum = {0};
    if (strcmp(what, "verify") == 0 && (argc == 2 || (argc == 3 && strcmp(argv[2], "--json") == 0)))
        return verify(t, argc == 3);
    if (strcmp(what, "export") == 0 && argc == 2)
        return cli_dataset_end(t, live(t, print_row, &sum), false, NULL);
    if (strcmp(what, "replay") == 0 && (argc == 2 || argc == 3))
        return replay(t, argc == 3 ? argv[2] : NULL);
    fputs(USAGE, stderr);
    return 2;
}
