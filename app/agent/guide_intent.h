/* guide_intent: what a question wants of a table: counting, an aggregate, an order, groups, filters. */
#ifndef AGENT_GUIDE_INTENT_H
#define AGENT_GUIDE_INTENT_H

#include "agent/guide_match.h"

enum guide_bucket { BUCKET_NONE, BUCKET_COLUMN, BUCKET_YEAR, BUCKET_MONTH, BUCKET_DECADE };
enum { GUIDE_FILTERS = 12, GUIDE_NOWHERE = 1000 };

struct guide_filter {
    size_t column;
    const char *op; /* SQL: = < <= > >= LIKE */
    bool number;
    double value;
    struct span text;
    bool year;     /* compare the year of a date column */
    bool any_case; /* a name as typed, not as stored */
};
struct guide_intent {
    bool count;
    const char *aggregate; /* SQL function, or NULL */
    int direction;         /* +1 highest first, -1 lowest first, 0 no order asked */
    size_t order_at;       /* the word that asked for the order; GUIDE_NOWHERE without */
    int64_t limit;         /* 0: not said */
    enum guide_bucket bucket;
    size_t group;   /* column of the bucket */
    size_t measure; /* column to aggregate or order by; GUIDE_NOWHERE without */
    struct guide_filter filter[GUIDE_FILTERS];
    size_t filters;
};

/* Reads the intent; marks the words that it used. */
void guide_intent_read(
    const struct guide_table *table, const struct guide_match *m, struct guide_words *q, struct guide_intent *out);
/* The table's column of dates or years; GUIDE_NOWHERE without. */
size_t guide_time_column(const struct guide_table *table);

#endif
