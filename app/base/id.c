/* id: random names and hashes. */
#include "base/id.h"

#include "base/must.h"

#include <sodium.h>
#include <string.h>
#include <unistd.h>

static const char base32[] = "abcdefghijkmnpqrstuvwxyz23456789"; /* no l, o, 0, 1 */

void
id_init(void)
{
    must(sodium_init() >= 0);
}

void
id_short(char out[17])
{
    unsigned char r[8];
    randombytes_buf(r, sizeof r);
    sodium_bin2hex(out, 17, r, sizeof r);
}

void
id_new(char prefix, char out[ID_BYTES + 1])
{
    unsigned char r[ID_BYTES - 2];
    randombytes_buf(r, sizeof r);
    out[0] = prefix;
    out[1] = '_';
    for (size_t i = 0; i < sizeof r; i++)
        out[2 + i] = base32[r[i] & 31];
    out[ID_BYTES] = '\0';
}

bool
id_is(struct span s, char prefix)
{
    if (s.n != ID_BYTES || s.p[0] != prefix || s.p[1] != '_')
        return false;
    for (size_t i = 2; i < s.n; i++)
        if (s.p[i] == '\0' || !strchr(base32, s.p[i]))
            return false;
    return true;
}

void
hash_bytes(struct span s, unsigned char out[HASH_BYTES])
{
    must(crypto_generichash(out, HASH_BYTES, (const unsigned char *)s.p, s.n, NULL, 0) == 0);
}

void
hash_hex(struct span s, char out[HASH_HEX_BYTES])
{
    unsigned char h[HASH_BYTES];
    hash_bytes(s, h);
    sodium_bin2hex(out, HASH_HEX_BYTES, h, sizeof h);
}

bool
hash_file_sha256(int fd, char out[HASH_HEX_BYTES])
{
    crypto_hash_sha256_state st;
    unsigned char chunk[65536];
    unsigned char h[crypto_hash_sha256_BYTES];
    off_t at = 0;
    crypto_hash_sha256_init(&st);
    for (;;) {
        ssize_t n = pread(fd, chunk, sizeof chunk, at);
        if (n < 0)
            return false;
        if (n == 0)
            break;
        crypto_hash_sha256_update(&st, chunk, (unsigned long long)n);
        at += n;
    }
    crypto_hash_sha256_final(&st, h);
    sodium_bin2hex(out, HASH_HEX_BYTES, h, sizeof h);
    return true;
}

void
hex_put(struct buf *b, const void *p, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *x = p;
    for (size_t i = 0; i < n; i++) {
        buf_putc(b, digits[x[i] >> 4]);
        buf_putc(b, digits[x[i] & 15]);
    }
}

bool
hex_get(struct span hex, void *out, size_t n)
{
    size_t got = 0;
    if (hex.n != n * 2)
        return false;
    return sodium_hex2bin(out, n, hex.p, hex.n, NULL, &got, NULL) == 0 && got == n;
}

static void
put_base64(struct buf *b, struct span s, int variant)
{
    size_t n = sodium_base64_encoded_len(s.n, variant); /* counts a NUL, for which buf keeps a byte */
    char *to = buf_room(b, n);
    if (!to)
        return;
    sodium_bin2base64(to, n, (const unsigned char *)s.p, s.n, variant);
    b->n += n - 1;
}

void
base64_put(struct buf *b, struct span s)
{
    put_base64(b, s, sodium_base64_VARIANT_ORIGINAL);
}

void
base64url_put(struct buf *b, struct span s)
{
    put_base64(b, s, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool
base64_get(struct span text, struct buf *out)
{
    while (text.n > 0 && text.p[text.n - 1] == '=')
        text.n--;
    bool url = span_has(text, '-') || span_has(text, '_');
    int variant = url ? sodium_base64_VARIANT_URLSAFE_NO_PADDING : sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
    size_t most = text.n / 4 * 3 + 3;
    size_t got = 0;
    char *to = buf_room(out, most);
    if (!to || sodium_base642bin((unsigned char *)to, most, text.p, text.n, NULL, &got, NULL, variant) != 0)
        return false;
    out->n += got;
    return true;
}

bool
secret_eq(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || sodium_memcmp(a.p, b.p, a.n) == 0);
}

void
secret_new(char out[44])
{
    unsigned char r[32];
    randombytes_buf(r, sizeof r);
    sodium_bin2base64(out, 44, r, sizeof r, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
