/* audit_head: signing and checking heads. */
#include "gate/audit_head.h"

#include <sodium.h>

enum { MESSAGE_BYTES = 256 };

/* Domain, number, time and hash of the row. */
static struct span
message(struct task *t, const struct auth_audit_head *h)
{
    struct buf *b = task_buf(t, MESSAGE_BYTES);
    buf_puts(b, "lyceum/audit-head/v1");
    buf_u64le(b, (uint64_t)h->seq);
    buf_u64le(b, (uint64_t)h->at_ms);
    buf_span(b, h->hash);
    return buf_view(b);
}

static enum err
put(struct task *t, struct gate *g, const struct auth_audit *a)
{
    unsigned char *signature = task_alloc(t, crypto_sign_BYTES);
    struct auth_audit_head h = {.seq = a->seq, .at_ms = a->at_ms, .hash = a->hash};
    struct span m = message(t, &h);
    crypto_sign_detached(signature, NULL, (const unsigned char *)m.p, m.n, g->secret);
    h.signature = (struct span){(const char *)signature, crypto_sign_BYTES};
    return auth_audit_head_put(t, &g->db, &h);
}

enum err
audit_head_note(struct task *t, struct gate *g, const struct auth_audit *a)
{
    int64_t last = 0;
    if (auth_audit_head_last(t, &g->db, &last) != E_OK)
        return t->err;
    return last > 0 && a->at_ms < last + AUDIT_HEAD_MS ? E_OK : put(t, g, a);
}

enum err
audit_head_sign(struct task *t, struct gate *g)
{
    struct auth_audit last;
    if (db_begin(t, &g->db) != E_OK)
        return t->err;
    enum err e = auth_audit_last(t, &g->db, &last);
    if (e == E_OK && last.seq > 0)
        e = put(t, g, &last);
    return db_end(t, &g->db, e);
}

static enum err
fits(struct task *t, struct gate *g, const struct auth_audit_head *h, bool *out)
{
    struct span hash, m = message(t, h);
    if (auth_audit_hash(t, &g->db, h->seq, &hash) != E_OK)
        return t->err;
    *out = span_eq(hash, h->hash) && h->signature.n == crypto_sign_BYTES &&
           crypto_sign_verify_detached(
               (const unsigned char *)h->signature.p, (const unsigned char *)m.p, m.n, g->key) == 0;
    return E_OK;
}

enum err
audit_head_verify(struct task *t, struct gate *g, int64_t *bad, struct auth_audit_head *last)
{
    struct auth_audit_head *h = NULL;
    size_t n = 0;
    *bad = 0;
    *last = (struct auth_audit_head){0};
    if (auth_audit_heads(t, &g->db, &h, &n) != E_OK)
        return t->err;
    if (n > 0)
        *last = h[0];
    for (size_t i = 0; i < n && *bad == 0; i++) {
        bool ok = false;
        if (fits(t, g, &h[i], &ok) != E_OK)
            return t->err;
        *bad = ok ? 0 : h[i].seq;
    }
    return E_OK;
}
