/* cli_vet: the checks of a vetting, one after the other. */
#include "cli/cli_vet_priv.h"

#include "base/json.h"
#include "plugin/bundle.h"
#include "plugin/toolfile.h"

#include <stdio.h>
#include <string.h>

static void
note_check_result(struct cli_vet *v, const char *name, const char *outcome, struct span why)
{
    v->check[v->n].name = name;
    v->check[v->n].outcome = outcome;
    v->check[v->n++].why = why;
    v->failed = v->failed || strcmp(outcome, "fail") == 0;
}

/* In a task of its own, whose sentence is the reason when it fails. */
static void
run(struct task *t, struct cli_vet *v, const char *name, const char *bundle, const struct manifest *m,
    void (*fn)(struct task *one, const char *bundle, const struct manifest *m))
{
    struct task one;
    task_begin(&one, 0);
    fn(&one, bundle, m);
    bool ok = one.err == E_OK;
    note_check_result(v, name, ok ? "pass" : "fail", task_dup(t, span_of(one.cause)));
    task_end(&one);
}

static void
check_files(struct task *one, const char *bundle, const struct manifest *m)
{
    const char *code;
    bundle_check(one, bundle, m, &code);
}

static void
check_policy(struct task *one, const char *bundle, const struct manifest *m)
{
    const char *reason;
    (void)bundle;
    manifest_may_install(one, m, &reason);
}

/* Words with which a description would steer the model instead of saying what the tool does. */
static const char *const orders[] = {"ignore previous", "ignore all", "disregard", "do not tell", "don't tell",
    "before using any other", "always call", "must call", "must be called", "instead of any other", "system prompt",
    "<important>", "without asking", "other tools", "another tool"};

static bool
holds(struct span text, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= text.n; i++)
        if (span_is_nocase((struct span){text.p + i, n}, word))
            return true;
    return false;
}

static void
check_description(struct task *one, const struct manifest *m, const struct manifest_tool *tool, struct span text)
{
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
        if (holds(text, orders[i]))
            task_fail(one, E_DENIED, "The description of %.*s gives orders: \"%s\".", SPAN_ARG(tool->name), orders[i]);
    for (size_t k = 0; k < m->tools; k++)
        if (m->tool[k].name.n > 4 && &m->tool[k] != tool && holds(text, task_z(one, m->tool[k].name)))
            task_fail(one, E_DENIED, "The description of %.*s speaks of another tool: %.*s.", SPAN_ARG(tool->name),
                SPAN_ARG(m->tool[k].name));
}

static void
check_descriptions(struct task *one, const char *bundle, const struct manifest *m)
{
    for (size_t i = 0; i < m->tools && one->err == E_OK; i++) {
        struct toolfile file;
        struct span bytes;
        const char *code;
        if (bundle_read(one, bundle, manifest_file_find(m, m->tool[i].file), &code, &bytes) == E_OK &&
            toolfile_read(one, bytes, &file) == E_OK)
            check_description(one, m, &m->tool[i], file.description);
    }
}

static struct span
report_of(struct task *t, const struct manifest *m, const struct cli_vet *v)
{
    json_t *checks = json_array(), *j;
    for (size_t i = 0; i < v->n; i++)
        json_array_append_new(
            checks, json_pack("{s:s,s:s,s:s%}", "name", v->check[i].name, "outcome", v->check[i].outcome, "why",
                        v->check[i].why.p ? v->check[i].why.p : "", v->check[i].why.n));
    j = task_json(t, json_pack("{s:s%,s:I,s:s,s:o}", "id", m->id.p, m->id.n, "serial", (json_int_t)m->serial,
                         "manifest", m->digest, "checks", checks));
    return task_format(t, "%.*s\n", SPAN_ARG(json_dump(t, j)));
}

/* Those that run its code, in the jail: not for a bundle that fell through already. */
static void
run_code(struct task *t, struct cli_vet *v, const char *bundle, const struct manifest *m)
{
    static const struct {
        const char *name;
        enum cli_vet_outcome (*fn)(struct task *one, const char *bundle, const struct manifest *m);
    } rows[] = {{"tests", cli_vet_tests}, {"minimal", cli_vet_minimal}, {"jail", cli_vet_jail}};
    static const char *const words[] = {"pass", "fail", "skipped"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && !v->failed; i++) {
        struct task one;
        task_begin(&one, 0);
        enum cli_vet_outcome o = rows[i].fn(&one, bundle, m);
        note_check_result(v, rows[i].name, words[o], task_dup(t, span_of(one.cause)));
        task_end(&one);
    }
}

enum err
cli_vet_run(struct task *t, const char *bundle, const struct manifest *m, struct cli_vet *out)
{
    *out = (struct cli_vet){.n = 0};
    run(t, out, "files", bundle, m, check_files);
    run(t, out, "policy", bundle, m, check_policy);
    if (!out->failed)
        run(t, out, "descriptions", bundle, m, check_descriptions);
    if (!out->failed)
        run_code(t, out, bundle, m);
    out->report = report_of(t, m, out);
    return t->err;
}
