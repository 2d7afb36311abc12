/* host: the supervisor's side of a zygote: starting it, and asking it for boxes. No code of a guest's is run here. */
#ifndef BOX_HOST_H
#define BOX_HOST_H

#include "box/image.h"
#include "box/place.h"

/* Caller's storage. */
struct box_host {
    int sock;                      /* to the zygote */
    int process;                   /* pidfd of the zygote's first process */
    struct image_state fresh;      /* a box that has run nothing */
    unsigned char key[HASH_BYTES]; /* of the base image: checkpoints fit this base alone */
    int64_t boot_us;
    char build[40];
    char isolation[128]; /* words: what keeps the boxes in */
};

/* Starts lyceum-zygote and waits until it is ready (the task's deadline, 60 s without one). */
enum err box_host_open(struct task *t, const struct place *p, struct box_host *out);
/* Ends it and all its boxes. */
void box_host_close(struct box_host *h);
/* A new worker: *sock speaks to it, *process is its pidfd. `from` may be NULL. */
enum err box_host_spawn(
    struct task *t, struct box_host *h, uint64_t memory_bytes, const struct image *from, int *sock, int *process);

#endif
