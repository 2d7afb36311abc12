/* work_event: the steps of a turn as pages show them: one row each, JSON bodies (CONTRACTS, "The turn's log"). */
#ifndef STORE_WORK_EVENT_H
#define STORE_WORK_EVENT_H

#include "store/work.h"

struct work_event {
    int64_t seq;      /* 1, 2, ... within the turn */
    struct span kind; /* text reasoning call result note question answer approval usage error done */
    struct span body; /* JSON object */
    int64_t at_ms;
};

/* A turn's events in order. */
enum err work_event_list(struct task *t, struct work *w, struct span turn, struct work_event **out, size_t *n);
/* Appends one; its seq is the next. */
enum err work_event_put(struct task *t, struct work *w, struct span turn, const char *kind, struct span body);

#endif
