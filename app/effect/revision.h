/* revision: what readers get of a leader: one file for each clearance whose content differs from the one below. */
#ifndef EFFECT_REVISION_H
#define EFFECT_REVISION_H

#include "effect/import.h"
#include "effect/leader.h"

/* One file, made and not yet in place: folder/new.db and new.idx. */
struct variant {
    int k; /* the clearance that it is for */
    const char *folder;
    int lock;
    struct span sha;
    int64_t rows, bytes, tables;
    json_t *report;
};
/* Rising: at[0] is for the dataset's own level ("current"), the last one hides nothing. */
struct variants {
    struct variant at[LABELS_LEVELS];
    size_t n;
};
struct revision_job {
    struct span dataset;
    const struct labels *labels;
    const json_t *meta; /* descriptions; or NULL */
    const char *held;   /* remade of this file, while the leader is held from readers; NULL: of the leader */
    const char *fresh;  /* remade of this file, which is staged to be the leader; NULL: of the leader */
    /* Called in the transaction that records it all, or NULL. first: what readers at the dataset's own level get. */
    enum err (*also)(struct task *t, struct db *ledger, const struct variant *first, void *arg);
    void *also_arg;
    int wake_fd; /* import_run */
    import_progress *progress;
    void *arg;
};

/* What the importer made in v->folder, measured by us: its child is not trusted to name it. */
enum err revision_measure(struct task *t, struct variant *v);
/* full: what hides nothing, made already; its folder stays the caller's. NULL: it is made of the leader first. */
enum err revision_build(
    struct task *t, const struct revision_job *job, const struct variant *full, struct variants *out);
/* Removes the working folders that revision_build made. */
void revision_close(struct task *t, const struct variants *v);

/* Puts the files in place, records them with the leader's row (whose `revision` is filled), and points readers at them.
 * The leader, when one was staged, is committed in between. With the dataset's lock held. */
enum err revision_publish(struct task *t, struct db *ledger, const struct revision_job *job, const struct variants *v,
    struct ledger_leader *l);
/* Builds from the leader and publishes: after a change, a release or new labels. *first: what readers at the dataset's
 * own level got. */
enum err revision_remake(
    struct task *t, struct db *ledger, const struct revision_job *job, struct ledger_leader *l, struct variant *first);
#endif
