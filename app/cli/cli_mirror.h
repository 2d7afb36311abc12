/* cli_mirror: a marketplace mirrored into this deployment: everything is fetched beside the old mirror, verified, and
 * then takes its place at once. */
#ifndef CLI_CLI_MIRROR_H
#define CLI_CLI_MIRROR_H

#include "plugin/trust.h"

/* Where files come from: a folder, or an address. E_NOTFOUND: there is no such file; E_LIMIT: more than cap bytes. */
struct cli_source {
    enum err (*get)(struct task *t, void *arg, const char *path, size_t cap, struct span *out);
    void *arg;
};
/* Files below an address: each through egress, under a grant of its own from gate. place: task's. */
struct cli_source cli_source_address(const char *place);
struct cli_source cli_source_folder(const char *folder);

struct cli_mirror_report {
    size_t listed, fetched, bundles; /* versions; files fetched anew; bundles put into the plugins folder */
    const char *code;                /* of the check */
};
/* to: the mirror (<state>/plugins/market-cache/<name>); plugins: where whole bundles go (<state>/plugins), or NULL.
 * state: what is remembered; the caller has gate save the new one. Nothing changes when something is refused. */
enum err cli_mirror(struct task *t, const struct cli_source *from, const char *to, const char *plugins,
    const struct trust_state *state, struct cli_mirror_report *out);

#endif
