/* loose: JSON as providers write it: integers past 64 bits, half surrogates, bytes that are not UTF-8. */
#ifndef LLM_LOOSE_H
#define LLM_LOOSE_H

#include "base/task.h"

/* A new reference (the caller's, for json_decref: events come by the thousand and must not pile up in the task), or
 * NULL when it is not JSON even so. Half surrogates and malformed bytes become U+FFFD. A key given twice: the last. */
json_t *loose_json(struct span text);
/* The same, owned by the task. */
json_t *loose_json_task(struct task *t, struct span text);
/* Is the text one JSON object? */
bool loose_is_object(struct span text);
/* A string's content; SPAN_NONE for any other value and for NULL. Borrowed. */
struct span loose_text(const json_t *j);
/* Is it absent, null, false, "", {} or []: the many ways to say "none"? */
bool loose_is_nothing(const json_t *j);
/* A count of tokens; -1 when it is not a number. */
int64_t loose_count(const json_t *j);
/* A JSON string of any bytes: malformed UTF-8 and NUL become U+FFFD. */
void loose_put_text(struct buf *b, struct span s);
/* Writes the value with NUL and half surrogates cleaned out of its strings and keys: some providers refuse them. */
void loose_put(struct buf *b, const json_t *j);

#endif
