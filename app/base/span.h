/* span: bytes that somebody else owns; all outside data travels as spans. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
    const char *p;
    size_t n;
};

/* A span over a string literal, without its NUL. */
#define SPAN(lit) ((struct span){"" lit, sizeof(lit) - 1})
#define SPAN_NONE ((struct span){NULL, 0})
/* For printf("%.*s", SPAN_ARG(s)). */
#define SPAN_ARG(s) (int)(s).n, ((s).p ? (s).p : "")

struct span span_of(const char *z); /* NULL gives SPAN_NONE */
bool span_eq(struct span a, struct span b);
bool span_is(struct span a, const char *z);
bool span_is_nocase(struct span a, const char *z); /* ASCII case folding */
bool span_starts(struct span s, const char *prefix);
bool span_ends(struct span s, const char *suffix);
bool span_has(struct span s, char c);
bool span_only(struct span s, const char *set); /* every byte is one of the set's; an empty span's are */
/* Where `needle` begins in s, or -1. */
ptrdiff_t span_find(struct span s, struct span needle);
struct span span_trim(struct span s);            /* ASCII white space at both ends */
struct span span_from(struct span s, size_t at); /* the rest from `at`; empty when past the end */
struct span span_first(struct span s, size_t n); /* at most the first n bytes */
/* Cuts the next field off *rest at `sep`; false when nothing is left. An empty last field counts. */
bool span_cut(struct span *rest, char sep, struct span *out);
/* Whole-span decimal integer, sign allowed; false on anything else or overflow. */
bool span_i64(struct span s, int64_t *out);
bool span_u64(struct span s, uint64_t *out);
/* Whole-span finite number. At most 63 bytes. */
bool span_double(struct span s, double *out);
/* memcmp order, shorter first. */
int span_cmp(struct span a, struct span b);

#endif
