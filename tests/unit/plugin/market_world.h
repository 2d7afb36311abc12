/* market_world: a marketplace in a temporary folder, its people and their keys, and plugins published in it. */
#ifndef TEST_MARKET_WORLD_H
#define TEST_MARKET_WORLD_H

#include "base/fsio.h"
#include "base/id.h"
#include "plugin/bundle.h"
#include "plugin/lines.h"
#include "plugin/market_make.h"
#include "plugin/pack.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORLD_NOW ((int64_t)1795000000000) /* November 2026 */
#define WORLD_URL "https://here.example"

struct world {
    struct task task, *t;
    char folder[40];
    const char *market;
    struct note_secret root[3], online, acme, acme2, evil, alice, bob, carol;
    int64_t now;
    struct trust_state state;
};

/* What differs from one version to the next. */
struct version {
    int64_t serial;
    const char *lines;       /* more lines of the project's manifest */
    const char *description; /* of its tool; NULL: the usual one */
    const char *effect;      /* NULL: E0; others have a dry run */
    const struct note_secret *key;
};

static inline int
world_remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)ftw;
    if (kind == FTW_D)
        return chmod(path, 0700);
    return kind == FTW_DP || kind == FTW_F || kind == FTW_SL ? remove(path) : 0;
}

static inline void
world_must(struct world *w, enum err e)
{
    if (e != E_OK)
        fail_msg("%s: %s", err_word(e), w->t->cause);
}

static inline void
world_write(struct world *w, const char *path, const char *text)
{
    world_must(w, fsio_write_atomic(w->t, path, span_of(text), 0644));
}

static inline struct note_secret
world_key(struct world *w, const char *name)
{
    struct note_secret s;
    world_must(w, note_secret_new(w->t, span_of(name), &s));
    return s;
}

static inline void
world_begin(struct world *w)
{
    id_init();
    memset(w, 0, sizeof *w);
    w->t = &w->task;
    task_begin(w->t, 0);
    snprintf(w->folder, sizeof w->folder, "/tmp/lyceum-market-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    w->market = task_printf(w->t, "%s/market", w->folder);
    w->now = WORLD_NOW;
    for (int i = 0; i < 3; i++)
        w->root[i] = world_key(w, task_printf(w->t, "root%d", i));
    w->online = world_key(w, "online");
    w->acme = world_key(w, "acme.example/2026a");
    w->acme2 = world_key(w, "acme.example/2026b");
    w->evil = world_key(w, "evil.example/1");
    w->alice = world_key(w, "alice");
    w->bob = world_key(w, "bob");
    w->carol = world_key(w, "carol");
    const struct note_key reviewers[] = {w->alice.key, w->bob.key, w->carol.key};
    const struct market_order o = {w->market, SPAN("market.example"), w->root, 3, 2, reviewers, 3, 2};
    world_must(w, market_init(w->t, &o, &w->online, w->now));
    world_must(w, market_publisher(w->t, w->market, &w->online, SPAN("acme"), &w->acme.key, false, w->now));
    w->state.pinned = w->root[0].key;
}

static inline void
world_end(struct world *w)
{
    nftw(w->folder, world_remove_one, 16, FTW_PHYS);
    nftw(w->folder, world_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    task_end(w->t);
}

/* <folder>/b<serial>: packed and signed. */
static inline const char *
world_bundle(struct world *w, const struct version *v, struct manifest *m)
{
    static int n;
    struct task *t = w->t;
    const struct note_secret *key = v->key ? v->key : &w->acme;
    const char *project = task_printf(t, "%s/p%d", w->folder, ++n);
    const char *bundle = task_printf(t, "%s/b%lld", w->folder, (long long)v->serial);
    const char *before = v->serial > 1 ? task_printf(t, "%s/b%lld", w->folder, (long long)v->serial - 1) : NULL;
    const struct pack_order o = {project, bundle, before};
    struct span note;
    world_must(w, fsio_mkdir(t, project, 0755));
    world_must(w, fsio_mkdir(t, task_printf(t, "%s/tools", project), 0755));
    world_write(w, task_printf(t, "%s/manifest", project),
        task_printf(t,
            "id acme/geo\nversion 1.%lld\npublisher %.*s\nruntime python3 geo.py\ntool geo %s tools/geo.json%s\n%s",
            (long long)v->serial, SPAN_ARG(key->key.name), v->effect ? v->effect : "E0", v->effect ? " dry-run" : "",
            v->lines ? v->lines : ""));
    world_write(w, task_printf(t, "%s/geo.py", project), task_printf(t, "print(%lld)\n", (long long)v->serial));
    world_write(w, task_printf(t, "%s/tools/geo.json", project),
        task_printf(t, "{\"name\":\"geo\",\"description\":\"%s\",\"input_schema\":{\"type\":\"object\"}}",
            v->description ? v->description : "Finds places."));
    world_must(w, pack_project(t, &o, m));
    world_must(w, note_sign(t, m->text, key, &note));
    world_must(w, fsio_write_atomic(t, task_printf(t, "%s/manifest.note", bundle), note, 0644));
    unlink(task_printf(t, "%s/manifest", bundle));
    return bundle;
}

static inline struct span
world_vet_text(struct world *w, const struct manifest *m)
{
    struct notes_vet vet = {.id = m->id,
        .serial = m->serial,
        .level = SPAN("community"),
        .at_ms = w->now,
        .expires_ms = w->now + 180 * NOTES_DAY_MS,
        .abc = {m->abc[0], m->abc[1], m->abc[2]}};
    struct span text;
    sha256_bytes(m->text, vet.manifest);
    world_must(w, notes_vet_write(w->t, &vet, &text));
    return text;
}

static inline void
world_vet(struct world *w, const struct manifest *m)
{
    struct span note;
    world_must(w, note_sign(w->t, world_vet_text(w, m), &w->alice, &note));
    world_must(w, note_add(w->t, note, &w->bob, &note));
    const char *at = market_bundle(w->t, w->market, m->id, m->serial);
    world_must(w, fsio_write_atomic(w->t, task_printf(w->t, "%s/vet.note", at), note, 0644));
}

static inline void
world_refresh(struct world *w)
{
    const struct market_mark nothing = {.serial = 0};
    struct market_report r;
    world_must(w, market_refresh(w->t, w->market, &w->online, &nothing, w->now, &r));
}

static inline void
world_mark(struct world *w, int64_t serial, enum notes_status status)
{
    const struct market_mark mark = {SPAN("acme/geo"), serial, status};
    struct market_report r;
    world_must(w, market_refresh(w->t, w->market, &w->online, &mark, w->now, &r));
}

/* Packed, signed, published, vetted by two and listed. */
static inline struct manifest *
world_publish(struct world *w, const struct version *v)
{
    struct manifest *m = task_new(w->t, struct manifest);
    const char *bundle = world_bundle(w, v, m);
    world_must(w, market_publish(w->t, w->market, bundle, m));
    world_vet(w, m);
    world_refresh(w);
    return m;
}

/* All that there is to know of a version; serial 0: the newest. */
static inline struct trust_input *
world_gather(struct world *w, int64_t serial, const struct manifest *installed)
{
    struct trust_input *in = task_new(w->t, struct trust_input);
    world_must(
        w, market_gather(w->t, w->market, &w->state, SPAN("acme/geo"), serial, installed ? installed->serial : 0, in));
    in->deployment = SPAN(WORLD_URL);
    if (installed) {
        const char *at = market_bundle(w->t, w->market, installed->id, installed->serial);
        world_must(w, fsio_read(w->t, task_printf(w->t, "%s/manifest.note", at), 1 << 17, &in->installed_note));
        in->installed_key = note_key_text(w->t, &w->acme.key);
    }
    return in;
}

/* The verdict is "ok" or "held-back" as asked, and what it remembers is kept. */
static inline struct trust_verdict *
world_accept(struct world *w, const struct trust_input *in, const char *code)
{
    struct trust_verdict *v = task_new(w->t, struct trust_verdict);
    enum err e = trust_verify(w->t, in, &w->state, w->now, v);
    if (e != E_OK || strcmp(v->code, code) != 0)
        fail_msg("%s instead of %s: %s", v->code, code, w->t->cause);
    w->state = v->state;
    return v;
}

/* Refused with that code and a sentence; what is remembered stays, byte for byte. */
static inline void
world_refuse(struct world *w, const struct trust_input *in, const char *code)
{
    struct trust_verdict *v = task_new(w->t, struct trust_verdict);
    struct span before = trust_state_write(w->t, &w->state);
    enum err e = trust_verify(w->t, in, &w->state, w->now, v);
    if (e == E_OK || strcmp(v->code, code) != 0)
        fail_msg("%s instead of %s: %s", v->code, code, w->t->cause);
    bool known = false;
    for (size_t i = 0; trust_codes[i]; i++)
        known = known || strcmp(trust_codes[i], code) == 0;
    assert_true(known);
    assert_true(strlen(w->t->cause) > 20);
    assert_true(span_eq(before, trust_state_write(w->t, &v->state)));
    task_clear_error(w->t);
}

/* What somebody with a role's key could sign: the text of a note changed and signed again. */
static inline struct span
world_resign(struct world *w, struct span text, const struct note_secret *key)
{
    struct span note;
    world_must(w, note_sign(w->t, text, key, &note));
    return note;
}

static inline struct span
world_text(struct world *w, struct span bytes)
{
    struct note note;
    world_must(w, note_parse(w->t, bytes, &note));
    return note.text;
}

#endif
