/* grant: sealing and opening what gate decided. The bytes: Ed25519 signature, then one frame "grant". */
#include "policy/grant.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/must.h"
#include "wire/frame.h"

#include <sodium.h>
#include <string.h>

static const char domain[] = "lyceum/grant/v1";
enum { SIGNATURE_BYTES = crypto_sign_BYTES, SKEW_MS = 5000 };

_Static_assert(GRANT_KEY_BYTES == crypto_sign_PUBLICKEYBYTES, "grant.h says how long a key is");
_Static_assert(GRANT_SECRET_BYTES == crypto_sign_SECRETKEYBYTES, "grant.h says how long a secret is");

static const struct {
    const char *name;
    size_t at;
} texts[] = {
    {"audience", offsetof(struct grant, audience)},
    {"subject", offsetof(struct grant, subject)},
    {"capability", offsetof(struct grant, capability)},
    {"conversation", offsetof(struct grant, conversation)},
    {"turn", offsetof(struct grant, turn)},
    {"mode", offsetof(struct grant, mode)},
    {"dataset", offsetof(struct grant, dataset)},
    {"revision", offsetof(struct grant, revision)},
    {"args_hash", offsetof(struct grant, args_hash)},
    {"detail", offsetof(struct grant, detail)},
    {"nonce", offsetof(struct grant, nonce)},
};
static const struct {
    const char *name;
    size_t at;
} numbers[] = {
    {"ordinal", offsetof(struct grant, ordinal)},
    {"level", offsetof(struct grant, level)},
    {"issued_ms", offsetof(struct grant, issued_ms)},
    {"expires_ms", offsetof(struct grant, expires_ms)},
};
enum { N_TEXTS = sizeof texts / sizeof texts[0], N_NUMBERS = sizeof numbers / sizeof numbers[0] };

static struct span *
text_at(struct grant *g, size_t i)
{
    return (struct span *)(void *)((char *)g + texts[i].at);
}

static int64_t *
number_at(struct grant *g, size_t i)
{
    return (int64_t *)(void *)((char *)g + numbers[i].at);
}

/* Tickets and receipts live longer: each is good for one thing, at gate. */
static int64_t
life_ms(const struct grant *g)
{
    if (span_is(g->audience, "gate") && span_is(g->capability, "turn"))
        return TICKET_LIFE_MS;
    if (span_is(g->audience, "gate") && span_is(g->capability, "receipt"))
        return RECEIPT_LIFE_MS;
    return GRANT_LIFE_MS;
}

static void
sign(struct buf *out, const char *body, size_t n, const unsigned char secret[GRANT_SECRET_BYTES])
{
    crypto_sign_state st;
    unsigned char signature[SIGNATURE_BYTES];
    crypto_sign_init(&st);
    crypto_sign_update(&st, (const unsigned char *)domain, sizeof domain);
    crypto_sign_update(&st, (const unsigned char *)body, n);
    must(crypto_sign_final_create(&st, signature, NULL, secret) == 0);
    buf_put(out, signature, sizeof signature);
    buf_put(out, body, n);
}

static bool
is_signed(struct span sealed, const unsigned char key[GRANT_KEY_BYTES])
{
    crypto_sign_state st;
    unsigned char signature[SIGNATURE_BYTES];
    struct span body = span_from(sealed, SIGNATURE_BYTES);
    memcpy(signature, sealed.p, sizeof signature);
    crypto_sign_init(&st);
    crypto_sign_update(&st, (const unsigned char *)domain, sizeof domain);
    crypto_sign_update(&st, (const unsigned char *)body.p, body.n);
    return crypto_sign_final_verify(&st, signature, key) == 0;
}

struct span
grant_seal(struct task *t, const unsigned char secret[GRANT_SECRET_BYTES], struct grant *g)
{
    struct buf *body = task_buf(t, GRANT_SEAL_BYTES - SIGNATURE_BYTES);
    struct buf *out = task_buf(t, GRANT_SEAL_BYTES);
    char *nonce = task_alloc(t, GRANT_NONCE_BYTES);
    randombytes_buf(nonce, GRANT_NONCE_BYTES);
    g->nonce = (struct span){nonce, GRANT_NONCE_BYTES};
    g->issued_ms = clock_unix_ms();
    must(g->expires_ms > 0 && g->expires_ms - g->issued_ms <= life_ms(g) + SKEW_MS);
    size_t mark = frame_begin(body, "grant");
    for (size_t i = 0; i < N_TEXTS; i++)
        frame_put(body, texts[i].name, *text_at(g, i));
    for (size_t i = 0; i < N_NUMBERS; i++)
        frame_put_i64(body, numbers[i].name, *number_at(g, i));
    frame_put_i64(body, "reusable", g->reusable);
    frame_end(body, mark);
    if (body->failed) {
        task_fail(t, E_LIMIT, "The permission for this call would be longer than %d bytes.", GRANT_SEAL_BYTES);
        return SPAN_NONE;
    }
    sign(out, body->p, body->n, secret);
    return buf_view(out);
}

/* Every field is there, none is more, and each is in its range. */
static bool
read_fields(const struct frame *f, struct grant *g)
{
    if (!frame_is(f, "grant") || f->n != N_TEXTS + N_NUMBERS + 1)
        return false;
    for (size_t i = 0; i < N_TEXTS; i++) {
        if (!frame_has(f, texts[i].name))
            return false;
        *text_at(g, i) = frame_get(f, texts[i].name);
    }
    for (size_t i = 0; i < N_NUMBERS; i++)
        if ((*number_at(g, i) = frame_i64(f, numbers[i].name, -1)) < 0)
            return false;
    int64_t reusable = frame_i64(f, "reusable", -1);
    g->reusable = reusable == 1;
    return (reusable == 0 || reusable == 1) && g->level <= 3 && g->nonce.n == GRANT_NONCE_BYTES &&
           (g->args_hash.n == 0 || g->args_hash.n == HASH_BYTES);
}

enum err
grant_open(struct task *t, const unsigned char key[GRANT_KEY_BYTES], struct span sealed, const char *audience,
    int64_t now_ms, struct grant *out)
{
    static const char bad[] = "The permission for this call is not genuine.";
    struct frame f;
    *out = (struct grant){0};
    if (sealed.n <= SIGNATURE_BYTES || sealed.n > GRANT_SEAL_BYTES || !is_signed(sealed, key))
        return task_fail(t, E_DENIED, bad);
    struct span body = task_dup(t, span_from(sealed, SIGNATURE_BYTES));
    struct task parse; /* its sentence speaks of messages, which is not what went wrong */
    task_begin(&parse, 0);
    bool whole = frame_parse(&parse, body, &f) == E_OK && read_fields(&f, out);
    task_end(&parse);
    if (!whole)
        return task_fail(t, E_DENIED, bad);
    if (!span_is(out->audience, audience))
        return task_fail(t, E_DENIED, "The permission for this call was meant for another service.");
    if (out->issued_ms > now_ms + SKEW_MS || out->expires_ms - out->issued_ms > life_ms(out) + SKEW_MS)
        return task_fail(t, E_DENIED, "The permission for this call has a time that can't be.");
    if (out->expires_ms <= now_ms)
        return task_fail(t, E_DENIED, "The permission for this call has expired. Try again.");
    return E_OK;
}

struct span
grant_args_hash(struct task *t, const struct span *fields, size_t n)
{
    static const char tag[] = "lyceum/args/v1";
    crypto_generichash_state st;
    unsigned char *out = task_alloc(t, HASH_BYTES);
    crypto_generichash_init(&st, NULL, 0, HASH_BYTES);
    crypto_generichash_update(&st, (const unsigned char *)tag, sizeof tag);
    for (size_t i = 0; i < n; i++) {
        unsigned char length[8];
        for (unsigned k = 0; k < sizeof length; k++)
            length[k] = (unsigned char)((uint64_t)fields[i].n >> (8 * k));
        crypto_generichash_update(&st, length, sizeof length);
        crypto_generichash_update(&st, (const unsigned char *)fields[i].p, fields[i].n);
    }
    crypto_generichash_final(&st, out, HASH_BYTES);
    return (struct span){(const char *)out, HASH_BYTES};
}
