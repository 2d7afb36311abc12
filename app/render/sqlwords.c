/* sqlwords: a sorted table, searched by halves. */
#include "render/sqlwords.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_WORD = 17 };

/* clang-format off */
static const char *const WORDS[] = {
    "abort", "action", "add", "after", "all", "alter", "always", "analyze", "and", "as", "asc", "attach",
    "autoincrement", "before", "begin", "between", "by", "cascade", "case", "cast", "check", "collate", "column",
    "commit", "conflict", "constraint", "create", "cross", "current", "current_date", "current_time",
    "current_timestamp", "database", "default", "deferrable", "deferred", "delete", "desc", "detach", "distinct",
    "do", "drop", "each", "else", "end", "escape", "except", "exclude", "exclusive", "exists", "explain", "fail",
    "filter", "first", "following", "for", "foreign", "from", "full", "generated", "glob", "group", "groups",
    "having", "if", "ignore", "immediate", "in", "index", "indexed", "initially", "inner", "insert", "instead",
    "intersect", "into", "is", "isnull", "join", "key", "last", "left", "like", "limit", "match", "materialized",
    "natural", "no", "not", "nothing", "notnull", "null", "nulls", "of", "offset", "on", "or", "order", "others",
    "outer", "over", "partition", "plan", "pragma", "preceding", "primary", "query", "raise", "range", "recursive",
    "references", "regexp", "reindex", "release", "rename", "replace", "restrict", "returning", "right", "rollback",
    "row", "rows", "savepoint", "select", "set", "table", "temp", "temporary", "then", "ties", "to", "transaction",
    "trigger", "unbounded", "union", "unique", "update", "using", "vacuum", "values", "view", "virtual", "when",
    "where", "window", "with", "within", "without",
};
/* clang-format on */

static int
word_order(const void *key, const void *item)
{
    const char *const *word = item;
    return strcmp(key, *word);
}

bool
sqlwords_hold(struct span word)
{
    char low[LONGEST_WORD + 1];
    if (word.n > LONGEST_WORD)
        return false;
    for (size_t i = 0; i < word.n; i++)
        low[i] = (char)tolower((unsigned char)word.p[i]);
    low[word.n] = '\0';
    return bsearch(low, WORDS, sizeof WORDS / sizeof *WORDS, sizeof *WORDS, word_order) != NULL;
}
