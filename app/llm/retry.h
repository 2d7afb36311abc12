/* retry: when a failed request to a model is sent again, and when not. Pure: time and chance come in. */
#ifndef LLM_RETRY_H
#define LLM_RETRY_H

#include "llm/reply.h"

enum { LLM_ATTEMPTS = 4 };              /* the first one counts */
enum { LLM_RETRY_WAIT_MS = 60 * 1000 }; /* a provider that asks for more is given up */

/* What is known after an attempt. Header values as they came; empty when absent. */
struct llm_attempt {
    int number;           /* 1 for the first */
    int status;           /* HTTP; 0: no answer came (connection, time-out) */
    enum llm_fault fault; /* llm_reply.error.fault; LLM_FAULT_NONE: it went well */
    bool shown;           /* llm_decoder_shown: the person has seen part of the answer */
    struct span retry_after_ms, retry_after, should_retry; /* headers; should_retry is x-should-retry */
    struct span retry_delay;                               /* the error's own word: llm_error.retry_delay */
    int64_t now_unix_ms;                                   /* for a date in retry-after */
    uint32_t chance;                                       /* any random number: spreads the waits */
};

struct llm_retry {
    bool again;
    int64_t wait_ms; /* when again */
};

/* Again: 408, 409, 429, 5xx and lost connections, at most LLM_ATTEMPTS, after what the provider asks for, else half a
 * second doubled each time up to 8 s, less up to a quarter. Never once something was shown, never when out of quota.
 * x-should-retry overrules the status. */
struct llm_retry llm_retry_decide(const struct llm_attempt *a);

/* Milliseconds that the headers, or else the error, ask for; -1: they don't say. Seconds may have a fraction; a date is
 * HTTP's. */
int64_t llm_retry_after_ms(const struct llm_attempt *a);

#endif
