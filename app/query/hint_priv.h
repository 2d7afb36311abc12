/* hint_priv: what the parts of hint share. */
#ifndef QUERY_HINT_PRIV_H
#define QUERY_HINT_PRIV_H

#include "query/hint.h"
#include "query/joins.h"
#include "query/scope.h"

enum { HINT_BYTES = 600, HINT_SUGGESTIONS = 8, HINT_FIRST = 5, HINT_COLUMNS = 24, HINT_COLUMNS_BYTES = 220 };

/* A piece of advice while it is put together. */
struct advice {
    struct task *t;
    struct span sql;
    struct names names;
    struct joins joins;
    struct scope *scope;
    int block; /* in which the failure stands */
    struct query_problem *p;
    struct buf *text;
};
/* Appends a suggestion unless it is there or there are enough. */
void advice_suggest(struct advice *a, struct span name);
/* "JOIN b ON a.x = b.y JOIN ..." that brings a table to what the block sees; false when there is no way. The tables on
 * the way are suggested too. */
bool advice_join(struct advice *a, size_t table);

/* p->message begins with what these speak of. */
void hint_table(struct advice *a, struct span word);
void hint_column(struct advice *a, struct span qualifier, struct span word);
/* A word of another database that was taken for a column: INTERVAL. False when it is none. */
bool hint_word(struct advice *a, struct span word);
void hint_ambiguous(struct advice *a, struct span word);
void hint_function(struct advice *a);
void hint_syntax(struct advice *a);
void hint_rest(struct advice *a);

#endif
