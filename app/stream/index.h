/* index: things found by a text key: turns by their ids, sessions by their hashes. The owner has the memory. */
#ifndef STREAM_INDEX_H
#define STREAM_INDEX_H

#include "base/task.h"

struct index_node {
    struct index_node *next;
    struct span key; /* bytes live in the thing that holds this node */
};
struct index {
    struct index_node **row;
    size_t rows; /* a power of two */
    size_t n;
};

/* rows: about as many as things are expected; it does not grow. */
void index_init(struct task *t, struct index *x, size_t rows);
struct index_node *index_find(const struct index *x, struct span key);
/* key must not be there. */
void index_put(struct index *x, struct index_node *node);
void index_take(struct index *x, struct index_node *node);

#endif
