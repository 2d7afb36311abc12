/* tool_priv: the tools themselves and what they share, inside app/tool. */
#ifndef TOOL_TOOL_PRIV_H
#define TOOL_TOOL_PRIV_H

#include "query/query_client.h"
#include "tool/tool.h"

extern const struct tool tool_find_tables, tool_describe, tool_sql, tool_rows, tool_ask, tool_cannot_answer;

/* The dataset that a call means: its argument, or the conversation's only one. E_INVALID or E_NOTFOUND with a sentence
 * that names those that there are. */
enum err tool_dataset(struct task *t, struct tool_world *w, const json_t *args, struct tool_dataset **out);
/* Gate's grant for one call of query. E_DENIED with gate's reason when it is not allowed. */
enum err tool_grant(struct task *t, struct tool_world *w, const char *capability, struct span dataset,
    struct span args_hash, struct span *out);

/* {"error":{...}} and the words for people. */
void tool_problem(struct task *t, const struct query_problem *p, struct tool_done *out);

/* The parameter that most tools share. */
#define TOOL_PARAM_DATASET                                                                                             \
    {                                                                                                                  \
        .name = "dataset", .type = ARG_TEXT, .low = 1, .high = 63,                                                     \
        .about = "The dataset's name. May be left out when the conversation has one dataset."                          \
    }

#endif
