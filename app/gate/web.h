/* web: gate's own pages: signing in and out, the account, and nginx's question who may watch a stream. */
#ifndef GATE_WEB_H
#define GATE_WEB_H

#include "gate/gate.h"
#include "http/serve.h"

/* Serves FastCGI on the listening socket with conf gate.workers processes; the exit status after SIGTERM. */
int web_serve(struct gate *g, int listener);
/* One request; http_serve's `handle` and `failed`. arg: struct gate, open. */
enum err web_handle(struct task *t, const struct http_request *req, struct http_response *out, void *arg);
void web_failed(struct task *t, const struct http_request *req, struct http_response *out, void *arg);

#endif
