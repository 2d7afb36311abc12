/* plugin_admin: the part of a plugin's page that is for admins. */
#ifndef PAGES_PLUGIN_ADMIN_H
#define PAGES_PLUGIN_ADMIN_H

#include "pages/visit.h"

/* Fills the decisions, notices and consents. reply: market.plugin's. */
enum err plugin_admin(struct visit *v, const json_t *reply, struct span id, struct view_market_plugin *view);

#endif
