/* plugin_view: gate's records of plugins as the pages of plugins show them. */
#ifndef PAGES_PLUGIN_VIEW_H
#define PAGES_PLUGIN_VIEW_H

#include "pages/visit.h"

/* Texts of a JSON array, as a view's list. */
void plugin_texts(struct task *t, const json_t *list, const struct span **at, size_t *n);
/* "a, b" of an array of texts. */
struct span plugin_joined(struct task *t, const json_t *list);
/* The three powers of "101". */
void plugin_powers(struct task *t, struct span abc, const struct view_power **at, size_t *n);
/* "reads alone" of "E0". */
struct span plugin_effect_about(struct span effect);
struct span plugin_level_about(struct span level);
/* "/-/plugins/namespace/name" */
struct span plugin_url(struct task *t, struct span id);
/* "/-/plugins/log?market=m&leaf=n"; empty when it has no entry. */
struct span plugin_entry_url(struct task *t, struct span market, int64_t leaf);
/* The title, or else the id. */
struct span plugin_title(const json_t *record);
/* State of an installed record, or of an offer: words and the badge's class. */
void plugin_state(const json_t *record, struct span *words, struct span *badge);

/* For admins: what gate has noticed, of one plugin (its id) or of all and of marketplaces (empty). reply:
 * plugin.list's.
 */
void plugin_notices(
    struct task *t, const json_t *reply, struct span id, const struct view_plugin_notice **at, size_t *n);

#endif
