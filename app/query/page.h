/* page: one page of a table: order, keyset tokens, the SQL of it. */
#ifndef QUERY_PAGE_H
#define QUERY_PAGE_H

#include "query/follower.h"
#include "query/labels.h"

enum { PAGE_ROWS = 1000, PAGE_COLUMNS = 2000, PAGE_KEYS = 16, PAGE_TOKEN_BYTES = 4096 };

struct page_request {
    struct span table, sort, after;
    bool descending, count;
    int64_t size;
    struct labels labels;
};
/* Reads a page and appends a frame "rows". A token goes on behind the row that it was made from, whatever was published
 * in between; for views, which have no key, it counts rows. E_NOTFOUND (table, column), E_INVALID (token), E_DEADLINE.
 */
enum err page_read(struct task *t, struct follower *f, const struct page_request *q, struct buf *reply);

#endif
