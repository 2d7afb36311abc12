/* cli_dataset: options, grants, receipts. */
#include "cli/cli_dataset.h"

#include "base/id.h"
#include "base/json.h"
#include "base/must.h"
#include "gate/gate_client.h"
#include "policy/grant.h"

#include <stdio.h>
#include <string.h>

static const struct cli_option *
option_of(const struct cli_option *options, size_t n, const char *word)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(options[i].name, word) == 0)
            return &options[i];
    return NULL;
}

enum err
cli_options(struct task *t, int argc, char **argv, const struct cli_option *options, size_t n, const char **words,
    size_t most, size_t *n_words)
{
    *n_words = 0;
    for (int i = 1; i < argc; i++) {
        const struct cli_option *o = option_of(options, n, argv[i]);
        if (!o && argv[i][0] == '-' && argv[i][1] != '\0')
            return task_fail(t, E_INVALID, "There is no option %.60s.", argv[i]);
        if (!o && *n_words == most)
            return task_fail(t, E_INVALID, "\"%.60s\" is one word too many.", argv[i]);
        if (!o) {
            words[(*n_words)++] = argv[i];
        } else if (o->flag) {
            *o->flag = true;
        } else if (i + 1 == argc) {
            return task_fail(t, E_INVALID, "%s needs a value.", o->name);
        } else {
            i++;
            *o->value = *o->value ? task_printf(t, "%s\n%s", *o->value, argv[i]) : argv[i];
        }
    }
    return E_OK;
}

enum err
cli_dataset_grant(
    struct task *t, const char *operation, const char *name, const struct span *fields, size_t n, struct span *out)
{
    const struct gate_who me = {0};
    json_t *in, *reply;
    struct buf *hex = task_buf(t, HASH_HEX_BYTES), *sealed = task_buf(t, GRANT_SEAL_BYTES * 2);
    struct span hash = grant_args_hash(t, fields, n);
    gate_client_as_operator();
    hex_put(hex, hash.p, hash.n);
    in = task_json(t, json_pack("{s:s,s:s,s:s}", "operation", operation, "name", name, "args_hash", buf_z(hex)));
    if (!in)
        return task_fail(t, E_INVALID, "The dataset's name is not UTF-8.");
    if (gate_admin(t, &me, "dataset.grant", in, &reply) != E_OK)
        return t->err;
    if (!base64_get(json_text(reply, "grant"), sealed))
        return task_fail(t, E_INTERNAL, "The permission that came back is malformed.");
    *out = buf_view(sealed);
    return E_OK;
}

enum err
cli_dataset_record(struct task *t, struct span receipt, json_t *meta, const char *visibility, json_t **out)
{
    const struct gate_who me = {0};
    struct buf *text = task_buf(t, GRANT_SEAL_BYTES * 2);
    base64_put(text, receipt);
    json_t *in = task_json(t, json_pack("{s:s}", "receipt", buf_z(text)));
    must(in);
    if (meta)
        must(json_object_set(in, "meta", meta) == 0);
    if (visibility)
        must(json_object_set_new(in, "visibility", json_string(visibility)) == 0);
    return gate_admin(t, &me, "revision.record", in, out);
}

enum err
cli_dataset_find(struct task *t, const char *name, json_t **out)
{
    const struct gate_who me = {0};
    json_t *all, *row;
    size_t i;
    *out = NULL;
    gate_client_as_operator();
    if (gate_admin(t, &me, "dataset.list", NULL, &all) != E_OK)
        return t->err;
    json_array_foreach(json_object_get(all, "datasets"), i, row)
    {
        if (span_is(json_text(row, "name"), name))
            *out = row;
    }
    return E_OK;
}

int
cli_dataset_end(struct task *t, enum err e, bool as_json, const json_t *result)
{
    if (e != E_OK && as_json) {
        json_t *j = task_json(t, json_pack("{s:{s:s,s:s}}", "error", "code", err_word(t->err), "message", t->cause));
        result = j;
    }
    if (as_json && result)
        printf("%.*s\n", SPAN_ARG(json_dump(t, result)));
    if (e != E_OK)
        fprintf(stderr, "%s\n", t->cause);
    return e == E_OK ? 0 : 1;
}
