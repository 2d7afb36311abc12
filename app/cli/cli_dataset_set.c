/* cli_dataset_set: `lyceum dataset`: whose a dataset is, who may read it. */
#include "base/json.h"
#include "base/must.h"
#include "cli/cli_dataset.h"
#include "cli/cli_publish.h"
#include "gate/gate_client.h"

#include <stdio.h>

static const char usage[] = "dataset NAME [--owner ACCOUNT] [--visibility public|members|private] [--reader ACCOUNT] "
                            "[--no-reader ACCOUNT] [--json]";

struct order {
    const char *name, *owner, *visibility, *reader, *no_reader;
    size_t n;
    bool as_json;
};

static enum err
put(struct task *t, json_t *j, const char *key, const char *value)
{
    json_t *text = value ? json_string(value) : NULL;
    if (value && !text)
        return task_fail(t, E_INVALID, "The %s is not UTF-8.", key);
    if (text)
        must(json_object_set_new(j, key, text) == 0);
    return E_OK;
}

static enum err
set_reader(struct task *t, const struct order *o, const char *account, bool may)
{
    const struct gate_who me = {0};
    json_t *out, *in = task_json(t, json_pack("{s:b}", "may", may));
    must(in);
    if (!account)
        return E_OK;
    if (put(t, in, "name", o->name) != E_OK || put(t, in, "user", account) != E_OK)
        return t->err;
    return gate_admin(t, &me, "dataset.reader", in, &out);
}

/* Only what is there is changed: a name that is wrong makes no dataset. */
static enum err
change(struct task *t, const struct order *o, json_t **out)
{
    const struct gate_who me = {0};
    json_t *in = task_json(t, json_object()), *ignored;
    must(in);
    gate_client_as_operator();
    if (cli_dataset_find(t, o->name, out) != E_OK)
        return t->err;
    if (!*out)
        return task_fail(t, E_NOTFOUND, "There is no dataset called %.63s.", o->name);
    if (put(t, in, "name", o->name) != E_OK || put(t, in, "owner", o->owner) != E_OK ||
        put(t, in, "visibility", o->visibility) != E_OK)
        return t->err;
    if ((o->owner || o->visibility) && gate_admin(t, &me, "dataset.set", in, &ignored) != E_OK)
        return t->err;
    if (set_reader(t, o, o->reader, true) != E_OK || set_reader(t, o, o->no_reader, false) != E_OK)
        return t->err;
    return cli_dataset_find(t, o->name, out);
}

static void
print(const json_t *d)
{
    size_t i;
    json_t *one;
    printf("%.*s: %.*s, owner %.*s\n", SPAN_ARG(json_text(d, "name")), SPAN_ARG(json_text(d, "visibility")),
        SPAN_ARG(json_text(d, "owner")));
    json_array_foreach(json_object_get(d, "readers"), i, one)
    {
        printf("  read by %s\n", json_string_value(one));
    }
}

int
cli_dataset_set(struct task *t, int argc, char **argv)
{
    struct order o = {0};
    json_t *out = NULL;
    const struct cli_option options[] = {{"--owner", &o.owner, NULL}, {"--visibility", &o.visibility, NULL},
        {"--reader", &o.reader, NULL}, {"--no-reader", &o.no_reader, NULL}, {"--json", NULL, &o.as_json}};
    if (cli_options(t, argc, argv, options, sizeof options / sizeof options[0], &o.name, 1, &o.n) != E_OK || o.n != 1) {
        enum err e = t->err != E_OK ? t->err : task_fail(t, E_INVALID, "usage: lyceum %s", usage);
        cli_dataset_end(t, e, o.as_json, NULL);
        return 2;
    }
    enum err e = change(t, &o, &out);
    if (e == E_OK && !o.as_json)
        print(out);
    return cli_dataset_end(t, e, o.as_json, out);
}
