/* sqlparams: which parameters a statement has (:name, @name, $name, ?1), for fields of a form. */
#ifndef PAGES_SQLPARAMS_H
#define PAGES_SQLPARAMS_H

#include "base/cell.h"
#include "base/task.h"

enum { SQLPARAMS_MOST = 64 };

/* In order of first appearance, each once, with their mark: ":year". Strings, quoted names and comments are passed
 * over; a plain ? becomes "?1", "?2" by its place. Never fails: what is half a string runs to the end. */
size_t sqlparams_find(struct task *t, struct span sql, struct span out[SQLPARAMS_MOST]);
/* What a person typed, as the value that they meant: a whole number, a number, else text. */
struct cell sqlparams_value(struct span typed);

#endif
