/* plugin_change: what admins' operations on plugins share (within gate's folder). */
#ifndef GATE_PLUGIN_CHANGE_H
#define GATE_PLUGIN_CHANGE_H

#include "gate/admin.h"
#include "gate/plugin_halt.h"
#include "gate/plugin_set.h"

enum { PLUGIN_SCOPES = 50, PLUGIN_SETTINGS_BYTES = 4000 };

struct plugin_change {
    struct gate_change change;
    struct plugin plugin;  /* of in's "id": its row is written at the end */
    bool gone;             /* the row was removed */
    struct plugin_ran ran; /* before */
};
/* Begins the transaction and reads the plugin: E_NOTFOUND. On a failure nothing is open. */
enum err plugin_change_begin(struct task *t, struct admin_call *c, const char *action, struct plugin_change *x);
/* Writes the row, voids what was asked for under other plugins, ends it, and halts what must not run on. out: the
 * plugin's record. */
enum err plugin_change_end(struct task *t, struct admin_call *c, struct plugin_change *x, enum err e);

/* Takes scope, mode and reads over from `in`, where they are; checked. */
enum err plugin_change_limits(struct task *t, struct admin_call *c, struct plugin *p);
/* E_DENIED with the closure's sentence when it is on and may not be together with the others. */
enum err plugin_change_joins(struct task *t, struct admin_call *c, const struct plugin *p);
/* It runs that version from now on, or a group of people does. p's version and facts become that one's. */
enum err plugin_change_version(struct task *t, struct admin_call *c, struct plugin *p, struct span digest);
/* What the person agreed to, in words, with the version of p. */
enum err plugin_change_consent(struct task *t, struct admin_call *c, const struct plugin *p);

/* Stops what of the row is revoked now; in the caller's transaction. The row is the caller's to write. */
enum err plugin_revoked(struct task *t, struct gate *g, struct auth_plugin *row, int64_t now_ms);

/* The record of plugin.list (gate_client.h); a new reference. */
json_t *plugin_record(struct task *t, struct gate *g, const struct plugin *p);

/* Fills "notices" of plugin.list, whose "plugins" are there. */
enum err admin_plugin_notices(struct task *t, struct admin_call *c, json_t *out);

/* Joined by a blank, for one sentence of a failure. */
struct span plugin_sentences(struct task *t, const json_t *sentences);

#endif
