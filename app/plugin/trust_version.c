/* trust_version: one version of a plugin: listed, not revoked, vetted, signed by its owner, next in line; and what
 * holds it back from the one that is installed. */
#include "base/id.h"
#include "plugin/lines.h"
#include "plugin/trust_priv.h"

#include <string.h>

static bool
is_digest(const struct manifest *m, const unsigned char hash[32])
{
    unsigned char own[32];
    return hex_get(span_of(m->digest), own, sizeof own) && memcmp(own, hash, sizeof own) == 0;
}

/* Listed ------------------------------------------------------------------------------------------------------------
 */

static enum err
listed(struct trust_check *x)
{
    const struct manifest *m = &x->out->manifest;
    x->row = notes_snapshot_find(&x->out->snapshot, m->id, m->serial);
    if (!x->row)
        return trust_no(
            x, "not-listed", "The marketplace offers no %.*s of serial %lld.", SPAN_ARG(m->id), (long long)m->serial);
    if (!is_digest(m, x->row->manifest))
        return trust_no(x, "mix-and-match", "The manifest is not the one that the snapshot names for %.*s %lld.",
            SPAN_ARG(m->id), (long long)m->serial);
    if (x->row->status == NOTES_REVOKED)
        return trust_no(x, "revoked", "%.*s %.*s was revoked: it must not run.", SPAN_ARG(m->id), SPAN_ARG(m->version));
    return E_OK;
}

/* Vetted ------------------------------------------------------------------------------------------------------------
 */

/* The marketplace's reviewers and the deployment's own, each key once. */
static void
reviewers(struct trust_check *x, struct notes_keys *market, struct note_key *all, size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < market->n; i++)
        all[(*n)++] = market->key[i];
    for (size_t i = 0; i < x->in->reviewers && *n < (size_t)NOTES_KEYS * 2; i++) {
        bool known = false;
        for (size_t k = 0; k < *n; k++)
            known = known || memcmp(all[k].pub, x->in->reviewer[i].pub, NOTE_KEY_BYTES) == 0;
        if (!known)
            all[(*n)++] = x->in->reviewer[i];
    }
}

static enum err
vet_signed(struct trust_check *x, const struct note *note)
{
    struct trust_verdict *v = x->out;
    struct notes_keys *market = &v->state.root.role[ROLE_VET];
    struct note_key all[NOTES_KEYS * 2];
    bool by[NOTES_KEYS * 2];
    size_t n;
    reviewers(x, market, all, &n);
    v->threshold = x->in->vet_threshold > 0 ? x->in->vet_threshold : market->threshold;
    if (note_check(x->t, note, all, n, by) != E_OK)
        return trust_no(x, "vet-signature", "A reviewer's signature is bad.");
    for (size_t i = 0; i < n && v->reviewers < NOTE_SIGS; i++)
        if (by[i])
            v->reviewer[v->reviewers++] = all[i].name;
    if ((int64_t)v->reviewers < v->threshold)
        return trust_no(x, "vet-threshold", "%zu of %lld reviewers signed for %.*s.", v->reviewers,
            (long long)v->threshold, SPAN_ARG(v->manifest.id));
    return E_OK;
}

static enum err
vet_says(struct trust_check *x)
{
    const struct notes_vet *w = &x->out->vet;
    const struct manifest *m = &x->out->manifest;
    if (!span_eq(w->id, m->id) || w->serial != m->serial || !is_digest(m, w->manifest) ||
        memcmp(w->abc, m->abc, sizeof w->abc) != 0)
        return trust_no(
            x, "vet-mismatch", "The vetting is of something else than this version of %.*s.", SPAN_ARG(m->id));
    for (size_t i = 0; i < w->checks; i++)
        if (span_is(w->check[i].outcome, "fail"))
            return trust_no(x, "vet-failed", "The vetting of %.*s failed at \"%.*s\".", SPAN_ARG(m->id),
                SPAN_ARG(w->check[i].name));
    if (w->bound.n > 0 && !span_eq(w->bound, x->in->deployment))
        return trust_no(x, "level", "%.*s is private to %.*s.", SPAN_ARG(m->id), SPAN_ARG(w->bound));
    return trust_in_time(x, "vetting", w->expires_ms, 180 * NOTES_DAY_MS, "vet-expired");
}

static enum err
vetted(struct trust_check *x)
{
    struct note note;
    unsigned char hash[32];
    if (note_parse(x->t, x->in->vet, &note) != E_OK || notes_vet_read(x->t, note.text, &x->out->vet) != E_OK)
        return trust_no(x, "malformed", "The vetting is malformed.");
    sha256_bytes(note.text, hash);
    if (memcmp(hash, x->row->vet, sizeof hash) != 0)
        return trust_no(x, "mix-and-match", "The vetting is not the one that the snapshot names for %.*s.",
            SPAN_ARG(x->out->manifest.id));
    return vet_signed(x, &note) == E_OK ? vet_says(x) : x->t->err;
}

/* Signed by its owner -----------------------------------------------------------------------------------------------
 */

static enum err
owned(struct trust_check *x)
{
    const struct notes_publishers *p = &x->out->publishers;
    const struct manifest *m = &x->out->manifest;
    const struct notes_publisher *mine = NULL, *key = NULL;
    for (size_t i = 0; i < p->n; i++) {
        if (!span_eq(p->at[i].namespace, m->namespace) || !span_eq(p->at[i].name, m->publisher))
            continue;
        mine = &p->at[i];
        key = span_eq(mine->key.name, m->signer) ? mine : key;
    }
    if (!mine)
        return trust_no(
            x, "namespace", "The namespace %.*s is not %.*s's.", SPAN_ARG(m->namespace), SPAN_ARG(m->publisher));
    if (!key)
        return trust_no(
            x, "manifest-signature", "%.*s is no key of %.*s (any more).", SPAN_ARG(m->signer), SPAN_ARG(m->publisher));
    struct notes_keys one = {.threshold = 1, .key = {key->key}, .n = 1};
    x->out->key = key->key;
    return trust_signed(x, &x->manifest_note, &one, "manifest", "manifest-signature");
}

/* Next in line ------------------------------------------------------------------------------------------------------
 */

/* From what is installed on, each manifest names the one before it. */
static enum err
chained(struct trust_check *x, const struct manifest *installed)
{
    const struct manifest *last = installed;
    for (size_t i = 0; i < x->in->betweens; i++) {
        struct note note;
        struct manifest *next = task_new(x->t, struct manifest);
        if (note_parse(x->t, x->in->between[i], &note) != E_OK || manifest_parse(x->t, note.text, next) != E_OK)
            return trust_no(x, "malformed", "A manifest between is malformed.");
        if (next->serial <= last->serial)
            continue;
        if (!span_eq(next->id, last->id) || next->serial != last->serial + 1 || !is_digest(last, next->prev))
            return trust_no(x, "prev", "The versions between what is installed and this one don't follow each other.");
        last = next;
    }
    const struct manifest *m = &x->out->manifest;
    if (m->serial != last->serial + 1 || !is_digest(last, m->prev))
        return trust_no(x, "prev", "%.*s %.*s does not follow what is installed: its prev names another manifest.",
            SPAN_ARG(m->id), SPAN_ARG(m->version));
    return E_OK;
}

static enum err
read_installed(struct trust_check *x, struct manifest *out)
{
    struct note note;
    if (note_parse(x->t, x->in->installed_note, &note) != E_OK || manifest_parse(x->t, note.text, out) != E_OK)
        return trust_no(x, "malformed", "The installed manifest is malformed.");
    return span_eq(out->id, x->out->manifest.id)
               ? E_OK
               : trust_no(x, "malformed", "What is installed is another plugin: %.*s.", SPAN_ARG(out->id));
}

static enum err
in_line(struct trust_check *x)
{
    const struct manifest *m = &x->out->manifest;
    struct manifest *have = task_new(x->t, struct manifest);
    if (x->in->installed_note.n == 0)
        return x->row->status == NOTES_YANKED
                   ? trust_no(x, "yanked", "%.*s %.*s was taken back: it is not installed anew.", SPAN_ARG(m->id),
                         SPAN_ARG(m->version))
                   : E_OK;
    if (read_installed(x, have) != E_OK)
        return x->t->err;
    if (memcmp(have->digest, m->digest, MANIFEST_DIGEST_BYTES) == 0)
        return E_OK;
    if (m->serial <= have->serial)
        return trust_no(x, "serial", "Serial %lld of %.*s is installed; %lld would go back.", (long long)have->serial,
            SPAN_ARG(m->id), (long long)m->serial);
    if (x->row->status == NOTES_YANKED)
        return trust_no(x, "yanked", "%.*s %.*s was taken back.", SPAN_ARG(m->id), SPAN_ARG(m->version));
    return chained(x, have);
}

enum err
trust_version(struct trust_check *x)
{
    if (note_parse(x->t, x->in->manifest, &x->manifest_note) != E_OK ||
        manifest_parse(x->t, x->manifest_note.text, &x->out->manifest) != E_OK)
        return trust_no(x, "malformed", "The manifest is malformed.");
    if (listed(x) != E_OK || vetted(x) != E_OK || owned(x) != E_OK)
        return x->t->err;
    return in_line(x);
}

/* Held back ---------------------------------------------------------------------------------------------------------
 */

static void
reason(struct trust_check *x, struct span text)
{
    if (x->out->reasons < TRUST_REASONS)
        x->out->reason[x->out->reasons++] = text;
}

static void
forget(struct trust_state *s, struct span id)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->n_seen; i++)
        if (!span_eq(s->seen[i].id, id))
            s->seen[kept++] = s->seen[i];
    s->n_seen = kept;
}

/* Since when it was seen with this owner: now, if it never was. A full list holds for good: nothing is let through. */
static int64_t
owner_since(struct trust_check *x)
{
    struct trust_state *s = &x->out->state;
    const struct manifest *m = &x->out->manifest;
    for (size_t i = 0; i < s->n_seen; i++)
        if (span_eq(s->seen[i].id, m->id) && span_eq(s->seen[i].publisher, m->publisher))
            return s->seen[i].since_ms;
    forget(s, m->id);
    if (s->n_seen < TRUST_SEEN_MOST)
        s->seen[s->n_seen++] = (struct trust_seen){m->id, m->publisher, x->now_ms};
    return x->now_ms;
}

static void
owner(struct trust_check *x, const struct manifest *was)
{
    struct trust_verdict *v = x->out;
    if (span_eq(was->publisher, v->manifest.publisher)) {
        forget(&v->state, was->id);
        return;
    }
    v->held_until_ms = owner_since(x) + TRUST_OWNER_HOLD_MS;
    reason(x, task_format(x->t, "Its owner changed from %.*s to %.*s: nobody can consent for 30 days.",
                  SPAN_ARG(was->publisher), SPAN_ARG(v->manifest.publisher)));
}

void
trust_changes(struct trust_check *x)
{
    struct trust_verdict *v = x->out;
    struct manifest *was = task_new(x->t, struct manifest);
    struct span said[MANIFEST_DIFFS];
    v->code = "ok";
    if (x->in->installed_note.n == 0 || read_installed(x, was) != E_OK ||
        memcmp(was->digest, v->manifest.digest, MANIFEST_DIGEST_BYTES) == 0)
        return;
    owner(x, was);
    if (!span_eq(note_key_text(x->t, &v->key), x->in->installed_key))
        reason(x, task_format(x->t, "It is signed with another key: %.*s.", SPAN_ARG(v->key.name)));
    size_t n = manifest_widened(x->t, was, &v->manifest, said);
    for (size_t i = 0; i < n; i++)
        reason(x, said[i]);
    bool agreed = span_is(x->in->consent, v->manifest.digest) && x->now_ms >= v->held_until_ms;
    if (v->reasons > 0 && !agreed)
        v->code = "held-back";
}
