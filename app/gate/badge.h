/* badge: which of the three powers a conversation has, and why. */
#ifndef GATE_BADGE_H
#define GATE_BADGE_H

#include "gate/object.h"
#include "gate/plugin_set.h"

/* Adds to j: {"mode":"public|private","strict":bool,"level":0..3,"categories":[names],"integrity":0..4,"from":[names],
 * "powers":[{"power":"A","active":bool,"why":"..."},{"power":"B",...},{"power":"C",...}],"offer":""|"public"|"private",
 * "tools":[names, of plugins too]}. Level and categories are the data's that it was given; without what its person
 * wrote. */
enum err badge_put(struct task *t, struct gate *g, const struct actor *a, const struct auth_conversation *c,
    int64_t now_ms, json_t *j);
/* The plugins that the conversation gets. */
enum err badge_plugins(struct task *t, struct gate *g, const struct actor *a, const struct auth_conversation *c,
    int64_t now_ms, struct plugin_offer **out, size_t *n);

#endif
