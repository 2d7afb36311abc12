/* sqltext: SQL with its words marked, for reading. */
#ifndef RENDER_SQLTEXT_H
#define RENDER_SQLTEXT_H

#include "base/task.h"
#include "template/html.h"

enum { SQLTEXT_LIMIT_BYTES = 256 << 10 /* what is longer is shown unmarked */ };

/* Wraps the parts of SQL into <span class="..">: sql-word (keywords), sql-name (quoted or bare names), sql-call (a name
 * before a parenthesis), sql-text (strings and blobs), sql-num, sql-param (?1 :a @a $a), sql-note (comments).
 * Everything else and all white space stay as they are, so that the text without tags is the input. Never fails: half a
 * string or comment runs to the end. */
struct safe_html sqltext_html(struct task *t, struct span sql);

#endif
