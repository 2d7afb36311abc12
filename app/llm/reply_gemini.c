/* reply_gemini: Gemini's generateContent: candidates made of parts, the same form in a stream and at once. */
#include "base/json.h"
#include "llm/loose.h"
#include "llm/reply_priv.h"

/* Why it stopped; not among the words of the others. A word that is not known ends the answer normally. */
static const struct {
    const char *word;
    int64_t number; /* some proxies send the enum's number */
    enum llm_stop stop;
} REASON[] = {
    {"STOP", 1, LLM_STOP},
    {"MAX_TOKENS", 2, LLM_STOP_LENGTH},
    {"SAFETY", 3, LLM_STOP_FILTER},
    {"RECITATION", 4, LLM_STOP_FILTER},
    {"OTHER", 5, LLM_STOP_ERROR},
    {"BLOCKLIST", 6, LLM_STOP_FILTER},
    {"PROHIBITED_CONTENT", 7, LLM_STOP_FILTER},
    {"SPII", 8, LLM_STOP_FILTER},
    {"MALFORMED_FUNCTION_CALL", 9, LLM_STOP_ERROR},
    {"MODEL_ARMOR", -1, LLM_STOP_FILTER},
    {"LANGUAGE", -1, LLM_STOP_FILTER},
    {"IMAGE_SAFETY", -1, LLM_STOP_FILTER},
    {"IMAGE_PROHIBITED_CONTENT", -1, LLM_STOP_FILTER},
    {"IMAGE_RECITATION", -1, LLM_STOP_FILTER},
    {"UNEXPECTED_TOOL_CALL", -1, LLM_STOP_ERROR},
    {"TOO_MANY_TOOL_CALLS", -1, LLM_STOP_ERROR},
    {"MISSING_THOUGHT_SIGNATURE", -1, LLM_STOP_ERROR},
    {"MALFORMED_RESPONSE", -1, LLM_STOP_ERROR},
};

/* An error as reason to stop is no error of the API's: who reads the reply sees it in `stop`. */
static void
take_reason(struct llm_decoder *d, const json_t *v)
{
    struct span word = loose_text(v);
    int64_t number = json_is_integer(v) ? json_integer_value(v) : 0;
    if ((word.n == 0 && number == 0) || span_is(word, "FINISH_REASON_UNSPECIFIED"))
        return;
    d->has_stop = true;
    d->stop = LLM_STOP;
    for (size_t i = 0; i < sizeof REASON / sizeof *REASON; i++) {
        if (span_is_nocase(word, REASON[i].word) || (number > 0 && number == REASON[i].number))
            d->stop = REASON[i].stop;
    }
}

static struct span
signature_of(const json_t *part)
{
    struct span s = json_text(part, "thoughtSignature");
    return s.n > 0 ? s : json_text(part, "thought_signature");
}

static void
keep(struct llm_decoder *d, struct draft_part *p, const char *key, struct span value)
{
    if (!p || value.n == 0)
        return;
    if (!p->block)
        p->block = task_json(d->t, json_object());
    json_object_set_new(p->block, key, json_stringn_nocheck(value.p, value.n));
}

/* A signature belongs to its own part: signed text is never joined with what stands before or after it. One without any
 * text has its place among the reasoning, so that it is not lost as empty. */
static void
take_text(struct llm_decoder *d, const json_t *part)
{
    struct span text = json_text(part, "text"), signature = signature_of(part);
    bool thought = json_flag(part, "thought", false);
    enum llm_part_kind kind = thought || text.n == 0 ? LLM_REASONING : LLM_TEXT;
    if (signature.n == 0) {
        draft_flow(d, kind, text);
        return;
    }
    struct draft_part *p = draft_add(d, kind, 0);
    draft_append(d, p, text);
    keep(d, p, "thoughtSignature", signature);
    if (p && thought)
        json_object_set_new(p->block, "thought", json_true());
}

/* Arguments in pieces (partialArgs, in calls without a name) come only to those who ask for them: requests never do. */
static void
take_call(struct llm_decoder *d, const json_t *part, const json_t *call)
{
    struct span name = json_text(call, "name"), id = json_text(call, "id");
    const json_t *args = json_object_get(call, "args");
    if (name.n == 0)
        return;
    struct draft_part *p = draft_add(d, LLM_CALL, -1);
    if (!p)
        return;
    p->id = task_dup(d->t, id);
    draft_named(d, p, name);
    if (json_is_object(args) && json_object_size(args) > 0)
        draft_append(d, p, json_dump(d->t, args));
    keep(d, p, "thoughtSignature", signature_of(part));
    keep(d, p, "id", id);
}

/* Code that ran at the provider, pictures and what is yet to come are not ours to show; the text beside them is. */
static void
take_part(struct llm_decoder *d, const json_t *part)
{
    const json_t *call = json_object_get(part, "functionCall");
    if (json_is_object(call))
        take_call(d, part, call);
    else if (json_is_string(json_object_get(part, "text")))
        take_text(d, part);
}

static void
take_candidate(struct llm_decoder *d, const json_t *candidate)
{
    const json_t *parts = json_object_get(json_object_get(candidate, "content"), "parts");
    for (size_t i = 0; json_is_array(parts) && i < json_array_size(parts); i++)
        take_part(d, json_array_get(parts, i));
    take_reason(d, json_object_get(candidate, "finishReason"));
}

/* A prompt that was blocked has no candidate, only the reason. */
static void
take_feedback(struct llm_decoder *d, const json_t *feedback)
{
    struct span why = json_text(feedback, "blockReason"), said = json_text(feedback, "blockReasonMessage");
    if (why.n > 0)
        draft_fail(d, LLM_FAULT_FILTER, task_z(d->t, why),
            said.n > 0 ? task_z(d->t, said) : "The provider's filter blocked the question.");
}

static void
event(struct llm_decoder *d, struct span name, json_t *j)
{
    (void)name;
    const json_t *candidates = json_object_get(j, "candidates");
    for (size_t i = 0; json_is_array(candidates) && i < json_array_size(candidates); i++) {
        const json_t *one = json_array_get(candidates, i);
        if (json_int(one, "index", (int64_t)i) == 0)
            take_candidate(d, one);
    }
    take_feedback(d, json_object_get(j, "promptFeedback"));
    if (d->model.n == 0)
        d->model = task_dup(d->t, json_text(j, "modelVersion"));
    usage_gemini(d, json_object_get(j, "usageMetadata"));
}

static void
end(struct llm_decoder *d)
{
    draft_stop_calls(d);
}

static void
body(struct llm_decoder *d, json_t *j)
{
    bool ours = json_object_get(j, "candidates") || json_object_get(j, "promptFeedback");
    if (ours || json_object_get(j, "usageMetadata"))
        event(d, SPAN_NONE, j);
    else if (!draft_error(d, j, json_object_get(j, "message") || json_object_get(j, "detail")))
        draft_fail(d, LLM_FAULT_NONSENSE, "no_candidates", "The answer was JSON, but not of this API.");
    if (json_array_size(json_object_get(j, "candidates")) == 0)
        draft_fail(d, LLM_FAULT_CUT, "empty", "The answer held no candidate.");
    end(d);
}

const struct codec CODEC_GEMINI = {event, body, end};
