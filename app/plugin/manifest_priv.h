/* manifest_priv: between the files of the manifest's parser. */
#ifndef PLUGIN_MANIFEST_PRIV_H
#define PLUGIN_MANIFEST_PRIV_H

#include "plugin/manifest.h"

/* What must hold between the lines, once each was read. E_INVALID. */
enum err manifest_check(struct task *t, const struct manifest *m);

#endif
