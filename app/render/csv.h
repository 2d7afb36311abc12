/* csv: rows as CSV by RFC 4180. */
#ifndef RENDER_CSV_H
#define RENDER_CSV_H

#include "base/buf.h"
#include "base/cell.h"

/* One line with CRLF. Fields with a comma, quote, CR or LF, or a space at an end, are quoted. NULL is an empty field
 * and an empty text is "" in quotes, so that the two differ (except in a row of one NULL, which would be an empty
 * line); a blob is its base64. Text is written as it is, malformed UTF-8 too. */
void csv_header(struct buf *out, const struct span *names, size_t count);
void csv_row(struct buf *out, const struct cell *cells, size_t count);

#endif
