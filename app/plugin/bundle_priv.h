/* bundle_priv: between the files that read and copy bundles. */
#ifndef PLUGIN_BUNDLE_PRIV_H
#define PLUGIN_BUNDLE_PRIV_H

#include "plugin/bundle.h"

/* Where a file's bytes go while they are hashed; false ends it. NULL: nowhere. */
typedef bool bundle_sink(void *arg, struct span bytes);

/* E_DENIED with its code. */
enum err bundle_no(struct task *t, const char **code, const char *word, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* The folder itself, or -1 with the task's sentence. */
int bundle_open(struct task *t, const char *folder, const char **code);
/* Opens one file below the folder without following a link at any step, reads exactly its bytes through that
 * descriptor, and compares their hash. */
enum err bundle_pump(
    struct task *t, int folder, const struct manifest_file *f, const char **code, bundle_sink *sink, void *arg);

#endif
