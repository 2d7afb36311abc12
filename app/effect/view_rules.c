/* view_rules: reading tables and harmless functions, within the limits of foreign SQL (design 04). */
#include "effect/view_rules.h"

#include "query/functions.h"

#include <stddef.h>

static const struct {
    int limit, value;
} limits[] = {
    {SQLITE_LIMIT_LENGTH, 1000000},
    {SQLITE_LIMIT_SQL_LENGTH, 100000},
    {SQLITE_LIMIT_COLUMN, 500},
    {SQLITE_LIMIT_EXPR_DEPTH, 200},
    {SQLITE_LIMIT_COMPOUND_SELECT, 100},
    {SQLITE_LIMIT_VDBE_OP, 100000},
    {SQLITE_LIMIT_FUNCTION_ARG, 127},
    {SQLITE_LIMIT_ATTACHED, 0},
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000},
    {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
};
enum { N_LIMITS = sizeof limits / sizeof limits[0] };
static int before[N_LIMITS]; /* an import is one thread with one such connection */

static int
reading_alone(void *arg, int action, const char *a, const char *b, const char *c, const char *d)
{
    (void)arg, (void)c, (void)d;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    case SQLITE_READ:
        return sqlite3_strnicmp(a, "sqlite_", 7) == 0 || sqlite3_strnicmp(a, "pragma_", 7) == 0 ? SQLITE_DENY
                                                                                                : SQLITE_OK;
    case SQLITE_FUNCTION: return functions_allow(b) ? SQLITE_OK : SQLITE_DENY;
    default: return SQLITE_DENY;
    }
}

void
view_rules_enter(sqlite3 *db)
{
    for (size_t i = 0; i < N_LIMITS; i++)
        before[i] = sqlite3_limit(db, limits[i].limit, limits[i].value);
    sqlite3_set_authorizer(db, reading_alone, NULL);
}

void
view_rules_leave(sqlite3 *db)
{
    sqlite3_set_authorizer(db, NULL, NULL);
    for (size_t i = 0; i < N_LIMITS; i++)
        sqlite3_limit(db, limits[i].limit, before[i]);
}
