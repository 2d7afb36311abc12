/* cli_plugin_make: keys, projects, bundles: what a plugin's author does. */
#include "base/clock.h"
#include "base/conf.h"
#include "base/fsio.h"
#include "base/json.h"
#include "cli/cli_dataset.h"
#include "cli/cli_keys.h"
#include "cli/cli_plugin.h"
#include "plugin/bundle.h"
#include "plugin/market_make.h"
#include "plugin/pack.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int
wrong(struct task *t, const char *usage)
{
    if (t->err == E_OK)
        task_fail(t, E_INVALID, "usage: lyceum plugin %s", usage);
    cli_dataset_end(t, t->err, false, NULL);
    return 2;
}

/* Keys --------------------------------------------------------------------------------------------------------------
 */

static int
show_key(struct task *t, enum err e, const struct note_key *k, bool as_json)
{
    json_t *out = NULL;
    if (e == E_OK) {
        struct span text = note_key_text(t, k);
        out = task_json(t, json_pack("{s:s%,s:s%}", "name", k->name.p, k->name.n, "key", text.p, text.n));
        if (!as_json)
            printf("%.*s\n", SPAN_ARG(text));
    }
    return cli_dataset_end(t, e, as_json, out);
}

int
cli_plugin_key(struct task *t, int argc, char **argv)
{
    const char *word[2], *as = NULL;
    bool as_json = false;
    size_t n = 0;
    struct note_secret secret;
    struct note_key key;
    const struct cli_option options[] = {{"--as", &as, NULL}, {"--json", NULL, &as_json}};
    if (cli_options(t, argc, argv, options, 2, word, 2, &n) != E_OK || n != 2)
        return wrong(t, "key new NAME [--as SIGNER] | key show NAME [--json]");
    if (strcmp(word[0], "new") == 0) {
        enum err e = cli_key_new(t, word[1], as ? as : word[1], &secret);
        return show_key(t, e, &secret.key, as_json);
    }
    if (strcmp(word[0], "show") == 0)
        return show_key(t, cli_key_public(t, word[1], &key), &key, as_json);
    return wrong(t, "key new NAME [--as SIGNER] | key show NAME [--json]");
}

/* Bundles -----------------------------------------------------------------------------------------------------------
 */

static json_t *
told(struct task *t, const struct manifest *m)
{
    char abc[4];
    manifest_abc_text(m->abc, abc);
    return task_json(
        t, json_pack("{s:s%,s:s%,s:I,s:s,s:I,s:I,s:I,s:s}", "id", m->id.p, m->id.n, "version", m->version.p,
               m->version.n, "serial", (json_int_t)m->serial, "digest", m->digest, "files", (json_int_t)m->files,
               "bytes", (json_int_t)m->bytes, "tools", (json_int_t)m->tools, "abc", abc));
}

static int
say(struct task *t, enum err e, const char *what, const struct manifest *m, bool as_json)
{
    if (e == E_OK && !as_json)
        printf("%s %.*s %.*s (serial %lld): %zu files, %zu tools, digest %s\n", what, SPAN_ARG(m->id),
            SPAN_ARG(m->version), (long long)m->serial, m->files, m->tools, m->digest);
    return cli_dataset_end(t, e, as_json, e == E_OK ? told(t, m) : NULL);
}

int
cli_plugin_pack(struct task *t, int argc, char **argv)
{
    const char *word[1];
    struct pack_order o = {.project = NULL};
    struct manifest *m = task_new(t, struct manifest);
    bool as_json = false;
    size_t n = 0;
    const struct cli_option options[] = {
        {"--out", &o.bundle, NULL}, {"--after", &o.after, NULL}, {"--json", NULL, &as_json}};
    if (cli_options(t, argc, argv, options, 3, word, 1, &n) != E_OK || n != 1 || !o.bundle)
        return wrong(t, "pack FOLDER --out BUNDLE [--after BUNDLE] [--json]");
    o.project = word[0];
    return say(t, pack_project(t, &o, m), "packed", m, as_json);
}

/* A bundle is either packed (an unsigned "manifest") or signed already: then it gets another signature. */
static enum err
sign_bundle(struct task *t, const char *bundle, const struct note_secret *key, struct manifest *m)
{
    const char *unsigned_path = task_printf(t, "%s/manifest", bundle), *code;
    const char *path = task_printf(t, "%s/manifest.note", bundle);
    struct span text, note;
    if (access(unsigned_path, F_OK) != 0) {
        if (bundle_manifest(t, bundle, &note, m) != E_OK || note_add(t, note, key, &note) != E_OK)
            return t->err;
    } else if (fsio_read(t, unsigned_path, MANIFEST_BYTES, &text) != E_OK || manifest_parse(t, text, m) != E_OK ||
               note_sign(t, text, key, &note) != E_OK) {
        return t->err;
    }
    if (!span_eq(m->signer, key->key.name))
        return task_fail(t, E_DENIED, "The manifest's publisher is %.*s; this key signs as %.*s.", SPAN_ARG(m->signer),
            SPAN_ARG(key->key.name));
    if (fsio_write_atomic(t, path, note, 0644) != E_OK)
        return t->err;
    unlink(unsigned_path);
    return bundle_check(t, bundle, m, &code);
}

int
cli_plugin_sign(struct task *t, int argc, char **argv)
{
    const char *word[1], *name = NULL;
    struct note_secret key;
    struct manifest *m = task_new(t, struct manifest);
    bool as_json = false;
    size_t n = 0;
    const struct cli_option options[] = {{"--key", &name, NULL}, {"--json", NULL, &as_json}};
    if (cli_options(t, argc, argv, options, 2, word, 1, &n) != E_OK || n != 1 || !name)
        return wrong(t, "sign BUNDLE --key NAME [--json]");
    enum err e = cli_key_read(t, name, &key);
    return say(t, e == E_OK ? sign_bundle(t, word[0], &key, m) : e, "signed", m, as_json);
}

int
cli_plugin_publish(struct task *t, int argc, char **argv)
{
    const char *word[1], *to = NULL, *name = NULL;
    struct note_secret key;
    struct market_report report;
    const struct market_mark nothing = {.serial = 0};
    struct manifest *m = task_new(t, struct manifest);
    bool as_json = false;
    size_t n = 0;
    const struct cli_option options[] = {{"--to", &to, NULL}, {"--key", &name, NULL}, {"--json", NULL, &as_json}};
    if (cli_options(t, argc, argv, options, 3, word, 1, &n) != E_OK || n != 1 || !to)
        return wrong(t, "publish BUNDLE --to MARKETPLACE [--key ITS-KEY] [--json]");
    if ((name && cli_key_read(t, name, &key) != E_OK) || market_publish(t, to, word[0], m) != E_OK)
        return cli_dataset_end(t, t->err, as_json, NULL);
    if (name)
        market_refresh(t, to, &key, &nothing, clock_unix_ms(), &report);
    return say(t, t->err, name ? "published" : "brought (its operator lists it: lyceum market refresh)", m, as_json);
}
