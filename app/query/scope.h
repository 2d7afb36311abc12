/* scope: the tokens of a statement, and which tables its words speak of: for advice about it, never for its rights. */
#ifndef QUERY_SCOPE_H
#define QUERY_SCOPE_H

#include "query/names.h"
#include "query/scan.h"

enum { SCOPE_TOKENS = 20000, SCOPE_SOURCES = 200, SCOPE_BLOCKS = 2000 };

struct scope_token {
    enum scan_kind kind;
    struct span text, name; /* name: without quotes */
    size_t at;              /* byte in the statement */
    int block;
};
/* What stands after FROM or JOIN; table NULL: a subquery, a WITH, or a name that no table has. */
struct scope_source {
    struct span alias, written;
    const struct names_table *table;
    int block;
    bool derived;
};
struct scope {
    const struct names *names;
    struct scope_token *tokens;
    size_t n;
    struct scope_source sources[SCOPE_SOURCES];
    size_t n_sources;
    int *parents; /* of blocks: a SELECT, or what stands in brackets */
    int n_blocks, room_blocks;
};

/* Never fails: what can't be understood is left out. Texts point into sql or are the task's. */
struct scope *scope_read(struct task *t, struct span sql, const struct names *names);
bool scope_is(const struct scope *s, size_t i, const char *word);
/* The innermost block that the byte stands in; the first when offset is -1. */
int scope_block(const struct scope *s, int64_t offset);
/* Whether words of that block may speak of the source. */
bool scope_sees(const struct scope *s, int block, const struct scope_source *source);
/* The source of that alias that the block sees, or NULL. */
const struct scope_source *scope_find(const struct scope *s, int block, struct span alias);
/* Token i as a column of a table: "alias.col" or "col" that one visible table alone has. *from: the first token of it.
 * False when it is none. */
bool scope_column(const struct scope *s, size_t i, const struct scope_source **source, size_t *column);
/* A name as it must be written in a statement. */
void scope_put_name(struct buf *b, struct span name);

#endif
