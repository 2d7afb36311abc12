/* quoted: double-quoted words that are meant as strings, by the rule of design 04. */
#ifndef QUERY_QUOTED_H
#define QUERY_QUOTED_H

#include "query/names.h"

/* A statement's text as it is changed, and the way back to where a byte stood at first. */
struct quoted {
    struct span sql;
    struct quoted_edit {
        size_t at;
        ptrdiff_t grew;
    } * edits;
    size_t n;
    struct names names;   /* read at the first need */
    struct span words[8]; /* the first few that were changed, for the note */
};

/* After a failed prepare at `offset`: when a double-quoted word there resolves to nothing and is near no column, makes
 * it a single-quoted string in q->sql and returns true: prepare again. */
bool quoted_rewrite(struct guard *g, struct quoted *q, int64_t offset);
/* Where that byte of q->sql stood in the statement that came. */
int64_t quoted_offset(const struct quoted *q, int64_t offset);
/* The sentence that tells of it; empty when nothing was changed. */
struct span quoted_note(struct task *t, const struct quoted *q);

#endif
