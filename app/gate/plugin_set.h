/* plugin_set: which plugins a conversation gets, and whether a set of them may be enabled together: flows compose over
 * plugins that are safe alone. */
#ifndef GATE_PLUGIN_SET_H
#define GATE_PLUGIN_SET_H

#include "gate/object.h"
#include "gate/plugin_facts.h"
#include "gate/policy_set.h"
#include "store/auth_plugin.h"

/* A plugin and one version of it. */
struct plugin {
    struct auth_plugin row;
    struct auth_plugin_version version; /* digest empty: it is not there any more */
    struct plugin_facts facts;
};
/* E_CORRUPT when what is stored of that version can't be read. */
enum err plugin_read(
    struct task *t, struct gate *g, const struct auth_plugin *row, struct span digest, struct plugin *out);

/* A plugin as one conversation gets it: those of its tools that it may be offered. */
struct plugin_offer {
    struct plugin plugin;
    const struct plugin_tool *tools[PLUGIN_TOOLS];
    size_t n_tools;
};
/* All that the conversation gets, by id. s: what it is for our own tools; they are judged together with these. */
enum err plugin_offers(struct task *t, struct gate *g, const struct actor *a, const struct auth_conversation *c,
    const struct closure_situation *s, int64_t now_ms, struct plugin_offer **out, size_t *n);

/* May a single version be installed? The sentence says why not; empty: it may. */
struct span plugin_set_alone(struct task *t, const struct plugin_facts *f);
/* May these be on together, as they are scoped? Sentences that name two plugins each and say what to do; none: they
 * may. Rows are judged as if all of them were on. */
enum err plugin_set_together(struct task *t, struct gate *g, const struct plugin *list, size_t n, json_t **sentences);
/* The same of `one` and all others that are on. */
enum err plugin_set_joins(struct task *t, struct gate *g, const struct plugin *one, json_t **sentences);

#endif
