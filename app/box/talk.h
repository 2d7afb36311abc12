/* talk: the words between supervisor, zygote and worker: frames (wire/frame.h) over sockets made before the fork, with
 * descriptors where a process is handed on. A worker may only read and write, so it has a reader of its own. */
#ifndef BOX_TALK_H
#define BOX_TALK_H

#include "wire/frame.h"

/* Supervisor to zygote and back, one frame a message:
 *   ready    pages, stack, key (base), build, boot_us, isolation (words)        after the start; or an error frame
 *   spawn    memory_bytes; descriptors: the worker's socket, then an image to wake from, if any
 *   spawned  descriptor: the process (pidfd); or an error frame
 * Supervisor to worker:
 *   run      code, number (of the run)
 *   answer   bytes; or refuse: nobody answers
 *   limit    memory_bytes
 * Worker to supervisor:
 *   print    fd, bytes      emit  kind, bytes      ask  bytes
 *   done     status, pages, stack, capped, work_bytes
 *   trap     why (enum box_trap); the worker has ended */
enum {
    TALK_ZYGOTE_FD = 3,
    TALK_ZYGOTE_BYTES = 65536,        /* the most in one message to or from a zygote */
    TALK_WORKER_BYTES = 66 << 20,     /* in one frame to a worker: an answer, a file */
    TALK_SUPERVISOR_BYTES = 66 << 20, /* in one from it */
    TALK_FDS = 2,
};

/* One message with up to TALK_FDS descriptors. */
enum err talk_send(struct task *t, int sock, struct span frame, const int *fd, size_t n);
/* Receives one; those that did not come are -1. E_UNAVAILABLE when the other side has gone. Waits for the deadline. */
enum err talk_recv(struct task *t, int sock, struct frame *out, int fd[TALK_FDS]);

#endif
