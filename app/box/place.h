/* place: where the built interpreter is. It is built apart from the programs (deploy/scripts/box-python), so it may be
 * missing, and everything but the sandbox works without it. */
#ifndef BOX_PLACE_H
#define BOX_PLACE_H

#include "base/task.h"

#define PLACE_HOW "Build it with deploy/scripts/box-python (a few minutes)."

struct place {
    const char *folder; /* python.so and stdlib.pack */
    const char *zygote; /* the program lyceum-zygote */
    const char *base;   /* the file of the base image */
};

/* Looks in $LYCEUM_BOX, the installed copy beside the programs (../box, ../lib/lyceum/box), $LYCEUM_CACHE,
 * /var/cache/lyceum and ~/.cache/lyceum, in this order; the strings are the task's. E_NOTFOUND says how it is built. */
enum err place_find(struct task *t, struct place *out);
/* The key of base images' seals: it finds damage, and is no secret. */
const unsigned char *place_base_key(void);

#endif
