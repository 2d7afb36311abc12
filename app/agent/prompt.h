/* prompt: what a model is told before the conversation: rules and catalogue (the same bytes in each request of a
 * conversation, for prompt caches), then what changes. */
#ifndef AGENT_PROMPT_H
#define AGENT_PROMPT_H

#include "tool/tool.h"

enum {
    PROMPT_SCHEMA_BYTES = 24000, /* about 6,000 tokens: up to there models get the whole schema */
    PROMPT_NAMES_BYTES = 4000,   /* past it, the tables' names */
    PROMPT_HISTORY_BYTES = 400000,
};

/* Rules, the conversation's datasets (as in the turn's context), and the schemas that the world has loaded. */
struct span prompt_system(struct task *t, const json_t *datasets, const struct tool_world *w);
/* Date and time zone, and what else is true of this request alone (`more` may be ""). */
struct span prompt_context(struct task *t, int64_t now_unix_ms, const char *more);
/* How many of the messages, from the first on, must stay away so that the rest keeps under PROMPT_HISTORY_BYTES. Whole
 * turns go: the cut is before a person's message. bytes: of each message. */
size_t prompt_leave_out(const size_t *bytes, const bool *is_question, size_t n);

#endif
