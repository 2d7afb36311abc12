/* import_views: making one view of the publisher's. */
#ifndef EFFECT_IMPORT_VIEWS_H
#define EFFECT_IMPORT_VIEWS_H

#include "base/task.h"

#include <sqlite3.h>

/* Runs one CREATE VIEW as the publisher wrote it, and nothing else that may stand in its place or behind it. E_INVALID
 * with SQLite's words. */
enum err import_view_create(struct task *t, sqlite3 *db, struct span sql);

#endif
