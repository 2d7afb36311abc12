/* cli_change: the operator's own gestures on datasets: carried out by gate at once. */
#include "cli/cli_change.h"

#include "base/clock.h"
#include "base/json.h"
#include "cli/cli_dataset.h"
#include "gate/gate_client.h"

#include <stdio.h>

struct order {
    const char *words[2];
    size_t n;
    bool as_json;
};

/* Runs one operation on words[0], with words[1] as the change. */
static enum err
run(struct task *t, int argc, char **argv, size_t words, const char *operation, const char *usage, struct order *o,
    json_t **out)
{
    const struct gate_who me = {0};
    const struct cli_option options[] = {{"--json", NULL, &o->as_json}};
    if (cli_options(t, argc, argv, options, 1, o->words, words, &o->n) != E_OK)
        return t->err;
    if (o->n != words)
        return task_fail(t, E_INVALID, "usage: lyceum %s", usage);
    json_t *in = task_json(t, words == 2 ? json_pack("{s:s,s:s}", "dataset", o->words[0], "change", o->words[1])
                                         : json_pack("{s:s}", "dataset", o->words[0]));
    if (!in)
        return task_fail(t, E_INVALID, "The words are not UTF-8.");
    gate_client_as_operator();
    return gate_own(t, &me, operation, in, out);
}

static int
end(struct task *t, enum err e, const struct order *o, size_t words, json_t *out)
{
    int status = cli_dataset_end(t, e, o->as_json, out);
    return e != E_OK && o->n != words ? 2 : status;
}

static void
print_change(const json_t *c)
{
    char at[21] = "";
    clock_iso(json_int(c, "at_ms", 0), at);
    printf("%.*s  %s  %lld inserted, %lld updated, %lld deleted%s\n", SPAN_ARG(json_text(c, "change")), at,
        (long long)json_int(c, "inserted", 0), (long long)json_int(c, "updated", 0),
        (long long)json_int(c, "deleted", 0),
        json_flag(c, "undone", false)     ? ", taken back"
        : json_flag(c, "undoable", false) ? ", can be taken back"
                                          : "");
}

int
cli_changes(struct task *t, int argc, char **argv)
{
    struct order o = {.n = 0};
    json_t *out = NULL, *one;
    size_t i;
    enum err e = run(t, argc, argv, 1, "changes.list", "changes DATASET [--json]", &o, &out);
    if (e == E_OK && !o.as_json) {
        json_array_foreach(json_object_get(out, "changes"), i, one) print_change(one);
        if (json_flag(out, "held", false))
            printf("A change waits to be published to readers: lyceum release %s\n", o.words[0]);
    }
    return end(t, e, &o, 1, out);
}

int
cli_undo(struct task *t, int argc, char **argv)
{
    struct order o = {.n = 0};
    json_t *out = NULL;
    enum err e = run(t, argc, argv, 2, "undo.propose", "undo DATASET CHANGE [--json]", &o, &out);
    if (e == E_OK && !o.as_json)
        printf("The change %s of %s was taken back.\n", o.words[1], o.words[0]);
    return end(t, e, &o, 2, out);
}

int
cli_release(struct task *t, int argc, char **argv)
{
    struct order o = {.n = 0};
    json_t *out = NULL;
    enum err e = run(t, argc, argv, 1, "release.propose", "release DATASET [--json]", &o, &out);
    if (e == E_OK && !o.as_json)
        printf("The change of %s is published to its readers.\n", o.words[0]);
    return end(t, e, &o, 1, out);
}
