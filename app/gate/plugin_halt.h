/* plugin_halt: processes of a version that may not run on are ended at once, whoever decided that and by which way:
 * gate itself tells lyceum-plugin. */
#ifndef GATE_PLUGIN_HALT_H
#define GATE_PLUGIN_HALT_H

#include "gate/gate.h"
#include "store/auth_plugin.h"

/* The versions of a plugin that can have processes: the one that runs, and the one that a group has first. */
struct plugin_ran {
    struct span id; /* empty: of none */
    struct span digest[2];
};
struct plugin_ran plugin_ran_of(const struct auth_plugin *row);

/* After the commit: ends what ran and does not by `now` (NULL: the plugin is gone). By whom: for the record. It never
 * fails its caller, and takes PLUGIN_HALT_MS at most: gate lets nothing of that version through any more in any case.
 * That its processes could not be ended is on record ("plugin.halt"), and told to admins until that was done. */
enum { PLUGIN_HALT_MS = 2000 };
void plugin_halt(
    struct gate *g, struct span by, const struct plugin_ran *ran, const struct auth_plugin *now, int64_t now_ms);

#endif
