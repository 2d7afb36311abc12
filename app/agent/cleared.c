/* cleared: sentences about models and what they are cleared for. */
#include "agent/cleared.h"

#include "base/json.h"
#include "policy/words.h"

enum { NAMES_SHOWN = 3 };

static const char TURN_OVER[] =
    "This turn made more calls than a turn may, or too many that are not allowed, so it has "
    "ended. Ask again in other words.";

/* The level that a model must be cleared for: what the conversation holds, if gate says, else its datasets' highest. */
static enum policy_level
level_needed(const json_t *context)
{
    size_t i;
    json_t *d;
    int64_t most = json_int(context, "level", LEVEL_PUBLIC);
    json_array_foreach(json_object_get(context, "datasets"), i, d)
    {
        int64_t level = json_int(d, "level", LEVEL_PUBLIC);
        most = level > most ? level : most;
    }
    return most > LEVEL_SECRET ? LEVEL_SECRET : (enum policy_level)most;
}

static bool
is_cleared(const json_t *model, enum policy_level level)
{
    enum policy_level own = LEVEL_PUBLIC;
    return !span_is(json_text(model, "api"), "guide") && policy_level_read(json_text(model, "clearance"), &own) &&
           own >= level;
}

static struct span
shown_name(const json_t *model)
{
    struct span label = json_text(model, "label");
    return span_first(label.n > 0 ? label : json_text(model, "name"), 60);
}

/* "A, B and others"; empty: none. */
static struct span
names_of(struct task *t, const json_t *context, const json_t *asked, enum policy_level level)
{
    size_t i, n = 0;
    json_t *m;
    struct buf *b = task_buf(t, 1024);
    json_array_foreach(json_object_get(context, "models"), i, m)
    {
        if (m == asked || !is_cleared(m, level))
            continue;
        if (n++ < NAMES_SHOWN)
            buf_printf(b, "%s%.*s", n > 1 ? ", " : "", SPAN_ARG(shown_name(m)));
    }
    if (n > NAMES_SHOWN)
        buf_puts(b, " and others");
    return buf_view(b);
}

struct span
cleared_sentence(struct task *t, const json_t *context, const json_t *model, struct span code)
{
    struct span name = shown_name(model);
    if (span_is(code, "turn-frozen") || span_is(code, "turn-budget"))
        return span_of(TURN_OVER);
    if (!span_is(code, "above-clearance"))
        return task_format(t, "This conversation may not be sent to the model %.*s (%.*s). Nothing was sent.",
            SPAN_ARG(name), SPAN_ARG(code));
    struct span others = names_of(t, context, model, level_needed(context));
    if (others.n > 0)
        return task_format(t,
            "The model %.*s is not cleared for the data of this conversation, so nothing was sent to it. Cleared are: "
            "%.*s. The guide, which is no language model, can answer too.",
            SPAN_ARG(name), SPAN_ARG(others));
    return task_format(t,
        "The model %.*s is not cleared for the data of this conversation, so nothing was sent to it. No other language "
        "model is; ask the guide, which runs here, or ask an admin to clear a model.",
        SPAN_ARG(name));
}
