/* serve: FastCGI workers (libfcgi, prefork): from a listening socket to a function per request. */
#ifndef HTTP_SERVE_H
#define HTTP_SERVE_H

#include "http/request.h"
#include "http/response.h"

struct http_service {
    int listener;       /* blocking; nginx must not keep connections (fastcgi_keep_conn off): one pins a worker */
    int workers;        /* processes */
    int64_t budget_ms;  /* deadline of a request's task; a worker that hangs 10 s past it is killed */
    size_t body_bytes;  /* more is answered with 413, unread */
    const char *origin; /* conf http.origin: its scheme names the cookies, all of it is what csrf compares */
    const char *approve_origin; /* whose name is no name of the main site's; NULL: there is none */
    bool approves;              /* answers requests to that origin as well (req->approve) */
    /* In each worker before its first request, after the fork: opens databases and such in a task that lives as long as
     * the worker. NULL: nothing. */
    enum err (*start)(struct task *worker, void *arg);
    /* Answers one request; csrf was checked. A failure is answered by `failed`. The task ends after the reply was sent.
     */
    enum err (*handle)(struct task *t, const struct http_request *req, struct http_response *out, void *arg);
    /* Turns t->err and t->cause into a reply; NULL: http_failure. out is as after http_response_begin. */
    void (*failed)(struct task *t, const struct http_request *req, struct http_response *out, void *arg);
    /* After the reply was sent, in the same task; NULL: nothing. For work that nobody waits for. */
    void (*after)(struct task *t, void *arg);
    void *arg;
};

/* Forks the workers and returns the program's exit status after SIGTERM. Call after the sandbox was entered. */
int http_serve(const struct http_service *s);
/* One request from an environment and a body to a reply, as http_serve does it: for tests and fuzzers. */
void http_answer(struct task *t, const struct http_service *s, char *const *environment, struct span body,
    struct http_request *req, struct http_response *out);

#endif
