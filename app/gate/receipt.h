/* receipt: what effect did, signed by it: the one thing that gate believes of datasets' contents. */
#ifndef GATE_RECEIPT_H
#define GATE_RECEIPT_H

#include "gate/object.h"
#include "policy/grant.h"

struct receipt {
    struct grant grant;    /* dataset, revision, nonce */
    json_t *detail;        /* the receipt's JSON */
    struct span operation; /* "publish" "rollback" "unpublish" "dryrun" "apply" "undo" "relabel" "release" */
};
/* Checks effect's signature, time and form. E_DENIED, E_INVALID with a sentence. */
enum err receipt_open(struct task *t, struct span sealed, int64_t now_ms, struct receipt *out);
/* The same for a receipt as base64 text. */
enum err receipt_open_text(struct task *t, struct span base64, int64_t now_ms, struct receipt *out);

/* Was the receipt of that approval recorded already? */
enum err receipt_known(struct task *t, struct gate *g, struct span approval, bool *out);

/* Writes what the receipt says into the dataset's rows: revision, withdrawn. In the caller's transaction. Once:
 * E_CONFLICT the second time. d: the dataset as it was read in that transaction, changed along; r->by_who is the
 * caller's, the rest is filled. */
enum err receipt_record(struct task *t, struct gate *g, const struct receipt *receipt, struct auth_dataset *d,
    struct auth_revision *r, int64_t now_ms);

#endif
