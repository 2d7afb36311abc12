/* live: what stream knows of one turn's log: where it ends, its newest bytes, its epoch. Pure: no sockets, no database.
 */
#ifndef STREAM_LIVE_H
#define STREAM_LIVE_H

#include "base/buf.h"
#include "base/id.h"
#include "stream/index.h"

struct viewer;
struct inlet;

enum { LIVE_KEY_BYTES = ID_BYTES + 1 };

struct live {
    struct index_node node;     /* key: the mode's letter, then the turn's id */
    struct live *newer, *older; /* by last use: whose window is given up first */
    struct live *next_dirty;
    struct viewer *viewers;
    struct inlet *feed;         /* the agent that runs it; NULL: nobody, its viewers follow the database */
    int64_t heard_ms;           /* when bytes came, or the database was asked */
    int64_t epoch, epoch_start; /* offset at which the epoch began */
    int64_t base;               /* offset of the window's first byte */
    int64_t durable;            /* length in the database, as far as was seen */
    struct buf window;          /* newest bytes; what is before them is in the database */
    char key[LIVE_KEY_BYTES];
    char conversation[ID_BYTES]; /* of the row; [0] is NUL until the database was asked */
    bool over;                   /* its last event is there: nothing follows */
    bool dirty;
};

void live_init(struct live *l, bool private, struct span turn, size_t window_bytes);
bool live_private(const struct live *l);
struct span live_turn(const struct live *l);
/* The offset behind the last byte that is known of. */
int64_t live_end(const struct live *l);
/* Bytes in memory from an offset on; empty: none, or not in memory. */
struct span live_bytes(const struct live *l, int64_t offset);

enum live_change { LIVE_SAME, LIVE_GREW, LIVE_REWOUND };
/* A new epoch from an offset on: what was behind it never was. LIVE_SAME when the epoch isn't newer. */
enum live_change live_begin(struct live *l, int64_t epoch, int64_t start);
/* Bytes at an offset. What is known already is skipped; past a hole only the new bytes are kept (the rest is in the
 * database). Past the window's cap the older half is given up. */
enum live_change live_append(struct live *l, int64_t epoch, int64_t offset, struct span bytes);
/* The database was looked at. */
enum live_change live_durable(struct live *l, int64_t epoch, int64_t epoch_start, int64_t bytes, bool over);
/* Gives the window up. */
void live_shrink(struct live *l);

/* The place in the log that a browser's last event id stands for: "turn.epoch.offset". False: not one of this turn. */
bool live_id(struct span id, struct span turn, int64_t *epoch, int64_t *offset);

#endif
