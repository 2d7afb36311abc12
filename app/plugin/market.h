/* market: a marketplace's folder: static files that any web server may serve and any deployment may mirror.
 *   root.<version>.note  timestamp.note  snapshot.<hash>.note  publishers.note  log/checkpoint  log/tile/...
 *   plugins/<namespace>/<name>/<serial>/ {manifest.note vet.note vet.report inclusion and the bundle's files} */
#ifndef PLUGIN_MARKET_H
#define PLUGIN_MARKET_H

#include "plugin/tiles.h"
#include "plugin/trust.h"

enum { MARKET_ROOTS_MOST = 1000, MARKET_INCLUSION_BYTES = NOTES_PROOF_BYTES };

/* All that trust_verify needs of a marketplace, read from its folder (or a mirror of it) as it is: nothing is believed
 * here. id empty: the marketplace alone. serial 0: the newest that its snapshot offers. installed: the installed
 * serial, 0 if there is none: the manifests between are read too. Reviewers, deployment, consent and what is installed
 * are the caller's to fill in. E_NOTFOUND: a file is missing, or nothing is offered under that id. */
enum err market_gather(struct task *t, const char *folder, const struct trust_state *s, struct span id, int64_t serial,
    int64_t installed, struct trust_input *out);
/* <folder>/plugins/<id>/<serial> */
const char *market_bundle(struct task *t, const char *folder, struct span id, int64_t serial);

/* What a folder says of itself, parsed but not verified: for pages of the log and for the marketplace's operator. */
struct market {
    const char *folder;
    struct notes_root root;
    struct notes_publishers publishers;
    struct notes_snapshot snapshot; /* version 0: none yet */
    struct notes_timestamp timestamp;
    struct notes_checkpoint checkpoint;
    struct span checkpoint_note;
};
enum err market_read(struct task *t, const char *folder, struct market *out);

/* Checks a whole log: its checkpoint's signature by the root's log keys, every entry against the tree, the tree's root
 * against the checkpoint, and, with a checkpoint seen before (may be NULL), that it only grew. E_DENIED, E_CORRUPT. */
enum err market_log_check(struct task *t, const struct market *m, const struct notes_checkpoint *before);

#endif
