/* fault: tables of the words by which providers say the same few things. */
#include "llm/fault.h"

#include "base/utf8.h"

#include <string.h>

/* One row per kind: its word, whether waiting helps, the sentence before and after the model's name. */
static const struct {
    const char *word;
    bool passes;
    bool quote;           /* the provider's own words help */
    const char *sentence; /* %s is the model */
} FAULT[LLM_FAULT_COUNT] = {
    [LLM_FAULT_NONE] = {"none", false, false, "The model \"%s\" answered."},
    [LLM_FAULT_DOWN] = {"down", true, false,
        "The provider of the model \"%s\" can't be reached or is overloaded. Try again in a moment, or choose another "
        "model."},
    [LLM_FAULT_SLOW] = {"slow", true, false,
        "The model \"%s\" took too long to answer. Try again, or choose another model."},
    [LLM_FAULT_RATE] = {"rate_limited", true, false,
        "The provider of the model \"%s\" is limiting how fast we may ask. Try again in a minute."},
    [LLM_FAULT_QUOTA] = {"out_of_quota", false, false,
        "The account at the provider of the model \"%s\" is out of credit. An administrator must top it up or choose "
        "another model."},
    [LLM_FAULT_KEY] = {"bad_key", false, false,
        "The provider of the model \"%s\" refused our API key. An administrator must set a valid one."},
    [LLM_FAULT_MODEL] = {"unknown_model", false, false,
        "The provider does not know the model \"%s\", or our account may not use it. An administrator must check its "
        "name."},
    [LLM_FAULT_CONTEXT] = {"context_too_long", false, false,
        "This conversation has become too long for the model \"%s\". Start a new one, or choose a model with a larger "
        "context."},
    [LLM_FAULT_FILTER] = {"content_filter", false, false,
        "The provider of the model \"%s\" stopped the answer by its content filter. Put the question in other words."},
    [LLM_FAULT_REFUSED] = {"refused", false, true, "The provider of the model \"%s\" refused the request."},
    [LLM_FAULT_NONSENSE] = {"nonsense", false, false,
        "What came back is not an answer of the model \"%s\": perhaps a proxy or a sign-in page is in the way. An "
        "administrator should check its address."},
    [LLM_FAULT_CUT] = {"cut", true, false,
        "The answer of the model \"%s\" broke off before its end. What had arrived is kept; try again."},
};

/* In this order: a code of money beats the 429 that it came with. Searched in code and type. */
static const struct {
    const char *part;
    enum llm_fault fault;
} CODE[] = {
    {"insufficient_quota", LLM_FAULT_QUOTA},
    {"billing", LLM_FAULT_QUOTA},
    {"insufficient_balance", LLM_FAULT_QUOTA},
    {"context_length", LLM_FAULT_CONTEXT},
    {"exceed_context", LLM_FAULT_CONTEXT},
    {"prompt_tokens", LLM_FAULT_CONTEXT},
    {"request_too_large", LLM_FAULT_CONTEXT},
    {"model_not_found", LLM_FAULT_MODEL},
    {"deploymentnotfound", LLM_FAULT_MODEL},
    {"model_decommissioned", LLM_FAULT_MODEL},
    {"invalid_model", LLM_FAULT_MODEL},
    {"invalid_api_key", LLM_FAULT_KEY},
    {"authentication", LLM_FAULT_KEY},
    {"unauthenticated", LLM_FAULT_KEY},
    {"permission", LLM_FAULT_KEY},
    {"content_filter", LLM_FAULT_FILTER},
    {"content_policy", LLM_FAULT_FILTER},
    {"responsibleai", LLM_FAULT_FILTER},
    {"rate_limit", LLM_FAULT_RATE},
    {"resource_exhausted", LLM_FAULT_RATE},
    {"too_many_requests", LLM_FAULT_RATE},
    {"timeout", LLM_FAULT_SLOW},
    {"deadline_exceeded", LLM_FAULT_SLOW},
    {"overloaded", LLM_FAULT_DOWN},
    {"server_error", LLM_FAULT_DOWN},
    {"api_error", LLM_FAULT_DOWN},
    {"unavailable", LLM_FAULT_DOWN},
};

/* Searched in the message, for those who give no code. */
static const struct {
    const char *part;
    enum llm_fault fault;
} MESSAGE[] = {
    {"credit balance is too low", LLM_FAULT_QUOTA},
    {"insufficient balance", LLM_FAULT_QUOTA},
    {"insufficient credits", LLM_FAULT_QUOTA},
    {"requires more credits", LLM_FAULT_QUOTA},
    {"maximum context length", LLM_FAULT_CONTEXT},
    {"prompt is too long", LLM_FAULT_CONTEXT},
    {"context window", LLM_FAULT_CONTEXT},
    {"context size", LLM_FAULT_CONTEXT},
    {"context length", LLM_FAULT_CONTEXT},
    {"messages is too long", LLM_FAULT_CONTEXT},
    {"too many tokens", LLM_FAULT_CONTEXT},
    {"api key not valid", LLM_FAULT_KEY},
    {"invalid api key", LLM_FAULT_KEY},
    {"incorrect api key", LLM_FAULT_KEY},
    {"invalid x-api-key", LLM_FAULT_KEY},
    {"not a valid model", LLM_FAULT_MODEL},
    {"model not found", LLM_FAULT_MODEL},
    {"unknown model", LLM_FAULT_MODEL},
    {"file not found", LLM_FAULT_NONSENSE}, /* the server is there, the API is not */
    {"page not found", LLM_FAULT_NONSENSE},
    {"cannot post", LLM_FAULT_NONSENSE},
    {"content management policy", LLM_FAULT_FILTER},
    {"flagged", LLM_FAULT_FILTER},
    {"rate limit", LLM_FAULT_RATE},
    {"too many requests", LLM_FAULT_RATE},
    {"timed out", LLM_FAULT_SLOW},
    {"overloaded", LLM_FAULT_DOWN},
};

static const struct {
    int low, high;
    enum llm_fault fault;
} STATUS[] = {
    {401, 401, LLM_FAULT_KEY},
    {402, 402, LLM_FAULT_QUOTA},
    {403, 403, LLM_FAULT_KEY},
    {404, 404, LLM_FAULT_MODEL},
    {408, 408, LLM_FAULT_SLOW},
    {409, 409, LLM_FAULT_DOWN},
    {413, 413, LLM_FAULT_CONTEXT},
    {429, 429, LLM_FAULT_RATE},
    {504, 504, LLM_FAULT_SLOW},
    {524, 524, LLM_FAULT_SLOW},
    {500, 599, LLM_FAULT_DOWN},
    {300, 499, LLM_FAULT_REFUSED},
};

const char *
llm_fault_word(enum llm_fault f)
{
    return FAULT[f].word;
}

bool
llm_fault_passes(enum llm_fault f)
{
    return FAULT[f].passes;
}

static bool
contains(struct span s, const char *part)
{
    size_t n = strlen(part);
    for (size_t i = 0; i + n <= s.n; i++) {
        if (span_is_nocase(span_first(span_from(s, i), n), part))
            return true;
    }
    return false;
}

/* A code that is an HTTP status in disguise (OpenRouter sends 200 and {"code":502}). */
static int
status_of(int status, struct span code)
{
    int64_t n;
    if ((status == 0 || (status >= 200 && status < 300)) && span_i64(code, &n) && n >= 400 && n <= 599)
        return (int)n;
    return status;
}

enum llm_fault
llm_fault_of(int status, struct span code, struct span type, struct span message)
{
    for (size_t i = 0; i < sizeof CODE / sizeof *CODE; i++) {
        if (contains(code, CODE[i].part) || contains(type, CODE[i].part))
            return CODE[i].fault;
    }
    for (size_t i = 0; i < sizeof MESSAGE / sizeof *MESSAGE; i++) {
        if (contains(message, MESSAGE[i].part))
            return MESSAGE[i].fault;
    }
    status = status_of(status, code);
    for (size_t i = 0; i < sizeof STATUS / sizeof *STATUS; i++) {
        if (status >= STATUS[i].low && status <= STATUS[i].high)
            return STATUS[i].fault;
    }
    /* An error inside a 200: "invalid_..." says that it was us; anything else is the server's trouble. */
    return contains(type, "invalid") || contains(code, "invalid") ? LLM_FAULT_REFUSED : LLM_FAULT_DOWN;
}

struct span
llm_fault_sentence(struct task *t, enum llm_fault f, struct span model, struct span said)
{
    static const size_t SAID_BYTES = 300;
    struct buf *b = task_buf(t, 4096);
    const char *at = strstr(FAULT[f].sentence, "%s");
    buf_put(b, FAULT[f].sentence, (size_t)(at - FAULT[f].sentence));
    utf8_clean(b, utf8_first(model, 120));
    buf_puts(b, at + 2);
    if (FAULT[f].quote && said.n > 0) {
        buf_puts(b, " It said: ");
        utf8_clean(b, utf8_first(said, SAID_BYTES));
        if (said.n > SAID_BYTES)
            buf_puts(b, " ...");
    }
    return buf_view(b);
}
