/* guide: find_tables, describe, sql, answer: the steps of the model that ships, from what the conversation holds. */
#include "agent/guide.h"

#include "agent/guide_answer.h"
#include "base/json.h"

#include <string.h>

enum { ARGUMENT_BYTES = 64 * 1024, TABLES_READ = 4, WORDS_MOST = 1000 };

/* What this turn has done so far: the last result of each tool. */
struct so_far {
    struct span question;
    json_t *found, *described, *rows; /* parsed results; NULL: not done yet */
    struct span failure;              /* the sentence of a tool that failed */
    struct span dataset;
};

static void
take_result(struct task *t, const struct llm_part *call, const struct llm_part *result, struct so_far *s)
{
    json_t *j = NULL;
    if (json_read_lax(t, result->text, &j) != E_OK)
        task_clear_error(t);
    const json_t *error = json_object_get(j, "error");
    if (result->failed || error || !j) {
        struct span m = json_text(error, "message");
        s->failure = m.n > 0 ? m : SPAN("A tool failed without a reason.");
        return;
    }
    if (span_is(call->name, "find_tables"))
        s->found = j;
    else if (span_is(call->name, "describe"))
        s->described = j;
    else if (span_is(call->name, "sql"))
        s->rows = j;
    if (json_text(j, "dataset").n > 0)
        s->dataset = json_text(j, "dataset");
}

static const struct llm_part *
result_of(const struct llm_chat *chat, size_t from, struct span id)
{
    for (size_t i = from; i < chat->n; i++)
        for (size_t k = 0; k < chat->message[i].n; k++) {
            const struct llm_part *p = &chat->message[i].part[k];
            if (p->kind == LLM_RESULT && span_eq(p->id, id))
                return p;
        }
    return NULL;
}

static void
look_back(struct task *t, const struct llm_chat *chat, struct so_far *s)
{
    size_t from = 0;
    for (size_t i = 0; i < chat->n; i++)
        for (size_t k = 0; chat->message[i].role == LLM_USER && k < chat->message[i].n; k++)
            if (chat->message[i].part[k].kind == LLM_TEXT) {
                s->question = chat->message[i].part[k].text;
                from = i;
            }
    for (size_t i = from; i < chat->n; i++)
        for (size_t k = 0; k < chat->message[i].n; k++) {
            const struct llm_part *p = &chat->message[i].part[k];
            const struct llm_part *result = p->kind == LLM_CALL ? result_of(chat, i, p->id) : NULL;
            if (result)
                take_result(t, p, result, s);
        }
}

static void
call(struct task *t, struct llm_reply *out, const char *name, struct buf *arguments)
{
    out->call = task_new(t, struct llm_call);
    out->call[0] = (struct llm_call){.name = span_of(name), .arguments = buf_view(arguments)};
    out->calls = 1;
    out->stop = LLM_STOP_CALLS;
}

static void
put_text(struct buf *b, const char *key, struct span value)
{
    json_put_key(b, key);
    json_put_text(b, value);
}

static void
say(struct llm_reply *out, struct span text)
{
    out->text = text;
    out->stop = LLM_STOP;
}

/* The dataset whose tables fit the question best; the first when none does. */
static struct span
best_dataset(struct task *t, const struct tool_world *world, struct span question)
{
    struct guide_words *q = task_new(t, struct guide_words);
    struct guide_table *table = task_new(t, struct guide_table);
    struct guide_match m;
    struct span best = world->datasets > 0 ? world->dataset[0].name : SPAN_NONE;
    int best_score = 0;
    guide_words_read(t, question, q);
    for (size_t d = 0; d < world->datasets; d++) {
        size_t i;
        json_t *j;
        json_array_foreach(json_object_get(world->dataset[d].schema, "tables"), i, j)
        {
            guide_table_read(t, j, table);
            guide_match_table(table, q, false, &m);
            if (m.score > best_score) {
                best_score = m.score;
                best = world->dataset[d].name;
            }
        }
    }
    return best;
}

static void
step_find(struct task *t, const struct tool_world *world, const struct so_far *s, struct llm_reply *out)
{
    struct buf *b = task_buf(t, ARGUMENT_BYTES);
    buf_putc(b, '{');
    put_text(b, "dataset", best_dataset(t, world, s->question));
    put_text(b, "words", span_first(s->question, WORDS_MOST));
    buf_putc(b, '}');
    call(t, out, "find_tables", b);
}

static void
step_describe(struct task *t, const struct so_far *s, struct llm_reply *out)
{
    size_t i;
    json_t *table;
    struct buf *b = task_buf(t, ARGUMENT_BYTES);
    buf_putc(b, '{');
    put_text(b, "dataset", s->dataset);
    json_put_key(b, "tables");
    buf_putc(b, '[');
    json_array_foreach(json_object_get(s->found, "tables"), i, table)
    {
        if (i == TABLES_READ)
            break;
        buf_puts(b, i ? "," : "");
        json_put_text(b, json_text(table, "name"));
    }
    buf_puts(b, "]}");
    if (i == 0)
        say(out, SPAN("This dataset has no tables, so there is nothing that I could answer from."));
    else
        call(t, out, "describe", b);
}

static void
decline(struct task *t, const struct guide_plan *plan, struct llm_reply *out)
{
    struct buf *b = task_buf(t, ARGUMENT_BYTES);
    buf_putc(b, '{');
    put_text(b, "reason",
        task_format(t,
            "%.*s I am the built-in guide, not a language model: I understand counts, totals, "
            "averages, top and bottom lists, groups, years and filters over one table.",
            SPAN_ARG(plan->reason)));
    if (plan->nearest.n > 0)
        put_text(b, "nearest", plan->nearest);
    buf_putc(b, '}');
    call(t, out, "cannot_answer", b);
}

static void
step_sql(struct task *t, const struct so_far *s, const struct guide_plan *plan, struct llm_reply *out)
{
    struct buf *b = task_buf(t, ARGUMENT_BYTES);
    buf_putc(b, '{');
    put_text(b, "dataset", s->dataset);
    put_text(b, "sql", plan->sql);
    buf_putc(b, '}');
    call(t, out, "sql", b);
}

enum err
guide_reply(
    struct task *t, const struct llm_chat *chat, const struct tool_world *world, bool last, struct llm_reply *out)
{
    struct so_far s = {0};
    struct guide_plan plan = {0};
    memset(out, 0, sizeof *out);
    look_back(t, chat, &s);
    if (s.described)
        guide_plan_make(t, s.question, json_object_get(s.described, "tables"), &plan);
    if (s.rows)
        say(out, guide_answer(t, &plan, s.rows));
    else if (s.failure.n > 0)
        say(out, task_format(t, "I could not answer this: %.*s", SPAN_ARG(s.failure)));
    else if (last)
        say(out, SPAN("I had to stop before I had an answer."));
    else if (!s.found)
        step_find(t, world, &s, out);
    else if (!s.described)
        step_describe(t, &s, out);
    else if (!plan.can)
        decline(t, &plan, out);
    else
        step_sql(t, &s, &plan, out);
    return E_OK;
}
