/* trust: the order of the checks. */
#include "plugin/trust_priv.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *const trust_codes[] = {"ok", "held-back", "malformed", "root-chain", "root-expired", "timestamp-signature",
    "timestamp-rollback", "timestamp-expired", "snapshot-hash", "snapshot-signature", "snapshot-rollback",
    "snapshot-expired", "publishers-signature", "publishers-rollback", "publishers-expired", "mix-and-match",
    "fast-forward", "lifetime", "not-listed", "revoked", "yanked", "vet-signature", "vet-threshold", "vet-mismatch",
    "vet-failed", "vet-expired", "level", "namespace", "manifest-signature", "serial", "prev", "log-signature",
    "consistency", "inclusion", "static-policy", NULL};

enum err
trust_no(struct trust_check *x, const char *code, const char *fmt, ...)
{
    char why[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    x->out->code = code;
    return task_fail(x->t, E_DENIED, "%s", why); /* the first sentence stays */
}

enum err
trust_signed(
    struct trust_check *x, const struct note *note, const struct notes_keys *keys, const char *who, const char *code)
{
    bool by[NOTES_KEYS];
    int64_t n = 0;
    if (note_check(x->t, note, keys->key, keys->n, by) != E_OK)
        return trust_no(x, code, "A signature of the %s is bad.", who);
    for (size_t i = 0; i < keys->n; i++)
        n += by[i];
    if (n < keys->threshold)
        return trust_no(x, code, "%lld of the %lld signatures that the %s needs are there.", (long long)n,
            (long long)keys->threshold, who);
    return E_OK;
}

enum err
trust_in_time(struct trust_check *x, const char *what, int64_t expires_ms, int64_t most_ms, const char *code)
{
    char at[21];
    clock_iso(expires_ms, at);
    if (expires_ms <= x->now_ms)
        return trust_no(x, code, "The %s expired at %s.", what, at);
    if (expires_ms > x->now_ms + most_ms + NOTES_HOUR_MS)
        return trust_no(x, "lifetime", "The %s says that it lasts until %s, which is longer than it may.", what, at);
    return E_OK;
}

static enum err
check(struct trust_check *x)
{
    const char *why;
    bool plugin = x->in->manifest.n > 0;
    if (trust_market(x) != E_OK || (plugin && trust_version(x) != E_OK) || trust_log(x) != E_OK)
        return x->t->err;
    if (plugin && !manifest_may_install(x->t, &x->out->manifest, &why))
        return trust_no(x, "static-policy", "No plugin may do this.");
    x->out->code = "ok";
    if (plugin)
        trust_changes(x);
    return x->t->err;
}

enum err
trust_verify(struct task *t, const struct trust_input *in, const struct trust_state *old, int64_t now_ms,
    struct trust_verdict *out)
{
    memset(out, 0, sizeof *out);
    struct trust_check x = {.t = t, .in = in, .old = old, .now_ms = now_ms, .out = out};
    out->code = "malformed";
    out->state = *old;
    if (t->err != E_OK)
        return t->err;
    if (check(&x) != E_OK)
        out->state = *old;
    return t->err;
}

enum trust_age
trust_age(const struct trust_state *s, int64_t now_ms)
{
    if (s->snapshot_expires_ms > 0 && now_ms >= s->snapshot_expires_ms)
        return TRUST_OLD;
    return s->timestamp_expires_ms > 0 && now_ms >= s->timestamp_expires_ms ? TRUST_STALE : TRUST_FRESH;
}
