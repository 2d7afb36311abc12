/* notes_priv: what the kinds of notes share. */
#ifndef QUERY_NOTES_PRIV_H
#define QUERY_NOTES_PRIV_H

#include "query/joins.h"
#include "query/notes.h"
#include "query/scope.h"

struct noting {
    struct task *t;
    struct guard *g;
    const struct notes_ask *ask;
    struct names names;
    struct joins joins;
    struct scope *scope;
    struct note *out;
    size_t n;
};
/* One column of one source, at the token that ends it. */
struct noted_column {
    const struct scope_source *source;
    size_t column, first, last; /* tokens of "alias.column" */
};

bool noting_full(const struct noting *n);
void noting_add(struct noting *n, const char *code, struct buf *text);
struct buf *noting_text(struct noting *n);
void noting_put(const struct noting *n, struct buf *b, const struct noted_column *c); /* alias.column */
void noting_put_value(struct buf *b, struct span value);                              /* 'value', cut */
/* The column that ends at token i (going back) or begins at it. */
bool noting_column_at(const struct noting *n, size_t last, struct noted_column *out);
bool noting_column_from(const struct noting *n, size_t first, struct noted_column *out);
/* Prepares a question of ours; its %s are the names. NULL when it can't be asked. */
sqlite3_stmt *noting_ask(struct noting *n, struct span sql);
/* `"table"."column"` for questions of ours. */
void noting_put_names(struct buf *b, const struct names_table *table, size_t column);
/* Whether the statement itself read the column, or all may be looked at. */
bool noting_may_look(const struct noting *n, const struct names_table *table, size_t column);

void notes_values(struct noting *n);
void notes_joins(struct noting *n);
void notes_shape(struct noting *n);
void notes_predicates(struct noting *n);

#endif
