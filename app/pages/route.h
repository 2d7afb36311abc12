/* route: which page answers an address: one table. */
#ifndef PAGES_ROUTE_H
#define PAGES_ROUTE_H

#include "http/request.h"

struct visit;

enum { ROUTE_ARGS = 4 };
enum route_need { NEED_NOTHING, NEED_ADMIN };
enum route_format { FORMAT_HTML, FORMAT_JSON, FORMAT_CSV };

/* pattern: segments; ":x" matches any one and is an argument. formats: the last segment may end in .json or .csv. What
 * a page may show or do is asked of gate by the page itself; `need` is asked before it runs. */
struct route {
    unsigned methods; /* enum http_method; GET includes HEAD */
    const char *pattern;
    enum route_need need;
    bool formats;
    enum err (*page)(struct visit *v);
};
struct route_match {
    const struct route *route;
    struct span arg[ROUTE_ARGS];
    size_t n;
    enum route_format format;
    unsigned allowed; /* methods of the address when none fits: 405 */
};

const struct route *route_table(size_t *n);
/* False: no page at this address (allowed 0), or not by this method. */
bool route_find(const struct route *table, size_t n, const struct http_request *req, struct route_match *out);

#endif
