/* cli_vet_priv: the checks of a vetting that run the plugin's code. */
#ifndef CLI_CLI_VET_PRIV_H
#define CLI_CLI_VET_PRIV_H

#include "cli/cli_vet.h"

/* The task's sentence says why when it is not a pass. */
enum cli_vet_outcome { CLI_VET_PASS, CLI_VET_FAIL, CLI_VET_SKIPPED };
/* Its own tests, in the jail that it will run in. */
enum cli_vet_outcome cli_vet_tests(struct task *t, const char *bundle, const struct manifest *m);
/* Each capability taken away in turn: tests that are still green did not need it. */
enum cli_vet_outcome cli_vet_minimal(struct task *t, const char *bundle, const struct manifest *m);
/* Each tool called with bait: paths that lead out of the jail, and a file there that nobody may bring back. */
enum cli_vet_outcome cli_vet_jail(struct task *t, const char *bundle, const struct manifest *m);

#endif
