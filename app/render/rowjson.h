/* rowjson: rows as JSON, written directly. */
#ifndef RENDER_ROWJSON_H
#define RENDER_ROWJSON_H

#include "base/buf.h"
#include "base/cell.h"

/* One value: integers past 2^53 as strings, reals as short as they read back (infinities as null), blobs as
 * {"$base64":true,"encoded":"..."}, malformed UTF-8 replaced. */
void rowjson_cell(struct buf *out, const struct cell *c);
/* [v,v,v] */
void rowjson_array(struct buf *out, const struct cell *cells, size_t count);
/* {"name":v,...}. The caller has made the names distinct. */
void rowjson_object(struct buf *out, const struct span *names, const struct cell *cells, size_t count);

#endif
