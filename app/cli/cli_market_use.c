/* cli_market_use: the marketplaces that this deployment trusts. */
#include "base/clock.h"
#include "base/conf.h"
#include "base/fsio.h"
#include "base/json.h"
#include "cli/cli_dataset.h"
#include "cli/cli_keys.h"
#include "cli/cli_market.h"
#include "cli/cli_mirror.h"
#include "cli/cli_trust.h"
#include "gate/gate_client.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum err
ask_gate(struct task *t, const char *operation, json_t *in, json_t **out)
{
    const struct gate_who me = {0};
    gate_client_as_operator();
    return gate_admin(t, &me, operation, in, out);
}

static json_t *
named(struct task *t, const char *name)
{
    json_t *j = task_json(t, json_pack("{s:s}", "name", name));
    if (!j)
        task_fail(t, E_INVALID, "The marketplace's name is not UTF-8.");
    return j;
}

/* Adding ------------------------------------------------------------------------------------------------------------
 */

/* "https://plugins.acme.example/x" and "/srv/plugins.acme.example" are called plugins-acme-example unless told else. */
static const char *
name_of(struct task *t, const char *place)
{
    struct span rest = span_of(place), last = rest, one;
    char *z;
    bool address = strstr(place, "://") != NULL;
    if (address)
        rest = span_of(strstr(place, "://") + 3);
    while (span_cut(&rest, '/', &one)) {
        last = one.n > 0 ? one : last;
        if (address)
            break;
    }
    z = task_z(t, span_first(last, 32));
    for (char *c = z; *c; c++)
        *c = *c >= 'A' && *c <= 'Z'                                       ? (char)(*c + 32)
             : span_has(SPAN("abcdefghijklmnopqrstuvwxyz0123456789"), *c) ? *c
                                                                          : '-';
    return z;
}

/* An address without the slash at its end, or a folder's whole path. */
static enum err
place_of(struct task *t, const char *word, const char **out)
{
    struct span s = span_of(word);
    char path[PATH_MAX];
    if (!strstr(word, "://")) {
        if (!realpath(word, path))
            return task_fail(t, E_NOTFOUND, "The folder %.200s can't be found: %s.", word, strerror(errno));
        *out = task_z(t, span_of(path));
        return E_OK;
    }
    if (!span_starts(s, "https://") && !span_starts(s, "http://127.0.0.1:") && !span_starts(s, "http://localhost:"))
        return task_fail(t, E_INVALID, "A marketplace is reached by https (http on this machine alone).");
    while (span_ends(s, "/"))
        s.n--;
    *out = task_z(t, s);
    return E_OK;
}

int
cli_market_add(struct task *t, int argc, char **argv)
{
    const char *word[1], *root = NULL, *name = NULL;
    bool as_json = false;
    size_t n = 0;
    struct note_key key;
    json_t *out = NULL;
    const struct cli_option options[] = {{"--root", &root, NULL}, {"--name", &name, NULL}, {"--json", NULL, &as_json}};
    if (cli_options(t, argc, argv, options, 3, word, 1, &n) != E_OK || n != 1 || !root)
        return cli_market_wrong(t, "add URL|FOLDER --root KEY [--name NAME] [--json]");
    const char *place = NULL;
    if (cli_key_public(t, root, &key) == E_OK && place_of(t, word[0], &place) == E_OK) {
        json_t *in = named(t, name ? name : name_of(t, place));
        struct span text = note_key_text(t, &key);
        json_object_set_new(in, "place", json_string(place));
        json_object_set_new(in, "root_key", json_stringn(text.p, text.n));
        if (t->err == E_OK && ask_gate(t, "market.add", in, &out) == E_OK && !as_json)
            printf("%s is trusted now, as far as %.*s signs for it. Fetch what it offers: lyceum market update\n",
                word[0], SPAN_ARG(key.name));
    }
    return cli_dataset_end(t, t->err, as_json, out);
}

int
cli_market_remove(struct task *t, int argc, char **argv)
{
    const char *word[1];
    bool as_json = false;
    size_t n = 0;
    json_t *out = NULL;
    const struct cli_option options[] = {{"--json", NULL, &as_json}};
    if (cli_options(t, argc, argv, options, 1, word, 1, &n) != E_OK || n != 1)
        return cli_market_wrong(t, "remove NAME [--json]");
    json_t *in = named(t, word[0]);
    enum err e = t->err == E_OK ? ask_gate(t, "market.remove", in, &out) : t->err;
    return cli_dataset_end(t, e, as_json, out);
}

int
cli_market_list(struct task *t, int argc, char **argv)
{
    const char *word[1];
    bool as_json = false;
    size_t n = 0, i;
    json_t *out = NULL, *row;
    const struct cli_option options[] = {{"--json", NULL, &as_json}};
    if (cli_options(t, argc, argv, options, 1, word, 0, &n) != E_OK)
        return cli_market_wrong(t, "list [--json]");
    enum err e = ask_gate(t, "market.list", NULL, &out);
    json_array_foreach(json_object_get(out, "markets"), i, row)
    {
        char at[21] = "never";
        if (json_int(row, "checked_ms", 0) > 0)
            clock_iso(json_int(row, "checked_ms", 0), at);
        if (!as_json)
            printf("%-24.*s checked %-20s %.*s\n", SPAN_ARG(json_text(row, "name")), at,
                SPAN_ARG(json_text(row, "place")));
    }
    return cli_dataset_end(t, e, as_json, out);
}

/* Updating ----------------------------------------------------------------------------------------------------------
 */

static enum err
update_one(struct task *t, const json_t *row, bool quiet, const char **code)
{
    struct trust_state *state = task_new(t, struct trust_state);
    struct cli_mirror_report report;
    const char *name = task_z(t, json_text(row, "name"));
    const char *place = task_z(t, json_text(row, "place"));
    const struct cli_source source = strstr(place, "://") ? cli_source_address(place) : cli_source_folder(place);
    const char *plugins = conf_path(t, "plugins"), *cache = conf_path(t, "plugins/market-cache");
    json_t *out;
    *code = "unreadable";
    if (fsio_mkdir(t, plugins, 0755) != E_OK || fsio_mkdir(t, cache, 0755) != E_OK ||
        trust_state_read(t, json_text(row, "state"), state) != E_OK)
        return t->err;
    enum err e = cli_mirror(t, &source, task_printf(t, "%s/%s", cache, name), plugins, state, &report);
    *code = report.code;
    if (e != E_OK || ask_gate(t, "market.update", named(t, name), &out) != E_OK)
        return t->err;
    *code = "ok";
    if (!quiet)
        printf("%s: %zu versions are offered, %zu bundles are here, %zu files were fetched\n", name, report.listed,
            report.bundles, report.fetched);
    return E_OK;
}

/* Those that are named, or all; one that fails keeps no other from its turn. The hourly check says nothing but that. */
static enum err
update_those(struct task *t, const json_t *markets, const char *name, bool quiet, const char **code, json_t *report)
{
    size_t i, done = 0, failed = 0;
    json_t *row;
    json_array_foreach(markets, i, row)
    {
        const char *at = "ok";
        if (name && !span_is(json_text(row, "name"), name))
            continue;
        done++;
        if (update_one(t, row, quiet, &at) == E_OK)
            continue;
        *code = at;
        if (name)
            break;
        failed++;
        fprintf(stderr, "%.*s: refused (%s): %s\n", SPAN_ARG(json_text(row, "name")), at, t->cause);
        task_clear_error(t);
    }
    json_object_set_new(report, "markets", json_integer((json_int_t)done));
    json_object_set_new(report, "failed", json_integer((json_int_t)failed));
    if (name && done == 0)
        return task_fail(t, E_NOTFOUND, "There is no marketplace %.60s.", name);
    return failed == 0 ? t->err
                       : task_fail(t, E_UNAVAILABLE, "%zu of %zu marketplaces could not be updated.", failed, done);
}

int
cli_market_update(struct task *t, int argc, char **argv)
{
    const char *word[1], *code = "ok";
    bool as_json = false, every = false, quiet = false;
    size_t n = 0;
    json_t *all = NULL, *report = task_json(t, json_object());
    const struct cli_option options[] = {
        {"--json", NULL, &as_json}, {"--all", NULL, &every}, {"--quiet", NULL, &quiet}};
    if (cli_options(t, argc, argv, options, 3, word, 1, &n) != E_OK || (every && n > 0))
        return cli_market_wrong(t, "update [NAME | --all] [--quiet] [--json]");
    if (ask_gate(t, "market.list", NULL, &all) != E_OK)
        return cli_dataset_end(t, t->err, as_json, NULL);
    enum err e =
        update_those(t, json_object_get(all, "markets"), n == 1 ? word[0] : NULL, as_json || quiet, &code, report);
    return cli_trust_end(t, e, code, as_json, report);
}
