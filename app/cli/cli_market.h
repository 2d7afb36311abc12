/* cli_market: `lyceum market ...`: marketplaces made (init, rotate, publisher, refresh, revoke) and used (add, list,
 * update, remove). */
#ifndef CLI_CLI_MARKET_H
#define CLI_CLI_MARKET_H

#include "cli/cli_plugin.h"

/* The table of verbs. */
cli_plugin_verb cli_market;
/* cli_market_make.c: no deployment is needed. */
cli_plugin_verb cli_market_init, cli_market_rotate, cli_market_publisher, cli_market_refresh, cli_market_mark;
/* cli_market_use.c: this deployment's marketplaces. */
cli_plugin_verb cli_market_add, cli_market_list, cli_market_update, cli_market_remove;

/* Said when the words of a verb are wrong: exit status 2. */
int cli_market_wrong(struct task *t, const char *usage);

#endif
