/* tool_priv: the tools themselves and what they share, inside app/tool. */
#ifndef TOOL_TOOL_PRIV_H
#define TOOL_TOOL_PRIV_H

#include "query/query_client.h"
#include "tool/tool.h"

extern const struct tool tool_find_tables, tool_describe, tool_sql, tool_rows, tool_ask, tool_cannot_answer;
extern const struct tool tool_write_sql, tool_save_query, tool_scratch, tool_fetch_url;

/* The name under which tools mean the conversation's own database. */
#define TOOL_SCRATCH "scratch"

/* The dataset that a call means: its argument, or the conversation's only one. E_INVALID or E_NOTFOUND with a sentence
 * that names those that there are. */
enum err tool_dataset(struct task *t, struct tool_world *w, const json_t *args, struct tool_dataset **out);
/* Puts a call before gate: ticket, ordinal and model are filled here. E_OK: the verdict is ALLOW or ASK. E_DENIED: it
 * is refused, and w->refused has the code. */
struct gate_proposal;
struct gate_verdict;
enum err tool_propose(struct task *t, struct tool_world *w, struct gate_proposal *p, struct gate_verdict *out);
/* Gate's grant for one call; E_DENIED when it is anything else than allowed. */
enum err tool_allowed(struct task *t, struct tool_world *w, struct gate_proposal *p, struct span *out);
/* The same for one call of query. */
enum err tool_grant(struct task *t, struct tool_world *w, const char *capability, struct span dataset,
    struct span args_hash, struct span *out);
/* Puts a call before gate that needs a person. ASK: the turn rests, with `kind` and `text` (a fixed sentence: nothing
 * that a model wrote). */
struct tool_plea {
    const char *kind; /* "write" "save" "fetch" "plugin" */
    struct span text;
};
enum err tool_plead(
    struct task *t, struct tool_world *w, struct gate_proposal *p, const struct tool_plea *plea, struct tool_done *out);
/* The call that waited: what gate has of its approval decides. */
enum err tool_go_on(struct task *t, struct tool_world *w, const struct tool_call *call, struct tool_done *out);
/* Keeps waiting. */
void tool_wait_on(struct tool_world *w, struct tool_done *out);

/* What a plugin asks of the host while tool_plugin.c runs it: tool_plugin_back.c. */
struct tool_plugin_talk {
    struct tool_world *w;
    struct tool_done *done; /* artifacts and a question end up here */
    int64_t call;           /* ordinal under which the call was allowed */
    int64_t level;          /* of all that it received */
};
enum err tool_plugin_ask(struct task *t, void *arg, struct span method, const json_t *params, json_t **result);
/* Gate's grant for what the plugin asks, in its name; E_DENIED with gate's code. */
enum err tool_plugin_allowed(struct task *t, struct tool_plugin_talk *k, struct gate_proposal *p, struct span *grant);
/* "host/artifact.put" (tool_plugin_keep.c). */
enum err tool_plugin_artifact(struct task *t, struct tool_plugin_talk *k, const json_t *params, json_t **result);
/* E_LIMIT with a sentence for people when so many more bytes of pictures can't be kept with the conversation, beside
 * those that stand there and those of this call. */
enum err tool_plugin_room(struct task *t, const struct tool_plugin_talk *k, size_t bytes);
/* Keeps bytes with the conversation, once gate allowed it: *artifact is their name. E_DENIED, E_INVALID. */
enum err tool_plugin_keep(
    struct task *t, struct tool_plugin_talk *k, struct span bytes, struct span alt, struct span *artifact);
/* What the model sees of blocks: as much as fits, marked as what it is. */
struct span tool_plugin_told(struct task *t, struct span handle, const json_t *answer);

/* {"error":{...}} and the words for people. */
void tool_problem(struct task *t, const struct query_problem *p, struct tool_done *out);

/* A fixed code and its fixed sentence, for the model. */
void tool_code(struct task *t, struct span code, struct tool_done *out);

/* The parameter that most tools share. */
#define TOOL_PARAM_DATASET                                                                                             \
    {                                                                                                                  \
        .name = "dataset", .type = ARG_TEXT, .low = 1, .high = 63,                                                     \
        .about = "The dataset's name. May be left out when the conversation has one dataset."                          \
    }

#endif
