/* door: who may look at what: a request for a turn's stream, judged by gate's grant. */
#ifndef STREAM_DOOR_H
#define STREAM_DOOR_H

#include "stream/hub.h"

/* Answers or opens a viewer. */
void door_request(struct hub *h, struct fcgi_conn *c);

#endif
