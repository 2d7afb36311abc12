/* sqlscan: looking for words in a CREATE statement, outside of its strings, quoted names and comments. */
#ifndef EFFECT_SQLSCAN_H
#define EFFECT_SQLSCAN_H

#include "base/span.h"

/* How often the bare word (ASCII case ignored) stands in the SQL. */
size_t sqlscan_count(struct span sql, const char *word);
/* The module's name of "CREATE VIRTUAL TABLE x USING module(...)", or SPAN_NONE. */
struct span sqlscan_module(struct span sql);

#endif
