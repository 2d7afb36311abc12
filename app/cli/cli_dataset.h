/* cli_dataset: what the dataset commands share. */
#ifndef CLI_CLI_DATASET_H
#define CLI_CLI_DATASET_H

#include "base/task.h"

#include <jansson.h>

/* One option of a command: "--name" takes a value, or is a flag when `flag` is set. */
struct cli_option {
    const char *name;
    const char **value;
    bool *flag;
};
/* Sorts argv into options and at most `most` words. A repeated option's values are joined by '\n'. E_INVALID names what
 * is wrong. */
enum err cli_options(struct task *t, int argc, char **argv, const struct cli_option *options, size_t n,
    const char **words, size_t most, size_t *n_words);

/* Asks gate for the permission to change a dataset: the sealed grant. fields: what the call's hash is over. */
enum err cli_dataset_grant(
    struct task *t, const char *operation, const char *name, const struct span *fields, size_t n, struct span *out);
/* Hands effect's receipt to gate. meta (may be NULL) describes the dataset; visibility may be NULL. *out:
 * {"name","n","sha"}. */
enum err cli_dataset_record(struct task *t, struct span receipt, json_t *meta, const char *visibility, json_t **out);
/* gate's row of a dataset, NULL when there is none. */
enum err cli_dataset_find(struct task *t, const char *name, json_t **out);

/* The last word of a command: prints the JSON (as_json), or a failure as the command's mode has it. Returns the status.
 */
int cli_dataset_end(struct task *t, enum err e, bool as_json, const json_t *result);

#endif
