/* alone_test: a bundle's own tests.json. */
#include "plugin/alone.h"

#include "base/json.h"
#include "plugin/bundle.h"
#include "plugin/rpc.h"

/* The host of one row: its answers in their order. */
struct script {
    const json_t *told;
    size_t at;
};

static enum err
tell(struct task *t, void *arg, struct span method, const json_t *params, json_t **result)
{
    struct script *s = arg;
    const json_t *row = json_array_get(s->told, s->at);
    struct span want = json_text(row, "method");
    (void)params;
    if (!row || (want.n > 0 && !span_eq(want, method)))
        return task_fail(t, E_DENIED, "The test does not answer %.*s here.", SPAN_ARG(method));
    s->at++;
    if (json_object_get(row, "error"))
        return task_fail(t, E_DENIED, "%.*s", SPAN_ARG(json_text(row, "error")));
    *result = json_object_get(row, "result");
    return E_OK;
}

/* NULL: as expected; or why not. */
static const char *
judge(struct task *t, const json_t *expect, const char *word, const json_t *got)
{
    struct span fails = json_text(expect, "fails"), text = json_text(expect, "text");
    const json_t *blocks = json_object_get(got, "blocks"), *structured = json_object_get(got, "structured");
    if (fails.n > 0)
        return span_is(fails, word) ? NULL : task_printf(t, "it should fail with %.*s", SPAN_ARG(fails));
    if (!got)
        return t->cause;
    if (text.p && !span_eq(text, json_text(json_array_get(blocks, 0), "text")))
        return task_printf(t, "the first block says \"%.*s\"", SPAN_ARG(json_text(json_array_get(blocks, 0), "text")));
    if (json_object_get(expect, "blocks") && !json_equal(json_object_get(expect, "blocks"), blocks))
        return "its blocks are others";
    if (json_object_get(expect, "structured") && !json_equal(json_object_get(expect, "structured"), structured))
        return "its structured part is another";
    return NULL;
}

static const char *
run_row(struct task *t, struct alone *a, const json_t *row)
{
    struct script s = {.told = json_object_get(row, "told")};
    const json_t *args = json_object_get(row, "args");
    const struct plugin_call c = {.tool = json_text(row, "tool"),
        .args = args ? json_dump(t, args) : SPAN("{}"),
        .on_ask = tell,
        .arg = &s,
        .wake_fd = -1};
    char word[PLUGIN_WORD_BYTES];
    json_t *got = NULL;
    enum err e = alone_call(t, a, &c, word, &got);
    const char *why = judge(t, json_object_get(row, "expect"), word, e == E_OK ? got : NULL);
    return why || s.at == json_array_size(s.told) ? why : "it did not ask the host all that the test answers";
}

enum err
alone_test(struct task *t, struct alone *a, const char *bundle,
    void (*say)(void *arg, bool ok, const char *name, const char *why), void *arg, struct alone_tests *out)
{
    const struct manifest_file *f = manifest_file_find(alone_manifest(a), SPAN("tests.json"));
    struct span text;
    const char *code;
    json_t *rows;
    *out = (struct alone_tests){0};
    if (!f || f->bytes > ALONE_TESTS_BYTES)
        return task_fail(t, E_NOTFOUND, "The plugin has no tests.json, or one of more than 1 MB.");
    if (bundle_read(t, bundle, f, &code, &text) != E_OK)
        return t->err;
    if (!rpc_bounded(text, RPC_DEPTH) || json_read(t, text, &rows) != E_OK || !json_is_array(rows) ||
        json_array_size(rows) > ALONE_TESTS)
        return task_fail(t, E_INVALID, "tests.json is no JSON list of at most %d tests.", ALONE_TESTS);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        struct task one;
        const json_t *row = json_array_get(rows, i);
        task_begin(&one, 0);
        const char *why = run_row(&one, a, row);
        out->passed += why == NULL;
        out->failed += why != NULL;
        say(arg, why == NULL, task_z(&one, json_text(row, "name")), why ? why : "");
        task_end(&one);
    }
    return E_OK;
}
