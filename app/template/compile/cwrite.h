/* cwrite: lines of C; static text is gathered and written in few long puts. */
#ifndef TEMPLATE_COMPILE_CWRITE_H
#define TEMPLATE_COMPILE_CWRITE_H

#include "base/buf.h"

struct cwriter {
    struct buf *out;
    struct buf *pending; /* static text of the page that was not written yet */
    int indent;
};

/* Adds to the pending static text. */
void cwrite_static(struct cwriter *w, struct span text);
/* Writes the pending text as calls of template_put_static. */
void cwrite_flush(struct cwriter *w);
/* Flushes, then writes one line at the present indent. */
void cwrite_line(struct cwriter *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
