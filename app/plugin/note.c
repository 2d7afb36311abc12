/* note: parsing, verifying and making signed notes. */
#include "plugin/note.h"

#include "base/id.h"
#include "base/must.h"
#include "base/utf8.h"

#include <sodium.h>
#include <string.h>

static const char dash[] = "\xe2\x80\x94 "; /* an em dash and a space */
enum { DASH = sizeof dash - 1, ALGORITHM = 1, LINE_BYTES = 4096 };

_Static_assert(NOTE_KEY_BYTES == crypto_sign_PUBLICKEYBYTES && NOTE_SIG_BYTES == crypto_sign_BYTES, "as Ed25519's");
_Static_assert(NOTE_SECRET_BYTES == crypto_sign_SECRETKEYBYTES && NOTE_SEED_BYTES == crypto_sign_SEEDBYTES, "too");

static void
key_id(struct span name, const unsigned char pub[NOTE_KEY_BYTES], unsigned char out[NOTE_ID_BYTES])
{
    static const unsigned char between[] = {'\n', ALGORITHM};
    crypto_hash_sha256_state st;
    unsigned char h[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_init(&st);
    crypto_hash_sha256_update(&st, (const unsigned char *)name.p, name.n);
    crypto_hash_sha256_update(&st, between, sizeof between);
    crypto_hash_sha256_update(&st, pub, NOTE_KEY_BYTES);
    crypto_hash_sha256_final(&st, h);
    memcpy(out, h, NOTE_ID_BYTES);
}

/* A key's name: no space, no plus, nothing invisible: ASCII is all that we let keys have. */
static bool
is_name(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '+')
            return false;
    return s.n > 0 && s.n <= NOTE_NAME_BYTES;
}

/* A signer that we don't know may be called anything that C2SP allows. */
static bool
is_any_name(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == '+' || s.p[i] == 0x7f)
            return false;
    return s.n > 0 && s.n <= NOTE_NAME_BYTES;
}

static enum err
check_text(struct task *t, struct span text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c == '\r')
            return task_fail(t, E_INVALID, "The note has a line that ends in CR LF; lines end in LF alone.");
        if ((c < 0x20 && c != '\n') || c == 0x7f)
            return task_fail(t, E_INVALID, "The note holds the control character 0x%02x at byte %zu.", c, i);
    }
    if (!utf8_valid(text))
        return task_fail(t, E_INVALID, "The note is not UTF-8.");
    return E_OK;
}

/* Standard base64 with its padding, and the only spelling of these bytes. */
static bool
read_base64(struct task *t, struct span text, struct span *out)
{
    struct buf *b = task_buf(t, LINE_BYTES), *again = task_buf(t, LINE_BYTES * 2);
    if (text.n > LINE_BYTES || !base64_get(text, b))
        return false;
    base64_put(again, buf_view(b));
    *out = buf_view(b);
    return !again->failed && span_eq(buf_view(again), text);
}

static enum err
read_signature(struct task *t, struct span line, size_t number, struct note_sig *out)
{
    struct span rest = span_from(line, DASH), bytes;
    if (!span_starts(line, dash))
        return task_fail(t, E_INVALID, "The note's signature %zu does not begin with a dash and a space.", number);
    if (!span_cut(&rest, ' ', &out->name) || !is_any_name(out->name))
        return task_fail(t, E_INVALID, "The note's signature %zu has no good name.", number);
    if (!rest.p || !read_base64(t, rest, &bytes) || bytes.n <= NOTE_ID_BYTES)
        return task_fail(t, E_INVALID, "The note's signature %zu is not base64 of a key's id and a signature.", number);
    memcpy(out->id, bytes.p, NOTE_ID_BYTES);
    out->plain = bytes.n == NOTE_ID_BYTES + NOTE_SIG_BYTES;
    if (out->plain)
        memcpy(out->sig, bytes.p + NOTE_ID_BYTES, NOTE_SIG_BYTES);
    return E_OK;
}

enum err
note_parse(struct task *t, struct span bytes, struct note *out)
{
    *out = (struct note){.n = 0};
    if (bytes.n > NOTE_BYTES)
        return task_fail(t, E_LIMIT, "The note is longer than %d bytes.", NOTE_BYTES);
    if (check_text(t, bytes) != E_OK)
        return t->err;
    size_t at = bytes.n; /* behind the last empty line */
    while (at >= 2 && (bytes.p[at - 1] != '\n' || bytes.p[at - 2] != '\n'))
        at--;
    if (at < 2)
        return task_fail(t, E_INVALID, "The note has no empty line between its text and its signatures.");
    out->text = span_first(bytes, at - 1);
    struct span rest = span_from(bytes, at), line;
    if (out->text.n < 2)
        return task_fail(t, E_INVALID, "The note has no text.");
    if (rest.n == 0)
        return task_fail(t, E_INVALID, "The note has no signature.");
    if (rest.p[rest.n - 1] != '\n')
        return task_fail(t, E_INVALID, "The note's last signature has no line's end.");
    rest.n--;
    while (span_cut(&rest, '\n', &line)) {
        if (out->n == NOTE_SIGS)
            return task_fail(t, E_LIMIT, "The note has more than %d signatures.", NOTE_SIGS);
        if (read_signature(t, line, out->n + 1, &out->sigs[out->n]) != E_OK)
            return t->err;
        out->n++;
    }
    return E_OK;
}

static bool
is_by(const struct note_sig *s, const struct note_key *k)
{
    return span_eq(s->name, k->name) && memcmp(s->id, k->id, NOTE_ID_BYTES) == 0;
}

/* libsodium refuses an S that is not reduced, and points of small order. */
static bool
is_good(const struct note *note, const struct note_sig *s, const struct note_key *k)
{
    return s->plain &&
           crypto_sign_verify_detached(s->sig, (const unsigned char *)note->text.p, note->text.n, k->pub) == 0;
}

enum err
note_check(struct task *t, const struct note *note, const struct note_key *keys, size_t n, bool *signed_by)
{
    for (size_t k = 0; k < n; k++)
        signed_by[k] = false;
    for (size_t i = 0; i < note->n; i++)
        for (size_t k = 0; k < n; k++) {
            if (!is_by(&note->sigs[i], &keys[k]))
                continue;
            if (!is_good(note, &note->sigs[i], &keys[k]))
                return task_fail(t, E_DENIED, "The signature of %.*s is bad: the text was changed, or it is forged.",
                    SPAN_ARG(keys[k].name));
            signed_by[k] = true;
        }
    return E_OK;
}

/* Making ------------------------------------------------------------------------------------------------------------
 */

static void
put_signature(struct buf *b, struct span text, const struct note_secret *s)
{
    unsigned char bytes[NOTE_ID_BYTES + NOTE_SIG_BYTES];
    memcpy(bytes, s->key.id, NOTE_ID_BYTES);
    must(crypto_sign_detached(bytes + NOTE_ID_BYTES, NULL, (const unsigned char *)text.p, text.n, s->secret) == 0);
    buf_puts(b, dash);
    buf_span(b, s->key.name);
    buf_putc(b, ' ');
    base64_put(b, (struct span){(const char *)bytes, sizeof bytes});
    buf_putc(b, '\n');
}

enum err
note_sign(struct task *t, struct span text, const struct note_secret *secret, struct span *out)
{
    struct buf *b = task_buf(t, NOTE_BYTES);
    struct note check;
    if (text.n < 2 || text.p[text.n - 1] != '\n')
        return task_fail(t, E_INVALID, "The text to sign does not end in a line's end.");
    buf_span(b, text);
    buf_putc(b, '\n');
    put_signature(b, text, secret);
    *out = buf_view(b);
    if (b->failed)
        return task_fail(t, E_LIMIT, "The note would be longer than %d bytes.", NOTE_BYTES);
    if (note_parse(t, *out, &check) != E_OK)
        return t->err;
    must(span_eq(check.text, text));
    return E_OK;
}

enum err
note_add(struct task *t, struct span bytes, const struct note_secret *secret, struct span *out)
{
    struct buf *b = task_buf(t, NOTE_BYTES);
    struct note note;
    struct span rest, line;
    if (note_parse(t, bytes, &note) != E_OK)
        return t->err;
    buf_span(b, note.text);
    buf_putc(b, '\n');
    rest = span_from(bytes, note.text.n + 1);
    rest.n--;
    size_t kept = 0;
    for (size_t i = 0; i < note.n && span_cut(&rest, '\n', &line); i++) {
        if (is_by(&note.sigs[i], &secret->key))
            continue;
        buf_span(b, line);
        buf_putc(b, '\n');
        kept++;
    }
    if (kept == NOTE_SIGS)
        return task_fail(t, E_LIMIT, "The note has %d signatures already.", NOTE_SIGS);
    put_signature(b, note.text, secret);
    *out = buf_view(b);
    return b->failed ? task_fail(t, E_LIMIT, "The note would be longer than %d bytes.", NOTE_BYTES) : E_OK;
}

/* Keys --------------------------------------------------------------------------------------------------------------
 */

/* "name+hex8+base64": the bytes behind the algorithm's number. */
static bool
read_key(struct task *t, struct span text, struct span *name, unsigned char id[NOTE_ID_BYTES], unsigned char out[32])
{
    struct span rest = text, hex, bytes;
    if (!span_cut(&rest, '+', name) || !is_name(*name) || !span_cut(&rest, '+', &hex) ||
        !span_only(hex, "0123456789abcdef") || !hex_get(hex, id, NOTE_ID_BYTES) || !rest.p ||
        !read_base64(t, rest, &bytes) || bytes.n != 33 || bytes.p[0] != ALGORITHM)
        return false;
    memcpy(out, bytes.p + 1, 32);
    return true;
}

enum err
note_key_read(struct task *t, struct span text, struct note_key *out)
{
    unsigned char id[NOTE_ID_BYTES];
    *out = (struct note_key){.name = SPAN_NONE};
    if (!read_key(t, text, &out->name, id, out->pub))
        return task_fail(
            t, E_INVALID, "This is not a public key: it must read name+id+key, as `plugin key show` prints.");
    key_id(out->name, out->pub, out->id);
    if (memcmp(id, out->id, sizeof id) != 0)
        return task_fail(
            t, E_INVALID, "The key of %.*s does not have the id that is written beside it.", SPAN_ARG(out->name));
    if (!crypto_core_ed25519_is_valid_point(out->pub))
        return task_fail(t, E_INVALID, "The key of %.*s is weak: everybody could sign with it.", SPAN_ARG(out->name));
    return E_OK;
}

static void
put_key(struct buf *b, const struct note_key *k, const unsigned char bytes[32])
{
    unsigned char all[33] = {ALGORITHM};
    memcpy(all + 1, bytes, 32);
    buf_span(b, k->name);
    buf_putc(b, '+');
    hex_put(b, k->id, NOTE_ID_BYTES);
    buf_putc(b, '+');
    base64_put(b, (struct span){(const char *)all, sizeof all});
    sodium_memzero(all, sizeof all);
}

struct span
note_key_text(struct task *t, const struct note_key *key)
{
    struct buf *b = task_buf(t, NOTE_NAME_BYTES + 80);
    put_key(b, key, key->pub);
    return buf_view(b);
}

bool
note_key_eq(const struct note_key *a, const struct note_key *b)
{
    return span_eq(a->name, b->name) && memcmp(a->pub, b->pub, NOTE_KEY_BYTES) == 0;
}

static const char secret_prefix[] = "PRIVATE+KEY+";

static void
from_seed(struct span name, const unsigned char seed[NOTE_SEED_BYTES], struct note_secret *out)
{
    out->key.name = name;
    must(crypto_sign_seed_keypair(out->key.pub, out->secret, seed) == 0);
    key_id(name, out->key.pub, out->key.id);
}

enum err
note_secret_new(struct task *t, struct span name, struct note_secret *out)
{
    unsigned char seed[NOTE_SEED_BYTES];
    if (!is_name(name))
        return task_fail(
            t, E_INVALID, "A key's name has no spaces, no plus and at most %d ASCII characters.", NOTE_NAME_BYTES);
    randombytes_buf(seed, sizeof seed);
    from_seed(name, seed, out);
    sodium_memzero(seed, sizeof seed);
    return E_OK;
}

enum err
note_secret_read(struct task *t, struct span text, struct note_secret *out)
{
    unsigned char seed[NOTE_SEED_BYTES], id[NOTE_ID_BYTES];
    struct span name;
    if (!span_starts(text, secret_prefix) || !read_key(t, span_from(text, sizeof secret_prefix - 1), &name, id, seed))
        return task_fail(t, E_INVALID, "This is not a signing key that `plugin key new` made.");
    from_seed(name, seed, out);
    sodium_memzero(seed, sizeof seed);
    if (memcmp(id, out->key.id, sizeof id) != 0)
        return task_fail(t, E_INVALID, "The signing key of %.*s is damaged.", SPAN_ARG(name));
    return E_OK;
}

struct span
note_secret_text(struct task *t, const struct note_secret *secret)
{
    struct buf *b = task_buf(t, NOTE_NAME_BYTES + 96);
    buf_puts(b, secret_prefix);
    put_key(b, &secret->key, secret->secret); /* libsodium's secret begins with the seed */
    return buf_view(b);
}
