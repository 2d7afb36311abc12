/* link: addresses of ours, each part encoded. */
#ifndef PAGES_LINK_H
#define PAGES_LINK_H

#include "http/params.h"

enum { LINK_BYTES = 256 << 10, LINK_SQL_BYTES = 6000 };

struct link {
    struct buf *b;
    bool has_query;
};
struct link link_begin(struct task *t);
void link_segment(struct link *l, struct span segment); /* "/" and the segment, encoded */
void link_fixed(struct link *l, const char *text);      /* as it stands: "/-/query", ".json" */
void link_param(struct link *l, const char *name, struct span value);
struct span link_end(struct link *l);

/* "/<dataset>", "/<dataset>/<table>", and View SQL with a statement; the last is empty when the statement is too long
 * for an address. */
struct span link_dataset(struct task *t, struct span dataset);
struct span link_table(struct task *t, struct span dataset, struct span table);
struct span link_sql(struct task *t, struct span dataset, struct span sql);

#endif
