/* cli_plugin_install: a bundle is copied to where plugins run from, and gate is asked to let it in. */
#include "cli/cli_plugin_state.h"

#include "base/conf.h"
#include "base/fsio.h"
#include "base/json.h"
#include "cli/cli_keys.h"
#include "plugin/bundle.h"
#include "plugin/market.h"
#include "plugin/note.h"
#include "plugin/pack.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct order {
    const char *words[2];
    size_t n;
    const char *key, *level, *market, *serial, *first;
    bool enable, as_json;
    struct cli_plugin_limits limits;
};

static int
read_order(struct task *t, int argc, char **argv, struct order *o)
{
    const struct cli_option options[] = {{"--key", &o->key, NULL}, {"--level", &o->level, NULL},
        {"--market", &o->market, NULL}, {"--serial", &o->serial, NULL}, {"--first", &o->first, NULL},
        {"--enable", NULL, &o->enable}, {"--json", NULL, &o->as_json}, CLI_PLUGIN_LIMITS(o->limits)};
    if (cli_options(t, argc, argv, options, sizeof options / sizeof options[0], o->words, 2, &o->n) == E_OK && o->n > 0)
        return 0;
    fprintf(stderr, "%s\n", t->err != E_OK ? t->cause : "Say which plugin, or which bundle's folder.");
    return 2;
}

static bool
is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Copies it to <state>/plugins/<digest>, checked on the way. */
static enum err
copy(struct task *t, const char *folder, json_t *in)
{
    struct manifest m;
    struct span note;
    const char *code = "", *plugins = conf_path(t, "plugins");
    if (bundle_manifest(t, folder, &note, &m) != E_OK || fsio_mkdir(t, plugins, 0755) != E_OK ||
        bundle_install(t, folder, plugins, &m, &code) != E_OK)
        return t->err;
    json_object_set_new(in, "digest", json_string(m.digest));
    json_object_set_new(in, "id", json_stringn(m.id.p, m.id.n));
    return E_OK;
}

/* A key as text, or a file that has one. */
static enum err
read_key(struct task *t, const char *word, struct span *out)
{
    struct note_key key;
    if (access(word, R_OK) != 0) {
        if (cli_key_public(t, word, &key) == E_OK)
            *out = note_key_text(t, &key);
        return t->err;
    }
    enum err e = fsio_read(t, word, 4096, out);
    *out = span_trim(*out);
    return e;
}

static void
put_common(const struct order *o, json_t *in)
{
    if (o->enable)
        json_object_set_new(in, "enable", json_true());
    if (o->level)
        json_object_set_new(in, "level", json_string(o->level));
    if (o->first)
        json_object_set_new(in, "group", json_string(o->first));
    cli_plugin_limits_put(&o->limits, in);
}

static enum err
from_folder(struct task *t, const struct order *o, const char *folder, json_t *in)
{
    struct span key;
    if (copy(t, folder, in) != E_OK)
        return t->err;
    if (!o->key)
        return E_OK;
    if (read_key(t, o->key, &key) != E_OK)
        return t->err;
    json_object_set_new(in, "key", json_stringn(key.p, key.n));
    return E_OK;
}

/* The only marketplace, when none is named. */
static enum err
find_market(struct task *t, const struct order *o, struct span *name)
{
    json_t *out = NULL;
    *name = span_of(o->market);
    if (o->market)
        return E_OK;
    if (cli_plugin_ask(t, "market.list", task_json(t, json_object()), &out) != E_OK)
        return t->err;
    const json_t *list = json_object_get(out, "markets");
    if (json_array_size(list) != 1)
        return task_fail(t, E_INVALID, "Say which marketplace is meant (--market NAME): there %s %zu.",
            json_array_size(list) == 0 ? "is none; or give a bundle's folder:" : "are", json_array_size(list));
    *name = json_text(json_array_get(list, 0), "name");
    return E_OK;
}

static enum err
from_market(struct task *t, const struct order *o, struct span id, json_t *in)
{
    struct market *m = task_new(t, struct market);
    struct span name;
    int64_t serial = 0;
    if (o->serial && !span_i64(span_of(o->serial), &serial))
        return task_fail(t, E_INVALID, "--serial takes a whole number.");
    if (find_market(t, o, &name) != E_OK)
        return t->err;
    const char *mirror = conf_path(t, task_printf(t, "plugins/market-cache/%.*s", SPAN_ARG(name)));
    if (market_read(t, mirror, m) != E_OK)
        return t->err;
    const struct notes_plugin *row =
        serial > 0 ? notes_snapshot_find(&m->snapshot, id, serial) : notes_snapshot_newest(&m->snapshot, id);
    if (!row)
        return task_fail(t, E_NOTFOUND, "The marketplace %.*s does not offer %.*s.", SPAN_ARG(name), SPAN_ARG(id));
    if (copy(t, market_bundle(t, mirror, id, row->serial), in) != E_OK)
        return t->err;
    json_object_set_new(in, "market", json_stringn(name.p, name.n));
    json_object_set_new(in, "serial", json_integer(row->serial));
    return E_OK;
}

static int
run(struct task *t, const struct order *o, const char *folder)
{
    static const struct {
        const char *outcome, *sentence;
    } sentences[] = {
        {"installed", "Installed."},
        {"updated", "Updated: it asks for no more than the version before."},
        {"staged", "Installed for the group; the others keep the version before."},
        {"held", "Held back: the version before serves on."},
        {"same", "This version is installed already."},
    };
    json_t *in = task_json(t, json_object()), *out = NULL;
    put_common(o, in);
    enum err e = folder ? from_folder(t, o, folder, in) : from_market(t, o, span_of(o->words[0]), in);
    if (e == E_OK)
        e = cli_plugin_ask(t, "plugin.install", in, &out);
    for (size_t i = 0; e == E_OK && !o->as_json && i < sizeof sentences / sizeof sentences[0]; i++)
        if (span_is(json_text(out, "outcome"), sentences[i].outcome))
            printf("%s\n", sentences[i].sentence);
    if (e == E_OK && !o->as_json)
        cli_plugin_print(out);
    return cli_dataset_end(t, e, o->as_json, out);
}

int
cli_plugin_install(struct task *t, int argc, char **argv)
{
    struct order o = {.n = 0};
    int status = read_order(t, argc, argv, &o);
    return status != 0 ? status : run(t, &o, is_folder(o.words[0]) ? o.words[0] : NULL);
}

/* Where the installed version came from. */
static enum err
market_of(struct task *t, const char *id, const char **out)
{
    json_t *all = NULL, *one;
    size_t i;
    bool found = false;
    if (cli_plugin_ask(t, "plugin.list", task_json(t, json_object()), &all) != E_OK)
        return t->err;
    json_array_foreach(json_object_get(all, "plugins"), i, one)
    {
        if (!span_is(json_text(one, "id"), id))
            continue;
        found = true;
        if (json_text(one, "market").n > 0)
            *out = task_z(t, json_text(one, "market"));
    }
    return found ? E_OK : task_fail(t, E_NOTFOUND, "There is no plugin %.65s here: install it first.", id);
}

int
cli_plugin_upgrade(struct task *t, int argc, char **argv)
{
    struct order o = {.n = 0};
    int status = read_order(t, argc, argv, &o);
    if (status != 0)
        return status;
    if (market_of(t, o.words[0], &o.market) != E_OK)
        return cli_dataset_end(t, t->err, o.as_json, NULL);
    return run(t, &o, o.n > 1 ? o.words[1] : NULL);
}

/* Packed as it is now, unsigned, and on at once. */
int
cli_plugin_dev(struct task *t, int argc, char **argv)
{
    struct order o = {.n = 0};
    struct manifest m;
    char folder[] = "/tmp/lyceum-dev-XXXXXX";
    int status = read_order(t, argc, argv, &o);
    if (status != 0)
        return status;
    if (!mkdtemp(folder))
        return cli_dataset_end(
            t, task_fail(t, E_UNAVAILABLE, "There is no room for a temporary folder."), o.as_json, NULL);
    const struct pack_order order = {.project = o.words[0], .bundle = task_printf(t, "%s/bundle", folder)};
    const char *unsigned_text = task_printf(t, "%s/manifest", order.bundle),
               *note = task_printf(t, "%s/manifest.note", order.bundle);
    o.level = "dev";
    o.enable = true;
    /* A note without a signature: the text, and an empty line. */
    if (pack_project(t, &order, &m) != E_OK ||
        fsio_write_atomic(t, note, task_format(t, "%.*s\n", SPAN_ARG(m.text)), 0644) != E_OK)
        return cli_dataset_end(t, t->err, o.as_json, NULL);
    (void)unlink(unsigned_text);
    return run(t, &o, order.bundle);
}
