/* zygote: the process that forks query children and never sees a request. */
#ifndef QUERY_ZYGOTE_H
#define QUERY_ZYGOTE_H

#include "base/task.h"

/* Serves on its end of a SOCK_SEQPACKET pair: each byte that comes asks for one child. Until told to stop. */
int zygote_run(int fd);
/* The master's side: asks for a child; false when the zygote is behind. */
bool zygote_ask(int fd);
/* Takes a child that is ready: its socket and pidfd; false when none is there. */
bool zygote_take(int fd, int *child, int *pidfd);

#endif
