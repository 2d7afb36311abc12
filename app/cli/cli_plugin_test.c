/* cli_plugin_test: a project's or a bundle's tests.json, run in the jail. */
#include "base/fsio.h"
#include "cli/cli_dataset.h"
#include "cli/cli_plugin.h"
#include "plugin/alone.h"
#include "plugin/host_jail.h"
#include "plugin/note.h"
#include "plugin/pack.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
say(void *arg, bool ok, const char *name, const char *why)
{
    (void)arg;
    printf("%s: %s%s%s\n", ok ? "ok" : "not ok", name, ok ? "" : ": ", why);
}

/* A project becomes a bundle for the time of its tests, signed by nobody in particular. */
static enum err
bundle_of(struct task *t, const char *folder, const char *to)
{
    struct manifest m;
    struct span note;
    struct note_secret secret;
    const struct pack_order o = {.project = folder, .bundle = to};
    if (pack_project(t, &o, &m) != E_OK || note_secret_new(t, m.signer, &secret) != E_OK ||
        note_sign(t, m.text, &secret, &note) != E_OK)
        return t->err;
    return fsio_write_atomic(t, task_printf(t, "%s/manifest.note", to), note, 0644);
}

static enum err
run(struct task *t, const char *bundle, struct alone_tests *out)
{
    struct alone *a;
    if (alone_open(t, bundle, 0, &a) != E_OK)
        return t->err;
    alone_test(t, a, bundle, say, NULL, out);
    alone_close(a);
    return t->err;
}

int
cli_plugin_test(struct task *t, int argc, char **argv)
{
    char work[] = "/tmp/lyceum-test-XXXXXX";
    struct alone_tests n = {0};
    if (argc != 2 || argv[1][0] == '-') {
        fputs("usage: lyceum plugin test PROJECT|BUNDLE\n", stderr);
        return 2;
    }
    const char *bundle = argv[1];
    bool made = access(task_printf(t, "%s/manifest.note", bundle), F_OK) != 0;
    if (made && !mkdtemp(work))
        return cli_dataset_end(
            t, task_fail(t, E_UNAVAILABLE, "No folder could be made in /tmp: %s.", strerror(errno)), false, NULL);
    bundle = made ? task_printf(t, "%s/bundle", work) : bundle;
    if (!made || bundle_of(t, argv[1], bundle) == E_OK)
        run(t, bundle, &n);
    if (made)
        host_jail_remove(work);
    if (t->err == E_OK)
        printf("%zu passed, %zu failed\n", n.passed, n.failed);
    int status = cli_dataset_end(t, t->err, false, NULL);
    return status == 0 && n.failed > 0 ? 1 : status;
}
