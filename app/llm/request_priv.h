/* request_priv: the conversation in legal order, between the plan and the writers. */
#ifndef LLM_REQUEST_PRIV_H
#define LLM_REQUEST_PRIV_H

#include "llm/request.h"

enum step_kind { STEP_USER, STEP_ASSISTANT, STEP_RESULTS };

/* USER: texts. ASSISTANT: text, reasoning and calls. RESULTS: one result per call of the ASSISTANT step before it, in
 * its order. Ids and names are legal. */
struct step {
    enum step_kind kind;
    struct llm_part *part;
    size_t n;
};

struct plan {
    const struct llm_settings *s;
    const struct llm_chat *chat;
    json_t *extra; /* NULL: none */
    struct step *step;
    size_t n;
};

enum err plan_make(struct task *t, const struct llm_settings *s, const struct llm_chat *chat, struct plan *out);

/* Is the blob for us, and a JSON object? */
bool plan_opaque(const struct plan *p, const struct llm_part *part);
/* The members of the part's blob, each after a comma, but `skip` (may be NULL); nothing when it is not for us. */
void plan_put_members(struct buf *b, const struct plan *p, const struct llm_part *part, const char *skip);
/* `"key":` unless the settings' extra members say it themselves: then false, and nothing is written. */
bool plan_key(struct buf *b, const struct plan *p, const char *key);
/* The extra members, but those that the request is made of and those that are null (null takes one of ours away). */
void plan_put_extra(struct buf *b, const struct plan *p);
/* A call's arguments as the text of a JSON object. */
struct span plan_arguments(struct task *t, struct span arguments);
/* A tool's schema: always an object's, with properties. */
void plan_put_schema(struct buf *b, const struct llm_tool *tool);

void request_chat_put(struct task *t, struct buf *b, const struct plan *p);
void request_anthropic_put(struct task *t, struct buf *b, const struct plan *p);
void request_responses_put(struct task *t, struct buf *b, const struct plan *p);
void request_gemini_put(struct task *t, struct buf *b, const struct plan *p);

#endif
