/* cli_ask_print: a turn as the command line shows it: its log while it comes, and the whole as JSON. */
#ifndef CLI_CLI_ASK_PRINT_H
#define CLI_CLI_ASK_PRINT_H

#include "store/work_turn.h"

/* Whole events of the log: text to standard output, steps to standard error. */
void cli_ask_show(struct task *t, struct span bytes);
/* The end: --json's object, or the last line of text. *good: done, asked or cannot_answer. */
enum err cli_ask_print(struct task *t, struct work *w, struct span turn, bool as_json, bool *good);

#endif
