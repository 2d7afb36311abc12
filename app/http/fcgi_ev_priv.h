/* fcgi_ev_priv: what the two halves of the codec share: connections and sending (fcgi_ev.c), records in (fcgi_ev_in.c).
 */
#ifndef HTTP_FCGI_EV_PRIV_H
#define HTTP_FCGI_EV_PRIV_H

#include "base/pool.h"
#include "http/fcgi_ev.h"

enum record_type {
    REC_BEGIN = 1,
    REC_ABORT,
    REC_END,
    REC_PARAMS,
    REC_STDIN,
    REC_STDOUT,
    REC_STDERR,
    REC_DATA,
    REC_GET_VALUES,
    REC_GET_VALUES_RESULT,
    REC_UNKNOWN
};
enum end_status { END_COMPLETE, END_CANT_MPX, END_OVERLOADED, END_UNKNOWN_ROLE };
enum { HEAD_BYTES = 8 };

/* REFUSED: the rest of a bad request is read and dropped, then answered. */
enum conn_state { IDLE, PARAMS, STDIN, RUNNING, REFUSED };

struct fcgi_conn {
    struct ev_source source; /* first: epoll points to it */
    struct fcgi_ev *ev;
    struct fcgi_conn *next, **at;
    void *user;
    int64_t since_ms; /* when the state began to wait for the peer */
    int fd;
    uint16_t id;
    uint16_t left; /* of the record's content */
    uint8_t pad;   /* of the record's padding */
    uint8_t head_n;
    unsigned char head[HEAD_BYTES];
    unsigned char begin[HEAD_BYTES];
    uint8_t state;
    uint8_t refusal; /* index into refusals */
    bool keep, closing, dead, want_out;
    bool broken; /* a send failed: epoll will say so, and only then is the owner told */
    struct buf params, body, out;
};

struct fcgi_ev {
    struct ev_source source; /* the listener's */
    struct fcgi_setup set;
    struct fcgi_conn *all, *dead;
    struct pool conns;
    int spare_fd; /* given up for a moment to turn a connection away when descriptors run out */
    char *scratch;
};

void fcgi_conn_close(struct fcgi_conn *c);
void fcgi_conn_set_state(struct fcgi_conn *c, enum conn_state s);
/* Appends a record to what waits to be sent. */
void fcgi_conn_queue(struct fcgi_conn *c, enum record_type type, uint16_t id, struct span s);
void fcgi_conn_queue_end(struct fcgi_conn *c, uint16_t id, enum end_status how);
void fcgi_conn_flush(struct fcgi_conn *c);
/* The request is over: the connection waits for another, or closes once its bytes are sent. */
void fcgi_conn_rest(struct fcgi_conn *c);

#endif
