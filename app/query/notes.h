/* notes: doubts about a statement that ran: why nothing came, and what may be wrong though rows came. A statement is
 * never changed for them. */
#ifndef QUERY_NOTES_H
#define QUERY_NOTES_H

#include "query/guard.h"

enum { NOTES_MOST = 6, NOTES_MS = 400 };

/* Codes: value_spelled_otherwise, value_absent, value_elsewhere, type_mismatch, contradiction, predicate_empties,
 * empty_table, join_without_match, join_keys_differ, cartesian_product, double_counting, integer_division,
 * limit_without_order. */
struct note {
    struct span code, text;
};
struct notes_ask {
    struct span sql;
    size_t n_rows;
    bool empty; /* no row, or one that counts nothing */
    bool wide;  /* columns that the statement did not read may be looked at and told of: where there are no labels */
    int64_t budget_ms;
};
/* At most NOTES_MOST. Looks at the data within the budget; what can't be looked at is left out. */
size_t notes_find(struct guard *g, const struct notes_ask *ask, struct note out[NOTES_MOST]);

#endif
