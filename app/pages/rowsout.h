/* rowsout: rows as JSON and CSV replies. */
#ifndef PAGES_ROWSOUT_H
#define PAGES_ROWSOUT_H

#include "base/cell.h"
#include "http/response.h"

struct rowsout {
    const struct span *names;
    size_t columns;
    const struct cell *cells;
    size_t rows;
    bool truncated;
    bool pages; /* with "next" and "next_url" */
    struct span next, next_url;
    struct span revision;
    int64_t took_us;
    struct span file_name; /* of the CSV */
};
/* {"ok":true,"rows":[{..}],"truncated":..,"next":..,"next_url":..,"columns":[..],"revision":..,"query_ms":..} */
void rowsout_json(struct http_response *out, const struct rowsout *r);
void rowsout_csv(struct http_response *out, const struct rowsout *r);

#endif
