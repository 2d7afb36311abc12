/* reply: a provider's answer, decoded as it arrives, in any chunks, to one normal form. Never fails: what goes wrong is
 * part of the reply. */
#ifndef LLM_REPLY_H
#define LLM_REPLY_H

#include "llm/fault.h"
#include "llm/message.h"

/* Beyond these an answer is not worth having; past a cap the decoder stops and the reply carries an error. */
enum {
    LLM_TEXT_BYTES = 4 << 20,    /* all text, reasoning and arguments together */
    LLM_BODY_BYTES = 8 << 20,    /* a body that is one JSON value */
    LLM_STREAM_BYTES = 64 << 20, /* a stream as it comes: one token takes some 300 bytes */
    LLM_PARTS = 256,             /* text blocks, reasoning blocks and calls together */
};

enum llm_stop { LLM_STOP, LLM_STOP_CALLS, LLM_STOP_LENGTH, LLM_STOP_FILTER, LLM_STOP_ERROR };

/* Tokens; -1 where the provider did not say. OpenAI and Gemini count cached tokens within input, Anthropic on top of
 * it: `prompt` is all of the prompt for each. Gemini counts reasoning on top of output, the others within it:
 * `generated` is all that was generated. */
struct llm_usage {
    int64_t input, output, reasoning, cache_read, cache_write;
    int64_t prompt, generated;
    double cost;     /* US dollars as reported; below 0: not reported */
    struct span raw; /* the provider's own object as JSON; empty when there was none */
};

struct llm_error {
    enum llm_fault fault;            /* LLM_FAULT_NONE: no error */
    struct span code, type, message; /* the provider's words; code may be a number as text */
    int status;                      /* HTTP; 0: there was no answer */
    bool retryable;                  /* by its kind; llm_retry_decide knows the rest */
    struct span retry_delay;         /* Gemini: "34.4s", when the error says how long to wait */
};

struct llm_call {
    struct span id;        /* made up when the provider gave none: "call_1", "call_2" ... */
    struct span name;      /* may be empty: some gateways send hollow calls; llm_reply_parts leaves them out */
    struct span arguments; /* JSON text; "" became "{}"; may be broken JSON when the model wrote that */
};

struct llm_reply {
    struct span text, reasoning, refusal;
    struct span model;  /* who answered, as the provider says */
    struct span opaque; /* a JSON array of what must go back verbatim */
    struct llm_call *call;
    size_t calls;
    enum llm_stop stop; /* as the provider says, even when it says "stop" beside calls: look at `calls` too */
    struct llm_usage usage;
    struct llm_error error;
    struct llm_part *part; /* the same in order, for the conversation: empty parts and hollow calls left out */
    size_t parts;
};

/* What just arrived; spans are good during the call. */
struct llm_delta {
    enum llm_part_kind kind; /* LLM_TEXT, LLM_REASONING, LLM_CALL */
    struct span text;        /* the piece: of text, reasoning or arguments */
    size_t call;             /* LLM_CALL: which one, from 0 */
    struct span name;        /* LLM_CALL: its tool, as far as known */
};
typedef void llm_delta_fn(void *arg, const struct llm_delta *delta);

struct llm_listen {
    enum llm_api api;
    int status;         /* HTTP */
    bool think_tags;    /* chat: text that begins with <think>...</think> has its reasoning there: take it apart */
    struct span origin; /* goes into the parts; see llm_part */
    llm_delta_fn *fn;   /* may be NULL */
    void *arg;
};

struct llm_decoder;
/* The decoder and all that it gives out live in the task. Whether the body is a stream or one JSON value is seen from
 * its first byte: providers mix them up, and content types lie. */
struct llm_decoder *llm_decoder_open(struct task *t, const struct llm_listen *how);
/* The next bytes of the body, cut anywhere. */
void llm_decoder_feed(struct llm_decoder *d, struct span bytes);
/* Has anything been shown to the listener? Then the request must not be repeated. */
bool llm_decoder_shown(const struct llm_decoder *d);
/* Is the answer whole, or beyond hope? What follows would be ignored. */
bool llm_decoder_done(const struct llm_decoder *d);
/* The connection failed or was given up: fault DOWN, SLOW or CUT and a few words for `message`. Call before the end. */
void llm_decoder_break(struct llm_decoder *d, enum llm_fault fault, const char *message);
/* The body has ended. Call once; gives what there is, with error set unless the answer came to its own end. */
void llm_decoder_end(struct llm_decoder *d, struct llm_reply *out);

const char *llm_stop_word(enum llm_stop stop);
/* {"text","reasoning","opaque","tool_calls":[{"id","name","arguments"}],"stop","usage","error"}. */
void llm_reply_put(struct buf *b, const struct llm_reply *r);
/* May the calls be run? Not after an error, a filter or a cut by length: the last call may be a torso. */
bool llm_reply_may_call(const struct llm_reply *r);

#endif
