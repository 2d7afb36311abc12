/* jobs: the foreign statements that the master has in hand, from connection to reply. */
#ifndef QUERY_JOBS_H
#define QUERY_JOBS_H

#include "base/pool.h"
#include "base/task.h"

enum job_state {
    JOB_READING,  /* the request comes in */
    JOB_WAITING,  /* for a free place or a ready child */
    JOB_RUNNING,  /* a child works on it */
    JOB_REPLYING, /* the reply goes out */
    JOB_OVER,     /* freed at the end of the round: events of this round may still name it */
};
enum { JOBS_WAITING = 256, JOB_REQUEST_BYTES = 2 << 20 };
enum { JOBS_OF_A_ROLE = 192 }; /* connections: nobody fills the queue alone */

struct job;
/* What an epoll event names. */
struct job_watch {
    enum { WATCH_LISTEN, WATCH_ZYGOTE, WATCH_SPARE, WATCH_CLIENT, WATCH_CHILD } what;
    int fd;
    struct job *job; /* NULL for the first three */
};
struct job {
    struct job *next, *prev; /* in order of arrival */
    enum job_state state;
    struct job_watch client, child; /* fd -1: none */
    int pidfd;
    const char *role;   /* peer_role's word, or NULL */
    struct buf in, out; /* request, then the frame for the child; reply */
    size_t sent;
    int64_t due_ms;      /* monotonic: when this state ends by itself */
    int64_t deadline_ms; /* of the statement */
};
struct jobs {
    struct pool pool;
    struct job *first, *last;
    size_t n, running;
};

void jobs_init(struct jobs *js);
struct job *jobs_add(struct jobs *js, int client, const char *role);
/* How many of a role are there, and how many of those run. */
size_t jobs_of(const struct jobs *js, const char *role, bool running);
/* Closes what it holds (a child is killed) and marks it over. */
void jobs_finish(struct jobs *js, struct job *j);
/* Kills the child, if any, and gives its place up. */
void jobs_drop_child(struct jobs *js, struct job *j);
/* Frees those that are over. */
void jobs_sweep(struct jobs *js);
/* Milliseconds until the next due time, -1 without one. */
int jobs_wait_ms(const struct jobs *js);

#endif
