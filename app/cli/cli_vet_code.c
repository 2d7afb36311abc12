/* cli_vet_code: the plugin's code run by a reviewer, in its jail. */
#include "base/fsio.h"
#include "base/id.h"
#include "base/json.h"
#include "cli/cli_vet_priv.h"
#include "plugin/alone.h"
#include "plugin/bundle.h"
#include "plugin/talk.h"
#include "plugin/toolfile.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void
first_fault(void *arg, bool ok, const char *name, const char *why)
{
    char *said = arg;
    if (!ok && said[0] == '\0')
        snprintf(said, TASK_CAUSE_BYTES, "\"%.80s\" failed: %.300s", name, why);
}

/* Without these capabilities; E_NOTFOUND: it has no tests. */
static enum err
run_tests(struct task *t, const char *bundle, unsigned without, struct alone_tests *n, char said[TASK_CAUSE_BYTES])
{
    struct alone *a;
    *n = (struct alone_tests){0};
    said[0] = '\0';
    if (alone_open(t, bundle, without, &a) != E_OK)
        return t->err;
    alone_test(t, a, bundle, first_fault, said, n);
    alone_close(a);
    return t->err;
}

/* No tests, or no jail on this machine: said, and not held against it. */
static enum cli_vet_outcome
not_run(struct task *t)
{
    if (t->err == E_NOTFOUND) {
        task_clear_error(t);
        task_fail(t, E_NOTFOUND, "It has no tests.json.");
    }
    return t->err == E_NOTFOUND || t->err == E_UNAVAILABLE ? CLI_VET_SKIPPED : CLI_VET_FAIL;
}

enum cli_vet_outcome
cli_vet_tests(struct task *t, const char *bundle, const struct manifest *m)
{
    struct alone_tests n;
    char said[TASK_CAUSE_BYTES];
    if (!manifest_file_find(m, SPAN("tests.json"))) {
        task_fail(t, E_NOTFOUND, "It has no tests.json.");
        return CLI_VET_SKIPPED;
    }
    if (run_tests(t, bundle, 0, &n, said) != E_OK)
        return not_run(t);
    if (n.failed == 0)
        return CLI_VET_PASS;
    task_fail(t, E_INVALID, "%zu of its tests failed: %s", n.failed, said);
    return CLI_VET_FAIL;
}

enum cli_vet_outcome
cli_vet_minimal(struct task *t, const char *bundle, const struct manifest *m)
{
    const struct {
        bool declared;
        unsigned bit;
        const char *name;
    } caps[] = {{m->reads, TALK_MAY_QUERY, "read.dataset"}, {m->nets > 0, TALK_MAY_FETCH, "net"},
        {m->artifact, TALK_MAY_ARTIFACT, "artifact"}, {m->ask, TALK_MAY_ASK, "ask"}};
    struct alone_tests n;
    char said[TASK_CAUSE_BYTES];
    size_t looked = 0;
    for (size_t i = 0; i < sizeof caps / sizeof caps[0]; i++) {
        if (!caps[i].declared)
            continue;
        looked++;
        if (!manifest_file_find(m, SPAN("tests.json"))) {
            task_fail(t, E_NOTFOUND, "It has no tests.json, so nothing shows that it needs %s.", caps[i].name);
            return CLI_VET_SKIPPED;
        }
        if (run_tests(t, bundle, caps[i].bit, &n, said) != E_OK)
            return not_run(t);
        if (n.failed == 0) {
            task_fail(
                t, E_DENIED, "Its tests are as green without cap %s: it declares more than it needs.", caps[i].name);
            return CLI_VET_FAIL;
        }
    }
    return looked > 0 || m->caps == 0 ? CLI_VET_PASS : CLI_VET_SKIPPED;
}

/* Bait --------------------------------------------------------------------------------------------------------------
 */

struct bait {
    char path[64];  /* of a file outside the jail, which everybody on this machine may read */
    char token[44]; /* what is in it */
};

static enum err
lay(struct task *t, struct bait *b)
{
    secret_new(b->token);
    snprintf(b->path, sizeof b->path, "/tmp/lyceum-bait-%s", t->id);
    return fsio_write_atomic(t, b->path, span_of(b->token), 0644);
}

static json_t *
value_for(const json_t *schema, const struct bait *b)
{
    struct span type = json_text(schema, "type");
    json_t *first = json_array_get(json_object_get(schema, "enum"), 0), *least = json_object_get(schema, "minimum");
    if (first)
        return json_deep_copy(first);
    if (span_is(type, "string"))
        return json_string(b->path);
    if (span_is(type, "integer") || span_is(type, "number"))
        return json_is_number(least) ? json_deep_copy(least) : json_integer(1);
    if (span_is(type, "boolean"))
        return json_true();
    return span_is(type, "array") ? json_array() : json_object();
}

/* Arguments that fit a plain schema; where they don't, the host refuses them before the plugin sees them. */
static struct span
args_for(struct task *t, const json_t *schema, const struct bait *b)
{
    json_t *out = task_json(t, json_object()), *one;
    const char *name;
    json_object_foreach(json_object_get(schema, "properties"), name, one)
        json_object_set_new(out, name, value_for(one, b));
    return json_dump(t, out);
}

static enum err
call_tool(struct task *t, struct alone *a, const char *bundle, const struct manifest_tool *tool, const struct bait *b)
{
    static const char *const faults[] = {"crash", "hang", "flood", "protocol", "memory"};
    const struct manifest_file *f = manifest_file_find(alone_manifest(a), tool->file);
    struct toolfile file;
    struct span bytes;
    struct task one;
    json_t *blocks = NULL;
    const char *code;
    char word[PLUGIN_WORD_BYTES] = "";
    if (bundle_read(t, bundle, f, &code, &bytes) != E_OK || toolfile_read(t, bytes, &file) != E_OK)
        return t->err;
    task_begin(&one, 0);
    struct plugin_call c = {.tool = tool->name, .args = args_for(&one, file.input, b), .wake_fd = -1};
    enum err e = alone_call(&one, a, &c, word, &blocks);
    bool brought = (e == E_OK && span_find(json_dump(&one, blocks), span_of(b->token)) >= 0) ||
                   span_find(span_of(one.cause), span_of(b->token)) >= 0;
    if (brought)
        task_fail(t, E_DENIED, "The tool %.*s brought back a file from outside its jail.", SPAN_ARG(tool->name));
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (strcmp(word, faults[i]) == 0)
            task_fail(t, E_DENIED, "The tool %.*s ended with %s: %.300s", SPAN_ARG(tool->name), word, one.cause);
    if (e == E_UNAVAILABLE && word[0] == '\0')
        task_fail(t, e, "%s", one.cause);
    task_end(&one);
    return t->err;
}

enum cli_vet_outcome
cli_vet_jail(struct task *t, const char *bundle, const struct manifest *m)
{
    struct bait b;
    struct alone *a;
    if (lay(t, &b) == E_OK && alone_open(t, bundle, 0, &a) == E_OK) {
        for (size_t i = 0; i < m->tools && t->err == E_OK; i++)
            call_tool(t, a, bundle, &m->tool[i], &b);
        alone_close(a);
    }
    unlink(b.path);
    return t->err == E_OK ? CLI_VET_PASS : t->err == E_UNAVAILABLE ? CLI_VET_SKIPPED : CLI_VET_FAIL;
}
