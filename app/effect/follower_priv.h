/* follower_priv: what follower's files share. */
#ifndef EFFECT_FOLLOWER_PRIV_H
#define EFFECT_FOLLOWER_PRIV_H

#include "effect/ledger.h"

const char *follower_folder(struct task *t, struct span dataset);
/* Removes a folder of files and links, as far as it can. */
void follower_remove_folder(struct task *t, const char *path);

#endif
