/* calls: which system calls each profile keeps (private to sandbox). */
#ifndef SANDBOX_CALLS_H
#define SANDBOX_CALLS_H

#include "sandbox/jail.h"

#include <stdint.h>

/* Groups of calls; a profile is a set of them. */
enum {
    CALLS_CORE = 1,    /* memory, clocks, open descriptors, own signals */
    CALLS_FILES = 2,   /* paths */
    CALLS_SOCKETS = 4, /* accepting and connecting */
    CALLS_PROCESS = 8, /* threads, forks, signals to others, sandboxing oneself further */
    CALLS_EVENTS = 16, /* polling, timers, pipes */
    CALLS_ATTACK = 32, /* never allowed: ends the process */
    CALLS_START = 64,  /* what a program's start asks for, an interpreter's too */
};
struct call_row {
    const char *name;
    int groups;
};
extern const struct call_row call_rows[];
extern const unsigned call_rows_n;

#endif
