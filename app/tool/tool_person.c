/* tool_person: what a model says to the person through a tool: a question back, and "this data can't answer that". */
#include "base/json.h"
#include "tool/tool_priv.h"

enum { SAID_BYTES = 2000, OPTION_BYTES = 200, OPTIONS_MOST = 8 };

static const struct tool_param ASK_PARAMS[] = {
    {.name = "question",
        .type = ARG_TEXT,
        .required = true,
        .low = 1,
        .high = SAID_BYTES,
        .about = "One short question that decides what is meant."},
    {.name = "options",
        .type = ARG_TEXTS,
        .low = 0,
        .high = OPTIONS_MOST,
        .about = "Two to six answers to choose from. The person may also write another."},
};
static const struct tool_param CANNOT_PARAMS[] = {
    {.name = "reason",
        .type = ARG_TEXT,
        .required = true,
        .low = 1,
        .high = SAID_BYTES,
        .about = "What the data lacks, in one or two sentences for the person."},
    {.name = "nearest",
        .type = ARG_TEXT,
        .low = 0,
        .high = SAID_BYTES,
        .about = "The nearest question that the data can answer."},
};

static struct span
ask_doing(struct task *t, struct tool_world *w, const json_t *args)
{
    (void)t, (void)w, (void)args;
    return SPAN("Asking back");
}

static enum err
ask_run(struct task *t, struct tool_world *w, const json_t *args, struct tool_done *out)
{
    (void)w;
    struct buf *b = task_buf(t, 8 * (SAID_BYTES + OPTION_BYTES * OPTIONS_MOST));
    size_t i;
    json_t *v;
    buf_putc(b, '{');
    json_put_key(b, "text");
    json_put_text(b, json_text(args, "question"));
    json_put_key(b, "options");
    buf_putc(b, '[');
    json_array_foreach(json_object_get(args, "options"), i, v)
    {
        struct span s = {json_string_value(v), json_string_length(v)};
        if (s.n == 0 || s.n > OPTION_BYTES)
            return task_fail(t, E_INVALID, "Each of the options must be a text of 1 to %d bytes.", OPTION_BYTES);
        buf_puts(b, i ? "," : "");
        json_put_text(b, s);
    }
    buf_puts(b, "]}");
    *out = (struct tool_done){
        .json = SPAN("{\"asked\":true}"),
        .line = SPAN("Waiting for an answer"),
        .ending = TOOL_ASKS,
        .waiting = buf_view(b),
    };
    return E_OK;
}

static struct span
cannot_doing(struct task *t, struct tool_world *w, const json_t *args)
{
    (void)t, (void)w, (void)args;
    return SPAN("Saying what the data can't answer");
}

static enum err
cannot_run(struct task *t, struct tool_world *w, const json_t *args, struct tool_done *out)
{
    (void)w;
    struct span reason = span_trim(json_text(args, "reason")), nearest = span_trim(json_text(args, "nearest"));
    struct span answer = task_format(t, "This data can't answer that. %.*s%s%.*s", SPAN_ARG(reason),
        nearest.n ? "\n\nThe nearest that it can answer: " : "", SPAN_ARG(nearest));
    *out = (struct tool_done){
        .json = SPAN("{\"told\":true}"),
        .line = SPAN("Told"),
        .ending = TOOL_DECLINES,
        .answer = answer,
    };
    return E_OK;
}

const struct tool tool_ask = {
    .name = "ask",
    .description = "Asks the person one clarifying question with answers to choose from, before any work is done, when "
                   "the question could mean different things with different answers.",
    .params = ASK_PARAMS,
    .n_params = sizeof ASK_PARAMS / sizeof *ASK_PARAMS,
    .effect = EFFECT_READ,
    .doing = ask_doing,
    .run = ask_run,
};
const struct tool tool_cannot_answer = {
    .name = "cannot_answer",
    .description = "Ends the turn when the data does not hold what the question needs.",
    .params = CANNOT_PARAMS,
    .n_params = sizeof CANNOT_PARAMS / sizeof *CANNOT_PARAMS,
    .effect = EFFECT_READ,
    .doing = cannot_doing,
    .run = cannot_run,
};
