/* cli_vet: the checks of a vetting: what was run, how each came out, and a report of it. */
#ifndef CLI_CLI_VET_H
#define CLI_CLI_VET_H

#include "plugin/manifest.h"

enum { CLI_VET_CHECKS = 8 };

struct cli_vet {
    struct {
        const char *name, *outcome; /* "pass" "fail" "skipped" */
        struct span why;
    } check[CLI_VET_CHECKS];
    size_t n;
    bool failed;
    struct span report; /* JSON */
};
/* Runs them all on a signed bundle's folder. E_OK also when one failed. */
enum err cli_vet_run(struct task *t, const char *bundle, const struct manifest *m, struct cli_vet *out);

#endif
