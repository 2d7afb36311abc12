/* fcgi_ev: FastCGI responder over epoll: many open responses in one process, one request at a time on each connection.
 */
#ifndef HTTP_FCGI_EV_H
#define HTTP_FCGI_EV_H

#include "base/task.h"

/* What epoll's data.ptr points to, in every process that has this codec in its loop. */
struct ev_source {
    void (*ready)(struct ev_source *s, uint32_t events);
};

struct fcgi_ev;   /* a listening socket and its connections */
struct fcgi_conn; /* one connection; while a request is on it, that request */

struct fcgi_setup {
    int epoll;                                          /* borrowed */
    int listener;                                       /* non-blocking; taken */
    size_t conns;                                       /* more are closed at once */
    size_t params_bytes;                                /* more is answered with 431 */
    size_t body_bytes;                                  /* more is answered with 413 */
    int64_t request_ms;                                 /* time for a request to come in whole */
    void (*on_request)(void *arg, struct fcgi_conn *c); /* params and body are whole */
    void (*on_room)(void *arg, struct fcgi_conn *c);    /* all that was queued is sent */
    /* Aborted or closed before fcgi_end; c takes no more bytes. Called from epoll's events, fcgi_ev_sweep and _close,
     * never from within fcgi_put, fcgi_offer or fcgi_end. */
    void (*on_gone)(void *arg, struct fcgi_conn *c);
    void *arg;
};

/* t must outlive the server. */
void fcgi_ev_open(struct task *t, const struct fcgi_setup *setup, struct fcgi_ev **out);
/* Takes a connected, non-blocking descriptor, as if it had been accepted. NULL: over the limit (fd is closed). */
struct fcgi_conn *fcgi_ev_adopt(struct fcgi_ev *s, int fd);
/* Call after each batch of epoll events: until then closed connections keep their memory. */
void fcgi_ev_reap(struct fcgi_ev *s);
/* Call each second or so: closes connections whose request does not come in. */
void fcgi_ev_sweep(struct fcgi_ev *s);
/* Accepts no more. */
void fcgi_ev_stop(struct fcgi_ev *s);
/* How many connections are open, with a request or without. */
size_t fcgi_ev_open_conns(const struct fcgi_ev *s);
/* How many connections still have bytes to send. */
size_t fcgi_ev_unsent(const struct fcgi_ev *s);
/* Closes everything; on_gone is called for requests that run. */
void fcgi_ev_close(struct fcgi_ev *s);

/* A parameter of the request, SPAN_NONE if absent. Of two with one name the first counts: nginx sends what is
 * configured before what the browser said. Borrowed until fcgi_conn_forget or fcgi_end. */
struct span fcgi_param(const struct fcgi_conn *c, const char *name);
struct span fcgi_body(const struct fcgi_conn *c);
/* Frees parameters and body of a request that goes on for long. */
void fcgi_conn_forget(struct fcgi_conn *c);
void fcgi_conn_set_user(struct fcgi_conn *c, void *user);
void *fcgi_conn_user(const struct fcgi_conn *c);

/* Queues bytes of the response whatever the socket says: for heads and short replies (FCGI_QUEUE_BYTES at most). */
void fcgi_put(struct fcgi_conn *c, struct span bytes);
/* Sends as much of `bytes` as the socket takes now, straight from the caller's memory, and says how much that was. At
 * most one record's rest is copied, so a slow reader costs FCGI_RECORD_BYTES. 0: full; on_room comes. */
size_t fcgi_offer(struct fcgi_conn *c, struct span bytes);
/* Is everything sent, so that fcgi_offer would try? */
bool fcgi_idle(const struct fcgi_conn *c);
/* Ends the response; c belongs to the server again. */
void fcgi_end(struct fcgi_conn *c);
/* Head, one line of text, end. extra: further header lines, each with CRLF, or "". */
void fcgi_reply(struct fcgi_conn *c, int status, const char *extra, const char *text);

/* Parses bytes as if the peer had sent them: for tests. False when the connection was closed over them. */
bool fcgi_conn_feed(struct fcgi_conn *c, struct span bytes);

enum { FCGI_RECORD_BYTES = 8192, FCGI_QUEUE_BYTES = 65536 };

#endif
