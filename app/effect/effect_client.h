/* effect_client: asking for changes of leaders and followers. */
#ifndef EFFECT_EFFECT_CLIENT_H
#define EFFECT_EFFECT_CLIENT_H

#include "base/task.h"

/* Progress of a long import: one sentence at a time ("Copying table movies: 40,000 rows"). */
typedef void effect_progress(void *arg, struct span sentence);

/* Sends a file (by descriptor) through the import gate and publishes it as the next revision of a dataset.
 * grant: audience effect, capability "publish", dataset; args hash over ("publish", dataset, format).
 * format: "db" "csv" "tsv" "json" "jsonl". table: the table's name for text formats (else from the dataset's name).
 * meta: JSON object {title, description, license, source, tables:{name:{description,
 * columns:{name:{description,unit}}}, primary_key..., foreign_keys...}} or NULL. *receipt is sealed by effect for
 * gate_admin("revision.record"); *report: CONTRACTS, "Import report". E_INVALID with the reason: the old revision
 * serves on.
 */
struct effect_publish {
    struct span grant, dataset, format, table;
    json_t *meta;
    int fd;
    effect_progress *progress;
    void *arg;
};
enum err effect_publish(struct task *t, const struct effect_publish *p, struct span *receipt, json_t **report);
/* Points the dataset's current follower at an older revision (capability "rollback", hash ("rollback", dataset, sha)).
 */
enum err effect_rollback(struct task *t, struct span grant, struct span dataset, struct span sha, struct span *receipt);
/* Withdraws all followers of the dataset from readers (capability "unpublish", hash ("unpublish", dataset)); the leader
 * is kept. */
enum err effect_unpublish(struct task *t, struct span grant, struct span dataset);

/* Changes (CONTRACTS, "Approvals"): a dry run on a clone, then, once approved, the same on the leader. All texts of SQL
 * are whole scripts of several statements. Receipts are for gate. */
enum err effect_dryrun(struct task *t, struct span grant, struct span dataset, struct span sql, struct span *receipt);
/* The rows that a dry run would change, for the approval page (gate alone). */
enum err effect_diff(struct task *t, struct span grant, struct span proposal, json_t **out);
enum err effect_apply(struct task *t, struct span grant, struct span dataset, struct span proposal, struct span digest,
    struct span approval, struct span *receipt);
/* The receipt of an approval that was executed; E_NOTFOUND: it never was, and never will be. */
enum err effect_status(struct task *t, struct span grant, struct span approval, struct span *receipt);
enum err effect_undo(struct task *t, struct span grant, struct span dataset, struct span change, struct span approval,
    struct span *receipt);
enum err effect_changes(struct task *t, struct span grant, struct span dataset, json_t **out);
/* Rebuilds the followers of all clearances from the leader; labels: the grant's detail, as text. */
enum err effect_relabel(
    struct task *t, struct span grant, struct span dataset, struct span labels, struct span *receipt);
enum err effect_release(struct task *t, struct span grant, struct span dataset, struct span *receipt);
/* The fixed word of this thread's last call of a function below or above, "" when it went well: not-deterministic
 * not-allowed syntax constraint too-large timeout conflict not-writable. A model sees this word, never the sentence:
 * that may speak of rows. Borrowed until the next call. */
const char *effect_word(void);
/* The conversation's scratch database: *out {"tables":[{"name","rows"}],"bytes"}. dataset may be empty. */
enum err effect_scratch(
    struct task *t, struct span grant, struct span conversation, struct span dataset, struct span sql, json_t **out);
enum err effect_scratch_drop(struct task *t, struct span grant, struct span conversation);

#endif
