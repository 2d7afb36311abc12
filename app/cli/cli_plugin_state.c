/* cli_plugin_state: one operation of gate's each. */
#include "cli/cli_plugin_state.h"

#include "base/conf.h"
#include "base/json.h"
#include "gate/gate_client.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

const struct cli_plugin_row cli_plugin_state[] = {
    {"install", cli_plugin_install,
        "install BUNDLE --key KEY | install ID [--market NAME] [--serial N]  [--enable] [--first GROUP]\n"
        "                             " CLI_PLUGIN_LIMITS_USAGE},
    {"upgrade", cli_plugin_upgrade, "upgrade ID [BUNDLE] [--first GROUP]"},
    {"consent", cli_plugin_consent,
        "consent ID [DIGEST] [--first GROUP]: without a digest: what there is to consent to"},
    {"stage", cli_plugin_stage, "stage ID finish|cancel: give everybody what a group had first, or nobody"},
    {"rollback", cli_plugin_rollback, "rollback ID"},
    {"enable", cli_plugin_enable, "enable ID " CLI_PLUGIN_LIMITS_USAGE},
    {"set", cli_plugin_set,
        "set ID [NAME=VALUE...] [--endpoint HOST=ADDRESS...] " CLI_PLUGIN_LIMITS_USAGE "\n"
        "                             (--endpoint https://api.acme.example:443=https://gateway.example: sends there "
        "instead,\n"
        "                             its key too; without an address: as declared)"},
    {"disable", cli_plugin_disable, "disable ID"},
    {"revoke", cli_plugin_revoke, "revoke ID [--digest DIGEST] [--why SENTENCE]"},
    {"remove", cli_plugin_remove, "remove ID: with its settings and files"},
    {"group", cli_plugin_group, "group NAME [PERSON...]: who gets new versions first"},
    {"list", cli_plugin_list, "list [--json]"},
    {"closure", cli_plugin_closure, "closure ID... [--json]: could these be on beside all that are?"},
    {"dev", cli_plugin_dev, "dev FOLDER: run an unsigned project (setting plugin.dev)"},
    {NULL, NULL, NULL},
};

enum { WORDS = 32 };

enum err
cli_plugin_ask(struct task *t, const char *operation, json_t *in, json_t **out)
{
    const struct gate_who me = {0};
    gate_client_as_operator();
    if (!in)
        return task_fail(t, E_INVALID, "The words are not UTF-8.");
    return gate_admin(t, &me, operation, in, out);
}

void
cli_plugin_print(const json_t *r)
{
    size_t i;
    json_t *why;
    const json_t *held = json_object_get(r, "held");
    if (!r)
        return;
    printf("%.*s %.*s is %.*s.\n", SPAN_ARG(json_text(r, "id")), SPAN_ARG(json_text(r, "version")),
        SPAN_ARG(json_text(r, "state")));
    if (!held)
        return;
    printf("Version %.*s waits for consent:\n", SPAN_ARG(json_text(held, "version")));
    json_array_foreach(json_object_get(r, "held_why"), i, why) printf("  - %s\n", json_string_value(why));
    printf("lyceum plugin consent %.*s %.*s\n", SPAN_ARG(json_text(r, "id")), SPAN_ARG(json_text(held, "digest")));
}

static void
put_places(json_t *scope, const char *kind, const char *names)
{
    struct span rest = span_of(names), name;
    while (names && span_cut(&rest, '\n', &name)) {
        json_t *place = json_array();
        json_array_append_new(place, json_string(kind));
        json_array_append_new(place, json_stringn(name.p, name.n));
        json_array_append_new(scope, place);
    }
}

void
cli_plugin_limits_put(const struct cli_plugin_limits *l, json_t *in)
{
    json_t *scope = json_array();
    if (l->everywhere)
        json_array_append_new(scope, json_pack("[s,s]", "deployment", ""));
    put_places(scope, "dataset", l->dataset);
    put_places(scope, "group", l->group);
    if (json_array_size(scope) > 0)
        json_object_set(in, "scope", scope);
    json_decref(scope);
    if (l->mode)
        json_object_set_new(in, "mode", json_string(strcmp(l->mode, "both") == 0 ? "" : l->mode));
    if (l->reads)
        json_object_set_new(in, "reads", json_string(l->reads));
    if (l->public_reads)
        json_object_set_new(in, "public_reads", json_string(l->public_reads));
}

/* What most verbs have: an id first, and words behind it. */
struct order {
    const char *words[WORDS];
    size_t n;
    bool as_json;
    struct cli_plugin_limits limits;
    const char *digest, *why, *first, *endpoint;
};

static int
read_order(struct task *t, int argc, char **argv, size_t least, size_t most, struct order *o)
{
    const struct cli_option options[] = {{"--json", NULL, &o->as_json}, CLI_PLUGIN_LIMITS(o->limits),
        {"--digest", &o->digest, NULL}, {"--why", &o->why, NULL}, {"--first", &o->first, NULL},
        {"--endpoint", &o->endpoint, NULL}};
    if (cli_options(t, argc, argv, options, sizeof options / sizeof options[0], o->words, most, &o->n) == E_OK &&
        o->n >= least)
        return 0;
    for (size_t i = 0; t->err == E_OK && cli_plugin_state[i].name; i++)
        if (strcmp(cli_plugin_state[i].name, argv[0]) == 0)
            fprintf(stderr, "usage: lyceum plugin %s\n", cli_plugin_state[i].usage);
    if (t->err != E_OK)
        fprintf(stderr, "%s\n", t->cause);
    return 2;
}

static int
end(struct task *t, enum err e, const struct order *o, const json_t *out)
{
    if (e == E_OK && !o->as_json)
        cli_plugin_print(out);
    return cli_dataset_end(t, e, o->as_json, out);
}

/* The operation of that name on words[0] alone. */
static int
simple(struct task *t, int argc, char **argv, const char *operation)
{
    struct order o = {.n = 0};
    json_t *out = NULL;
    int status = read_order(t, argc, argv, 1, 1, &o);
    if (status != 0)
        return status;
    enum err e = cli_plugin_ask(t, operation, task_json(t, json_pack("{s:s}", "id", o.words[0])), &out);
    return end(t, e, &o, out);
}

int
cli_plugin_disable(struct task *t, int argc, char **argv)
{
    return simple(t, argc, argv, "plugin.disable");
}

int
cli_plugin_rollback(struct task *t, int argc, char **argv)
{
    return simple(t, argc, argv, "plugin.rollback");
}

int
cli_plugin_enable(struct task *t, int argc, char **argv)
{
    struct order o = {.n = 0};
    json_t *out = NULL;
    int status = read_order(t, argc, argv, 1, 1, &o);
    if (status != 0)
        return status;
    json_t *in = task_json(t, json_pack("{s:s}", "id", o.words[0]));
    cli_plugin_limits_put(&o.limits, in);
    enum err e = cli_plugin_ask(t, "plugin.enable", in, &out);
    return end(t, e, &o, out);
}

/* A value is JSON where it reads as such, else a text. */
static enum err
put_setting(struct task *t, json_t *settings, const char *word)
{
    struct span value = span_of(word), name;
    json_t *j = NULL;
    if (!span_has(value, '=') || !span_cut(&value, '=', &name))
        return task_fail(t, E_INVALID, "A setting reads NAME=VALUE, not \"%.60s\".", word);
    if (json_read(t, value, &j) == E_OK)
        return json_object_set(settings, task_z(t, name), j) == 0 ? E_OK : E_INVALID;
    task_clear_error(t);
    json_object_set_new(settings, task_z(t, name), json_stringn(value.p ? value.p : "", value.n));
    return E_OK;
}

/* HOST=ADDRESS, one per line; no address: null. */
static enum err
put_endpoints(struct task *t, json_t *in, const char *lines)
{
    struct span rest = span_of(lines), to, origin;
    json_t *endpoints = json_object();
    json_object_set_new(in, "endpoints", endpoints);
    while (span_cut(&rest, '\n', &to)) {
        if (!span_has(to, '=') || !span_cut(&to, '=', &origin))
            return task_fail(
                t, E_INVALID, "--endpoint reads HOST=ADDRESS, as in https://api.acme.example:443=https://x.y");
        json_object_set_new(endpoints, task_z(t, origin), to.n > 0 ? json_stringn(to.p, to.n) : json_null());
    }
    return E_OK;
}

int
cli_plugin_set(struct task *t, int argc, char **argv)
{
    struct order o = {.n = 0};
    json_t *out = NULL, *settings = task_json(t, json_object());
    int status = read_order(t, argc, argv, 1, WORDS, &o);
    if (status != 0)
        return status;
    json_t *in = task_json(t, json_pack("{s:s}", "id", o.words[0]));
    enum err e = E_OK;
    for (size_t i = 1; i < o.n && e == E_OK; i++)
        e = put_setting(t, settings, o.words[i]);
    if (o.n > 1)
        json_object_set(in, "settings", settings);
    cli_plugin_limits_put(&o.limits, in);
    if (e == E_OK && o.endpoint)
        e = put_endpoints(t, in, o.endpoint);
    if (e == E_OK)
        e = cli_plugin_ask(t, "plugin.set", in, &out);
    return end(t, e, &o, out);
}

int
cli_plugin_stage(struct task *t, int argc, char **argv)
{
    struct order o = {.n = 0};
    json_t *out = NULL;
    int status = read_order(t, argc, argv, 2, 2, &o);
    if (status != 0)
        return status;
    json_t *in = task_json(t, json_pack("{s:s,s:b}", "id", o.words[0], "finish", strcmp(o.words[1], "finish") == 0));
    enum err e = cli_plugin_ask(t, "plugin.stage", in, &out);
    return end(t, e, &o, out);
}

int
cli_plugin_revoke(struct task *t, int argc, char **argv)
{
    struct order o = {.n = 0};
    json_t *out = NULL;
    int status = read_order(t, argc, argv, 1, 1, &o);
    if (status != 0)
        return status;
    json_t *in = task_json(
        t, json_pack("{s:s,s:s,s:s}", "id", o.words[0], "digest", o.digest ? o.digest : "", "why", o.why ? o.why : ""));
    enum err e = cli_plugin_ask(t, "plugin.revoke", in, &out);
    return end(t, e, &o, out);
}

/* What waits, in words, when no digest says that it was read. */
static enum err
show_held(struct task *t, const struct order *o, json_t **out)
{
    size_t i;
    json_t *one, *all = NULL;
    if (cli_plugin_ask(t, "plugin.list", task_json(t, json_object()), &all) != E_OK)
        return t->err;
    json_array_foreach(json_object_get(all, "plugins"), i, one)
    {
        if (span_is(json_text(one, "id"), o->words[0]))
            *out = one;
    }
    return *out ? E_OK : task_fail(t, E_NOTFOUND, "There is no plugin %.65s here.", o->words[0]);
}

int
cli_plugin_consent(struct task *t, int argc, char **argv)
{
    struct order o = {.n = 0};
    json_t *out = NULL;
    enum err e;
    int status = read_order(t, argc, argv, 1, 2, &o);
    if (status != 0)
        return status;
    if (o.n == 1) {
        e = show_held(t, &o, &out);
    } else {
        json_t *in = task_json(
            t, json_pack("{s:s,s:s,s:s}", "id", o.words[0], "digest", o.words[1], "group", o.first ? o.first : ""));
        e = cli_plugin_ask(t, "plugin.consent", in, &out);
    }
    return end(t, e, &o, out);
}

int
cli_plugin_group(struct task *t, int argc, char **argv)
{
    struct order o = {.n = 0};
    json_t *out = NULL, *users = json_array();
    task_json(t, users);
    int status = read_order(t, argc, argv, 1, WORDS, &o);
    if (status != 0)
        return status;
    for (size_t i = 1; i < o.n; i++)
        json_array_append_new(users, json_string(o.words[i]));
    json_t *in = task_json(t, json_pack("{s:s,s:O}", "name", o.words[0], "users", users));
    enum err e = cli_plugin_ask(t, "plugin.group", in, &out);
    if (e == E_OK && !o.as_json)
        printf("The group %s has %zu people.\n", o.words[0], o.n - 1);
    return cli_dataset_end(t, e, o.as_json, out);
}

static int
make_writable(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st, (void)ftw;
    if (kind == FTW_D)
        (void)chmod(path, 0700);
    return 0;
}

static int
drop(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st, (void)kind, (void)ftw;
    return remove(path);
}

/* A bundle's folders are read-only. */
static void
drop_bundle(struct task *t, struct span digest)
{
    enum { DEEP = 16 };
    const char *folder = conf_path(t, task_printf(t, "plugins/%.*s", SPAN_ARG(digest)));
    (void)nftw(folder, make_writable, DEEP, FTW_PHYS);
    (void)nftw(folder, drop, DEEP, FTW_PHYS | FTW_DEPTH);
}

/* The files of all its versions go, when gate has forgotten them. */
int
cli_plugin_remove(struct task *t, int argc, char **argv)
{
    struct order o = {.n = 0};
    json_t *log = NULL, *out = NULL, *one;
    size_t i;
    int status = read_order(t, argc, argv, 1, 1, &o);
    if (status != 0)
        return status;
    json_t *in = task_json(t, json_pack("{s:s}", "id", o.words[0]));
    enum err e = cli_plugin_ask(t, "plugin.log", in, &log);
    if (e == E_OK)
        e = cli_plugin_ask(t, "plugin.remove", in, &out);
    json_array_foreach(json_object_get(log, "versions"), i, one)
    {
        if (e == E_OK && json_text(one, "digest").n > 0)
            drop_bundle(t, json_text(one, "digest"));
    }
    if (e == E_OK && !o.as_json)
        printf("%s was removed, with its settings and files.\n", o.words[0]);
    return cli_dataset_end(t, e, o.as_json, out);
}
