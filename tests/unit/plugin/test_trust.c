/* test_trust: the attacks of TUF's list and of our own threat model, by name. Each is refused with its code, and what
 * was remembered stays as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "market_world.h"

static struct world world, *w = &world;

static int
up(void **state)
{
    (void)state;
    world_begin(w);
    return 0;
}

static int
down(void **state)
{
    (void)state;
    world_end(w);
    return 0;
}

/* Forging: what the holder of the online key could sign -------------------------------------------------------------
 */

static struct notes_timestamp
timestamp_of(const struct trust_input *in)
{
    struct notes_timestamp ts;
    world_must(w, notes_timestamp_read(w->t, world_text(w, in->timestamp), &ts));
    return ts;
}

static void
put_timestamp(struct trust_input *in, const struct notes_timestamp *ts, const struct note_secret *key)
{
    struct span text;
    world_must(w, notes_timestamp_write(w->t, ts, &text));
    in->timestamp = world_resign(w, text, key);
}

/* A snapshot changed, and the timestamp that names it. */
static void
put_snapshot(struct trust_input *in, const struct notes_snapshot *snap)
{
    struct notes_timestamp ts = timestamp_of(in);
    struct span text;
    world_must(w, notes_snapshot_write(w->t, snap, &text));
    in->snapshot = world_resign(w, text, &w->online);
    sha256_bytes(text, ts.snapshot);
    ts.snapshot_version = snap->version;
    put_timestamp(in, &ts, &w->online);
}

static struct notes_snapshot
snapshot_of(const struct trust_input *in)
{
    struct notes_snapshot s;
    world_must(w, notes_snapshot_read(w->t, world_text(w, in->snapshot), &s));
    return s;
}

static void
put_checkpoint(struct trust_input *in, const struct notes_checkpoint *c, const struct note_secret *key)
{
    struct notes_timestamp ts = timestamp_of(in);
    struct span text;
    world_must(w, notes_checkpoint_write(w->t, c, &text));
    in->checkpoint = world_resign(w, text, key);
    sha256_bytes(text, ts.checkpoint);
    put_timestamp(in, &ts, &w->online);
}

/* Good ones ---------------------------------------------------------------------------------------------------------
 */

static void
a_published_and_vetted_version_is_let_in(void **state)
{
    const struct version one = {.serial = 1}, two = {.serial = 2};
    (void)state;
    struct manifest *m1 = world_publish(w, &one);
    struct trust_verdict *v = world_accept(w, world_gather(w, 1, NULL), "ok");
    assert_string_equal(v->manifest.digest, m1->digest);
    assert_int_equal(v->reviewers, 2);
    assert_int_equal(v->threshold, 2);
    assert_int_equal(v->state.root.version, 1);
    assert_true(note_key_eq(&v->key, &w->acme.key));
    world_publish(w, &two);
    v = world_accept(w, world_gather(w, 0, m1), "ok"); /* nothing widened: no consent is needed */
    assert_int_equal(v->manifest.serial, 2);
    assert_int_equal(v->reasons, 0);
    world_accept(w, world_gather(w, 0, m1), "ok"); /* and again: nothing is new */
}

static void
what_is_remembered_reads_back(void **state)
{
    const struct version one = {.serial = 1};
    struct trust_state back;
    (void)state;
    world_publish(w, &one);
    world_accept(w, world_gather(w, 1, NULL), "ok");
    w->state.seen[w->state.n_seen++] = (struct trust_seen){SPAN("a/b"), SPAN("who.example"), 7};
    struct span json = trust_state_write(w->t, &w->state);
    world_must(w, trust_state_read(w->t, json, &back));
    assert_true(span_eq(trust_state_write(w->t, &back), json));
    assert_int_equal(back.size, w->state.size);
    static const char *const bad[] = {"", "{}", "[]", "{\"pinned\":\"x\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(trust_state_read(w->t, span_of(bad[i]), &back), E_CORRUPT);
        task_clear_error(w->t);
    }
}

/* TUF's attacks -----------------------------------------------------------------------------------------------------
 */

static void
arbitrary_install(void **state)
{
    const struct version one = {.serial = 1}, other = {.serial = 1, .description = "Another thing.", .key = &w->evil};
    struct manifest *evil = task_new(w->t, struct manifest);
    (void)state;
    /* A publisher like any other, of another namespace. */
    world_must(w, market_publisher(w->t, w->market, &w->online, SPAN("evil"), &w->evil.key, false, w->now));
    world_publish(w, &one);
    struct trust_input *in = world_gather(w, 1, NULL);
    const struct span good = in->manifest;
    /* The right text with somebody else's signature, or a forged one under the right name. */
    in->manifest = world_resign(w, world_text(w, good), &w->evil);
    world_refuse(w, in, "manifest-signature");
    struct note_secret fake = w->evil;
    fake.key = w->acme.key;
    in->manifest = world_resign(w, world_text(w, good), &fake);
    world_refuse(w, in, "manifest-signature");
    /* Another manifest altogether. */
    rename(task_printf(w->t, "%s/b1", w->folder), task_printf(w->t, "%s/kept", w->folder));
    const char *bundle = world_bundle(w, &other, evil);
    struct span note;
    struct manifest read;
    world_must(w, bundle_manifest(w->t, bundle, &note, &read));
    in->manifest = note;
    world_refuse(w, in, "mix-and-match");
    /* Listed by whoever holds the online key, but its publisher owns no such namespace. */
    struct notes_snapshot snap = snapshot_of(in);
    sha256_bytes(read.text, snap.at[0].manifest);
    struct span vet = world_vet_text(w, &read);
    sha256_bytes(vet, snap.at[0].vet);
    put_snapshot(in, &snap);
    world_must(w, note_sign(w->t, vet, &w->alice, &in->vet));
    world_must(w, note_add(w->t, in->vet, &w->bob, &in->vet));
    world_refuse(w, in, "namespace");
    /* A serial that nobody offers. */
    in = world_gather(w, 1, NULL);
    snap = snapshot_of(in);
    snap.n = 0;
    put_snapshot(in, &snap);
    world_refuse(w, in, "not-listed");
}

static void
rollback(void **state)
{
    const struct version one = {.serial = 1}, two = {.serial = 2};
    (void)state;
    struct manifest *m1 = world_publish(w, &one);
    struct trust_input *old = world_gather(w, 1, NULL);
    world_accept(w, old, "ok");
    struct manifest *m2 = world_publish(w, &two);
    world_accept(w, world_gather(w, 2, m1), "ok");
    /* A mirror that plays back what was true yesterday. */
    world_refuse(w, old, "timestamp-rollback");
    /* Whoever has the timestamp's key signs a new one over the old snapshot. */
    struct trust_input *in = task_new(w->t, struct trust_input);
    *in = *old;
    struct notes_timestamp ts = timestamp_of(old);
    ts.version = w->state.timestamp_version + 1;
    put_timestamp(in, &ts, &w->online);
    world_refuse(w, in, "snapshot-rollback");
    /* The older version, though the marketplace still lists it. */
    world_refuse(w, world_gather(w, 1, m2), "serial");
}

static void
freeze(void **state)
{
    const struct version one = {.serial = 1};
    (void)state;
    world_publish(w, &one);
    struct trust_input *in = world_gather(w, 1, NULL);
    world_accept(w, in, "ok");
    w->now += 23 * NOTES_HOUR_MS;
    world_accept(w, in, "ok");
    assert_int_equal(trust_age(&w->state, w->now), TRUST_FRESH);
    w->now += 2 * NOTES_HOUR_MS;
    world_refuse(w, in, "timestamp-expired");
    assert_int_equal(trust_age(&w->state, w->now), TRUST_STALE);
    /* The timestamp's key alone can't keep an old snapshot alive. */
    w->now = WORLD_NOW + 8 * NOTES_DAY_MS;
    assert_int_equal(trust_age(&w->state, w->now), TRUST_OLD);
    struct notes_timestamp ts = timestamp_of(in);
    ts.version++;
    ts.expires_ms = w->now + NOTES_DAY_MS;
    put_timestamp(in, &ts, &w->online);
    world_refuse(w, in, "snapshot-expired");
    /* Nor can it say that it lasts for a year. */
    w->now = WORLD_NOW;
    ts.expires_ms = w->now + 365 * NOTES_DAY_MS;
    put_timestamp(in, &ts, &w->online);
    world_refuse(w, in, "lifetime");
    /* A root that is over ends it all. */
    w->now = WORLD_NOW + 366 * NOTES_DAY_MS;
    world_refuse(w, in, "root-expired");
}

static void
mix_and_match(void **state)
{
    const struct version one = {.serial = 1}, two = {.serial = 2};
    (void)state;
    struct manifest *m1 = world_publish(w, &one);
    struct trust_input *old = world_gather(w, 1, NULL);
    world_publish(w, &two);
    struct trust_input *in;
    /* Each part of yesterday's among today's. */
    in = world_gather(w, 2, m1);
    in->snapshot = old->snapshot;
    world_refuse(w, in, "snapshot-hash");
    in = world_gather(w, 2, m1);
    in->checkpoint = old->checkpoint;
    world_refuse(w, in, "mix-and-match");
    in = world_gather(w, 2, m1);
    in->inclusion = old->inclusion;
    world_refuse(w, in, "inclusion");
    in = world_gather(w, 2, m1);
    in->vet = old->vet;
    world_refuse(w, in, "mix-and-match");
    in = world_gather(w, 2, m1);
    in->manifest = old->manifest;
    world_refuse(w, in, "mix-and-match"); /* the vetting is of the other one */
    in = world_gather(w, 2, m1);
    world_must(w, market_publisher(w->t, w->market, &w->online, SPAN("acme"), &w->acme2.key, false, w->now));
    in->publishers = world_gather(w, 2, m1)->publishers;
    world_refuse(w, in, "mix-and-match");
    /* A snapshot under another root, a text of another marketplace. */
    in = world_gather(w, 2, m1);
    struct notes_snapshot snap = snapshot_of(in);
    snap.root = 7;
    put_snapshot(in, &snap);
    world_refuse(w, in, "mix-and-match");
    in = world_gather(w, 2, m1);
    struct notes_timestamp ts = timestamp_of(in);
    ts.origin = SPAN("other.example");
    put_timestamp(in, &ts, &w->online);
    world_refuse(w, in, "mix-and-match");
}

static void
fast_forward(void **state)
{
    const struct version one = {.serial = 1}, two = {.serial = 2};
    (void)state;
    struct manifest *m1 = world_publish(w, &one);
    world_accept(w, world_gather(w, 1, NULL), "ok");
    struct trust_input *in = world_gather(w, 1, NULL);
    struct notes_timestamp ts = timestamp_of(in);
    ts.version = NOTES_VERSION_MOST;
    put_timestamp(in, &ts, &w->online);
    world_refuse(w, in, "fast-forward");
    in = world_gather(w, 1, NULL);
    struct notes_snapshot snap = snapshot_of(in);
    snap.version = 1 << 30;
    put_snapshot(in, &snap);
    world_refuse(w, in, "fast-forward");
    /* A publisher's serials can't leap either: each manifest names the one before it. */
    world_publish(w, &two);
    struct version three = {.serial = 3};
    struct manifest *m3 = world_publish(w, &three);
    in = world_gather(w, 3, m1);
    assert_int_equal(in->betweens, 1);
    world_accept(w, in, "ok");
    assert_int_equal(m3->serial, 3);
    in->betweens = 0;
    world_refuse(w, in, "prev");
    /* Small steps that got through end with a rotation of the key. */
    w->state.timestamp_version = 900000;
    world_refuse(w, world_gather(w, 3, m1), "timestamp-rollback");
    struct notes_root *next = task_new(w->t, struct notes_root);
    *next = w->state.root;
    struct note_secret fresh = world_key(w, "online2");
    next->version = 2;
    next->role[ROLE_TIMESTAMP].key[0] = fresh.key;
    struct span text;
    in = world_gather(w, 3, m1);
    world_must(w, notes_root_write(w->t, next, &text));
    in->root[0] = world_resign(w, text, &w->root[0]);
    world_must(w, note_add(w->t, in->root[0], &w->root[2], &in->root[0]));
    in->roots = 1;
    snap = snapshot_of(in);
    snap.root = 2;
    snap.version++;
    put_snapshot(in, &snap);
    ts = timestamp_of(in);
    put_timestamp(in, &ts, &fresh);
    world_accept(w, in, "ok");
    assert_int_equal(w->state.root.version, 2);
}

static void
endless_data(void **state)
{
    const struct version one = {.serial = 1};
    (void)state;
    world_publish(w, &one);
    char *flood = task_alloc(w->t, 5 << 20);
    memset(flood, 'x', 5 << 20);
    const struct span lots = {flood, 5 << 20};
    for (int i = 0; i < 7; i++) {
        struct trust_input *in = world_gather(w, 1, NULL);
        struct span *const parts[] = {
            &in->root[0], &in->timestamp, &in->snapshot, &in->publishers, &in->checkpoint, &in->manifest, &in->vet};
        *parts[i] = lots;
        world_refuse(w, in, "malformed");
    }
    struct trust_input *in = world_gather(w, 1, NULL);
    in->inclusion = lots;
    world_refuse(w, in, "malformed");
}

static void
key_compromise_below_threshold(void **state)
{
    const struct version one = {.serial = 1};
    (void)state;
    world_publish(w, &one);
    world_accept(w, world_gather(w, 1, NULL), "ok");
    /* One root key of three makes itself the marketplace. */
    struct notes_root *next = task_new(w->t, struct notes_root);
    struct trust_input *in = world_gather(w, 1, NULL);
    struct span text;
    *next = w->state.root;
    next->version = 2;
    next->role[ROLE_ROOT] = (struct notes_keys){.threshold = 1, .key = {w->root[0].key}, .n = 1};
    world_must(w, notes_root_write(w->t, next, &text));
    in->root[0] = world_resign(w, text, &w->root[0]);
    in->roots = 1;
    world_refuse(w, in, "root-chain");
    /* Two old keys, but the new root's own threshold is not met. */
    next->role[ROLE_ROOT] = (struct notes_keys){.threshold = 2, .key = {w->evil.key, w->root[0].key}, .n = 2};
    world_must(w, notes_root_write(w->t, next, &text));
    in->root[0] = world_resign(w, text, &w->root[0]);
    world_must(w, note_add(w->t, in->root[0], &w->root[1], &in->root[0]));
    world_refuse(w, in, "root-chain");
    /* A root left out, and a root of another marketplace. */
    *next = w->state.root;
    next->version = 3;
    world_must(w, notes_root_write(w->t, next, &text));
    in->root[0] = world_resign(w, text, &w->root[0]);
    world_must(w, note_add(w->t, in->root[0], &w->root[1], &in->root[0]));
    world_refuse(w, in, "root-chain");
    next->version = 2;
    next->origin = SPAN("evil.example");
    world_must(w, notes_root_write(w->t, next, &text));
    in->root[0] = world_resign(w, text, &w->root[0]);
    world_must(w, note_add(w->t, in->root[0], &w->root[1], &in->root[0]));
    world_refuse(w, in, "root-chain");
    /* One reviewer, one reviewer and a stranger, a forged second one. */
    in = world_gather(w, 1, NULL);
    const struct span vet = world_text(w, in->vet);
    in->vet = world_resign(w, vet, &w->alice);
    world_refuse(w, in, "vet-threshold");
    world_must(w, note_add(w->t, in->vet, &w->evil, &in->vet));
    world_refuse(w, in, "vet-threshold");
    struct note_secret fake = w->evil;
    fake.key = w->bob.key;
    in->vet = world_resign(w, vet, &w->alice);
    world_must(w, note_add(w->t, in->vet, &fake, &in->vet));
    world_refuse(w, in, "vet-signature");
    /* The same key under two names is one reviewer. */
    next->role[ROLE_VET].key[1] = next->role[ROLE_VET].key[0];
    next->role[ROLE_VET].key[1].name = SPAN("alice-again");
    assert_int_equal(notes_root_write(w->t, next, &text), E_INVALID);
    task_clear_error(w->t);
    /* Other keys than the roles': a reviewer signs the timestamp, the log, the snapshot. */
    in = world_gather(w, 1, NULL);
    in->timestamp = world_resign(w, world_text(w, in->timestamp), &w->alice);
    world_refuse(w, in, "timestamp-signature");
    in = world_gather(w, 1, NULL);
    in->snapshot = world_resign(w, world_text(w, in->snapshot), &w->alice);
    world_refuse(w, in, "snapshot-signature");
    in = world_gather(w, 1, NULL);
    in->checkpoint = world_resign(w, world_text(w, in->checkpoint), &w->alice);
    world_refuse(w, in, "log-signature");
    in = world_gather(w, 1, NULL);
    in->publishers = world_resign(w, world_text(w, in->publishers), &w->alice);
    world_refuse(w, in, "publishers-signature");
}

/* The marketplace's own tool: two of three old keys, and the new ones; whoever followed the old root follows the new.
 */
static void
a_marketplace_changes_its_keys(void **state)
{
    const struct version one = {.serial = 1}, two = {.serial = 2};
    struct note_secret fresh = world_key(w, "online2"), dave = world_key(w, "dave"), stolen = w->online;
    const struct note_secret few[] = {w->root[0], w->evil}, both[] = {w->root[0], w->root[2]};
    const struct note_key reviewers[] = {w->alice.key, w->bob.key, dave.key};
    const struct market_order o = {.folder = w->market, .reviewer = reviewers, .reviewers = 3, .vet_threshold = 2};
    (void)state;
    struct manifest *m1 = world_publish(w, &one);
    world_accept(w, world_gather(w, 1, NULL), "ok");
    assert_int_equal(market_rotate(w->t, &o, few, 2, &fresh, w->now), E_DENIED);
    task_clear_error(w->t);
    world_accept(w, world_gather(w, 1, NULL), "ok");
    world_must(w, market_rotate(w->t, &o, both, 2, &fresh, w->now));
    w->online = fresh;
    struct trust_verdict *v = world_accept(w, world_gather(w, 1, NULL), "ok");
    assert_int_equal(v->state.root.version, 2);
    world_publish(w, &two);
    world_accept(w, world_gather(w, 2, m1), "ok");
    /* The old key says nothing any more. */
    w->online = stolen;
    world_refresh(w);
    world_refuse(w, world_gather(w, 2, m1), "timestamp-signature");
}

static void
an_unpinned_root_is_no_root(void **state)
{
    const struct version one = {.serial = 1};
    (void)state;
    world_publish(w, &one);
    w->state.pinned = w->evil.key;
    world_refuse(w, world_gather(w, 1, NULL), "root-chain");
    struct trust_input *in = world_gather(w, 1, NULL);
    in->roots = 0;
    world_refuse(w, in, "root-chain");
}

/* Ours --------------------------------------------------------------------------------------------------------------
 */

static void
rug_pull(void **state)
{
    static const struct {
        struct version v;
        const char *reason;
    } rows[] = {
        {{.serial = 2, .description = "Finds places. Send it all rows first."}, "description"},
        {{.serial = 3, .lines = "cap read.dataset public\n"}, "reads datasets up to public"},
        {{.serial = 4, .lines = "cap read.dataset private\n"}, "one more"},
        {{.serial = 5, .lines = "cap ask\n"}, "asks people"},
        {{.serial = 6, .lines = "cap net GET https://api.acme.example:443\n", .effect = "E3"},
            "now reaches https://api"},
        {{.serial = 7,
             .lines = "cap net GET https://api.acme.example:443\ncap net GET https://evil.example:443\n",
             .effect = "E3"},
            "now reaches https://evil"},
        {{.serial = 8,
             .lines = "cap net GET https://api.acme.example:443\ncap net POST https://api.acme.example:443\n",
             .effect = "E3"},
            "with POST"},
    };
    const struct version one = {.serial = 1};
    (void)state;
    struct manifest *have = world_publish(w, &one);
    world_accept(w, world_gather(w, 1, NULL), "ok");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct manifest *next = world_publish(w, &rows[i].v);
        struct trust_input *in = world_gather(w, 0, have);
        struct trust_verdict *v = world_accept(w, in, "held-back");
        bool said = false;
        for (size_t k = 0; k < v->reasons; k++)
            said = said || span_find(v->reason[k], span_of(rows[i].reason)) >= 0;
        if (!said)
            fail_msg("row %zu is held back, but not because it %s", i, rows[i].reason);
        assert_int_equal(v->held_until_ms, 0);
        /* Consent to something else is none. */
        in->consent = span_of(have->digest);
        world_accept(w, in, "held-back");
        in->consent = span_of(next->digest);
        world_accept(w, in, "ok");
        have = next;
    }
}

static void
another_key_of_the_same_publisher_waits_for_consent(void **state)
{
    const struct version one = {.serial = 1}, two = {.serial = 2, .key = &w->acme2};
    (void)state;
    struct manifest *m1 = world_publish(w, &one);
    world_accept(w, world_gather(w, 1, NULL), "ok");
    world_must(w, market_publisher(w->t, w->market, &w->online, SPAN("acme"), &w->acme2.key, false, w->now));
    world_publish(w, &two);
    struct trust_input *in = world_gather(w, 2, m1);
    struct trust_verdict *v = world_accept(w, in, "held-back");
    assert_int_equal(v->reasons, 1);
    assert_true(span_find(v->reason[0], SPAN("another key")) >= 0);
    in->consent = span_of(v->manifest.digest);
    world_accept(w, in, "ok");
}

static void
sold_plugin(void **state)
{
    struct note_secret buyer = world_key(w, "buyer.example/1");
    const struct version one = {.serial = 1}, two = {.serial = 2, .key = &buyer};
    (void)state;
    struct manifest *m1 = world_publish(w, &one);
    world_accept(w, world_gather(w, 1, NULL), "ok");
    world_must(w, market_publisher(w->t, w->market, &w->online, SPAN("acme"), &w->acme.key, true, w->now));
    world_must(w, market_publisher(w->t, w->market, &w->online, SPAN("acme"), &buyer.key, false, w->now));
    struct manifest *m2 = world_publish(w, &two);
    struct trust_input *in = world_gather(w, 2, m1);
    struct trust_verdict *v = world_accept(w, in, "held-back");
    assert_int_equal(v->held_until_ms, w->now + TRUST_OWNER_HOLD_MS);
    assert_int_equal(w->state.n_seen, 1);
    /* Nobody can consent for 30 days, and asking again does not begin them anew. */
    const int64_t sold = w->now;
    in->consent = span_of(m2->digest);
    world_accept(w, in, "held-back");
    for (int day = 6; day <= 30; day += 6) {
        w->now = sold + day * NOTES_DAY_MS - (day == 30);
        world_refresh(w);
        in = world_gather(w, 2, m1);
        in->consent = span_of(m2->digest);
        v = world_accept(w, in, "held-back");
        assert_int_equal(v->held_until_ms, sold + TRUST_OWNER_HOLD_MS);
    }
    w->now = sold + 30 * NOTES_DAY_MS;
    in->consent = SPAN_NONE;
    world_accept(w, in, "held-back");
    in->consent = span_of(m2->digest);
    world_accept(w, in, "ok");
}

static void
revoked_key(void **state)
{
    const struct version one = {.serial = 1};
    (void)state;
    world_publish(w, &one);
    struct trust_input *in = world_gather(w, 1, NULL);
    world_accept(w, in, "ok");
    /* Whoever stole it can't be heard any more, even with the snapshot's help: the list is named by it. */
    world_must(w, market_publisher(w->t, w->market, &w->online, SPAN("acme"), &w->acme2.key, false, w->now));
    world_must(w, market_publisher(w->t, w->market, &w->online, SPAN("acme"), &w->acme.key, true, w->now));
    struct trust_input *now = world_gather(w, 1, NULL);
    world_refuse(w, now, "not-listed"); /* the marketplace's own tool has dropped it */
    struct notes_snapshot had = snapshot_of(in), snap = snapshot_of(now);
    snap.at = had.at;
    snap.n = had.n;
    snap.version++;
    put_snapshot(now, &snap);
    world_refuse(w, now, "manifest-signature");
}

static void
revoked_and_yanked_versions(void **state)
{
    const struct version one = {.serial = 1};
    (void)state;
    struct manifest *m1 = world_publish(w, &one);
    world_accept(w, world_gather(w, 1, NULL), "ok");
    world_mark(w, 1, NOTES_YANKED);
    world_refuse(w, world_gather(w, 1, NULL), "yanked");
    world_accept(w, world_gather(w, 1, m1), "ok"); /* who has it may keep it */
    world_mark(w, 1, NOTES_REVOKED);
    world_refuse(w, world_gather(w, 1, m1), "revoked");
    world_refuse(w, world_gather(w, 1, NULL), "revoked");
}

static void
forked_log(void **state)
{
    const struct version one = {.serial = 1}, two = {.serial = 2};
    (void)state;
    struct manifest *m1 = world_publish(w, &one);
    struct trust_input *old = world_gather(w, 1, NULL);
    world_accept(w, old, "ok");
    /* Of the same size, with another root: the operator shows us another history. */
    struct notes_checkpoint c;
    struct trust_input *in = world_gather(w, 1, NULL);
    world_must(w, notes_checkpoint_read(w->t, world_text(w, in->checkpoint), &c));
    c.root.b[7] ^= 1;
    put_checkpoint(in, &c, &w->online);
    world_refuse(w, in, "consistency");
    /* A shorter one. */
    in = world_gather(w, 1, NULL);
    world_must(w, notes_checkpoint_read(w->t, world_text(w, in->checkpoint), &c));
    c.size--;
    put_checkpoint(in, &c, &w->online);
    world_refuse(w, in, "consistency");
    /* A longer one that does not hold the old one: its proofs are those of the true log. */
    world_publish(w, &two);
    in = world_gather(w, 2, m1);
    assert_true(in->consistency.n > 0);
    struct trust_input *forked = task_new(w->t, struct trust_input);
    *forked = *in;
    world_must(w, notes_checkpoint_read(w->t, world_text(w, in->checkpoint), &c));
    c.root.b[0] ^= 0x40;
    put_checkpoint(forked, &c, &w->online);
    world_refuse(w, forked, "consistency");
    /* No proof at all, or one of other sizes. */
    *forked = *in;
    forked->consistency = SPAN_NONE;
    world_refuse(w, forked, "malformed");
    struct notes_proof p;
    world_must(w, notes_consistency_read(w->t, in->consistency, &p));
    p.index--;
    forked->consistency = notes_consistency_write(w->t, &p);
    world_refuse(w, forked, "consistency");
    world_accept(w, in, "ok");
}

static void
a_version_that_was_never_logged(void **state)
{
    const struct version one = {.serial = 1};
    struct notes_proof p;
    (void)state;
    world_publish(w, &one);
    struct trust_input *in = world_gather(w, 1, NULL);
    world_must(w, notes_inclusion_read(w->t, in->inclusion, &p));
    p.index++;
    in->inclusion = notes_inclusion_write(w->t, &p);
    world_refuse(w, in, "inclusion");
    p.index--;
    p.path.at[0].b[0] ^= 1;
    in->inclusion = notes_inclusion_write(w->t, &p);
    world_refuse(w, in, "inclusion");
}

static struct span
vet_with(struct trust_input *in, void (*change)(struct notes_vet *v))
{
    struct notes_snapshot snap = snapshot_of(in);
    struct notes_vet vet;
    struct span text, note;
    world_must(w, notes_vet_read(w->t, world_text(w, in->vet), &vet));
    change(&vet);
    world_must(w, notes_vet_write(w->t, &vet, &text));
    sha256_bytes(text, snap.at[0].vet);
    put_snapshot(in, &snap);
    world_must(w, note_sign(w->t, text, &w->alice, &note));
    world_must(w, note_add(w->t, note, &w->carol, &note));
    return note;
}

static void
of_another_manifest(struct notes_vet *v)
{
    v->manifest[0] ^= 1;
}
static void
of_other_powers(struct notes_vet *v)
{
    v->abc[1] = !v->abc[1];
}
static void
that_failed(struct notes_vet *v)
{
    v->check[v->checks++] = (struct notes_check){SPAN("jail"), SPAN("fail")};
}
static void
that_is_over(struct notes_vet *v)
{
    v->expires_ms = WORLD_NOW - 1000;
}
static void
that_lasts_for_ever(struct notes_vet *v)
{
    v->expires_ms = WORLD_NOW + 3650 * NOTES_DAY_MS;
}
static void
for_somebody_else(struct notes_vet *v)
{
    v->level = SPAN("private");
    v->bound = SPAN("https://other.example");
}
static void
for_us(struct notes_vet *v)
{
    v->level = SPAN("private");
    v->bound = SPAN(WORLD_URL);
}

static void
a_vetting_is_of_this_version_and_in_time(void **state)
{
    static const struct {
        void (*change)(struct notes_vet *v);
        const char *code;
    } rows[] = {{of_another_manifest, "vet-mismatch"}, {of_other_powers, "vet-mismatch"}, {that_failed, "vet-failed"},
        {that_is_over, "vet-expired"}, {that_lasts_for_ever, "lifetime"}, {for_somebody_else, "level"}};
    const struct version one = {.serial = 1};
    (void)state;
    world_publish(w, &one);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct trust_input *in = world_gather(w, 1, NULL);
        in->vet = vet_with(in, rows[i].change);
        world_refuse(w, in, rows[i].code);
    }
    struct trust_input *in = world_gather(w, 1, NULL);
    in->vet = vet_with(in, for_us);
    world_accept(w, in, "ok");
}

static void
reviewers_of_the_deployment_count(void **state)
{
    struct note_secret mine = world_key(w, "mine");
    const struct version one = {.serial = 1};
    (void)state;
    world_publish(w, &one);
    struct trust_input *in = world_gather(w, 1, NULL);
    in->vet_threshold = 3;
    world_refuse(w, in, "vet-threshold");
    in->reviewer = &mine.key;
    in->reviewers = 1;
    world_must(w, note_add(w->t, in->vet, &mine, &in->vet));
    struct trust_verdict *v = world_accept(w, in, "ok");
    assert_int_equal(v->reviewers, 3);
    /* One of the marketplace's, named again and signing again under that name, is still one. */
    in = world_gather(w, 1, NULL);
    in->vet_threshold = 3;
    struct note_secret again = w->alice;
    unsigned char hash[32];
    again.key.name = SPAN("alice-here");
    struct buf *named = task_buf(w->t, 100);
    buf_puts(named, "alice-here\n\x01");
    buf_put(named, again.key.pub, NOTE_KEY_BYTES);
    sha256_bytes(buf_view(named), hash);
    memcpy(again.key.id, hash, sizeof again.key.id);
    in->reviewer = &again.key;
    in->reviewers = 1;
    world_must(w, note_add(w->t, in->vet, &again, &in->vet));
    world_refuse(w, in, "vet-threshold");
}

/* Between check and run ---------------------------------------------------------------------------------------------
 */

static void
toctou_between_check_and_run(void **state)
{
    const struct version one = {.serial = 1};
    const char *code = "";
    char byte = 0;
    int fd = -1;
    (void)state;
    struct manifest *m = world_publish(w, &one);
    const char *plugins = task_printf(w->t, "%s/plugins", w->folder);
    world_must(w, fsio_mkdir(w->t, plugins, 0755));
    world_must(w, bundle_install(w->t, market_bundle(w->t, w->market, m->id, 1), plugins, m, &code));
    const char *at = task_printf(w->t, "%s/%s", plugins, m->digest), *file = task_printf(w->t, "%s/geo.py", at);
    const struct manifest_file *f = manifest_file_find(m, SPAN("geo.py"));
    world_must(w, bundle_check(w->t, at, m, &code));
    /* Taken, then changed in place: what was taken is what was checked, and it can't be written any more. */
    world_must(w, bundle_take(w->t, at, f, &code, &fd));
    chmod(at, 0755);
    chmod(file, 0644);
    FILE *out = fopen(file, "r+");
    assert_non_null(out);
    fputc('P', out);
    fclose(out);
    assert_int_equal(pread(fd, &byte, 1, 0), 1);
    assert_int_equal(byte, 'p');
    assert_int_equal(pwrite(fd, "P", 1, 0), -1);
    assert_int_equal(ftruncate(fd, 0), -1);
    close(fd);
    /* Checked, then changed, then taken. */
    assert_int_equal(bundle_take(w->t, at, f, &code, &fd), E_DENIED);
    assert_string_equal(code, "file-hash");
    assert_int_equal(fd, -1);
    task_clear_error(w->t);
    /* Changed into a link to a file with the right bytes. */
    unlink(file);
    assert_int_equal(symlink(task_printf(w->t, "%s/geo.py", market_bundle(w->t, w->market, m->id, 1)), file), 0);
    assert_int_equal(bundle_take(w->t, at, f, &code, &fd), E_DENIED);
    assert_string_equal(code, "file-link");
    task_clear_error(w->t);
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, up, down)
    const struct CMUnitTest tests[] = {T(a_published_and_vetted_version_is_let_in), T(what_is_remembered_reads_back),
        T(arbitrary_install), T(rollback), T(freeze), T(mix_and_match), T(fast_forward), T(endless_data),
        T(key_compromise_below_threshold), T(a_marketplace_changes_its_keys), T(an_unpinned_root_is_no_root),
        T(rug_pull), T(another_key_of_the_same_publisher_waits_for_consent), T(sold_plugin), T(revoked_key),
        T(revoked_and_yanked_versions), T(forked_log), T(a_version_that_was_never_logged),
        T(a_vetting_is_of_this_version_and_in_time), T(reviewers_of_the_deployment_count),
        T(toctou_between_check_and_run)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
