/* publish: one upload from its descriptor to the dataset's current revision. */
#ifndef EFFECT_PUBLISH_H
#define EFFECT_PUBLISH_H

#include "effect/import.h"
#include "store/db.h"

struct publish {
    struct span dataset, format, table;
    json_t *meta; /* or NULL */
    const struct labels *labels;
    struct span detail; /* the labels as gate wrote them */
    int fd;             /* the upload: a regular file */
    int client;         /* its socket: when it closes, the import stops */
    import_progress *progress;
    void *arg;
};
struct published {
    struct span sha;
    int64_t rows, bytes, tables;
    json_t *report; /* CONTRACTS, "Import report"; "unchanged" is true when the content is the current one's */
    json_t *told;   /* the same as readers at the dataset's level may know it */
};

/* Copies the upload, imports it, puts it in place and records it; then the upload is the dataset's leader. Until the
 * last step the old revision serves. E_INVALID, E_LIMIT: the file's fault. E_CONFLICT: the dataset is being changed by
 * another call, or the client left. E_UNAVAILABLE: two imports run already, disk full. */
enum err publish_run(struct task *t, struct db *ledger, const struct publish *p, struct published *out);

#endif
