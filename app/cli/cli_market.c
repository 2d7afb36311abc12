/* cli_market: the verbs of `lyceum market`. */
#include "cli/cli_market.h"

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
    {"init", cli_market_init, true,
        "init FOLDER --origin NAME --key NAME [--root-key NAME ...] [--reviewer KEY ...] [--threshold N]"},
    {"rotate", cli_market_rotate, true,
        "rotate FOLDER --sign ROOT-KEY ... --key NAME [--root-key NAME ...] [--reviewer KEY ...]: the next root"},
    {"publisher", cli_market_publisher, true, "publisher FOLDER NAMESPACE KEY --key NAME [--remove]"},
    {"refresh", cli_market_refresh, true, "refresh FOLDER --key NAME: log, list and sign what is new"},
    {"revoke", cli_market_mark, true, "revoke FOLDER ID SERIAL --key NAME: it stops everywhere"},
    {"yank", cli_market_mark, true, "yank FOLDER ID SERIAL --key NAME: nobody installs it anew"},
    {"restore", cli_market_mark, true, "restore FOLDER ID SERIAL --key NAME: what was yanked is offered again"},
    {"add", cli_market_add, false, "add URL|FOLDER --root KEY [--name NAME]: trust a marketplace"},
    {"list", cli_market_list, false, "list [--json]"},
    {"update", cli_market_update, false,
        "update [NAME | --all] [--quiet]: mirror and check what they offer now, one after the other"},
    {"remove", cli_market_remove, false, "remove NAME"},
};
enum { N_VERBS = sizeof verbs / sizeof verbs[0] };

int
cli_market_wrong(struct task *t, const char *usage)
{
    if (t->err == E_OK)
        task_fail(t, E_INVALID, "usage: lyceum market %s", usage);
    cli_dataset_end(t, t->err, false, NULL);
    return 2;
}

int
cli_market(struct task *t, int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < N_VERBS; i++) {
        if (strcmp(argv[1], verbs[i].name) != 0)
            continue;
        if (!verbs[i].anywhere && conf_load(t) != E_OK)
            return cli_dataset_end(t, t->err, false, NULL);
        return verbs[i].run(t, argc - 1, argv + 1);
    }
    for (size_t i = 0; i < N_VERBS; i++)
        fprintf(stderr, "%s lyceum market %s\n", i == 0 ? "usage:" : "      ", verbs[i].usage);
    return 2;
}
