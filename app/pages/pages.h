/* pages: everything that lyceum-web answers: wiring of routes, worker state and failures for http_serve. */
#ifndef PAGES_PAGES_H
#define PAGES_PAGES_H

#include "http/serve.h"

struct pages; /* one worker's: open databases, cached answers of gate; made before the fork, filled after it */

/* Reads the static folder's version; before the sandbox is entered. Lives in t. */
struct pages *pages_new(struct task *t);
/* The functions of struct http_service; arg is a struct pages. */
enum err pages_start(struct task *worker, void *arg);
enum err pages_handle(struct task *t, const struct http_request *req, struct http_response *out, void *arg);
void pages_failed(struct task *t, const struct http_request *req, struct http_response *out, void *arg);

#endif
