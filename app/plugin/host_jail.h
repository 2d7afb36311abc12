/* host_jail: what a plugin's process sees and may do: a root of its own, its limits, its filter. Private to the host.
 */
#ifndef PLUGIN_HOST_JAIL_H
#define PLUGIN_HOST_JAIL_H

#include "base/task.h"

#include <sys/types.h>

enum { HOST_ARGS = 16, HOST_PATH_BYTES = 512, HOST_DIGEST_BYTES = 65, HOST_WORD_BYTES = 260 };

enum host_runtime { HOST_PROGRAM, HOST_PYTHON, HOST_NODE };

/* What to run. The bundle's files stand in <work>/<digest>, checked, and nobody writes there any more. */
struct host_order {
    int64_t slot;
    enum host_runtime runtime;
    bool stdio; /* its socket is standard input and output, not descriptor 3 */
    char digest[HOST_DIGEST_BYTES];
    char entry[HOST_WORD_BYTES];
    char arg[HOST_ARGS][HOST_WORD_BYTES];
    size_t args;
};

/* Where the jails are made, and what this machine lets us do. */
struct host_place {
    char work[HOST_PATH_BYTES];   /* staged bundles; scratch folders where there are no mounts */
    char python[HOST_PATH_BYTES]; /* real paths; empty: not installed */
    char node[HOST_PATH_BYTES];
    bool apart;     /* namespaces: each process has a root, process ids and a network of its own */
    bool users;     /* and a user id of its own, from a range */
    uid_t first_id; /* of the range */
};

/* The maker, once, inside its own namespaces: mounts <work>/root, which each jail's root is a copy of. */
enum err host_jail_template(struct task *t, const struct host_place *p);
/* In a fresh child: becomes the plugin, whose socket is fd. Sends the listener of its filter over control, then
 * executes; or one packet with a sentence. */
_Noreturn void host_jail_become(
    const struct host_place *p, const struct host_order *o, unsigned serial, int fd, int control);
/* Flags for clone(2) of such a child. */
int host_jail_flags(const struct host_place *p);
/* Without mounts: the scratch folder of a slot, made new or removed with all that is in it. */
bool host_jail_scratch(const struct host_place *p, int64_t slot, bool make);
/* A folder with all that is in it; no link is followed. */
void host_jail_remove(const char *path);

#endif
