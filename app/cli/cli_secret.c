/* cli_secret: gate permits, egress keeps; the value passes through here once. */
#include "cli/cli_secret.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "cli/cli_ask_secret.h"
#include "cli/cli_dataset.h"
#include "egress/egress_client.h"
#include "gate/gate_client.h"
#include "policy/grant.h"

#include <stdio.h>
#include <string.h>

enum err
cli_egress_grant(struct task *t, const char *capability, const struct span *fields, size_t n, const char *model,
    struct span *out, json_t **detail)
{
    const struct gate_who me = {0};
    json_t *in = task_json(t, json_object()), *reply = NULL;
    struct buf *hex = task_buf(t, HASH_HEX_BYTES), *sealed = task_buf(t, GRANT_SEAL_BYTES);
    struct span hash = grant_args_hash(t, fields, n);
    hex_put(hex, hash.p, hash.n);
    json_object_set_new(in, "capability", json_string(capability));
    json_object_set_new(in, "args_hash", json_string(buf_z(hex)));
    if (model)
        json_object_set_new(in, "model", json_string(model));
    gate_client_as_operator();
    if (gate_admin(t, &me, "egress.grant", in, &reply) != E_OK)
        return t->err;
    if (!base64_get(json_text(reply, "grant"), sealed) || sealed->n == 0)
        return task_fail(t, E_INTERNAL, "The authority's permission could not be read.");
    *out = buf_view(sealed);
    if (detail)
        *detail = json_object_get(reply, "detail");
    return E_OK;
}

static enum err
do_set(struct task *t, const char *name)
{
    struct span value, grant, fields[] = {SPAN("secret.set"), span_of(name)};
    if (cli_ask_secret(t, "Value", false, &value) != E_OK ||
        cli_egress_grant(t, "secret.set", fields, 2, NULL, &grant, NULL) != E_OK)
        return t->err;
    return egress_secret_set(t, grant, span_of(name), value);
}

static enum err
do_list(struct task *t, bool as_json, json_t **out)
{
    struct span grant, fields[] = {SPAN("secret.list")};
    json_t *row;
    size_t i;
    if (cli_egress_grant(t, "secret.list", fields, 1, NULL, &grant, NULL) != E_OK ||
        egress_secret_list(t, grant, out) != E_OK)
        return t->err;
    json_array_foreach(*out, i, row)
    {
        char at[21];
        clock_iso(json_int(row, "set_ms", 0), at);
        if (!as_json)
            printf("%-32.*s set %s\n", SPAN_ARG(json_text(row, "name")), at);
    }
    return E_OK;
}

int
cli_secret(struct task *t, int argc, char **argv)
{
    const char *word[2] = {NULL, NULL};
    bool as_json = false;
    const struct cli_option options[] = {{"--json", NULL, &as_json}};
    size_t n = 0;
    json_t *out = NULL;
    if (cli_options(t, argc, argv, options, 1, word, 2, &n) == E_OK) {
        if (n == 2 && strcmp(word[0], "set") == 0)
            return cli_dataset_end(t, do_set(t, word[1]), as_json, NULL);
        if (n == 1 && strcmp(word[0], "list") == 0) {
            enum err e = do_list(t, as_json, &out);
            return cli_dataset_end(t, e, as_json, out);
        }
    }
    cli_dataset_end(t, task_fail(t, E_INVALID, "usage: lyceum secret list | secret set NAME < value"), as_json, NULL);
    return 2;
}
