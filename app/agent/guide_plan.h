/* guide_plan: a question over one table as a statement, or an honest no. Pure. */
#ifndef AGENT_GUIDE_PLAN_H
#define AGENT_GUIDE_PLAN_H

#include "agent/guide_match.h"

enum guide_shape {
    GUIDE_COUNT,   /* one number of rows */
    GUIDE_ONE,     /* one aggregate */
    GUIDE_RANKED,  /* rows in order of a measure */
    GUIDE_GROUPED, /* one row per group */
    GUIDE_LISTED,  /* rows that pass the filters */
};

struct guide_plan {
    bool can;
    struct span sql;
    enum guide_shape shape;
    struct span about; /* what the rows are, for the answer's first words: "movies by worldwide gross, highest first" */
    struct span assumed; /* sentences that say how the question was read; may be empty */
    struct span reason;  /* !can: what is missing, for the person */
    struct span nearest; /* !can: a question that can be answered; may be empty */
};

/* tables: the JSON array of `describe`. The best fitting one is taken. */
void guide_plan_make(struct task *t, struct span question, const json_t *tables, struct guide_plan *out);

#endif
