/* cli_model: `lyceum model ...`: the language models that may answer. */
#ifndef CLI_CLI_MODEL_H
#define CLI_CLI_MODEL_H

#include "base/task.h"

/* Exit status.
 * - model list [--json] ; model remove NAME ; model test NAME ; model probe
 * - model set NAME --api openai-chat|anthropic|openai-responses|gemini --url URL --model PROVIDER'S-NAME
 *   [--secret NAME] [--label L] [--clearance public|org|private|secret] [--properties JSON] [--default] [--off] */
int cli_model(struct task *t, int argc, char **argv);

#endif
