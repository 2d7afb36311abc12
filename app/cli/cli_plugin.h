/* cli_plugin: `lyceum plugin ...`: plugins made, signed, vetted and verified (here), installed and kept (P3's verbs).
 */
#ifndef CLI_CLI_PLUGIN_H
#define CLI_CLI_PLUGIN_H

#include "base/task.h"

/* One verb of `lyceum plugin`: argv[0] is the verb. Exit status. */
typedef int cli_plugin_verb(struct task *t, int argc, char **argv);

/* cli_plugin.c: the table of verbs. */
cli_plugin_verb cli_plugin;
/* cli_plugin_make.c: key new NAME [--name SIGNER] | key show NAME; new NAME --lang c|python|js; pack, sign, publish. */
cli_plugin_verb cli_plugin_key, cli_plugin_new, cli_plugin_pack, cli_plugin_sign, cli_plugin_publish;
/* cli_plugin_test.c: the plugin's own tests, in the jail that it will run in. */
cli_plugin_verb cli_plugin_test;
/* cli_plugin_vet.c */
cli_plugin_verb cli_plugin_vet, cli_plugin_verify;
/* `lyceum log verify MARKETPLACE`: argv[0] is "log". */
int cli_log(struct task *t, int argc, char **argv);

#endif
