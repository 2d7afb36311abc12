/* lyceum: the command line: one table of commands. */
#include "base/conf.h"
#include "base/id.h"
#include "base/log.h"
#include "cli/cli_approvals.h"
#include "cli/cli_ask.h"
#include "cli/cli_audit.h"
#include "cli/cli_batch.h"
#include "cli/cli_box.h"
#include "cli/cli_change.h"
#include "cli/cli_demo.h"
#include "cli/cli_doctor.h"
#include "cli/cli_label.h"
#include "cli/cli_llm.h"
#include "cli/cli_market.h"
#include "cli/cli_model.h"
#include "cli/cli_plugin.h"
#include "cli/cli_policy.h"
#include "cli/cli_publish.h"
#include "cli/cli_secret.h"
#include "cli/cli_sql.h"
#include "cli/cli_user.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct command {
    const char *name;
    int (*run)(struct task *t, int argc, char **argv); /* argv[0] is the command; exit status */
    bool anywhere;                                     /* works without settings: nothing of a deployment is read */
    const char *about;
} commands[] = {
    {"ask", cli_ask, false, "ask --dataset D [--model M] [--json] \"question\": ask as the operator"},
    {"sql", cli_sql, false, "sql DATABASE-OR-DATASET \"SQL\" [--json]: run one statement in a jailed child"},
    {"publish", cli_publish, false, "publish FILE --name N [--public] [--title ...]: put a file online"},
    {"datasets", cli_datasets, false, "datasets [--json]: what is published"},
    {"dataset", cli_dataset_set, false,
        "dataset NAME [--owner A] [--visibility V] [--reader A]: whose it is, who reads it"},
    {"revisions", cli_revisions, false, "revisions NAME: the revisions of a dataset"},
    {"rollback", cli_rollback, false, "rollback NAME [SHA]: go back to an older revision"},
    {"unpublish", cli_unpublish, false, "unpublish NAME: withdraw a dataset"},
    {"demo", cli_demo, false, "demo load FILE: the recorded demonstration of /-/demo"},
    {"user", cli_user, false, "user add|passwd|role|list|disable: accounts"},
    {"signin-link", cli_signin_link, false, "signin-link NAME: a one-time link that signs in"},
    {"secret", cli_secret, false, "secret set|list: keys of model providers"},
    {"model", cli_model, false, "model list|set|remove|test: language models"},
    {"llm", cli_llm, true,
        "llm decode --api openai-chat|anthropic|openai-responses|gemini: normalise a provider's reply"},
    {"hint", cli_hint, false, "hint --batch: what is wrong with statements, JSON lines {id,db,sql}"},
    {"link", cli_link, false, "link --batch: tables and values that questions speak of, JSON lines {id,db,question}"},
    {"check", cli_check, false, "check --batch: rows and doubts of statements, JSON lines {id,db,sql}"},
    {"policy", cli_policy, true,
        "policy decide|table|trace|get|set: the decision function, and this deployment's settings of it"},
    {"label", cli_label, false,
        "label show|set DATASET [TABLE[.COLUMN]] [--level L] [--integrity N]: how private it is"},
    {"writable", cli_writable, false, "writable DATASET on|off: whether its rows may be changed here"},
    {"changes", cli_changes, false, "changes DATASET: what was changed in it"},
    {"undo", cli_undo, false, "undo DATASET CHANGE: take a change back"},
    {"release", cli_release, false, "release DATASET: publish a change that is held back from readers"},
    {"approvals", cli_approvals, false, "approvals [--all]: what people are asked to allow"},
    {"audit", cli_audit, false, "audit verify|export|replay [FILE]: the record of decisions"},
    {"plugin", cli_plugin, true, "plugin key|new|pack|sign|publish|vet|verify ...: plugins (without words: how)"},
    {"market", cli_market, true, "market init|refresh|add|update ...: marketplaces of plugins (without words: how)"},
    {"log", cli_log, true, "log verify MARKETPLACE [--since CHECKPOINT]: is a marketplace's log whole?"},
    {"box", cli_box, true, "box run FILE.py|bench|doctor: the Python sandbox on this machine"},
    {"doctor", cli_doctor, false, "doctor: check this installation"},
    {"conf", cli_conf, true, "conf example: all settings, documented"},
};
enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

static int
usage(FILE *out, int status)
{
    fprintf(out, "usage: lyceum COMMAND ...\n");
    for (size_t i = 0; i < N_COMMANDS; i++)
        fprintf(out, "  %s\n", commands[i].about);
    return status;
}

static const struct command *
find(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

int
main(int argc, char **argv)
{
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0))
        return usage(stdout, 0);
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return printf("lyceum %s\n", LYCEUM_VERSION), 0;
    const struct command *c = argc > 1 ? find(argv[1]) : NULL;
    if (!c)
        return usage(stderr, 2);
    id_init();
    log_name("lyceum");
    signal(SIGPIPE, SIG_IGN);
    struct task t;
    task_begin(&t, 0);
    int status = 1;
    if (c->anywhere || conf_load(&t) == E_OK)
        status = c->run(&t, argc - 1, argv + 1);
    else
        fprintf(stderr, "%s\n", t.cause);
    task_end(&t);
    return status;
}
