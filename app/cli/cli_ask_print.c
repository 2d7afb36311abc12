/* cli_ask_print: printing a turn. */
#include "cli/cli_ask_print.h"

#include "base/json.h"
#include "render/rowjson.h"
#include "store/work_event.h"
#include "store/work_result.h"

#include <stdio.h>

enum { PRINT_BYTES = 64 << 20, ROWS_MOST = 100000 };

/* What a kind of event shows: a member of its data, where, with what before it. */
static const struct {
    const char *kind, *member, *before;
    bool is_answer;
} SHOWN[] = {
    {"text", "d", "", true},
    {"call", "line", "- ", false},
    {"result", "line", "  ", false},
    {"note", "text", "! ", false},
    {"question", "text", "? ", true},
    {"error", "text", "! ", false},
};

static void
show_event(struct task *t, struct span kind, struct span data)
{
    json_t *j;
    for (size_t i = 0; i < sizeof SHOWN / sizeof *SHOWN; i++) {
        if (!span_is(kind, SHOWN[i].kind) || json_read(t, data, &j) != E_OK)
            continue;
        struct span text = json_text(j, SHOWN[i].member);
        fprintf(SHOWN[i].is_answer ? stdout : stderr, "%s%.*s%s", SHOWN[i].before, SPAN_ARG(text),
            SHOWN[i].is_answer ? "" : "\n");
    }
    task_clear_error(t);
}

void
cli_ask_show(struct task *t, struct span bytes)
{
    struct span line, kind = SPAN_NONE;
    while (span_cut(&bytes, '\n', &line)) {
        if (span_starts(line, "event: "))
            kind = span_from(line, 7);
        else if (span_starts(line, "data: "))
            show_event(t, kind, span_from(line, 6));
    }
    fflush(stdout);
}

static void
put_columns(struct task *t, struct buf *b, struct span columns)
{
    json_t *j, *one;
    size_t i;
    buf_putc(b, '[');
    if (json_read(t, columns, &j) == E_OK)
        json_array_foreach(j, i, one)
        {
            buf_puts(b, i ? "," : "");
            json_put_text(b, json_text(one, "name"));
        }
    buf_putc(b, ']');
}

static enum err
put_result(struct task *t, struct work *w, struct buf *b, const struct work_result *r)
{
    struct cells page;
    if (work_result_page(t, w, r->id, 0, ROWS_MOST, &page) != E_OK)
        return t->err;
    buf_puts(b, "{\"id\":");
    json_put_text(b, r->handle);
    json_put_key(b, "sql");
    json_put_text(b, r->sql);
    json_put_key(b, "columns");
    put_columns(t, b, r->columns);
    json_put_key(b, "rows");
    buf_putc(b, '[');
    for (size_t i = 0; i < page.rows; i++) {
        buf_puts(b, i ? "," : "");
        rowjson_array(b, page.cells + i * page.columns, page.columns);
    }
    buf_putc(b, ']');
    json_put_key(b, "revision");
    json_put_text(b, r->revision);
    buf_putc(b, '}');
    return E_OK;
}

static enum err
put_results(struct task *t, struct work *w, struct buf *b, struct span turn)
{
    struct work_result *list;
    size_t n;
    if (work_result_list(t, w, turn, &list, &n) != E_OK)
        return t->err;
    json_put_key(b, "results");
    buf_putc(b, '[');
    for (size_t i = 0; i < n; i++) {
        buf_puts(b, i ? "," : "");
        if (put_result(t, w, b, &list[i]) != E_OK)
            return t->err;
    }
    buf_putc(b, ']');
    return E_OK;
}

/* The last text of the turn is its answer; of a resting one the question. */
static struct span
answer_of(struct task *t, const struct work_event *list, size_t n)
{
    struct span answer = SPAN_NONE;
    for (size_t i = 0; i < n; i++) {
        json_t *j;
        if (!span_is(list[i].kind, "text") && !span_is(list[i].kind, "question"))
            continue;
        if (json_read(t, list[i].body, &j) == E_OK)
            answer = json_text(j, "text");
    }
    return answer;
}

static void
put_events(struct buf *b, const struct work_event *list, size_t n)
{
    json_put_key(b, "events");
    buf_putc(b, '[');
    for (size_t i = 0; i < n; i++) {
        buf_puts(b, i ? ",{\"kind\":" : "{\"kind\":");
        json_put_text(b, list[i].kind);
        json_put_key(b, "body");
        buf_span(b, list[i].body);
        json_put_key(b, "at_ms");
        buf_i64(b, list[i].at_ms);
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
}

static enum err
print_json(struct task *t, struct work *w, const struct work_turn *turn, struct span outcome)
{
    struct work_event *list;
    size_t n;
    struct buf *b = task_buf(t, PRINT_BYTES);
    if (work_event_list(t, w, turn->id, &list, &n) != E_OK)
        return t->err;
    buf_puts(b, "{\"answer\":");
    json_put_text(b, answer_of(t, list, n));
    if (put_results(t, w, b, turn->id) != E_OK)
        return t->err;
    put_events(b, list, n);
    buf_printf(b,
        ",\"usage\":{\"in\":%lld,\"out\":%lld,\"steps\":%lld,\"ms\":%lld},\"outcome\":", (long long)turn->tokens_in,
        (long long)turn->tokens_out, (long long)turn->steps, (long long)turn->used_ms);
    json_put_text(b, outcome);
    buf_puts(b, "}\n");
    if (b->failed)
        return task_fail(
            t, E_LIMIT, "The turn's results are too large to be printed. Look at the conversation's page.");
    fwrite(b->p, 1, b->n, stdout);
    return E_OK;
}

enum err
cli_ask_print(struct task *t, struct work *w, struct span id, bool as_json, bool *good)
{
    struct work_turn turn;
    if (work_turn_get(t, w, id, &turn) != E_OK)
        return t->err;
    struct span outcome = span_is(turn.state, "waiting") ? SPAN("asked") : turn.outcome;
    *good = span_is(outcome, "done") || span_is(outcome, "asked") || span_is(outcome, "cannot_answer");
    if (as_json)
        return print_json(t, w, &turn, outcome);
    printf("\n");
    if (!span_is(outcome, "done"))
        fprintf(stderr, "(%.*s)\n", SPAN_ARG(outcome));
    return E_OK;
}
