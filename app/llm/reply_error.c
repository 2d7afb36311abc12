/* reply_error: the dozen shapes in which providers write an error. */
#include "base/json.h"
#include "base/utf8.h"
#include "llm/loose.h"
#include "llm/reply_priv.h"

static void
set_error(struct llm_decoder *d, struct llm_error e)
{
    if (d->error.fault != LLM_FAULT_NONE)
        return;
    e.status = d->how.status;
    e.retryable = llm_fault_passes(e.fault);
    e.code = task_dup(d->t, e.code);
    e.type = task_dup(d->t, e.type);
    e.message = task_dup(d->t, e.message);
    d->error = e;
}

void
draft_fail(struct llm_decoder *d, enum llm_fault fault, const char *code, const char *message)
{
    set_error(d, (struct llm_error){.fault = fault, .code = span_of(code), .message = span_of(message)});
}

/* The first of the members that is a text with something in it. */
static struct span
first_text(const json_t *j, const char *const *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct span s = json_text(j, keys[i]);
        if (s.n > 0)
            return s;
    }
    return SPAN_NONE;
}
#define FIRST_TEXT(j, keys) first_text((j), (keys), sizeof(keys) / sizeof *(keys))

static const char *const MESSAGE_KEYS[] = {"message", "Message", "msg", "error_message", "error_msg", "errorMessage",
    "error_description", "detail", "title", "faultstring", "error"};
static const char *const TYPE_KEYS[] = {"type", "error_type", "status", "__type"};
static const char *const CODE_KEYS[] = {"code", "error_code", "errorCode", "statusCode"};
static const char *const CODE_NUMBERS[] = {"code", "error_code", "status_code", "statusCode", "http_status", "status"};

/* A code as text, wherever it stands; numbers too. */
static struct span
code_in(struct task *t, const json_t *j)
{
    struct span s = FIRST_TEXT(j, CODE_KEYS);
    for (size_t i = 0; s.n == 0 && i < sizeof CODE_NUMBERS / sizeof *CODE_NUMBERS; i++) {
        const json_t *v = json_object_get(j, CODE_NUMBERS[i]);
        if (json_is_integer(v))
            s = task_format(t, "%lld", (long long)json_integer_value(v));
    }
    return s;
}

/* OpenRouter: "Provider returned error", and what the provider said in metadata.raw. */
static struct span
message_in(struct task *t, const json_t *j)
{
    struct span s = FIRST_TEXT(j, MESSAGE_KEYS);
    struct span raw = json_text(json_object_get(j, "metadata"), "raw");
    if (s.n > 0 && raw.n > 0)
        return task_format(t, "%.*s: %.*s", SPAN_ARG(s), SPAN_ARG(utf8_first(raw, 2000)));
    return s;
}

/* The value that holds the error's words: {"error":...}, {"errors":[...]}, {"detail":[...]}, {"fault":...}; or NULL. */
static const json_t *
inner(const json_t *j, bool sure)
{
    static const char *const HOLDER[] = {"error", "errors", "detail", "fault"};
    for (size_t i = 0; i < (sure ? sizeof HOLDER / sizeof *HOLDER : 2); i++) {
        const json_t *v = json_object_get(j, HOLDER[i]);
        if (json_is_array(v))
            v = json_array_get(v, 0);
        if (!loose_is_nothing(v) && (json_is_object(v) || json_is_string(v)))
            return v;
    }
    return NULL;
}

/* Google: what the error's details say: {"retryDelay":"34.4s"}, and which of the quotas it was. A day's quota does not
 * come back while somebody waits, whatever delay stands beside it. */
static void
read_details(struct task *t, const json_t *from, struct llm_error *e)
{
    const json_t *details = json_object_get(from, "details");
    for (size_t i = 0; json_is_array(details) && i < json_array_size(details); i++) {
        const json_t *one = json_array_get(details, i), *list = json_object_get(one, "violations");
        struct span delay = json_text(one, "retryDelay");
        if (delay.n > 0)
            e->retry_delay = task_dup(t, delay);
        for (size_t k = 0; json_is_array(list) && k < json_array_size(list); k++) {
            if (span_find(json_text(json_array_get(list, k), "quotaId"), SPAN("PerDay")) >= 0)
                e->fault = LLM_FAULT_QUOTA;
        }
    }
}

static bool
looks_like_error(const json_t *j)
{
    return span_is(json_text(j, "object"), "error") || span_is(json_text(j, "type"), "error");
}

bool
draft_error(struct llm_decoder *d, const json_t *j, bool sure)
{
    sure = sure || looks_like_error(j);
    const json_t *in = inner(j, sure);
    if (!in && !sure)
        return false;
    bool is_text = json_is_string(in);
    const json_t *from = in && !is_text ? in : j;
    struct llm_error e = {
        .message = is_text ? loose_text(in) : message_in(d->t, from),
        .type = FIRST_TEXT(from, TYPE_KEYS),
        .code = code_in(d->t, from),
    };
    if (e.message.n == 0)
        e.message = task_format(d->t, "HTTP status %d without an explanation", d->how.status);
    e.fault = llm_fault_of(d->how.status, e.code, e.type, e.message);
    read_details(d->t, from, &e);
    set_error(d, e);
    return true;
}
