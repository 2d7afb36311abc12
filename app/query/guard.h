/* guard: a connection to a follower on which other people's SQL may run: design 04, steps 2 to 7. */
#ifndef QUERY_GUARD_H
#define QUERY_GUARD_H

#include "query/query_client.h"

#include <sqlite3.h>

enum { GUARD_READS = 1000, GUARD_DENIED_BYTES = 200 };

/* The layers, each of which must hold alone. The product has them all; a test program that is compiled with
 * LYCEUM_TEST_LAYERS takes one away in turn (guard_layers_off). */
enum guard_layer {
    GUARD_WORD = 1, /* the statement's first word, one statement, readonly, gives columns */
    GUARD_AUTHORIZER = 2,
    GUARD_CONFIG = 4, /* defensive, query_only, immutable, read-only opening */
    GUARD_LIMITS = 8,
    GUARD_HEAP = 16,
    GUARD_FUNCTIONS = 32, /* linear instr and replace */
    GUARD_PROGRESS = 64,
    GUARD_LANDLOCK = 128,
    GUARD_SECCOMP = 256,
};
#ifdef LYCEUM_TEST_LAYERS
extern unsigned guard_layers_off;
#define GUARD_ON(layer) (!(guard_layers_off & (unsigned)(layer)))
#else
#define GUARD_ON(layer) true
#endif

struct guard {
    struct task *t; /* the task of the current statement: its reads and sentences live there */
    sqlite3 *db;
    bool ours;      /* a statement of our own runs: nothing is recorded, sqlite_schema's helpers are allowed */
    bool stepping;  /* a statement runs: what is prepared now is prepared by SQLite itself (pragma functions) */
    bool late;      /* the progress handler stopped it */
    int64_t due_us; /* clock_mono_us() */
    struct query_read *reads;
    size_t n_reads;
    bool virtual_tables;             /* the database has some: full-text ones */
    bool more_reads;                 /* than are noted */
    char denied[GUARD_DENIED_BYTES]; /* what the authorizer refused last, as a sentence; "" nothing */
};

/* Once per process, before SQLite is used: memory accounting on (hard_heap_limit is ignored without it) and the limit.
 * False when SQLite was in use already. heap_bytes 0: no limit. */
bool guard_process_init(int64_t heap_bytes);

/* Opens by a real path, read-only, immutable, no symbolic links; sets config, pragmas, limits, functions, authorizer
 * and progress handler, and reads the header. foreign: the strict limits of design 04; else those for our own
 * statements. E_NOTFOUND, E_CORRUPT, E_UNAVAILABLE with a sentence. g must stay where it is: callbacks point at it. */
enum err guard_open(struct task *t, struct guard *g, const char *path, bool foreign);
void guard_close(struct guard *g);
/* Before each statement: whose memory, and until when it may run. */
void guard_begin(struct guard *g, struct task *t, int64_t deadline_ms);

#endif
