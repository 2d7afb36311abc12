/* guide: the model that ships: no language model, but a real use of the same tools. It answers with the shape of a
 * model's reply, one step at a time, and remembers nothing: all it knows is the conversation and the schemas. */
#ifndef AGENT_GUIDE_H
#define AGENT_GUIDE_H

#include "llm/reply.h"
#include "tool/tool.h"

/* chat: messages so far (calls and their results are parts) and the tools; world: the conversation's datasets with
 * their schemas (CONTRACTS, "Schema JSON"; NULL when one could not be read). It must not run tools itself, nor propose:
 * it asks for calls. last: no call may be asked for, only text. out: text, and call[] with name and JSON arguments (ids
 * are given by the driver); everything else may stay zero. */
enum err guide_reply(
    struct task *t, const struct llm_chat *chat, const struct tool_world *world, bool last, struct llm_reply *out);

#endif
