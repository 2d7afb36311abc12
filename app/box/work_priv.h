/* work_priv: the blocks of files, for the tree. */
#ifndef BOX_WORK_PRIV_H
#define BOX_WORK_PRIV_H

#include "box/work.h"

/* Gives a file's blocks back and makes it empty. */
void work_blocks_free(struct work *w, struct work_node *n);
/* Every chain stays inside, ends, and owns its blocks alone. */
bool work_chains_sound(const struct work *w);

#endif
