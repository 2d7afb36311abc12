/* put: what compiled templates call to write values into a page. */
#ifndef TEMPLATE_PUT_H
#define TEMPLATE_PUT_H

#include "base/buf.h"

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
