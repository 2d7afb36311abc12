/* cli_model: `lyceum model ...`: the language models that may answer. */
#ifndef CLI_CLI_MODEL_H
#define CLI_CLI_MODEL_H

#include "base/task.h"

/* model list [--json] | set NAME --api openai-chat|anthropic|openai-responses|gemini --url URL --model PROVIDER'S-NAME [--secret NAME] [--label
 * L]
 * [--clearance public|org|private|secret] [--properties JSON] [--default] [--off] | remove NAME | test NAME | probe.
 * Exit status. */
int cli_model(struct task *t, int argc, char **argv);

#endif
