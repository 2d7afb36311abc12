/* sidecar: the schema and the search for tables, from the index file that effect builds beside each follower. */
#ifndef QUERY_SIDECAR_H
#define QUERY_SIDECAR_H

#include "query/follower.h"

/* Both append JSON text (CONTRACTS, "Schema JSON", "Follower sidecar"). E_CORRUPT, E_DEADLINE with a sentence. */
enum err sidecar_schema(struct task *t, struct follower *side, struct buf *json);
/* [{"name","score","why"}], at most `most`: tables whose names, columns, descriptions or sampled values match (BM25),
 * then tables that foreign keys join to those; when no word matches, the largest tables, which "why" says. */
enum err sidecar_find(struct task *t, struct follower *side, struct span words, int64_t most, struct buf *json);

#endif
