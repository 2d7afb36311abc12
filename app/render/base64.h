/* base64: the standard alphabet with padding, as CSV and JSON carry blobs. */
#ifndef RENDER_BASE64_H
#define RENDER_BASE64_H

#include "base/buf.h"

void base64_put(struct buf *out, struct span bytes);

#endif
