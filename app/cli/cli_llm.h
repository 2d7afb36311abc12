/* cli_llm: `lyceum llm decode`: a provider's answer on standard input, its normal form on standard output. */
#ifndef CLI_CLI_LLM_H
#define CLI_CLI_LLM_H

#include "base/task.h"

/* argv[0] is "llm" (or left out), then "decode" and its options. Returns the exit status: 0 when the answer was
 * decoded, be it an error of the provider; 2 for a wrong command line. */
int cli_llm(struct task *t, int argc, char **argv);

#endif
