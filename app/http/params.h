/* params: names and values of a query or a form, strictly decoded. */
#ifndef HTTP_PARAMS_H
#define HTTP_PARAMS_H

#include "base/task.h"

enum { HTTP_PARAMS = 256 };

struct http_pair {
    struct span name, value;
};
struct http_params {
    struct http_pair *at;
    size_t n;
};

/* One percent-encoded piece of a URL; `plus`: + is a space (queries and forms). E_INVALID with a sentence: half an
 * escape, malformed UTF-8, a NUL. `what` names the place in the sentence: "address", "form". */
enum err http_decode(struct task *t, struct span text, bool plus, const char *what, struct span *out);
/* application/x-www-form-urlencoded, or the part of an address after the question mark. E_INVALID, E_LIMIT past
 * HTTP_PARAMS. */
enum err http_params_read(struct task *t, struct span text, const char *what, struct http_params *out);
/* The first value by that name; SPAN_NONE if absent. */
struct span http_params_get(const struct http_params *p, const char *name);
/* A whole number within low..high; absent or empty gives the fallback; E_INVALID names the parameter. */
enum err http_params_i64(struct task *t, const struct http_params *p, const char *name, int64_t low, int64_t high,
    int64_t fallback, int64_t *out);

/* Appends s percent-encoded as one component (unreserved characters stay). */
void http_encode(struct buf *b, struct span s);

#endif
