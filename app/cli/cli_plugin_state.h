/* cli_plugin_state: verbs of `lyceum plugin` that change which plugins are installed here, and how. */
#ifndef CLI_CLI_PLUGIN_STATE_H
#define CLI_CLI_PLUGIN_STATE_H

#include "cli/cli_dataset.h"
#include "cli/cli_plugin.h"

struct cli_plugin_row {
    const char *name;
    cli_plugin_verb *run;
    const char *usage;
};
/* For the table of verbs; ended by a row without a name. */
extern const struct cli_plugin_row cli_plugin_state[];

/* cli_plugin_install.c */
cli_plugin_verb cli_plugin_install, cli_plugin_upgrade, cli_plugin_dev;
/* cli_plugin_list.c */
cli_plugin_verb cli_plugin_list, cli_plugin_closure;
/* cli_plugin_state.c */
cli_plugin_verb cli_plugin_enable, cli_plugin_disable, cli_plugin_rollback, cli_plugin_revoke, cli_plugin_remove,
    cli_plugin_consent, cli_plugin_set, cli_plugin_stage, cli_plugin_group;

/* Where a plugin is to be on, as options of enable, set and install. Repeated ones are joined by '\n'. */
struct cli_plugin_limits {
    const char *dataset, *group, *mode, *reads, *public_reads;
    bool everywhere;
};
#define CLI_PLUGIN_LIMITS(l)                                                                                           \
    {"--dataset", &(l).dataset, NULL}, {"--for", &(l).group, NULL}, {"--mode", &(l).mode, NULL},                       \
        {"--reads", &(l).reads, NULL}, {"--reads-in-public", &(l).public_reads, NULL},                                 \
    {                                                                                                                  \
        "--everywhere", NULL, &(l).everywhere                                                                          \
    }
#define CLI_PLUGIN_LIMITS_USAGE                                                                                        \
    "[--everywhere | --dataset D... --for GROUP...] [--mode public|private|both] [--reads LEVEL] [--reads-in-public "  \
    "LEVEL]"
/* As members of gate's operations. */
void cli_plugin_limits_put(const struct cli_plugin_limits *l, json_t *in);
/* Asks gate as the operator. */
enum err cli_plugin_ask(struct task *t, const char *operation, json_t *in, json_t **out);
/* One sentence on a plugin's record after a change. */
void cli_plugin_print(const json_t *record);

#endif
