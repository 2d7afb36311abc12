/* keeper: a runner's second thread: holds the lease, hears Stop, writes the part of the log that waits. */
#ifndef AGENT_KEEPER_H
#define AGENT_KEEPER_H

#include "agent/tell.h"

#include <signal.h>
#include <stdatomic.h>

enum keeper_word {
    KEEPER_GO_ON,
    KEEPER_STOP,  /* the person said so */
    KEEPER_LEAVE, /* the pool ends: give the turn back */
    KEEPER_LOST,  /* the lease is somebody else's: write nothing more */
};
enum { KEEPER_TICK_MS = 50, KEEPER_RENEW_MS = 3000, KEEPER_GRACE_MS = 3000 };

struct keeper {
    const char *path; /* of the work database; the thread opens its own connection */
    struct span turn, owner;
    struct tell *tell;
    const volatile sig_atomic_t *leaving; /* set by SIGTERM; NULL: never */
    int wake_fd;                          /* readable once the word is not GO_ON: ends a model's stream at once */
    int quit_fd;
    atomic_int word; /* enum keeper_word; the last ones win */
    pthread_t thread;
};

/* The caller has set path, turn, owner, tell, leaving. */
enum err keeper_start(struct task *t, struct keeper *k);
enum keeper_word keeper_says(struct keeper *k);
/* Ends the thread; the word stays. */
void keeper_stop(struct keeper *k);

#endif
