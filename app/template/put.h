/* put: what compiled templates call to write values into a page. */
#ifndef TEMPLATE_PUT_H
#define TEMPLATE_PUT_H

#include "base/buf.h"

#include <string.h>

/* Appends static text. Inline, because a table's page does it thousands of times with few bytes: buf_put in short. */
static inline void
template_put_static(struct buf *out, const char *p, size_t n)
{
    if (out->p && !out->failed && out->room - out->n >= n) {
        memcpy(out->p + out->n, p, n);
        out->n += n;
    } else {
        buf_put(out, p, n);
    }
}

/* Appends text with & < > " and ' escaped: right between tags and in quoted attributes. */
void template_put_text(struct buf *out, struct span s);

/* Appends text that begins the value of a URL attribute (href, src, action, formaction), escaped. Only a path of ours
 * (/x, but not //x), ?query, #fragment, http:// and https:// are let through; anything else, such as javascript:,
 * becomes "#". An empty text stays empty. */
void template_put_url(struct buf *out, struct span s);

/* Appends text that stands later in a URL attribute as one component of it: all but letters, digits and - _ . ~ is
 * percent-encoded, so that a table's name may hold / ? # or %. */
void template_put_url_part(struct buf *out, struct span s);

#endif
