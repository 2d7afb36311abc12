/* cli_policy_set: get and set. */
#include "cli/cli_policy_set.h"

#include "base/conf.h"
#include "base/json.h"
#include "cli/cli_dataset.h"
#include "gate/gate_client.h"

#include <stdio.h>
#include <string.h>

static void
print(const json_t *p)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)p, name, value)
    {
        if (json_is_boolean(value))
            printf("%-22s %s\n", name, json_is_true(value) ? "true" : "false");
        else if (json_is_integer(value))
            printf("%-22s %lld\n", name, (long long)json_integer_value(value));
        else
            printf("%-22s %s\n", name, json_string_value(value));
    }
}

/* "true", "false" or a whole number. */
static enum err
put(struct task *t, json_t *in, const char *name, const char *value)
{
    int64_t n = 0;
    if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0)
        json_object_set_new(in, name, json_boolean(strcmp(value, "true") == 0));
    else if (span_i64(span_of(value), &n))
        json_object_set_new(in, name, json_integer(n));
    else
        return task_fail(t, E_INVALID, "\"%.40s\" is neither true, false nor a whole number.", value);
    return E_OK;
}

int
cli_policy_set(struct task *t, int argc, char **argv)
{
    const struct gate_who me = {0};
    bool as_json = argc > 1 && strcmp(argv[argc - 1], "--json") == 0, get = strcmp(argv[0], "get") == 0;
    json_t *out = NULL, *in = task_json(t, json_object());
    int words = argc - 1 - (as_json ? 1 : 0);
    if (get ? words != 0 : words < 2 || words % 2 != 0) {
        fprintf(stderr, "usage: lyceum policy get [--json] | policy set NAME VALUE [NAME VALUE ...] [--json]\n");
        return 2;
    }
    enum err e = conf_load(t);
    for (int i = 1; e == E_OK && i < words; i += 2)
        e = put(t, in, argv[i], argv[i + 1]);
    gate_client_as_operator();
    if (e == E_OK)
        e = gate_admin(t, &me, get ? "policy.get" : "policy.set", in, &out);
    if (e == E_OK && !as_json)
        print(out);
    return cli_dataset_end(t, e, as_json, out);
}
