/* utf8: validity and cleaning of text that came from outside. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/buf.h"
#include "base/span.h"

/* Well-formed UTF-8: no overlong form, no surrogate, at most U+10FFFF. NUL is allowed. */
bool utf8_valid(struct span s);
/* Appends s with each malformed byte replaced by U+FFFD; NUL too. */
void utf8_clean(struct buf *out, struct span s);
/* Decodes the character at s.p[0] (s.n > 0); returns its length, 0 when malformed. */
size_t utf8_next(struct span s, uint32_t *out);
/* The longest prefix of at most n bytes that does not cut a character. */
struct span utf8_first(struct span s, size_t n);

#endif
