/* scan: SQL cut into tokens, as SQLite's tokenizer does, for checks around a statement (never instead of SQLite's own).
 */
#ifndef QUERY_SCAN_H
#define QUERY_SCAN_H

#include "base/task.h"

enum scan_kind {
    SCAN_END,
    SCAN_SPACE,  /* white space and comments */
    SCAN_WORD,   /* keyword or bare name */
    SCAN_QUOTED, /* "x", `x` or [x] */
    SCAN_STRING, /* 'x' */
    SCAN_OTHER,  /* a number, an operator, one byte */
};
/* Cuts the first token off *rest; an unclosed quote or comment runs to the end. */
enum scan_kind scan_token(struct span *rest, struct span *out);
/* The same, passing over white space and comments. */
enum scan_kind scan_next(struct span *rest, struct span *out);
/* A quoted token without its quotes, doubled ones made single. */
struct span scan_unquote(struct task *t, struct span token);

#endif
