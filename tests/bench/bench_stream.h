/* bench_stream: what its two halves share: the options, the turns, the fake agent. */
#ifndef BENCH_STREAM_H
#define BENCH_STREAM_H

#include "base/buf.h"
#include "base/id.h"

#include <sys/types.h>

enum { LOG_CAP = 8 << 20 };

struct turn {
    char id[ID_BYTES + 1], conversation[ID_BYTES + 1];
    /* the agent's: */
    int64_t epoch, length;
    int made;
    struct buf fresh; /* not in the database yet */
    size_t told;      /* of fresh, to stream: a turn's end is durable before it is shown */
};

struct options {
    int turns, viewers, events, rate, drops, kills, agent_kills;
};
extern struct options opt;
extern struct turn *turns;

struct span id_span(const char *id);
/* Starts a process that stands for web: when it returns, the turns have ids and rows. */
pid_t web_start(void);
/* Starts an agent that runs all turns which are not over; generation: how many were killed before it. */
pid_t agent_start(int generation);

#endif
