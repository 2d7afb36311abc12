/* market_make: a marketplace's operator: its folder begun, its owners of namespaces, versions taken in, and everything
 * signed anew. The online key signs publishers, snapshots, timestamps and the log. */
#ifndef PLUGIN_MARKET_MAKE_H
#define PLUGIN_MARKET_MAKE_H

#include "plugin/market.h"

struct market_order {
    const char *folder; /* not there yet */
    struct span origin;
    const struct note_secret *root; /* all of them sign the first root */
    size_t roots;
    int64_t root_threshold;
    const struct note_key *reviewer;
    size_t reviewers;
    int64_t vet_threshold;
};
/* Writes root.1.note, an empty list of publishers, and the first snapshot, timestamp and checkpoint. */
enum err market_init(struct task *t, const struct market_order *o, const struct note_secret *online, int64_t now_ms);

/* The next root: other root keys, reviewers or an online key (what o leaves at 0 stays as it is; its folder is there).
 * signer: root keys, enough of the old ones and of the new ones. online signs from now on: publishers and all that
 * follows are signed anew. E_DENIED when too few signed; nothing is written then. */
enum err market_rotate(struct task *t, const struct market_order *o, const struct note_secret *signer, size_t signers,
    const struct note_secret *online, int64_t now_ms);

/* A namespace's owner gets a key, or loses it (revoked: nothing that it signed is listed any more once refreshed). A
 * namespace goes to another owner when every key of the old one was taken away. */
enum err market_publisher(struct task *t, const char *folder, const struct note_secret *online, struct span namespace,
    const struct note_key *key, bool remove, int64_t now_ms);

/* Copies a signed bundle in, when its files fit, a key of its namespace's owner signed it and it follows the newest
 * version that is there. It is listed by the next refresh after enough reviewers signed. */
enum err market_publish(struct task *t, const char *folder, const char *bundle, struct manifest *out);

/* Logs what is new, lists what is vetted, takes up a changed status, and signs it all. */
struct market_mark { /* id empty: no change */
    struct span id;
    int64_t serial;
    enum notes_status status;
};
struct market_report {
    size_t listed, logged;
    struct span waiting[64]; /* versions that are not listed: sentences */
    size_t waits;
    int64_t log_size;
};
enum err market_refresh(struct task *t, const char *folder, const struct note_secret *online,
    const struct market_mark *mark, int64_t now_ms, struct market_report *out);

#endif
