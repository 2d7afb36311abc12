/* label_set: changing the labels of a dataset, and all that follows from it. */
#ifndef GATE_LABEL_SET_H
#define GATE_LABEL_SET_H

#include "gate/label.h"

/* A dataset's labels before and after. */
struct label_change {
    struct auth_dataset from, to; /* to: level, integrity, writable; visibility, when that is what changes */
    struct auth_label *old_entries, *entries;
    size_t n_old, n;
    /* label_change_judge finds: */
    bool lowers;                    /* something is open to more people than before: declassifying */
    bool rebuilds;                  /* followers must be made anew */
    enum policy_level was, becomes; /* of what is lowered most */
};
/* The dataset's labels as they are, changed by nothing yet. */
enum err label_change_begin(struct task *t, struct gate *g, const struct auth_dataset *d, struct label_change *out);
/* Takes over {"level"?,"integrity"?,"writable"?,"labels"?:[["table","column",level,integrity?]...]}. E_INVALID, E_LIMIT
 * with a sentence. */
enum err label_change_read(struct task *t, const json_t *in, struct label_change *c);
/* Pure. */
void label_change_judge(struct label_change *c);
/* Writes the labels and raises the conversations that may have read what is raised. Not the dataset's other columns.
 * Nobody reads a dataset whose followers must be made anew until effect's receipt of that is recorded. In the caller's
 * transaction; label_change_judge was called. */
enum err label_change_write(struct task *t, struct gate *g, struct label_change *c, int64_t now_ms);
/* {"grant","labels"}: for effect's relabel, when there are followers to be made; else {}. After the commit. */
enum err label_change_grant(
    struct task *t, struct gate *g, const struct actor *a, const struct label_change *c, json_t *out);

#endif
