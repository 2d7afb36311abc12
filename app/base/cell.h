/* cell: one value of a result's row, as every folder from query to pages passes it on. */
#ifndef BASE_CELL_H
#define BASE_CELL_H

#include <stdint.h>

#include "base/span.h"

enum cell_kind { CELL_NULL, CELL_INT, CELL_REAL, CELL_TEXT, CELL_BLOB };

/* Only the member that belongs to the kind is meant: `i` for INT, `r` for REAL, `s` for TEXT and
 * BLOB. The bytes are borrowed from whoever made the row. full_bytes is the length of a TEXT or
 * BLOB before it was capped: it is s.len when the value is whole, and more when it was cut. */
struct cell {
    enum cell_kind kind;
    int64_t i;
    double r;
    struct span s;
    int64_t full_bytes;
};

#endif
