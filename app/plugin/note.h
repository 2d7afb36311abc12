/* note: the C2SP signed note: a text, an empty line, then signatures "— name base64(id || signature)", all Ed25519. */
#ifndef PLUGIN_NOTE_H
#define PLUGIN_NOTE_H

#include "base/task.h"

enum { NOTE_BYTES = 4 << 20, NOTE_SIGS = 16, NOTE_NAME_BYTES = 128, NOTE_ID_BYTES = 4, NOTE_KEY_BYTES = 32 };
enum { NOTE_SECRET_BYTES = 64, NOTE_SIG_BYTES = 64, NOTE_SEED_BYTES = 32 };

struct note_sig {
    struct span name;
    unsigned char id[NOTE_ID_BYTES];
    unsigned char sig[NOTE_SIG_BYTES];
    bool plain; /* its length is Ed25519's; others (cosignatures of witnesses) are never one of our keys' */
};
struct note {
    struct span text; /* with its last newline: what was signed, what digests are over */
    struct note_sig sigs[NOTE_SIGS];
    size_t n;
};
struct note_key {
    struct span name;
    unsigned char id[NOTE_ID_BYTES]; /* the first bytes of SHA-256(name || '\n' || 1 || pub) */
    unsigned char pub[NOTE_KEY_BYTES];
};
struct note_secret {
    struct note_key key;
    unsigned char secret[NOTE_SECRET_BYTES];
};

/* Spans are borrowed from bytes. E_INVALID with the exact reason: no empty line, control character, malformed UTF-8,
 * CR, malformed signature line. Nothing is verified yet. */
enum err note_parse(struct task *t, struct span bytes, struct note *out);
/* Verifies. signed_by[i]: keys[i] signed the text. Signatures of unknown keys are ignored; E_DENIED when a known key's
 * signature is bad: the note is refused as a whole. */
enum err note_check(struct task *t, const struct note *note, const struct note_key *keys, size_t n, bool *signed_by);
/* The bytes of a note over text (which must end in a newline and hold no control characters): E_INVALID. */
enum err note_sign(struct task *t, struct span text, const struct note_secret *secret, struct span *out);
/* Another signature onto a note's bytes; one of the same key is replaced. E_LIMIT past NOTE_SIGS. */
enum err note_add(struct task *t, struct span bytes, const struct note_secret *secret, struct span *out);

/* A key as C2SP's vkey: "name+hex8+base64(0x01 || pub)". E_INVALID: malformed, an id that is not the key's, a point
 * of small order or none at all. Spans are borrowed. */
enum err note_key_read(struct task *t, struct span text, struct note_key *out);
struct span note_key_text(struct task *t, const struct note_key *key);
bool note_key_eq(const struct note_key *a, const struct note_key *b);
/* A secret as Go's notes have it: "PRIVATE+KEY+name+hex8+base64(0x01 || seed)". */
enum err note_secret_new(struct task *t, struct span name, struct note_secret *out);
enum err note_secret_read(struct task *t, struct span text, struct note_secret *out);
struct span note_secret_text(struct task *t, const struct note_secret *secret);

#endif
