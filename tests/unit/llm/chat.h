/* chat: for the tests of requests: conversations in few letters, and the request for one. */
#ifndef TEST_LLM_CHAT_H
#define TEST_LLM_CHAT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* wants those above */

#include "base/id.h"
#include "base/json.h"
#include "llm/request.h"

#include <stdio.h>
#include <string.h>

#define TXT(s)                                                                                                         \
    {                                                                                                                  \
        .kind = LLM_TEXT, .text = SPAN(s)                                                                              \
    }
#define CALL(i, f, a)                                                                                                  \
    {                                                                                                                  \
        .kind = LLM_CALL, .id = SPAN(i), .name = SPAN(f), .arguments = SPAN(a)                                         \
    }
#define RESULT(i, s)                                                                                                   \
    {                                                                                                                  \
        .kind = LLM_RESULT, .id = SPAN(i), .text = SPAN(s)                                                             \
    }
#define MESSAGE(role, ...)                                                                                             \
    {                                                                                                                  \
        role, (struct llm_part[]){__VA_ARGS__}, sizeof((struct llm_part[]){__VA_ARGS__}) / sizeof(struct llm_part)     \
    }
#define COUNT(a) (sizeof(a) / sizeof *(a))

static inline json_t *
build(struct task *t, const struct llm_settings *s, const struct llm_chat *chat)
{
    struct llm_request r;
    json_t *j;
    if (llm_request_build(t, s, chat, &r) != E_OK)
        fail_msg("%s", t->cause);
    if (json_read(t, r.body, &j) != E_OK)
        fail_msg("%s\n%.*s", t->cause, SPAN_ARG(r.body));
    return j;
}

#define LIT(s)                                                                                                         \
    {                                                                                                                  \
        s, sizeof(s) - 1                                                                                               \
    } /* SPAN is no constant */

#endif
