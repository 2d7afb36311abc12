/* fault: what went wrong with a model, in kinds that decide about trying again and that people can act upon. */
#ifndef LLM_FAULT_H
#define LLM_FAULT_H

#include "base/task.h"

enum llm_fault {
    LLM_FAULT_NONE,
    LLM_FAULT_DOWN,     /* overloaded, 5xx, no connection */
    LLM_FAULT_SLOW,     /* it took too long */
    LLM_FAULT_RATE,     /* too many requests or tokens just now */
    LLM_FAULT_QUOTA,    /* out of money: waiting does not help */
    LLM_FAULT_KEY,      /* the API key is refused */
    LLM_FAULT_MODEL,    /* no such model */
    LLM_FAULT_CONTEXT,  /* the conversation is too long for the model */
    LLM_FAULT_FILTER,   /* the provider's content filter stepped in */
    LLM_FAULT_REFUSED,  /* the request was refused for another reason */
    LLM_FAULT_NONSENSE, /* the answer is not of the API: a sign-in page, HTML, other JSON */
    LLM_FAULT_CUT,      /* the answer ended before its end */
    LLM_FAULT_COUNT,
};

/* The stable word for a kind: "down", "rate_limited", ... */
const char *llm_fault_word(enum llm_fault f);
/* By the HTTP status (0: none) and the provider's own words; any span may be empty. An error always has a kind: never
 * LLM_FAULT_NONE. */
enum llm_fault llm_fault_of(int status, struct span code, struct span type, struct span message);
/* May the same request go better a moment later? */
bool llm_fault_passes(enum llm_fault f);
/* One full sentence for the person who asked; `model` is the name they know it by; `said` is what the provider said
 * (may be empty; cut, and quoted only where it helps). */
struct span llm_fault_sentence(struct task *t, enum llm_fault f, struct span model, struct span said);

#endif
