/* cli_plugin: the verbs of `lyceum plugin`. */
#include "cli/cli_plugin.h"

#include "cli/cli_plugin_state.h"

#include "base/conf.h"
#include "cli/cli_dataset.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    cli_plugin_verb *run;
    bool anywhere; /* nothing of a deployment is read */
    const char *usage;
} verbs[] = {
    {"key", cli_plugin_key, true, "key new NAME [--as SIGNER] | key show NAME"},
    {"new", cli_plugin_new, true, "new NAMESPACE/NAME --lang c|python|js [--to FOLDER] [--publisher SIGNER]"},
    {"test", cli_plugin_test, false, "test PROJECT|BUNDLE"},
    {"pack", cli_plugin_pack, true, "pack FOLDER --out BUNDLE [--after BUNDLE]"},
    {"sign", cli_plugin_sign, true, "sign BUNDLE --key NAME"},
    {"publish", cli_plugin_publish, true, "publish BUNDLE --to MARKETPLACE [--key NAME]"},
    {"vet", cli_plugin_vet, false, "vet BUNDLE --key NAME [--level community|private --for URL] [--report]"},
    {"verify", cli_plugin_verify, true,
        "verify BUNDLE [--key KEY] | verify ID --in MARKETPLACE --root KEY [--serial N]"},
};
enum { N_VERBS = sizeof verbs / sizeof verbs[0] };

int
cli_plugin(struct task *t, int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < N_VERBS; i++)
        if (strcmp(argv[1], verbs[i].name) == 0) {
            if (!verbs[i].anywhere && conf_load(t) != E_OK)
                return cli_dataset_end(t, t->err, false, NULL);
            return verbs[i].run(t, argc - 1, argv + 1);
        }
    for (size_t i = 0; argc > 1 && cli_plugin_state[i].name; i++)
        if (strcmp(argv[1], cli_plugin_state[i].name) == 0)
            return conf_load(t) == E_OK ? cli_plugin_state[i].run(t, argc - 1, argv + 1)
                                        : cli_dataset_end(t, t->err, false, NULL);
    for (size_t i = 0; i < N_VERBS; i++)
        fprintf(stderr, "%s lyceum plugin %s\n", i == 0 ? "usage:" : "      ", verbs[i].usage);
    for (size_t i = 0; cli_plugin_state[i].name; i++)
        fprintf(stderr, "       lyceum plugin %s\n", cli_plugin_state[i].usage);
    return 2;
}
