/* cli_approvals: the list. */
#include "cli/cli_approvals.h"

#include "base/clock.h"
#include "base/json.h"
#include "cli/cli_dataset.h"
#include "gate/gate_client.h"

#include <stdio.h>

static void
print(const json_t *a)
{
    char at[21] = "", until[21] = "";
    clock_iso(json_int(a, "created_ms", 0), at);
    clock_iso(json_int(a, "expires_ms", 0), until);
    printf("%.*s  %-8.*s %-9.*s %-16.*s %-20.*s asked %s, until %s %.*s\n", SPAN_ARG(json_text(a, "id")),
        SPAN_ARG(json_text(a, "kind")), SPAN_ARG(json_text(a, "state")), SPAN_ARG(json_text(a, "user")),
        SPAN_ARG(json_text(a, "dataset")), at, until, SPAN_ARG(json_text(a, "why")));
}

int
cli_approvals(struct task *t, int argc, char **argv)
{
    const struct gate_who me = {0};
    bool all = false, as_json = false;
    const char *words[1];
    size_t n = 0, i;
    json_t *out = NULL, *one;
    const struct cli_option options[] = {{"--all", NULL, &all}, {"--json", NULL, &as_json}};
    if (cli_options(t, argc, argv, options, 2, words, 0, &n) != E_OK) {
        cli_dataset_end(t, t->err, as_json, NULL);
        return 2;
    }
    gate_client_as_operator();
    json_t *in = task_json(t, json_pack("{s:b}", "open", !all));
    enum err e = gate_admin(t, &me, "approval.list", in, &out);
    if (e == E_OK && !as_json)
        json_array_foreach(json_object_get(out, "approvals"), i, one) print(one);
    return cli_dataset_end(t, e, as_json, out);
}
