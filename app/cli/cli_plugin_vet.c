/* cli_plugin_vet: what a reviewer runs and signs; what anybody can verify. */
#include "base/clock.h"
#include "base/fsio.h"
#include "base/json.h"
#include "cli/cli_dataset.h"
#include "cli/cli_keys.h"
#include "cli/cli_plugin.h"
#include "cli/cli_trust.h"
#include "cli/cli_vet.h"
#include "plugin/bundle.h"
#include "plugin/lines.h"
#include "plugin/market.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int
wrong(struct task *t, const char *usage)
{
    if (t->err == E_OK)
        task_fail(t, E_INVALID, "usage: lyceum %s", usage);
    cli_dataset_end(t, t->err, false, NULL);
    return 2;
}

/* Vetting -----------------------------------------------------------------------------------------------------------
 */

struct vet_order {
    const char *bundle, *key, *level, *bound;
    bool as_json, report_only;
};

/* The text that the first reviewer signs. */
static enum err
make_text(
    struct task *t, const struct vet_order *o, const struct manifest *m, const struct cli_vet *v, struct span *out)
{
    int64_t now_ms = clock_unix_ms() / 1000 * 1000;
    struct notes_vet vet = {.id = m->id,
        .serial = m->serial,
        .level = span_of(o->level ? o->level : "community"),
        .bound = o->bound ? span_of(o->bound) : SPAN_NONE,
        .at_ms = now_ms,
        .expires_ms = now_ms + 180 * NOTES_DAY_MS,
        .abc = {m->abc[0], m->abc[1], m->abc[2]}};
    sha256_bytes(m->text, vet.manifest);
    sha256_bytes(v->report, vet.report);
    for (size_t i = 0; i < v->n; i++)
        vet.check[vet.checks++] = (struct notes_check){span_of(v->check[i].name), span_of(v->check[i].outcome)};
    return notes_vet_write(t, &vet, out);
}

/* What another reviewer signed must be about this manifest. What came out otherwise here was refused before. */
static enum err
agrees(struct task *t, struct span bytes, const struct manifest *m)
{
    struct note note;
    struct notes_vet *vet = task_new(t, struct notes_vet);
    unsigned char digest[32];
    if (note_parse(t, bytes, &note) != E_OK || notes_vet_read(t, note.text, vet) != E_OK)
        return t->err;
    sha256_bytes(m->text, digest);
    if (memcmp(digest, vet->manifest, sizeof digest) != 0)
        return task_fail(
            t, E_CONFLICT, "The vetting that is there is of another manifest: remove vet.note to begin anew.");
    return E_OK;
}

static enum err
sign_vet(struct task *t, const struct vet_order *o, const struct manifest *m, const struct cli_vet *v)
{
    const char *path = task_printf(t, "%s/vet.note", o->bundle);
    struct note_secret key;
    struct span text, note;
    if (cli_key_read(t, o->key, &key) != E_OK)
        return t->err;
    enum err e = fsio_read(t, path, NOTES_VET_BYTES + 8192, &note);
    if (e == E_OK) {
        if (agrees(t, note, m) != E_OK || note_add(t, note, &key, &note) != E_OK)
            return t->err;
        return fsio_write_atomic(t, path, note, 0644);
    }
    if (e != E_NOTFOUND)
        return e;
    task_clear_error(t);
    if (make_text(t, o, m, v, &text) != E_OK || note_sign(t, text, &key, &note) != E_OK ||
        fsio_write_atomic(t, task_printf(t, "%s/vet.report", o->bundle), v->report, 0644) != E_OK)
        return t->err;
    return fsio_write_atomic(t, path, note, 0644);
}

static enum err
do_vet(struct task *t, const struct vet_order *o, json_t **out)
{
    struct manifest *m = task_new(t, struct manifest);
    struct cli_vet *v = task_new(t, struct cli_vet);
    struct span note;
    if (bundle_manifest(t, o->bundle, &note, m) != E_OK || cli_vet_run(t, o->bundle, m, v) != E_OK)
        return t->err;
    json_t *checks = json_object();
    *out = task_json(t, json_pack("{s:s,s:o}", "digest", m->digest, "checks", checks));
    for (size_t i = 0; i < v->n; i++) {
        json_object_set_new(checks, v->check[i].name, json_string(v->check[i].outcome));
        if (!o->as_json)
            printf("%-8s %-12s %.*s\n", v->check[i].outcome, v->check[i].name, SPAN_ARG(v->check[i].why));
    }
    if (o->report_only)
        return E_OK;
    if (v->failed)
        return task_fail(
            t, E_DENIED, "%.*s %.*s did not pass: nothing was signed.", SPAN_ARG(m->id), SPAN_ARG(m->version));
    return sign_vet(t, o, m, v);
}

int
cli_plugin_vet(struct task *t, int argc, char **argv)
{
    static const char usage[] =
        "plugin vet BUNDLE --key NAME [--level community|private --for URL] [--json] | plugin vet BUNDLE --report";
    const char *word[1];
    struct vet_order o = {.bundle = NULL};
    size_t n = 0;
    json_t *out = NULL;
    const struct cli_option options[] = {{"--key", &o.key, NULL}, {"--level", &o.level, NULL},
        {"--for", &o.bound, NULL}, {"--report", NULL, &o.report_only}, {"--json", NULL, &o.as_json}};
    if (cli_options(t, argc, argv, options, 5, word, 1, &n) != E_OK || n != 1 || (!o.key && !o.report_only))
        return wrong(t, usage);
    o.bundle = word[0];
    enum err e = do_vet(t, &o, &out);
    return cli_dataset_end(t, e, o.as_json, out);
}

/* Verifying ---------------------------------------------------------------------------------------------------------
 */

static json_t *
facts(struct task *t, const struct trust_verdict *v)
{
    const struct manifest *m = &v->manifest;
    json_t *j = task_json(t, json_object()), *list = json_array();
    if (m->id.n > 0) {
        json_object_set_new(j, "id", json_stringn(m->id.p, m->id.n));
        json_object_set_new(j, "version", json_stringn(m->version.p, m->version.n));
        json_object_set_new(j, "serial", json_integer(m->serial));
        json_object_set_new(j, "digest", json_string(m->digest));
        json_object_set_new(j, "leaf", json_integer(v->leaf));
    }
    for (size_t i = 0; i < v->reviewers; i++)
        json_array_append_new(list, json_stringn(v->reviewer[i].p, v->reviewer[i].n));
    json_object_set_new(j, "reviewers", list);
    json_object_set_new(j, "log_size", json_integer(v->state.size));
    return j;
}

/* The bundle alone: its files against its manifest, and the manifest against a key when one is named. */
static int
verify_bundle(struct task *t, const char *bundle, const char *key_text, bool as_json)
{
    struct trust_verdict *v = task_new(t, struct trust_verdict);
    const char *code = "malformed";
    struct note_key key;
    struct span bytes;
    struct note note;
    bool by = false;
    if ((key_text && cli_key_public(t, key_text, &key) != E_OK) ||
        bundle_manifest(t, bundle, &bytes, &v->manifest) != E_OK || note_parse(t, bytes, &note) != E_OK)
        return cli_trust_end(t, t->err, code, as_json, NULL);
    code = "manifest-signature";
    if (key_text && note_check(t, &note, &key, 1, &by) == E_OK && !by)
        task_fail(t, E_DENIED, "The bundle is not signed by %.*s.", SPAN_ARG(key.name));
    if (t->err == E_OK)
        bundle_check(t, bundle, &v->manifest, &code);
    if (t->err == E_OK && !as_json)
        printf("%s: every file is what its manifest says%s\n", v->manifest.digest,
            key_text ? ", and it is signed by that key" : "; no key was named, so nothing says who signed it");
    return cli_trust_end(t, t->err, code, as_json, facts(t, v));
}

struct verify_order {
    const char *root, *state, *bundle;
    struct cli_trust_order trust;
    bool as_json;
};

static enum err
read_state(struct task *t, const struct verify_order *o, struct span *out)
{
    struct note_key key;
    if (o->state && access(o->state, F_OK) == 0)
        return fsio_read(t, o->state, 1 << 20, out);
    if (!o->root)
        return task_fail(t, E_INVALID, "Name the marketplace's root key: --root KEY.");
    return cli_key_public(t, o->root, &key) == E_OK ? trust_state_new(t, note_key_text(t, &key), out) : t->err;
}

static int
verify_market(struct task *t, struct verify_order *o)
{
    struct trust_verdict *v = task_new(t, struct trust_verdict);
    v->code = "malformed";
    if (read_state(t, o, &o->trust.state) == E_OK && cli_trust_verify(t, &o->trust, v) == E_OK && o->state)
        fsio_write_atomic(t, o->state, trust_state_write(t, &v->state), 0644);
    if (t->err == E_OK && !o->as_json && o->trust.id.n > 0)
        printf("%.*s %.*s (serial %lld): genuine; %zu of %lld reviewers, entry %lld of a log of %lld\n",
            SPAN_ARG(v->manifest.id), SPAN_ARG(v->manifest.version), (long long)v->manifest.serial, v->reviewers,
            (long long)v->threshold, (long long)v->leaf, (long long)v->state.size);
    return cli_trust_end(t, t->err, v->code, o->as_json, facts(t, v));
}

int
cli_plugin_verify(struct task *t, int argc, char **argv)
{
    static const char usage[] =
        "plugin verify BUNDLE [--key KEY] [--json] | plugin verify ID --in MARKETPLACE --root KEY [--serial N] "
        "[--state FILE] [--json]";
    const char *word[1], *key = NULL, *serial = NULL;
    struct verify_order o = {.root = NULL};
    size_t n = 0;
    const struct cli_option options[] = {{"--key", &key, NULL}, {"--in", &o.trust.folder, NULL},
        {"--root", &o.root, NULL}, {"--serial", &serial, NULL}, {"--state", &o.state, NULL},
        {"--json", NULL, &o.as_json}};
    if (cli_options(t, argc, argv, options, 6, word, 1, &n) != E_OK || n != 1 ||
        (serial && !line_number(span_of(serial), 1, INT32_MAX, &o.trust.serial)))
        return wrong(t, usage);
    if (!o.trust.folder)
        return verify_bundle(t, word[0], key, o.as_json);
    o.trust.id = span_of(word[0]);
    return verify_market(t, &o);
}

/* The log -----------------------------------------------------------------------------------------------------------
 */

static enum err
log_verify(struct task *t, const char *folder, const char *since, json_t **out)
{
    struct market *m = task_new(t, struct market);
    struct notes_checkpoint before;
    struct span bytes;
    struct note note;
    if (market_read(t, folder, m) != E_OK)
        return t->err;
    if (m->checkpoint_note.n == 0)
        return task_fail(t, E_NOTFOUND, "%s has no log.", folder);
    if (since && (fsio_read(t, since, NOTES_CHECKPOINT_BYTES + 8192, &bytes) != E_OK ||
                     note_parse(t, bytes, &note) != E_OK || notes_checkpoint_read(t, note.text, &before) != E_OK))
        return t->err;
    if (market_log_check(t, m, since ? &before : NULL) != E_OK)
        return t->err;
    *out = task_json(t, json_pack("{s:s%,s:I,s:s%}", "origin", m->root.origin.p, m->root.origin.n, "size",
                            (json_int_t)m->checkpoint.size, "root", hash_text(t, m->checkpoint.root.b).p, (size_t)64));
    return E_OK;
}

int
cli_log(struct task *t, int argc, char **argv)
{
    const char *word[2], *since = NULL;
    bool as_json = false;
    size_t n = 0;
    json_t *out = NULL;
    const struct cli_option options[] = {{"--since", &since, NULL}, {"--json", NULL, &as_json}};
    if (cli_options(t, argc, argv, options, 2, word, 2, &n) != E_OK || n != 2 || strcmp(word[0], "verify") != 0)
        return wrong(t, "log verify MARKETPLACE [--since CHECKPOINT] [--json]");
    enum err e = log_verify(t, word[1], since, &out);
    if (e == E_OK && !as_json)
        printf(
            "The log of %.*s is whole: %lld entries, each where the tree has it, under a root that its key signed%s.\n",
            SPAN_ARG(json_text(out, "origin")), (long long)json_int(out, "size", 0),
            since ? "; it only grew since then" : "");
    return cli_dataset_end(t, e, as_json, out);
}
