/* blocks: what a tool's result may be: typed blocks of known members, nothing else. */
#ifndef PLUGIN_BLOCKS_H
#define PLUGIN_BLOCKS_H

#include "base/task.h"

/* A block is {"type": ...} and:
 *   text   text
 *   table  columns [name | {"name","type"?}], rows [[...]], title?, note?
 *   chart  spec {}, columns, rows, title?, summary?, note?, sql?, dataset?, total?
 *   image  artifact (64 hex digits) or data (base64) with mime; alt, width?, height?, title?, note?
 *   code   text, language?, title?
 *   link   url (http or https), text?
 *   html   html */
enum { BLOCKS_MOST = 64, BLOCKS_DEPTH = 32, BLOCKS_COLUMNS = 200, BLOCKS_ROWS = 5000 };

/* From a tools/call result, ours ({"blocks","structured"?}) or MCP's ({"content","structuredContent"?}), to ours, each
 * block checked. E_INVALID with a sentence. *failed: MCP's isError was set (then the text of the blocks is why). The
 * result's size is the caller's to bound. */
enum err blocks_read(struct task *t, const json_t *result, json_t **out, bool *failed);
/* What may stand in a sentence of ours: visible characters alone, at most so many bytes. The task's. */
struct span blocks_visible(struct task *t, struct span text, size_t most);
/* The texts of text blocks, so, joined by a space. */
struct span blocks_words(struct task *t, const json_t *blocks, size_t most);

#endif
