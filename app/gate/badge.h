/* badge: which of the three powers a conversation has, and why. */
#ifndef GATE_BADGE_H
#define GATE_BADGE_H

#include "gate/object.h"

/* Adds to j: {"mode":"public|private","strict":bool,"level":0..3,"categories":[names],"integrity":0..4,"from":[names],
 * "powers":[{"power":"A","active":bool,"why":"..."},{"power":"B",...},{"power":"C",...}],"offer":""|"public"|"private",
 * "tools":[names]}. Level and categories are the data's that it was given; without what its person wrote. */
enum err badge_put(struct task *t, struct gate *g, const struct actor *a, const struct auth_conversation *c, json_t *j);

#endif
