/* step: the turn's state machine: a table of states and events, a function for each pair that can be. */
#include "agent/step.h"

#include "base/must.h"

#include <string.h>

static struct agent_action
finish(struct agent *a, const char *outcome, const char *code, const char *why)
{
    a->state = AGENT_OVER;
    return (struct agent_action){.act = AGENT_FINISH, .outcome = outcome, .code = code, .why = why};
}

static const char TIME_OVER[] =
    "The time for one turn is used up. What was found until here is kept; ask again, or ask for less at once.";
static const char TOKENS_OVER[] =
    "The tokens for one turn are used up. What was found until here is kept; ask again, or ask for less at once.";

/* Why the last call of the model is its last: for the model, and for the person when it went on calling tools. */
static const struct {
    const char *to_model, *to_person;
} LAST[] = {
    [AGENT_NOT_LAST] = {"", ""},
    [AGENT_LAST_STEP] =
        {"This is the last step of this turn: no tool can be called any more. Answer with what you have found, and say "
         "what is missing.",
            "The model used all steps of this turn without coming to an answer. What was found until here is kept; ask "
            "again, or ask for less at once."},
    [AGENT_LAST_REPEATED] = {"You ran the same statement twice. No tool can be called any more in this turn. Answer "
                             "honestly with what you "
                             "have found, and say what you could not find out.",
        "The model ran the same statement again and again and came to no answer. Ask in other words, or try another "
        "model."},
    [AGENT_LAST_FAILING] = {"Three calls failed in the same way. No tool can be called any more in this turn. Answer "
                            "honestly with what you "
                            "have found, and say what did not work.",
        "The model's calls failed again and again in the same way, and it came to no answer. Ask in other words, or "
        "try another model."},
};

static struct agent_action
ask_model(struct agent *a)
{
    if (a->used_ms >= a->limit_ms)
        return finish(a, "limit", "time", TIME_OVER);
    if (a->tokens >= a->limit_tokens)
        return finish(a, "limit", "tokens", TOKENS_OVER);
    if (a->steps >= a->limit_steps)
        return finish(a, "limit", "steps", LAST[AGENT_LAST_STEP].to_person);
    if (a->last == AGENT_NOT_LAST && a->steps == a->limit_steps - 1)
        a->last = AGENT_LAST_STEP;
    a->steps++;
    a->state = AGENT_THINKING;
    bool last = a->last != AGENT_NOT_LAST;
    return (struct agent_action){.act = AGENT_CALL_MODEL, .last = last, .why = LAST[a->last].to_model};
}

static bool
was_seen(struct agent *a, uint64_t same)
{
    for (size_t i = 0; same && i < a->n_seen; i++)
        if (a->seen[i] == same)
            return true;
    if (same && a->n_seen < AGENT_SEEN)
        a->seen[a->n_seen++] = same;
    return false;
}

static struct agent_action
run_next(struct agent *a)
{
    if (a->next == a->calls)
        return ask_model(a);
    if (a->used_ms >= a->limit_ms)
        return finish(a, "limit", "time", TIME_OVER);
    a->state = AGENT_WORKING;
    if (!was_seen(a, a->same[a->next]))
        return (struct agent_action){.act = AGENT_CALL_TOOL, .call = a->next, .why = ""};
    a->last = AGENT_LAST_REPEATED;
    return (struct agent_action){.act = AGENT_SKIP_TOOL,
        .call = a->next,
        .why = "This statement was run before in this turn: the result is the same. Use the earlier one."};
}

static void
take_calls(struct agent *a, const struct agent_input *in, size_t next)
{
    a->calls = in->calls < AGENT_CALLS ? in->calls : AGENT_CALLS;
    a->next = next < a->calls ? next : a->calls;
    if (a->calls > 0)
        memcpy(a->same, in->same, a->calls * sizeof *a->same);
}

static struct agent_action
begun(struct agent *a, const struct agent_input *in)
{
    take_calls(a, in, in->next);
    return run_next(a);
}

static struct agent_action
replied(struct agent *a, const struct agent_input *in)
{
    take_calls(a, in, 0);
    switch (in->stop) {
    case AGENT_STOP_REFUSED: return finish(a, "failed", "refused", "The model refused to answer this.");
    case AGENT_STOP_FILTER:
        return finish(a, "failed", "filter", "The answer was stopped by the content filter of the model's provider.");
    case AGENT_STOP_LENGTH:
        return finish(a, "limit", "length",
            "The answer was cut off: it reached the longest that this model may give. Nothing that was cut off was "
            "run.");
    case AGENT_STOP_END: break;
    }
    if (in->calls == 0 && !in->text)
        return finish(a, "failed", "empty", "The model gave an empty answer. Try again, or try another model.");
    if (in->calls == 0)
        return finish(a, a->last == AGENT_LAST_STEP ? "limit" : "done", "", "");
    if (a->last != AGENT_NOT_LAST)
        return finish(a, "limit", a->last == AGENT_LAST_STEP ? "steps" : "loop", LAST[a->last].to_person);
    return run_next(a);
}

static struct agent_action
broke(struct agent *a, const struct agent_input *in)
{
    (void)in;
    if (a->used_ms >= a->limit_ms)
        return finish(a, "limit", "time", TIME_OVER);
    return finish(a, "failed", "model", ""); /* the driver knows the provider's fault and its sentence */
}

static void
count_failure(struct agent *a, uint64_t same, bool failed, struct span kind)
{
    a->declines += failed && span_is(kind, "declined");
    if (!failed) {
        if (same)
            a->failures = 0; /* a statement that ran: whatever was wrong was put right */
        return;
    }
    kind = span_first(kind, AGENT_KIND_BYTES - 1);
    a->failures = span_is(kind, a->kind) ? a->failures + 1 : 1;
    memset(a->kind, 0, sizeof a->kind);
    if (kind.n > 0)
        memcpy(a->kind, kind.p, kind.n);
    if (a->failures >= AGENT_FAILURES && a->last == AGENT_NOT_LAST)
        a->last = AGENT_LAST_FAILING;
}

static struct agent_action
rest(struct agent *a)
{
    a->state = AGENT_OVER;
    return (struct agent_action){.act = AGENT_REST, .why = ""};
}

/* A turn whose proposals a person declined, or that gate gave up: nothing more is put before anybody. */
static struct agent_action
freeze(struct agent *a, const struct agent_input *in)
{
    if (span_is(in->kind, "turn-budget"))
        return finish(a, "limit", "budget",
            "The model made all the calls that one turn may make and came to no answer. Ask for less at once.");
    if (a->declines >= AGENT_DECLINES)
        return finish(a, "limit", "frozen",
            "You declined twice, so this turn proposes nothing more. Ask again and say what you want instead.");
    return finish(a, "limit", "frozen",
        "The model proposed too much that is not allowed or was declined, so this turn has ended. Ask again in other "
        "words.");
}

static bool
is_frozen(const struct agent *a, const struct agent_input *in)
{
    return in->failed &&
           (a->declines >= AGENT_DECLINES || span_is(in->kind, "turn-frozen") || span_is(in->kind, "turn-budget"));
}

static struct agent_action
ran(struct agent *a, const struct agent_input *in)
{
    must(a->next < a->calls);
    if (in->ending == TOOL_WAITS)
        return rest(a);
    if (!in->skipped)
        count_failure(a, a->same[a->next], in->failed, in->kind);
    a->next++;
    if (is_frozen(a, in))
        return freeze(a, in);
    if (in->ending == TOOL_DECLINES)
        return finish(a, "cannot_answer", "", "");
    if (in->ending != TOOL_ASKS)
        return run_next(a);
    if (++a->questions > AGENT_QUESTIONS)
        return finish(
            a, "limit", "questions", "The model asked back again and again. Ask again, and say more at once.");
    return rest(a);
}

static struct agent_action
stopped(struct agent *a, const struct agent_input *in)
{
    (void)in;
    return finish(a, "stopped", "", "");
}

typedef struct agent_action step_fn(struct agent *a, const struct agent_input *in);
static step_fn *const STEPS[AGENT_STATES][AGENT_EVENTS] = {
    [AGENT_READY] = {[AGENT_BEGIN] = begun, [AGENT_STOPPED] = stopped},
    [AGENT_THINKING] = {[AGENT_REPLIED] = replied, [AGENT_BROKE] = broke, [AGENT_STOPPED] = stopped},
    [AGENT_WORKING] = {[AGENT_RAN] = ran, [AGENT_STOPPED] = stopped},
};

struct agent_action
agent_step(struct agent *a, const struct agent_input *in)
{
    step_fn *step = STEPS[a->state][in->event];
    must(step);
    a->tokens += in->tokens;
    a->used_ms += in->ms;
    return step(a, in);
}

void
agent_remember(struct agent *a, uint64_t same, bool failed, struct span kind)
{
    (void)was_seen(a, same);
    count_failure(a, same, failed, kind);
}
