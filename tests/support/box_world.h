/* box_world: a guest without an interpreter: some memory, a small library, empty files, and callbacks that count. */
#ifndef TEST_BOX_WORLD_H
#define TEST_BOX_WORLD_H

#include "base/must.h"
#include "box/guest.h"

#include <stdlib.h>
#include <string.h>

enum { WORLD_MEMORY = 3 * 65536, WORLD_CANARY = 4096 };

struct box_world {
    struct guest guest;
    unsigned char *room; /* canary, memory, canary */
    unsigned char pack[512];
    size_t printed, emitted, asked;
};

static inline void
box_world_print(void *env, uint32_t fd, struct span bytes)
{
    struct box_world *w = env;
    volatile char last = 0;
    must(fd == 1 || fd == 2);
    if (bytes.n > 0)
        last = bytes.p[bytes.n - 1]; /* what is handed out can be read */
    (void)last;
    w->printed += bytes.n;
}

static inline bool
box_world_emit(void *env, uint32_t kind, struct span bytes)
{
    struct box_world *w = env;
    box_world_print(env, 1, bytes);
    w->emitted++;
    return kind < 1000;
}

static inline bool
box_world_ask(void *env, struct span request, struct span *answer)
{
    struct box_world *w = env;
    box_world_print(env, 1, request);
    w->asked++;
    *answer = SPAN("an answer of the server's");
    return true;
}

static inline void
box_world_node(
    unsigned char *p, uint32_t name_at, uint32_t name_bytes, uint32_t kind, uint32_t parent, uint64_t at, uint64_t size)
{
    const uint32_t head[] = {name_at, name_bytes, kind, parent};
    memcpy(p, head, sizeof head);
    memcpy(p + 16, &at, 8);
    memcpy(p + 24, &size, 8);
}

/* /lib holds a.py ("print(1)\n") and the folder sub with b.py (empty). */
static inline void
box_world_pack(struct box_world *w, struct task *t)
{
    const uint32_t nodes = 4;
    unsigned char *p = w->pack;
    memcpy(p, "LYPACK1\n", 8);
    memcpy(p + 8, &nodes, 4);
    memcpy(p + 144, "a.pysubb.py", 11);
    memcpy(p + 160, "print(1)\n", 9);
    box_world_node(p + 16, 144, 0, 1, 0, 1, 2);
    box_world_node(p + 48, 144, 4, 0, 0, 160, 9);
    box_world_node(p + 80, 148, 3, 1, 0, 3, 1);
    box_world_node(p + 112, 151, 4, 0, 2, 176, 0);
    must(pack_open(t, (struct span){(const char *)p, 176}, &w->guest.pack) == E_OK);
}

static inline struct box_world *
box_world_new(struct task *t)
{
    struct box_world *w = calloc(1, sizeof *w);
    must(w);
    w->room = calloc(1, WORLD_MEMORY + 2 * WORLD_CANARY);
    w->guest.work = aligned_alloc(4096, (sizeof(struct work) + 4095) / 4096 * 4096);
    must(w->room && w->guest.work);
    memset(w->guest.work, 0, offsetof(struct work, block)); /* blocks are zeroed when the tests need them */
    memset(w->room, 0xc5, WORLD_CANARY);
    memset(w->room + WORLD_CANARY + WORLD_MEMORY, 0xc5, WORLD_CANARY);
    w->guest.memory = w->room + WORLD_CANARY;
    w->guest.size_bytes = WORLD_MEMORY;
    w->guest.ends = (struct guest_ends){w, box_world_print, box_world_emit, box_world_ask};
    work_format(w->guest.work);
    box_world_pack(w, t);
    return w;
}

static inline bool
box_world_whole(const struct box_world *w)
{
    for (size_t i = 0; i < WORLD_CANARY; i++)
        if (w->room[i] != 0xc5 || w->room[WORLD_CANARY + WORLD_MEMORY + i] != 0xc5)
            return false;
    return true;
}

static inline void
box_world_free(struct box_world *w)
{
    free(w->guest.work);
    free(w->room);
    free(w);
}

#endif
