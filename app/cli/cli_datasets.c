/* cli_datasets: `lyceum datasets`, `revisions`, `rollback`, `unpublish`. */
#include "base/clock.h"
#include "base/json.h"
#include "base/must.h"
#include "cli/cli_dataset.h"
#include "cli/cli_publish.h"
#include "effect/effect_client.h"
#include "gate/gate_client.h"

#include <stdio.h>
#include <string.h>

struct words {
    const char *word[2];
    size_t n;
    bool as_json;
};

static enum err
parse(struct task *t, int argc, char **argv, size_t least, size_t most, const char *usage, struct words *out)
{
    const struct cli_option options[] = {{"--json", NULL, &out->as_json}};
    if (cli_options(t, argc, argv, options, 1, out->word, most, &out->n) != E_OK)
        return t->err;
    return out->n >= least ? E_OK : task_fail(t, E_INVALID, "usage: lyceum %s", usage);
}

static int
wrong(struct task *t, const struct words *w)
{
    cli_dataset_end(t, t->err, w->as_json, NULL);
    return 2;
}

static void
print_dataset(const json_t *d)
{
    const json_t *current = json_object_get(d, "current");
    char at[21] = "";
    if (!json_is_object(current)) {
        printf("%-20.*s not published\n", SPAN_ARG(json_text(d, "name")));
        return;
    }
    clock_iso(json_int(current, "at_ms", 0), at);
    printf("%-20.*s %-8.*s revision %lld, %lld tables, %lld rows, %lld bytes, %s  %.*s\n",
        SPAN_ARG(json_text(d, "name")), SPAN_ARG(json_text(d, "visibility")), (long long)json_int(current, "n", 0),
        (long long)json_int(current, "tables", 0), (long long)json_int(current, "rows", 0),
        (long long)json_int(current, "bytes", 0), at, SPAN_ARG(json_text(d, "title")));
}

int
cli_datasets(struct task *t, int argc, char **argv)
{
    const struct gate_who me = {0};
    struct words w = {.n = 0};
    json_t *out = NULL, *row;
    size_t i;
    if (parse(t, argc, argv, 0, 0, "datasets [--json]", &w) != E_OK)
        return wrong(t, &w);
    gate_client_as_operator();
    enum err e = gate_admin(t, &me, "dataset.list", NULL, &out);
    if (e == E_OK && !w.as_json) {
        json_array_foreach(json_object_get(out, "datasets"), i, row)
        {
            print_dataset(row);
        }
    }
    return cli_dataset_end(t, e, w.as_json, out);
}

static enum err
revisions(struct task *t, const char *name, json_t **out)
{
    const struct gate_who me = {0};
    json_t *in = task_json(t, json_pack("{s:s}", "name", name));
    gate_client_as_operator();
    if (!in)
        return task_fail(t, E_INVALID, "The dataset's name is not UTF-8.");
    return gate_admin(t, &me, "revision.list", in, out);
}

int
cli_revisions(struct task *t, int argc, char **argv)
{
    struct words w = {.n = 0};
    json_t *out = NULL, *row;
    size_t i;
    if (parse(t, argc, argv, 1, 1, "revisions NAME [--json]", &w) != E_OK)
        return wrong(t, &w);
    enum err e = revisions(t, w.word[0], &out);
    if (e == E_OK && !w.as_json) {
        json_array_foreach(json_object_get(out, "revisions"), i, row)
        {
            char at[21];
            clock_iso(json_int(row, "at_ms", 0), at);
            printf("%c %4lld  %.12s  %s  %lld tables, %lld rows, %lld bytes  by %.*s\n",
                json_flag(row, "current", false) ? '*' : ' ', (long long)json_int(row, "n", 0), json_text(row, "sha").p,
                at, (long long)json_int(row, "tables", 0), (long long)json_int(row, "rows", 0),
                (long long)json_int(row, "bytes", 0), SPAN_ARG(json_text(row, "by")));
        }
    }
    return cli_dataset_end(t, e, w.as_json, out);
}

/* The revision that is meant: by its number, by the first digits of its hash, or, without a word, the newest one that
 * is older than the current. The list has the newest first. */
static enum err
choose(struct task *t, const json_t *list, const char *word, struct span *out)
{
    size_t i, found = 0;
    const json_t *row;
    int64_t n = 0;
    bool past = false;
    *out = SPAN_NONE;
    if (word)
        span_i64(span_of(word), &n);
    json_array_foreach((json_t *)(uintptr_t)list, i, row)
    {
        bool current = json_flag(row, "current", false);
        struct span sha = json_text(row, "sha");
        bool meant = !word              ? past && found == 0
                     : strlen(word) < 8 ? json_int(row, "n", 0) == n
                                        : span_starts(sha, word);
        past = past || current;
        if (meant && !span_eq(sha, *out)) {
            *out = sha;
            found++;
        }
    }
    if (found == 1)
        return E_OK;
    if (found > 1)
        return task_fail(t, E_INVALID, "More than one revision begins with %.64s.", word);
    return word ? task_fail(t, E_NOTFOUND, "There is no revision %.64s.", word)
                : task_fail(t, E_NOTFOUND, "There is no older revision to go back to.");
}

static enum err
rollback(struct task *t, const char *name, const char *word, json_t **out)
{
    json_t *list;
    struct span sha, grant, receipt;
    if (revisions(t, name, &list) != E_OK || choose(t, json_object_get(list, "revisions"), word, &sha) != E_OK)
        return t->err;
    const struct span bound[] = {SPAN("rollback"), span_of(name), sha};
    if (cli_dataset_grant(t, "rollback", name, bound, 3, &grant) != E_OK ||
        effect_rollback(t, grant, span_of(name), sha, &receipt) != E_OK)
        return t->err;
    return cli_dataset_record(t, receipt, NULL, NULL, out);
}

int
cli_rollback(struct task *t, int argc, char **argv)
{
    struct words w = {.n = 0};
    json_t *out = NULL;
    if (parse(t, argc, argv, 1, 2, "rollback NAME [SHA or number] [--json]", &w) != E_OK)
        return wrong(t, &w);
    enum err e = rollback(t, w.word[0], w.n > 1 ? w.word[1] : NULL, &out);
    if (e == E_OK && !w.as_json)
        printf("%s is at revision %.12s now.\n", w.word[0], json_text(out, "sha").p);
    return cli_dataset_end(t, e, w.as_json, out);
}

/* Gate first: from then on nobody is let in; the files go after. */
static enum err
unpublish(struct task *t, const char *name)
{
    const struct gate_who me = {0};
    const struct span bound[] = {SPAN("unpublish"), span_of(name)};
    struct span grant;
    json_t *in = task_json(t, json_pack("{s:s}", "name", name)), *ignored;
    gate_client_as_operator();
    if (!in)
        return task_fail(t, E_INVALID, "The dataset's name is not UTF-8.");
    if (gate_admin(t, &me, "dataset.withdraw", in, &ignored) != E_OK ||
        cli_dataset_grant(t, "unpublish", name, bound, 2, &grant) != E_OK)
        return t->err;
    return effect_unpublish(t, grant, span_of(name));
}

int
cli_unpublish(struct task *t, int argc, char **argv)
{
    struct words w = {.n = 0};
    if (parse(t, argc, argv, 1, 1, "unpublish NAME [--json]", &w) != E_OK)
        return wrong(t, &w);
    enum err e = unpublish(t, w.word[0]);
    json_t *done = task_json(t, json_pack("{s:s,s:b}", "name", w.word[0], "withdrawn", e == E_OK));
    if (e == E_OK && !w.as_json)
        printf("%s is withdrawn: nobody can read it any more. The file that was sent is kept.\n", w.word[0]);
    return cli_dataset_end(t, e, w.as_json, done);
}
