/* fuzz: lyc_llm. reply: any body, cut anywhere, gives one reply; it prints as JSON and goes back in a legal request. */
#include "base/json.h"
#include "base/must.h"
#include "llm/reply.h"
#include "llm/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span
decode(struct task *t, const struct llm_listen *how, struct span body, size_t chunk, struct llm_reply *out)
{
    struct llm_decoder *d = llm_decoder_open(t, how);
    for (; body.n > 0; body = span_from(body, chunk))
        llm_decoder_feed(d, span_first(body, chunk));
    llm_decoder_end(d, out);
    struct buf *b = task_buf(t, (size_t)64 << 20);
    llm_reply_put(b, out);
    return buf_view(b);
}

static void
send_back(struct task *t, enum llm_api api, const struct llm_reply *r)
{
    struct llm_part question = {.kind = LLM_TEXT, .text = SPAN("q")};
    struct llm_message m[] = {{LLM_USER, &question, 1}, {LLM_ASSISTANT, r->part, r->parts}};
    const struct llm_chat chat = {.message = m, .n = 2};
    struct llm_settings s = llm_settings_default(api, SPAN("m"));
    struct llm_request request;
    json_t *j;
    s.origin = SPAN("here");
    must(llm_request_build(t, &s, &chat, &request) == E_OK);
    must(json_read_lax(t, request.body, &j) == E_OK && json_is_object(j));
}

/* The first byte: bits 0 and 7 the API, bit 1 think tags, bit 2 an error status, the rest the length of the pieces. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 1 << 16)
        return 0;
    const struct llm_listen how = {.api = (enum llm_api)((data[0] & 1) | (data[0] & 0x80) >> 6),
        .status = data[0] & 4 ? 500 : 200,
        .think_tags = (data[0] & 2) != 0,
        .origin = SPAN("here")};
    struct span body = {(const char *)data + 1, size - 1};
    struct llm_reply whole, pieces;
    struct task t;
    json_t *j;
    task_begin(&t, 0);
    struct span text = decode(&t, &how, body, SIZE_MAX, &whole);
    must(span_eq(text, decode(&t, &how, body, (data[0] >> 3 & 15) + 1U, &pieces)));
    must(json_read(&t, text, &j) == E_OK);
    send_back(&t, how.api, &whole);
    task_end(&t);
    return 0;
}
