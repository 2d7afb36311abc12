/* id: random names, hashes and their text forms (libsodium). */
#ifndef BASE_ID_H
#define BASE_ID_H

#include "base/buf.h"
#include "base/span.h"

enum { ID_BYTES = 28, HASH_BYTES = 32, HASH_HEX_BYTES = 65 };

/* Calls sodium_init once; each program's main calls it first. */
void id_init(void);
/* 16 hex digits and a NUL, for logs. */
void id_short(char out[17]);
/* prefix, '_' and 26 base32 digits (130 random bits), NUL-terminated: "c_..." for prefix 'c'. Fits ID_BYTES+1. */
void id_new(char prefix, char out[ID_BYTES + 1]);
/* Is it an id of that kind? */
bool id_is(struct span s, char prefix);
void hash_bytes(struct span s, unsigned char out[HASH_BYTES]); /* BLAKE2b-256 */
void hash_hex(struct span s, char out[HASH_HEX_BYTES]);        /* the same as hex */
/* SHA-256 of a file's content as hex; false with errno. For revisions. */
bool hash_file_sha256(int fd, char out[HASH_HEX_BYTES]);
void hex_put(struct buf *b, const void *p, size_t n);
/* Decodes exactly n bytes; false on anything else. */
bool hex_get(struct span hex, void *out, size_t n);
void base64_put(struct buf *b, struct span s); /* standard alphabet with padding */
/* URL-safe without padding. */
void base64url_put(struct buf *b, struct span s);
/* Either alphabet, padding optional; appends to out; false when malformed. */
bool base64_get(struct span text, struct buf *out);
/* Constant-time equality. */
bool secret_eq(struct span a, struct span b);
/* 256 random bits as 43 base64url characters and a NUL. */
void secret_new(char out[44]);

#endif
