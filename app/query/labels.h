/* labels: what was read is worth: the labels that gate put into a grant, joined over the tables and columns read. */
#ifndef QUERY_LABELS_H
#define QUERY_LABELS_H

#include "query/guard.h"

/* A grant's detail, JSON: {"level":0..3,"integrity":0..4,"labels":[["table","column",level],["table","",level,
 * integrity],...]}: the dataset's own label, and what raises it: a column, or ("") a whole table. An integrity that is
 * left out is the dataset's. */
enum { LABELS_MOST = 200, LABELS_DETAIL_BYTES = 6000 };

struct labels_row {
    struct span table, column;
    int level, integrity;
};
struct labels {
    int level, integrity;         /* of everything that no row raises */
    int top_level, top_integrity; /* the join over all that the follower may hold */
    struct labels_row *rows;
    size_t n;
};

/* Reads a detail; rows above the grant's level are left out, because the follower has not what they speak of. An empty
 * detail is the grant's level and the worst integrity. E_DENIED when it is malformed, or when the dataset itself lies
 * above the grant's level. */
enum err labels_read(struct task *t, struct span detail, int64_t grant_level, struct labels *out);
/* The same as bytes, from the process that admits to a fresh child: a child that parsed JSON would first have to map
 * the parser's pages, which costs more than the whole statement should lose. */
void labels_put(struct buf *b, const struct labels *l);
/* False when malformed. The names stay where they are. */
bool labels_take(struct task *t, struct span bytes, struct labels *out);
/* The join over r->reads, into r. A read without a column is all of its table; the schema, pragma functions, dbstat and
 * full-text tables (with their shadows) tell of everything, and so do more reads than are noted. */
void labels_join(const struct labels *l, struct guard *g, struct query_rows *r);
/* The same for a page of ours: a table's all columns; a view (`plain` false) may read anything. */
void labels_join_table(const struct labels *l, struct span table, bool plain, struct query_rows *r);

#endif
