/* facts: what schema and catalogue say, as views. */
#ifndef PAGES_FACTS_H
#define PAGES_FACTS_H

#include "pages/visit.h"

enum { FACTS_SHORT_HASH = 12 };

/* Columns of a table of a schema. */
void facts_columns(struct task *t, const json_t *table, const struct view_column_fact **at, size_t *n);
/* "2026-11-21 01:14 UTC"; empty for 0. */
struct span facts_time(struct task *t, int64_t unix_ms);
struct span facts_short(struct span sha);
/* From the front page down to a dataset. */
void facts_crumbs(struct visit *v, const json_t *dataset, const struct view_crumb **at, size_t *n);
/* "Revision 1234567890ab of 2026-11-21 01:14 UTC · CC0-1.0" */
struct span facts_fine(struct task *t, const json_t *dataset);

#endif
