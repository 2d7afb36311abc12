/* source: bytes of a text file, chunk by chunk, from a descriptor or from memory. */
#ifndef EFFECT_SOURCE_H
#define EFFECT_SOURCE_H

#include "base/task.h"

enum { SOURCE_CHUNK = 256 * 1024 };

struct source {
    int fd;           /* -1: memory */
    struct span rest; /* memory that was not handed out, or what is left of the chunk */
    char *chunk;      /* SOURCE_CHUNK bytes, for a descriptor */
    int64_t bytes;    /* handed out so far */
};

void source_memory(struct source *s, struct span bytes);
/* The chunk is the task's; the descriptor stays the caller's. */
void source_file(struct task *t, struct source *s, int fd);
/* Makes `rest` non-empty, or *more false at the end. Reads only when rest is empty. */
enum err source_fill(struct task *t, struct source *s, bool *more);

#endif
