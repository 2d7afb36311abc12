/* lines: the one grammar of all our signed texts: ASCII, LF, "key fields" lines in a fixed order, a table of rules. */
#ifndef PLUGIN_LINES_H
#define PLUGIN_LINES_H

#include "base/task.h"

enum { LINES_FIELDS = 24, LINES_SENTENCE_BYTES = 400 };

struct line {
    struct task *t;
    const char *what; /* "manifest": for sentences */
    size_t number;    /* 1: the domain's */
    struct span key;
    struct span rest; /* behind the key and one space */
    size_t n;         /* fields of rest: cut at single spaces */
    struct span field[LINES_FIELDS];
};

/* One row per key, in the order in which the keys must come. Lines of one key follow each other sorted (memcmp), none
 * twice. */
struct line_rule {
    const char *key;
    size_t least, most; /* how many lines of it */
    size_t low, high;   /* how many fields; high 0: `rest` is free text, not cut into fields */
    enum err (*read)(const struct line *l, void *into);
};

/* The whole text: it begins with the line `domain` and holds nothing but lines that the rules know. E_INVALID says
 * which line and why; E_LIMIT when it is longer than cap. */
enum err lines_read(struct task *t, const char *what, struct span text, size_t cap, const char *domain,
    const struct line_rule *rules, size_t n, void *into);
/* E_INVALID: "The manifest's line 7: ..." */
enum err line_bad(const struct line *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Fields as values; false on anything but the one way to write them. */
bool line_number(struct span s, int64_t low, int64_t high, int64_t *out); /* no sign, no leading zero */
bool line_sha256(struct span s, unsigned char out[32]);                   /* "sha256:" and 64 lower-case digits */
bool line_time(struct span s, int64_t *out_ms);                           /* 2026-11-21T01:14:00Z */
bool line_word(struct span s, size_t most);                               /* [a-z][a-z0-9-]*: a part of a plugin's id */
bool line_name(struct span s, size_t most);     /* [a-z0-9][a-z0-9.-]*: a publisher, a marketplace, a key's label */
bool line_variable(struct span s, size_t most); /* [a-z][a-z0-9_]*: a tool, a setting */
bool line_plugin_id(struct span s);             /* "namespace/name" */

/* SHA-256, as all hashes of signed things. */
void sha256_bytes(struct span s, unsigned char out[32]);
struct span sha256_hex(struct task *t, struct span s);
/* 64 digits. */
struct span hash_text(struct task *t, const unsigned char hash[32]);

#endif
