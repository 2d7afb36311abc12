/* view_rules: the limits and the authorizer that a view must prepare under to be kept. */
#ifndef EFFECT_VIEW_RULES_H
#define EFFECT_VIEW_RULES_H

#include <sqlite3.h>

void view_rules_enter(sqlite3 *db);
void view_rules_leave(sqlite3 *db);

#endif
