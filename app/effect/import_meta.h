/* import_meta: what the publisher says of the data in meta (effect_client.h): descriptions, units and keys. */
#ifndef EFFECT_IMPORT_META_H
#define EFFECT_IMPORT_META_H

#include "base/task.h"

#include <jansson.h>

/* The objects of a table and of a column (names by ASCII case), or NULL. */
const json_t *meta_table(const json_t *meta, struct span table);
const json_t *meta_column(const json_t *meta, struct span table, struct span column);

#endif
