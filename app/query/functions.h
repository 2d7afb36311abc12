/* functions: which SQL functions other people's statements may call. */
#ifndef QUERY_FUNCTIONS_H
#define QUERY_FUNCTIONS_H

#include <sqlite3.h>
#include <stdbool.h>

/* Lower case or not; a function that is not listed is refused. */
bool functions_allow(const char *name);
/* Puts linear instr() and replace() in the place of SQLite's, which take seconds on a megabyte without a callback. */
bool functions_install(sqlite3 *db);

#endif
