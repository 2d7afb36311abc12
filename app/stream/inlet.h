/* inlet: agents' connections: live bytes of the turns that they run. */
#ifndef STREAM_INLET_H
#define STREAM_INLET_H

#include "stream/hub.h"

struct inlets;

/* listener: non-blocking, taken. */
void inlets_open(struct hub *h, int listener, struct inlets **out);
/* Call after each batch of epoll events: frees those that closed. */
void inlets_reap(struct inlets *s);
void inlets_close(struct inlets *s);

#endif
