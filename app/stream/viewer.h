/* viewer: one open response: a descriptor and an offset into a turn's log. */
#ifndef STREAM_VIEWER_H
#define STREAM_VIEWER_H

#include "stream/hub.h"
#include "stream/session.h"

struct viewer {
    struct viewer *next, **at;                 /* of the log */
    struct viewer *session_next, **session_at; /* of the session */
    struct viewer *quieter, *louder;           /* by when a byte was sent */
    struct live *live;
    struct session *session;
    struct fcgi_conn *conn;
    int64_t offset;
    int64_t rewind; /* tell it to go back to here first; -1: no */
    int64_t opened_ms, sent_ms;
    bool whole; /* what was sent ends with an event's end: something else may be put in */
};

/* A response lives so long at most; then it ends and the browser comes again with its last event id, past gate. A turn
 * that waits for a person is held open by heartbeats as any other. */
enum { VIEWER_LIFE_MS = 10 * 60 * 1000, VIEWER_BEAT_MS = 15 * 1000 };

/* Sends the head and all that there is from the offset on. `s` was joined for it. */
void viewer_open(struct hub *h, struct live *l, struct session *s, struct fcgi_conn *c, int64_t offset, int64_t rewind);
/* Sends what is new as far as the socket takes it; ends the response behind a log's last event. v may be gone after. */
void viewer_push(struct hub *h, struct viewer *v);
/* What is behind an offset never was. */
void viewer_rewind(struct viewer *v, int64_t to);
/* Ends the response; v is gone. */
void viewer_end(struct hub *h, struct viewer *v);
/* The browser left: forgets it without a word. */
void viewer_gone(struct hub *h, struct viewer *v);
/* Each second: heartbeats for those that had nothing for 15 s; ends those that are too old. */
void viewer_beats(struct hub *h);

#endif
