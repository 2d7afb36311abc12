/* sqlscan: looking for words in a CREATE statement, outside of its strings, quoted names and comments. */
#ifndef EFFECT_SQLSCAN_H
#define EFFECT_SQLSCAN_H

#include "base/span.h"

/* How often the bare word (ASCII case ignored) stands in the SQL. */
size_t sqlscan_count(struct span sql, const char *word);
/* The module's name of "CREATE VIRTUAL TABLE x USING module(...)", or SPAN_NONE. */
struct span sqlscan_module(struct span sql);
/* Does the name (ASCII case ignored) stand in the SQL, bare, quoted or as a string? Names of other than letters, digits
 * and _ are looked for anywhere, comments included. */
bool sqlscan_names(struct span sql, struct span name);
/* Cuts the next word, quoted thing, comment or character off *rest; *word: is it a bare word? False at the end. */
bool sqlscan_next(struct span *rest, struct span *out, bool *word);

#endif
