/* admit: verifying grants, once each. */
#include "query/admit.h"

#include "base/clock.h"
#include "base/id.h"
#include "policy/grant.h"
#include "policy/nonce.h"

#include <string.h>

enum { ADMIT_KEPT = 512, NONCE_SLOTS = 65536, KEY_AGAIN_MS = 1000, CAPABILITY_BYTES = 8, DETAIL_BYTES = 1024 };
enum { REUSABLE_GRACE_MS = 5000 }; /* pages that were under way when the service was restarted */

static struct nonce_set *nonces;

static struct {
    unsigned char key[GRANT_KEY_BYTES];
    bool have;
    int64_t read_ms; /* monotonic: when the file was last looked at */
} gate;

/* Verified reusable grants of this process, by the hash of their bytes. */
static struct kept {
    unsigned char hash[HASH_BYTES];
    int64_t expires_ms;
    int64_t level;
    char capability[CAPABILITY_BYTES];
    char dataset[DATASET_NAME_BYTES + 1];
    char revision[DATASET_REVISION_BYTES + 1];
    char conversation[ID_BYTES + 1];
    char detail[DETAIL_BYTES]; /* a grant with a longer one is verified each time */
} kept[ADMIT_KEPT];

enum err
admit_init(struct task *t)
{
    return nonce_open(t, NONCE_SLOTS, &nonces);
}

static enum err
read_key(struct task *t)
{
    gate.read_ms = clock_mono_ms();
    enum err e = grant_key_read_public(t, "gate", gate.key);
    gate.have = gate.have || e == E_OK;
    return e;
}

/* Gate may start after us, or have made itself a new key: its file is looked at again, at most once a second. */
static enum err
open_grant(struct task *t, struct span sealed, int64_t now_ms, struct grant *out)
{
    bool fresh = !gate.have;
    if (!gate.have && read_key(t) != E_OK)
        return t->err;
    enum err e = grant_open(t, gate.key, sealed, "query", now_ms, out);
    if (e == E_OK || fresh || clock_mono_ms() - gate.read_ms < KEY_AGAIN_MS)
        return e;
    unsigned char before[GRANT_KEY_BYTES];
    memcpy(before, gate.key, sizeof before);
    struct task again;
    task_begin(&again, 0);
    bool changed = read_key(&again) == E_OK && memcmp(before, gate.key, sizeof before) != 0;
    task_end(&again);
    if (!changed)
        return e;
    task_clear_error(t);
    return grant_open(t, gate.key, sealed, "query", now_ms, out);
}

static bool
fits(struct span s, char *to, size_t room)
{
    if (s.n >= room)
        return false;
    memset(to, 0, room);
    memcpy(to, s.n > 0 ? s.p : "", s.n);
    return true;
}

static void
keep(const unsigned char hash[HASH_BYTES], const struct grant *g)
{
    struct kept k = {.expires_ms = g->expires_ms, .level = g->level};
    memcpy(k.hash, hash, HASH_BYTES);
    if (fits(g->capability, k.capability, sizeof k.capability) && fits(g->dataset, k.dataset, sizeof k.dataset) &&
        fits(g->revision, k.revision, sizeof k.revision) &&
        fits(g->conversation, k.conversation, sizeof k.conversation) && fits(g->detail, k.detail, sizeof k.detail))
        kept[(hash[0] | hash[1] << 8) % ADMIT_KEPT] = k;
}

static const struct kept *
recall(const unsigned char hash[HASH_BYTES], int64_t now_ms)
{
    const struct kept *k = &kept[(hash[0] | hash[1] << 8) % ADMIT_KEPT];
    return k->expires_ms > now_ms && memcmp(k->hash, hash, HASH_BYTES) == 0 ? k : NULL;
}

static enum err
check_scope(
    struct task *t, struct span has_capability, struct span has_dataset, const char *capability, struct span dataset)
{
    if (!span_is(has_capability, capability))
        return task_fail(t, E_DENIED, "The permission for this call is for something else.");
    if (has_dataset.n == 0 || !span_eq(has_dataset, dataset))
        return task_fail(t, E_DENIED, "The permission for this call is for another dataset.");
    return E_OK;
}

static enum err
check_new(struct task *t, struct span sealed, const unsigned char hash[HASH_BYTES], const char *capability,
    struct span dataset, struct span args_hash, struct admitted *out)
{
    struct grant g;
    int64_t now = clock_unix_ms();
    if (open_grant(t, sealed, now, &g) != E_OK || check_scope(t, g.capability, g.dataset, capability, dataset) != E_OK)
        return t->err;
    if (g.args_hash.n > 0 ? !secret_eq(g.args_hash, args_hash) : !g.reusable)
        return task_fail(t, E_DENIED, "The permission for this call is for other arguments.");
    if (nonce_covers(t, nonces, g.issued_ms, g.reusable ? REUSABLE_GRACE_MS : 0) != E_OK ||
        (!g.reusable && nonce_use(t, nonces, g.nonce, g.expires_ms, now) != E_OK))
        return t->err;
    if (g.reusable && g.args_hash.n == 0)
        keep(hash, &g);
    out->which = (struct dataset_ask){dataset, g.revision, g.conversation, g.level};
    out->detail = g.detail;
    return E_OK;
}

enum err
admit_check(struct task *t, struct span sealed, const char *capability, struct span dataset, struct span args_hash,
    struct admitted *out)
{
    unsigned char hash[HASH_BYTES];
    if (sealed.n == 0 || sealed.n > GRANT_SEAL_BYTES)
        return task_fail(t, E_DENIED, "This call needs a permission.");
    hash_bytes(sealed, hash);
    const struct kept *k = recall(hash, clock_unix_ms());
    if (!k)
        return check_new(t, sealed, hash, capability, dataset, args_hash, out);
    out->which = (struct dataset_ask){
        dataset, task_dup(t, span_of(k->revision)), task_dup(t, span_of(k->conversation)), k->level};
    out->detail = task_dup(t, span_of(k->detail));
    return check_scope(t, span_of(k->capability), span_of(k->dataset), capability, dataset);
}
