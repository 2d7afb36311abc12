/* cli_meta: the description of a dataset from a file and from options. */
#ifndef CLI_CLI_META_H
#define CLI_CLI_META_H

#include "base/task.h"

#include <jansson.h>

struct cli_meta_words {
    const char *file; /* --meta: JSON (effect_client.h), or NULL */
    const char *title, *description, *license, *source;
    const char *pk; /* --pk T.c,T.d; several by '\n' */
    const char *fk; /* --fk T.c=T2.c2; several by '\n' */
};

/* Options win over the file. A key without "T." is of `table`, or of the table that text formats make of the dataset's
 * name. *out is NULL when nothing was said. */
enum err cli_meta_read(
    struct task *t, const struct cli_meta_words *w, struct span dataset, struct span table, json_t **out);

#endif
