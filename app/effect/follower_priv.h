/* follower_priv: what follower's files share. */
#ifndef EFFECT_FOLLOWER_PRIV_H
#define EFFECT_FOLLOWER_PRIV_H

#include "effect/ledger.h"

const char *follower_folder(struct task *t, struct span dataset);
/* follower_install and one link of follower_point_all, in any folder; k: 0 is "current". */
enum err follower_install_into(struct task *t, const char *to, struct span sha, const char *folder);
enum err follower_link(struct task *t, const char *folder, int k, struct span sha);
/* Calls fn for each entry of a folder but . and ..; one that is not there has none. */
typedef void follower_entry(struct task *t, const char *path, struct span name, void *arg);
void follower_each(struct task *t, const char *folder, follower_entry *fn, void *arg);
/* Removes a folder of files and links, as far as it can. */
void follower_remove_folder(struct task *t, const char *path);

#endif
