/* pack: the interpreter's library: a read-only tree of files in one mapped file (made by deploy/box/pack.mjs). */
#ifndef BOX_PACK_H
#define BOX_PACK_H

#include "base/task.h"

#define PACK_NONE UINT32_MAX

struct pack {
    const unsigned char *at;
    size_t bytes;
    uint32_t nodes;
};
struct pack_node {
    struct span name;
    bool folder;
    uint32_t parent;
    uint32_t first, children; /* of a folder: nodes first .. first+children-1, sorted by name */
    struct span content;      /* of a file */
};

/* Takes `bytes` (which must stay) as a pack, node 0 the root. E_CORRUPT unless every number in it points inside. */
enum err pack_open(struct task *t, struct span bytes, struct pack *out);
/* Any node number below p->nodes. */
struct pack_node pack_at(const struct pack *p, uint32_t node);
/* The child of that name, or PACK_NONE. */
uint32_t pack_find(const struct pack *p, uint32_t folder, struct span name);

#endif
