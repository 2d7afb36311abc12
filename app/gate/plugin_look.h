/* plugin_look: looking at versions that were not let in: what marketplaces offer, and the files of bundles that are
 * kept here. Nothing is decided by it: whoever installs checks everything again. */
#ifndef GATE_PLUGIN_LOOK_H
#define GATE_PLUGIN_LOOK_H

#include "gate/plugin_install.h"
#include "plugin/trust.h"
#include "store/auth_offer.h"

/* What a manifest alone says: its tools have no description and schema yet. */
void plugin_look_facts(const struct manifest *m, struct plugin_facts *out);
/* The manifest of <state>/plugins/<digest>, whose digest must be that. E_NOTFOUND: no bundle of it is kept here. */
enum err plugin_look_bundle(struct task *t, struct span digest, struct span *note, struct manifest *out);
/* The record of a version that is offered, as plugin_record has it, and "refused": why it can't be installed, or "".
 * E_NOTFOUND as above. */
enum err plugin_look_offer(struct task *t, struct gate *g, const struct auth_offer *o, json_t **out);

/* The folder of a marketplace's mirror. */
const char *plugin_look_mirror(struct task *t, struct span market);
/* After a check of all of the marketplace's notes (v): what it offers, anew. In the caller's transaction. */
enum err plugin_look_index(struct task *t, struct gate *g, const struct auth_market *m, const struct trust_verdict *v);

#endif
