/* stream: the process: one loop over viewers, agents and clocks. */
#ifndef STREAM_STREAM_H
#define STREAM_STREAM_H

#include "stream/hub.h"

/* Serves until SIGTERM or SIGINT (which the caller has blocked): then every response ends whole, so that browsers come
 * again with their last event id. Takes both listeners (non-blocking). */
void stream_serve(struct task *t, int viewers, int agents);

#endif
