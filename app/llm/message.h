/* message: a conversation in our own form, which every provider's can be made from, and its JSON for the database. */
#ifndef LLM_MESSAGE_H
#define LLM_MESSAGE_H

#include "base/task.h"

enum llm_api { LLM_OPENAI_CHAT, LLM_ANTHROPIC, LLM_OPENAI_RESPONSES, LLM_GEMINI };
enum { LLM_APIS = LLM_GEMINI + 1 };
enum llm_role { LLM_USER, LLM_ASSISTANT };
enum llm_part_kind { LLM_TEXT, LLM_REASONING, LLM_CALL, LLM_RESULT };

/* One part of a message. A result may stand in any later message: the request builder puts it where it belongs. */
struct llm_part {
    enum llm_part_kind kind;
    struct span text;      /* text, reasoning, or what the tool answered */
    struct span id;        /* call, result: the call's id */
    struct span name;      /* call: the tool's name */
    struct span arguments; /* call: JSON as the model wrote it; "" means {} */
    bool failed;           /* result: the tool failed */
    /* What the provider wants to see again: JSON, kept byte for byte. Anthropic: the whole block. OpenAI Chat: an
     * object whose members go back into the message (reasoning_details) or into the tool call (extra_content). OpenAI
     * Responses: the whole reasoning item; of a text, members of its message. Gemini: members of the part beside its
     * text or call (thoughtSignature), and "id" of the call itself. */
    struct span opaque;
    struct span origin; /* who made `opaque`; sent back only when it equals the settings' origin */
};

struct llm_message {
    enum llm_role role;
    struct llm_part *part;
    size_t n;
};

struct llm_tool {
    struct span name; /* [a-zA-Z0-9_-]{1,64} */
    struct span description;
    struct span schema; /* JSON Schema of an object, as text; empty: no arguments */
};

/* How to talk to one model: its properties are ours to know, the API does not tell them. */
struct llm_settings {
    enum llm_api api;
    struct span origin;         /* free text that changes with the provider, so that blobs go home alone */
    struct span model;          /* the provider's name of it */
    int64_t max_tokens;         /* most tokens of an answer; 0: the provider's default (Anthropic has none: 4,096) */
    double temperature;         /* below 0: not sent */
    bool completion_tokens_key; /* max_completion_tokens in the place of max_tokens */
    bool developer_role;        /* developer in the place of system */
    bool no_temperature;        /* the model refuses it */
    bool no_stream_usage;       /* the server does not know stream_options */
    bool no_stream;             /* ask for one JSON body */
    bool no_tool_calls;         /* this time: tools stay listed (the history needs them) but may not be called */
    bool encrypted_reasoning;   /* Responses: ask for reasoning in a form that can be sent back */
    struct span reasoning_key;  /* chat: the member that takes past reasoning back ("reasoning_content"); "" none */
    struct span extra;          /* a JSON object whose members are added to the request; "" none */
};

struct llm_chat {
    struct span system;  /* rules and catalogue: the same bytes in each request, so that prompt caches hit */
    struct span context; /* what changes (date, time zone): goes after `system` */
    struct llm_message *message;
    size_t n;
    struct llm_tool *tool;
    size_t tools;
};

/* "openai-chat", "anthropic", "openai-responses", "gemini". */
const char *llm_api_word(enum llm_api api);
bool llm_api_from_word(struct span word, enum llm_api *out);

/* {"role":"assistant","parts":[{"kind":"call","id":...,"name":...,"arguments":...}]}; arguments and opaque are JSON
 * strings, so that their bytes survive. */
void llm_message_put(struct buf *b, const struct llm_message *m);
/* The reverse; spans live in the task. E_INVALID with a sentence. */
enum err llm_message_read(struct task *t, struct span json, struct llm_message *out);
/* {"name","description","schema":text}. */
void llm_tool_put(struct buf *b, const struct llm_tool *tool);
enum err llm_tool_read(struct task *t, struct span json, struct llm_tool *out);

/* What is known of a model by its name; the other fields are zero, temperature is not sent. */
struct llm_settings llm_settings_default(enum llm_api api, struct span model);
/* The properties as JSON: {"max_tokens_key":"max_tokens|max_completion_tokens","system_role":"system|developer",
 * "temperature":bool or number,"stream_usage":bool,"stream":bool,"max_output":int,"reasoning_key":text,
 * "encrypted_reasoning":bool,"extra":{}}.
 * A property that is absent keeps what *out has: begin with llm_settings_default. */
enum err llm_settings_read(struct task *t, struct span json, struct llm_settings *out);
void llm_settings_put(struct buf *b, const struct llm_settings *s);

#endif
