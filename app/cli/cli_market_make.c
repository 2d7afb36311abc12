/* cli_market_make: what a marketplace's operator does. */
#include "base/clock.h"
#include "base/json.h"
#include "cli/cli_dataset.h"
#include "cli/cli_keys.h"
#include "cli/cli_market.h"
#include "plugin/lines.h"
#include "plugin/market_make.h"

#include <stdio.h>
#include <string.h>

/* Init --------------------------------------------------------------------------------------------------------------
 */

struct init_order {
    const char *origin, *key, *root_keys, *reviewers, *threshold;
    bool as_json;
};

static enum err
read_reviewers(struct task *t, const char *list, struct note_key key[NOTES_KEYS], size_t *n)
{
    struct span rest = span_of(list), one;
    while (span_cut(&rest, '\n', &one)) {
        if (*n == NOTES_KEYS)
            return task_fail(t, E_LIMIT, "A marketplace has at most %d reviewers.", NOTES_KEYS);
        if (cli_key_public(t, task_z(t, one), &key[(*n)++]) != E_OK)
            return t->err;
    }
    return E_OK;
}

static enum err
read_roots(struct task *t, const char *list, struct note_secret key[NOTES_KEYS], size_t *n)
{
    struct span rest = span_of(list), one;
    while (span_cut(&rest, '\n', &one)) {
        if (*n == NOTES_KEYS)
            return task_fail(t, E_LIMIT, "A marketplace has at most %d root keys.", NOTES_KEYS);
        if (cli_key_read(t, task_z(t, one), &key[(*n)++]) != E_OK)
            return t->err;
    }
    return E_OK;
}

static enum err
do_init(struct task *t, const char *folder, const struct init_order *o, json_t **out)
{
    struct note_secret online, root[NOTES_KEYS];
    struct note_key reviewer[NOTES_KEYS];
    struct market_order m = {.folder = folder, .origin = span_of(o->origin), .root = root, .reviewer = reviewer};
    if (cli_key_read(t, o->key, &online) != E_OK ||
        read_roots(t, o->root_keys ? o->root_keys : o->key, root, &m.roots) != E_OK)
        return t->err;
    reviewer[0] = online.key;
    m.reviewers = o->reviewers ? 0 : 1; /* a marketplace of one person */
    if (o->reviewers && read_reviewers(t, o->reviewers, reviewer, &m.reviewers) != E_OK)
        return t->err;
    m.root_threshold = m.roots >= 3 ? 2 : (int64_t)m.roots;
    m.vet_threshold = m.reviewers >= 2 ? 2 : 1;
    if (o->threshold && !line_number(span_of(o->threshold), 1, (int64_t)m.reviewers, &m.vet_threshold))
        return task_fail(t, E_INVALID, "--threshold is how many of the %zu reviewers must sign.", m.reviewers);
    if (market_init(t, &m, &online, clock_unix_ms()) != E_OK)
        return t->err;
    struct span pin = note_key_text(t, &root[0].key);
    *out = task_json(t, json_pack("{s:s,s:s,s:s%}", "folder", folder, "origin", o->origin, "root", pin.p, pin.n));
    if (!o->as_json)
        printf("%s is a marketplace now. Deployments add it with --root %.*s\n", folder, SPAN_ARG(pin));
    return E_OK;
}

int
cli_market_init(struct task *t, int argc, char **argv)
{
    const char *word[1];
    struct init_order o = {.origin = NULL};
    size_t n = 0;
    json_t *out = NULL;
    const struct cli_option options[] = {{"--origin", &o.origin, NULL}, {"--key", &o.key, NULL},
        {"--root-key", &o.root_keys, NULL}, {"--reviewer", &o.reviewers, NULL}, {"--threshold", &o.threshold, NULL},
        {"--json", NULL, &o.as_json}};
    if (cli_options(t, argc, argv, options, 6, word, 1, &n) != E_OK || n != 1 || !o.origin || !o.key)
        return cli_market_wrong(t, "init FOLDER --origin NAME --key NAME [--root-key NAME ...] [--reviewer KEY ...] "
                                   "[--threshold N] [--json]");
    enum err e = do_init(t, word[0], &o, &out);
    return cli_dataset_end(t, e, o.as_json, out);
}

/* Signed by all that are named: old root keys (--sign), and the new ones (--root-key). */
static enum err
do_rotate(struct task *t, const char *folder, const struct init_order *o, const char *signers)
{
    struct note_secret online, root[NOTES_KEYS], sign[2 * NOTES_KEYS];
    struct note_key reviewer[NOTES_KEYS];
    struct market_order m = {.folder = folder, .root = root, .reviewer = reviewer};
    size_t n = 0;
    if (cli_key_read(t, o->key, &online) != E_OK || read_roots(t, signers, sign, &n) != E_OK ||
        (o->root_keys && read_roots(t, o->root_keys, root, &m.roots) != E_OK) ||
        (o->reviewers && read_reviewers(t, o->reviewers, reviewer, &m.reviewers) != E_OK))
        return t->err;
    m.root_threshold = m.roots >= 3 ? 2 : (int64_t)m.roots;
    m.vet_threshold = m.reviewers >= 2 ? 2 : 1;
    if (o->threshold && !line_number(span_of(o->threshold), 1, (int64_t)m.reviewers, &m.vet_threshold))
        return task_fail(t, E_INVALID, "--threshold goes with --reviewer: how many of those must sign.");
    for (size_t i = 0; i < m.roots; i++)
        sign[n++] = root[i];
    return market_rotate(t, &m, sign, n, &online, clock_unix_ms());
}

int
cli_market_rotate(struct task *t, int argc, char **argv)
{
    const char *word[1], *signers = NULL;
    struct init_order o = {.origin = NULL};
    size_t n = 0;
    const struct cli_option options[] = {{"--sign", &signers, NULL}, {"--key", &o.key, NULL},
        {"--root-key", &o.root_keys, NULL}, {"--reviewer", &o.reviewers, NULL}, {"--threshold", &o.threshold, NULL}};
    if (cli_options(t, argc, argv, options, 5, word, 1, &n) != E_OK || n != 1 || !signers || !o.key)
        return cli_market_wrong(t, "rotate FOLDER --sign ROOT-KEY ... --key NAME [--root-key NAME ...] "
                                   "[--reviewer KEY ...] [--threshold N]");
    if (do_rotate(t, word[0], &o, signers) == E_OK)
        printf("The marketplace has its next root; deployments follow it with their next update.\n");
    return cli_dataset_end(t, t->err, false, NULL);
}

/* The rest ----------------------------------------------------------------------------------------------------------
 */

int
cli_market_publisher(struct task *t, int argc, char **argv)
{
    const char *word[3], *name = NULL;
    bool remove = false;
    size_t n = 0;
    struct note_secret online;
    struct note_key key;
    const struct cli_option options[] = {{"--key", &name, NULL}, {"--remove", NULL, &remove}};
    if (cli_options(t, argc, argv, options, 2, word, 3, &n) != E_OK || n != 3 || !name)
        return cli_market_wrong(t, "publisher FOLDER NAMESPACE KEY --key NAME [--remove]");
    if (cli_key_read(t, name, &online) == E_OK && cli_key_public(t, word[2], &key) == E_OK &&
        market_publisher(t, word[0], &online, span_of(word[1]), &key, remove, clock_unix_ms()) == E_OK)
        printf("%.*s %s sign for %s.\n", SPAN_ARG(key.name), remove ? "may no longer" : "may", word[1]);
    return cli_dataset_end(t, t->err, false, NULL);
}

static int
refresh(struct task *t, const char *folder, const char *key, const struct market_mark *mark, bool as_json)
{
    struct note_secret online;
    struct market_report r;
    json_t *out = NULL, *waiting = json_array();
    if (cli_key_read(t, key, &online) == E_OK &&
        market_refresh(t, folder, &online, mark, clock_unix_ms(), &r) == E_OK) {
        for (size_t i = 0; i < r.waits; i++) {
            json_array_append_new(waiting, json_stringn(r.waiting[i].p, r.waiting[i].n));
            if (!as_json)
                printf("waits: %.*s\n", SPAN_ARG(r.waiting[i]));
        }
        if (!as_json)
            printf("%zu versions are listed; %zu new entries in a log of %lld.\n", r.listed, r.logged,
                (long long)r.log_size);
        out = json_pack("{s:I,s:I,s:I}", "listed", (json_int_t)r.listed, "logged", (json_int_t)r.logged, "log_size",
            (json_int_t)r.log_size);
        json_object_set(out, "waiting", waiting);
    }
    json_decref(waiting);
    return cli_dataset_end(t, t->err, as_json, task_json(t, out));
}

int
cli_market_refresh(struct task *t, int argc, char **argv)
{
    const char *word[1], *name = NULL;
    bool as_json = false;
    size_t n = 0;
    const struct market_mark nothing = {.serial = 0};
    const struct cli_option options[] = {{"--key", &name, NULL}, {"--json", NULL, &as_json}};
    if (cli_options(t, argc, argv, options, 2, word, 1, &n) != E_OK || n != 1 || !name)
        return cli_market_wrong(t, "refresh FOLDER --key NAME [--json]");
    return refresh(t, word[0], name, &nothing, as_json);
}

int
cli_market_mark(struct task *t, int argc, char **argv)
{
    static const struct {
        const char *word;
        enum notes_status status;
    } rows[] = {{"revoke", NOTES_REVOKED}, {"yank", NOTES_YANKED}, {"restore", NOTES_OK}};
    const char *word[3], *name = NULL;
    bool as_json = false;
    size_t n = 0;
    struct market_mark mark = {.serial = 0};
    const struct cli_option options[] = {{"--key", &name, NULL}, {"--json", NULL, &as_json}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(argv[0], rows[i].word) == 0)
            mark.status = rows[i].status;
    if (cli_options(t, argc, argv, options, 2, word, 3, &n) != E_OK || n != 3 || !name ||
        !line_number(span_of(word[2]), 1, INT32_MAX, &mark.serial))
        return cli_market_wrong(t, "revoke|yank|restore FOLDER ID SERIAL --key NAME [--json]");
    mark.id = span_of(word[1]);
    return refresh(t, word[0], name, &mark, as_json);
}
