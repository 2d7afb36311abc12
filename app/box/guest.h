/* guest: what translated code may ask of us: WASI calls and three of ours, every pointer of the guest's checked. It
 * knows memory, files and a few callbacks, nothing of processes: the fuzz harness runs it as it is. */
#ifndef BOX_GUEST_H
#define BOX_GUEST_H

#include "box/module.h"
#include "box/pack.h"
#include "box/work.h"

/* What the worker does for the guest. */
struct guest_ends {
    void *env;
    /* Standard output (1) or error (2). */
    void (*print)(void *env, uint32_t fd, struct span bytes);
    /* A typed piece of the result; false: no more is taken. */
    bool (*emit)(void *env, uint32_t kind, struct span bytes);
    /* A question to the server; false: nobody answers. The answer stays until the next one. */
    bool (*ask)(void *env, struct span request, struct span *answer);
};

struct guest {
    unsigned char *memory;
    uint64_t size_bytes; /* of the memory now: what is below may be touched */
    uint64_t cap_bytes;  /* what memory.grow may reach */
    struct pack pack;
    struct work *work;
    struct guest_ends ends;
    struct span answer; /* what is left of the last answer */
    bool cap_hit;       /* memory.grow was refused since the run began */
};

/* One call of the guest's. Returns WASI's errno; BOX_CALL_call the answer's length or UINT32_MAX. A pointer outside of
 * the guest's memory is WASI_FAULT, and nothing was touched. */
uint32_t guest_call(struct guest *g, enum box_call number, const uint64_t arg[BOX_CALL_ARGS]);
/* The name of a call, for what is told about a fuzz run or a trap. */
const char *guest_call_name(enum box_call number);

#endif
