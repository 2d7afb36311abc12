/* emit: a parsed template as a C function. */
#ifndef TEMPLATE_COMPILE_EMIT_H
#define TEMPLATE_COMPILE_EMIT_H

#include "template/compile/parse.h"
#include "template/compile/view.h"

/* Writes pages.c: one render function for each view. Complains about what does not fit its view. */
void emit_pages(struct compile *c, struct buf *out);

#endif
