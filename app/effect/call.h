/* call: one request and what it may do (private to effect's folder). */
#ifndef EFFECT_CALL_H
#define EFFECT_CALL_H

#include "effect/labels.h"
#include "effect/ledger.h"

#include "policy/grant.h"
#include "wire/frame.h"

enum { CALL_WORD_BYTES = 40 };

/* One call. Its task ends with it. */
struct call {
    int fd;
    struct frame request;
    int upload; /* the descriptor that came along, or -1 */
    struct grant grant;
    struct span dataset; /* empty where the request has none */
    struct db ledger;
    struct buf *reply;
    char word[CALL_WORD_BYTES]; /* the fixed word of a failure */
};
typedef enum err call_fn(struct task *t, struct call *c);

/* Opens the grant that came along: this capability, this dataset, these arguments, never used before. */
enum err call_check(struct task *t, struct call *c, const char *capability, const struct span *bound, size_t n);
/* The labels in its detail; without any, those of the dataset's leader (*detail: as text). */
enum err call_labels(struct task *t, struct call *c, struct labels *out, struct span *detail);
/* Signs with effect's key (effect.c). */
struct span call_seal(struct task *t, struct grant *g);
/* Seals a receipt for gate about the dataset and puts it into the reply. */
enum err call_receipt(struct task *t, struct call *c, struct span dataset, struct span revision, json_t *detail);
/* What gate keeps of a report in a seal of 8 KB: counts, and notes as long as they fit. */
json_t *call_brief(struct task *t, const json_t *report);
/* A sentence of progress to the caller: an import_progress with the call as its argument. */
void call_tell(void *arg, struct span sentence);
/* The field's value, which must be an id of that kind. */
enum err call_id(struct task *t, const struct call *c, const char *field, char kind, struct span *out);

/* serve_publish.c */
call_fn serve_publish, serve_rollback, serve_unpublish, serve_relabel, serve_release;
/* serve_change.c */
call_fn serve_dryrun, serve_diff, serve_apply, serve_status, serve_undo, serve_changes;
/* serve_scratch.c */
call_fn serve_scratch, serve_scratch_drop;

#endif
