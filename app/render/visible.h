/* visible: texts and addresses that somebody else chose, shown so that nothing in them hides or misleads. */
#ifndef RENDER_VISIBLE_H
#define RENDER_VISIBLE_H

#include "base/task.h"

enum { VISIBLE_URL_BYTES = 4096 };

/* The text with everything that is not seen or that turns the direction written out as [U+202E]: control, format, bidi
 * and zero-width characters, unusual blanks, private-use and tag characters, malformed bytes. Line feeds stay. */
struct span visible_text(struct task *t, struct span s);

/* An http or https address, taken apart as browsers do. */
struct visible_url {
    struct span host;  /* ASCII, lower case; labels with other letters in Punycode (RFC 3492): "xn--..." */
    struct span href;  /* the address with that host: what is shown is what is followed */
    struct span shown; /* href through visible_text */
    bool is_foreign;   /* the host was written with letters beyond ASCII, which may look like others */
};
/* False: not such an address, longer than VISIBLE_URL_BYTES, or one that is written to be misread: a name before the
 * host ("https://bank.example@evil.example"), escapes, blanks or backslashes in or before it. */
bool visible_url(struct task *t, struct span url, struct visible_url *out);

#endif
