/* host_admit: is this call covered by a grant that gate sealed for the plugin service? */
#ifndef PLUGIN_HOST_ADMIT_H
#define PLUGIN_HOST_ADMIT_H

#include "base/task.h"

enum err host_admit_init(struct task *t);

struct host_admitted {
    struct span digest, subject, conversation;
    struct span settings; /* JSON object as text; empty: none */
    struct span id;       /* "namespace/name", for sentences */
};
/* Checks seal, audience, time, capability ("call" or "stop"), arguments, and uses the grant up. For "stop" tool and
 * args are empty; a "call" that was permitted before the bundle's last "stop" is refused. */
enum err host_admit(struct task *t, struct span sealed, const char *capability, struct span tool, struct span args,
    struct host_admitted *out);

#endif
