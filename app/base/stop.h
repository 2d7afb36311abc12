/* stop: SIGTERM and SIGINT as something an event loop reads. */
#ifndef BASE_STOP_H
#define BASE_STOP_H

#include <stdbool.h>

/* At the very start, before anything else runs: from now on they wait to be read. */
void stop_block(void);
/* A descriptor that is readable once one of them came; it goes with the process. */
int stop_open(void);
/* Reads it: has one come? */
bool stop_read(int fd);

#endif
