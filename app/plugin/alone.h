/* alone: a bundle run by the command line, without the service: for authors and reviewers, in the jail that it will run
 * in. */
#ifndef PLUGIN_ALONE_H
#define PLUGIN_ALONE_H

#include "plugin/host_bundle.h"
#include "plugin/plugin_client.h"

struct alone;

/* A bundle's folder, with its manifest.note (whoever signed it). without: capabilities (talk.h) that are taken from it,
 * as a reviewer does. As root its user is the deployment's "plugin". E_* as of host_bundle_load; a sentence. */
enum err alone_open(struct task *t, const char *bundle, unsigned without, struct alone **out);
/* One call, as plugin_call does it; the grant is not looked at. A process that failed is made anew for the next. */
enum err alone_call(
    struct task *t, struct alone *a, const struct plugin_call *c, char word[PLUGIN_WORD_BYTES], json_t **blocks);
/* What its process says that it offers: MCP's "tools/list" result, for a wrapped server's manifest. */
enum err alone_list(struct task *t, struct alone *a, json_t **out);
const struct manifest *alone_manifest(const struct alone *a);
void alone_close(struct alone *a);

/* Runs the rows of a bundle's tests.json: [{"name", "tool", "args", "told": [{"method", "result" or "error"}],
 * "expect":
 * {"text": of the first block, "blocks", "structured", "fails": a word of plugin_call}}]. told answers the plugin's
 * questions to the host in their order. say gets one line per row. E_NOTFOUND without such a file. */
enum { ALONE_TESTS = 200, ALONE_TESTS_BYTES = 1 << 20 };
struct alone_tests {
    size_t passed, failed;
};
enum err alone_test(struct task *t, struct alone *a, const char *bundle,
    void (*say)(void *arg, bool ok, const char *name, const char *why), void *arg, struct alone_tests *out);

#endif
