/* cli_secret: `lyceum secret ...`: keys of model providers, which egress alone keeps. */
#ifndef CLI_CLI_SECRET_H
#define CLI_CLI_SECRET_H

#include "base/task.h"

#include <jansson.h>

/* secret list [--json] | secret set NAME (the value from the terminal without echo, or standard input). Exit status. */
int cli_secret(struct task *t, int argc, char **argv);
/* A grant for egress: capability, what its hash is over, and for "llm" the model's name (else NULL). *detail (may be
 * NULL) is the model's record then. */
enum err cli_egress_grant(struct task *t, const char *capability, const struct span *fields, size_t n,
    const char *model, struct span *out, json_t **detail);

#endif
