/* reply_priv: what the decoder and its codecs share: the reply under construction. */
#ifndef LLM_REPLY_PRIV_H
#define LLM_REPLY_PRIV_H

#include "llm/reply.h"
#include "llm/sse.h"

struct draft_part {
    enum llm_part_kind kind;
    int64_t index;    /* the provider's number; -1 none */
    bool legacy;      /* chat: came as function_call */
    bool whole;       /* Anthropic: the input came with the block, deltas would only repeat it; Responses: it is done */
    struct buf *text; /* text, reasoning or arguments */
    struct span id, name;
    json_t *block; /* the blob under construction, the task's; NULL none */
};

enum decoder_mode { MODE_WAIT, MODE_STREAM, MODE_BODY };
enum think_state { THINK_BEGIN, THINK_IN, THINK_AFTER, THINK_OUT };

struct llm_decoder {
    struct task *t;
    struct llm_listen how;
    enum decoder_mode mode;
    struct buf *body; /* what came before the mode was known; then all of a body */
    struct sse sse;
    struct draft_part part[LLM_PARTS];
    size_t parts;
    size_t bytes; /* of LLM_TEXT_BYTES */
    size_t taken; /* of LLM_STREAM_BYTES */
    struct buf *refusal;
    struct span model;
    enum llm_stop stop;
    bool has_stop; /* the provider said why it stopped: all content had come before */
    bool terminal; /* the API's own end of stream was seen */
    bool broken;   /* nothing more is taken */
    bool shown;
    bool any_event;
    struct llm_usage usage;
    json_t *raw_usage; /* the task's; NULL none */
    struct llm_error error;
    enum think_state think;
    struct buf *held;        /* text that may be the beginning of a think tag */
    bool plain_reasoning;    /* chat: reasoning came as plain text, so details only repeat it */
    struct buf *detail_text; /* chat: text of the last entry of reasoning_details */
    const char *detail_key;  /* its member: "text" or "summary"; NULL: no open entry */
};

/* A codec reads one event of a stream, or a whole body. `j` is borrowed. */
struct codec {
    void (*event)(struct llm_decoder *d, struct span name, json_t *j);
    void (*body)(struct llm_decoder *d, json_t *j);
    void (*end)(struct llm_decoder *d); /* after the last byte, before the reply is made */
};
extern const struct codec CODEC_CHAT, CODEC_ANTHROPIC, CODEC_RESPONSES, CODEC_GEMINI;

/* draft.c: parts. */
struct draft_part *draft_add(struct llm_decoder *d, enum llm_part_kind kind, int64_t index); /* NULL past the cap */
struct draft_part *draft_last(struct llm_decoder *d); /* NULL when there is none */
/* Appends to a part and tells the listener. A NULL part is let through. */
void draft_append(struct llm_decoder *d, struct draft_part *p, struct span s);
/* The part's text in full, as the provider gives it once more at its end: what has not come yet is appended; another
 * text takes the place of what came. Empty: says nothing. */
void draft_settle(struct llm_decoder *d, struct draft_part *p, struct span s);
/* To the last part when it is of that kind and numberless, else to a new one. */
void draft_flow(struct llm_decoder *d, enum llm_part_kind kind, struct span s);
/* Tells the listener that a call has a name now. */
void draft_named(struct llm_decoder *d, struct draft_part *p, struct span name);
void draft_stop(struct llm_decoder *d, struct span word);
/* At the end, for APIs that have no word for it: a plain stop beside calls is a stop for calls. */
void draft_stop_calls(struct llm_decoder *d);
/* Makes the reply of the parts. */
void draft_finish(struct llm_decoder *d, struct llm_reply *out);

/* think.c: text that may hold <think> tags. */
void think_text(struct llm_decoder *d, struct span s);
void think_end(struct llm_decoder *d);

/* reply_error.c: the first error wins. */
void draft_fail(struct llm_decoder *d, enum llm_fault fault, const char *code, const char *message);
/* An error as providers write it in JSON. `sure`: the status or the event's name says that it is one; else it is taken
 * only when j has the look. True when there was an error. */
bool draft_error(struct llm_decoder *d, const json_t *j, bool sure);

/* reply_call.c: one item of tool_calls, or function_call. */
void chat_take_call(struct llm_decoder *d, json_t *item, bool legacy);

/* usage.c: members that are present replace what was known. */
void usage_chat(struct llm_decoder *d, const json_t *usage);
void usage_anthropic(struct llm_decoder *d, const json_t *usage);
void usage_responses(struct llm_decoder *d, const json_t *usage);
void usage_gemini(struct llm_decoder *d, const json_t *usage);

#endif
