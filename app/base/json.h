/* json: reading untrusted JSON within bounds, and writing JSON text directly (jansson is slow on rows). */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/task.h"

/* Parses one JSON value (any type). Integers beyond int64 become reals. E_INVALID with a sentence; the value is the
 * task's. Depth is bounded by jansson (2,048); size by the caller. Duplicate keys are refused. */
enum err json_read(struct task *t, struct span text, json_t **out);
/* The same, with duplicate keys let through: for replies of providers. */
enum err json_read_lax(struct task *t, struct span text, json_t **out);

/* Members of an object; a missing or mistyped one gives the fallback. Spans are borrowed from j. */
struct span json_text(const json_t *j, const char *key); /* SPAN_NONE if absent */
int64_t json_int(const json_t *j, const char *key, int64_t fallback);
bool json_flag(const json_t *j, const char *key, bool fallback);

/* Appends s as a JSON string with quotes. Malformed UTF-8 becomes U+FFFD. `<`, `>`, `&`, U+2028 and U+2029 are escaped,
 * so that the text may stand inside HTML and scripts. */
void json_put_text(struct buf *b, struct span s);
/* Appends a double as JSON (shortest that reads back the same; inf and nan become null). */
void json_put_double(struct buf *b, double v);
/* Appends `"key":` preceded by a comma unless the last byte is '{' or '['. */
void json_put_key(struct buf *b, const char *key);
/* Compact text of a jansson value, keys in insertion order. */
void json_put(struct buf *b, const json_t *j);
struct span json_dump(struct task *t, const json_t *j);

#endif
