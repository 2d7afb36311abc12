/* request: the HTTP request for a conversation, legal for its API whatever the conversation holds. */
#ifndef LLM_REQUEST_H
#define LLM_REQUEST_H

#include "llm/message.h"

enum { LLM_HEADERS = 4, LLM_REQUEST_BYTES = 32 << 20 };

struct llm_header {
    const char *name, *value;
};

struct llm_request {
    const char *path; /* to append to the base URL that ends in its version: "/chat/completions", "/messages",
                       * "/responses", "/models/M:streamGenerateContent?alt=sse" */
    struct llm_header header[LLM_HEADERS]; /* none of them secret; the key's header is the sender's */
    size_t headers;
    struct span body; /* JSON, in the task */
};

/* Builds the request. What providers refuse is put right on the way, always in the same way, so that a prefix once sent
 * is sent again byte for byte:
 * - each call is followed by its result, in the order of the calls; one that has none gets "was not run"; a result
 *   without a call is dropped; ids and names are made legal and ids unique; broken arguments become an object;
 * - no empty text, no message without content, the first message is the user's and so is the last (or results);
 * - malformed UTF-8 and NUL become U+FFFD;
 * - blobs go back only when their origin is the settings' origin.
 * E_INVALID, with a sentence, when there is nothing to ask or a tool's definition is wrong; E_LIMIT past 32 MB. */
enum err llm_request_build(
    struct task *t, const struct llm_settings *s, const struct llm_chat *chat, struct llm_request *out);

#endif
