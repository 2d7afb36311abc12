/* linediff: what became of a text's lines. Pure. */
#ifndef PAGES_LINEDIFF_H
#define PAGES_LINEDIFF_H

#include "base/task.h"

enum { LINEDIFF_LINES = 8000 }; /* of each text; what is beyond is left out */

struct linediff_line {
    enum linediff_kind { LINE_SAME, LINE_REMOVED, LINE_ADDED } kind;
    int64_t was, is; /* numbers from 1; 0: it is not in that text */
    struct span text;
};
/* All lines of both texts, in order: a longest common subsequence stays, or, where the texts differ so much that one
 * would take too long to find, all of the one goes and all of the other comes. *cut: a text was longer. */
void linediff(struct task *t, struct span was, struct span is, struct linediff_line **out, size_t *n, bool *cut);

#endif
