/* cli_ask_secret: a password or key from the person at the terminal, or from standard input; never from the arguments.
 */
#ifndef CLI_CLI_ASK_SECRET_H
#define CLI_CLI_ASK_SECRET_H

#include "base/task.h"

enum { CLI_SECRET_BYTES = 8192 };

/* At a terminal: shows the prompt and reads without echo (with `again`: twice, and both must be the same). Otherwise
 * reads all of standard input less one final line end. E_INVALID when it is empty or they differ. */
enum err cli_ask_secret(struct task *t, const char *prompt, bool again, struct span *out);

#endif
