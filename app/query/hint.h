/* hint: what a person or a model should change, from SQLite's failure and the schema. */
#ifndef QUERY_HINT_H
#define QUERY_HINT_H

#include "query/guard.h"

/* Fills code, message, offset, token, suggestions and hint from the connection's last failure rc. Texts live in g->t.
 */
void hint_fill(struct guard *g, struct span sql, int rc, int64_t offset, struct query_problem *p);
/* Adds to a problem that was found before SQLite was asked what the statement's text tells: code fences, another
 * database's words. */
void hint_text(struct task *t, struct span sql, struct query_problem *p);
/* A problem without SQLite's part: a code, a sentence, a hint ("" for none). */
void hint_plain(struct task *t, const char *code, const char *message, const char *hint, struct query_problem *p);

#endif
