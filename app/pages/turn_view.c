/* turn_view: events in their order, results beneath, what became of it all. */
#include "pages/turn_view.h"

#include "base/clock.h"
#include "base/json.h"
#include "pages/ask.h"
#include "pages/block_view.h"
#include "pages/facts.h"
#include "pages/level.h"
#include "pages/link.h"
#include "pages/own.h"
#include "pages/rowset.h"
#include "pages/turn_items.h"
#include "render/cell.h"
#include "store/work_event.h"
#include "store/work_result.h"

enum { TURN_TABLE_ROWS = 20, TURN_OPTIONS = 20 };

static const struct {
    const char *word, *sentence;
    bool is_error;
} outcomes[] = {
    {"done", "", false},
    {"asked", "", false},
    {"cannot_answer", "This ended without an answer from the data.", false},
    {"failed", "The answer could not be finished.", true},
    {"stopped", "Stopped. What was found until then is kept.", false},
    {"limit", "Ended by a limit of this site. What was found until then is kept.", false},
};

static void
put_usage(struct visit *v, const struct work_turn *turn, struct view_turn *out)
{
    int64_t tokens = turn->tokens_in + turn->tokens_out, tenths = turn->used_ms / 100;
    struct buf *b = task_buf(v->t, 400);
    if (turn->ended_ms == 0)
        return;
    if (span_is(turn->model, "guide") || (turn->model.n == 0 && tokens == 0))
        buf_puts(b, "Answered by the guide: rules, no language model");
    else
        buf_printf(b, "Answered by %.*s", SPAN_ARG(turn->model.n > 0 ? turn->model : SPAN("the default model")));
    if (tokens > 0)
        buf_printf(b, " \xC2\xB7 %.*s tokens", SPAN_ARG(cell_count(v->t, tokens)));
    if (tenths > 0)
        buf_printf(b, " \xC2\xB7 %lld.%lld s", (long long)(tenths / 10), (long long)(tenths % 10));
    out->usage = buf_view(b);
}

static void
put_outcome(struct visit *v, const struct work_turn *turn, struct view_turn *out)
{
    out->outcome_word = turn->outcome;
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
        if (!span_is(turn->outcome, outcomes[i].word))
            continue;
        out->outcome = turn->error_text.n > 0 ? turn->error_text : span_of(outcomes[i].sentence);
        out->outcome_class = outcomes[i].is_error ? SPAN("note error") : SPAN("ending muted");
    }
    out->can_retry =
        span_is(turn->outcome, "failed") || span_is(turn->outcome, "stopped") || span_is(turn->outcome, "limit");
    put_usage(v, turn, out);
}

static enum err
put_wait(struct visit *v, const struct turn_context *c, const struct work_turn *turn, struct view_turn *out)
{
    json_t *j;
    if (!span_is(turn->state, "waiting") || turn->approval.n > 0 || c->looked_at)
        return E_OK;
    if (json_read(v->t, turn->waiting, &j) != E_OK)
        return v->t->err;
    const json_t *list = json_object_get(j, "options");
    size_t n = json_array_size(list) < TURN_OPTIONS ? json_array_size(list) : TURN_OPTIONS;
    struct view_wait *w = task_new(v->t, struct view_wait);
    struct view_option *options = task_array(v->t, n, sizeof *options);
    for (size_t i = 0; i < n; i++) {
        const json_t *o = json_array_get(list, i);
        options[i].label = (struct span){json_string_value(o), json_string_length(o)};
    }
    w->text = json_text(j, "text");
    w->options.at = options;
    w->options.n = n;
    w->action = task_format(v->t, "%.*s/answer", SPAN_ARG(c->base_url));
    out->wait = w;
    return E_OK;
}

/* The decision that a turn rests for. Gate knows how it stands; what a page shows of it are gate's facts and our words.
 */
static void
put_card(struct visit *v, const struct turn_context *c, const struct work_turn *turn, struct view_turn *out)
{
    const json_t *list;
    if (!span_is(turn->state, "waiting") || turn->approval.n == 0 || c->looked_at)
        return;
    struct view_approval_card *card = task_new(v->t, struct view_approval_card);
    bool known = own_approvals(v, &list) == E_OK;
    const json_t *approval = known ? own_approval(list, turn->approval) : NULL;
    out->rests = true;
    out->card = card;
    card->kind = own_kind(SPAN_NONE);
    if (approval)
        own_card(v, approval, clock_unix_ms(), card);
    else
        card->note =
            known ? SPAN("It has been decided, or its time is over. The answer goes on in a moment.") : own_problem(v);
}

/* Its model may not see what the conversation holds: those that may. The guide always may: it is this site itself. */
static void
put_others(struct visit *v, const struct turn_context *c, const struct work_turn *turn, struct view_turn *out)
{
    if (!span_is(turn->error_code, "above-clearance") || c->looked_at)
        return;
    const json_t *models = json_object_get(c->catalogue, "models");
    struct view_option_model *o = task_array(v->t, json_array_size(models), sizeof *o);
    int64_t level = level_member(c->badge, "level", LEVELS);
    size_t i, n = 0;
    json_t *m;
    json_array_foreach(models, i, m)
    {
        struct span name = json_text(m, "name"), label = json_text(m, "label");
        bool guide = span_is(json_text(m, "api"), "guide");
        if (!guide && (level_of(json_text(m, "clearance")) < level || span_eq(name, turn->model)))
            continue;
        o[n++] = (struct view_option_model){name, guide ? SPAN("the guide") : label.n > 0 ? label : name};
    }
    out->can_retry = false;
    out->others.at = o;
    out->others.n = n;
}

enum err
turn_view_names(struct task *t, struct span columns, struct span **out, size_t *n)
{
    json_t *j, *c;
    size_t i;
    if (json_read(t, columns, &j) != E_OK)
        return t->err;
    *n = json_array_size(j);
    *out = task_array(t, *n, sizeof **out);
    json_array_foreach(j, i, c)(*out)[i] = json_text(c, "name");
    return E_OK;
}

enum err
turn_view_rows(struct visit *v, struct work *w, struct span id, struct span columns, size_t from, size_t most,
    const char *label, struct view_rowset **out)
{
    struct cells page;
    struct span *names;
    size_t n;
    if (work_result_page(v->t, w, id, from, most, &page) != E_OK || turn_view_names(v->t, columns, &names, &n) != E_OK)
        return v->t->err;
    if (n != page.columns)
        return task_fail(v->t, E_CORRUPT, "A stored result has %zu columns and names for %zu.", page.columns, n);
    *out = rowset_make(v->t, names, n, page.cells, page.rows, label);
    return E_OK;
}

static void
put_foot(struct visit *v, const struct turn_context *c, const struct work_result *r, struct view_result_foot *f)
{
    json_t *record = ask_dataset(c->catalogue, r->dataset);
    struct span title = json_text(record, "title");
    f->handle = r->handle;
    f->rows = rowset_count(v->t, r->row_count, r->truncated.n > 0);
    f->dataset_title = title.n > 0 ? title : r->dataset;
    f->dataset_url = link_dataset(v->t, r->dataset);
    f->revision = facts_short(r->revision);
    f->license = json_text(record, "license");
    f->result_url = task_format(v->t, "%.*s/result/%.*s", SPAN_ARG(c->base_url), SPAN_ARG(r->handle));
    f->json_url = task_format(v->t, "%.*s.json", SPAN_ARG(f->result_url));
    f->csv_url = task_format(v->t, "%.*s.csv", SPAN_ARG(f->result_url));
    f->sql_url = link_sql(v->t, r->dataset, r->sql);
    if (f->sql_url.n == 0)
        f->sql_url = f->result_url;
}

/* What a plugin made. */
static enum err
put_made(struct visit *v, const struct work_result *r, struct view_result_foot *f)
{
    struct view_block *blocks = NULL;
    size_t n = 0;
    f->handle = r->handle;
    f->plugin = r->plugin;
    const struct block_place place = {r->id, "/-/artifact"};
    if (block_view(v->t, r->blocks, &place, &blocks, &n) != E_OK)
        return v->t->err;
    f->blocks.at = blocks;
    f->blocks.n = n;
    return E_OK;
}

/* The last result's rows are what most answers are about: they stand open under the answer. */
static enum err
put_results(struct visit *v, const struct turn_context *c, const struct work_result *r, size_t n, struct view_turn *out)
{
    struct view_result_foot *f = task_array(v->t, n, sizeof *f);
    struct view_rowset *table = NULL;
    const struct work_result *last = NULL;
    for (size_t i = 0; i < n; i++) {
        if (r[i].plugin.n > 0 && put_made(v, &r[i], &f[i]) != E_OK)
            return v->t->err;
        if (r[i].plugin.n > 0)
            continue;
        put_foot(v, c, &r[i], &f[i]);
        last = &r[i];
    }
    if (out->is_over && last && !span_is(last->shown, "model") && last->row_count > 0) {
        if (turn_view_rows(v, c->work, last->id, last->columns, 0, TURN_TABLE_ROWS,
                task_printf(v->t, "Result %.*s", SPAN_ARG(last->handle)), &table) != E_OK)
            return v->t->err;
        f[last - r].table = table;
    }
    out->results.at = f;
    out->results.n = n;
    return E_OK;
}

static void
put_addresses(struct visit *v, const struct turn_context *c, const struct work_turn *turn, struct view_turn *out)
{
    out->base_url = c->base_url;
    out->stream_url = task_format(v->t, "%.*s/stream/%.*s", SPAN_ARG(c->base_url), SPAN_ARG(turn->id));
    out->fragment_url = task_format(v->t, "%.*s/turn/%.*s", SPAN_ARG(c->base_url), SPAN_ARG(turn->id));
    out->working = span_is(turn->state, "queued") ? SPAN("Waiting for the agent")
                   : turn->stop_asked             ? SPAN("Stopping")
                                                  : SPAN("Working");
}

enum err
turn_view(struct visit *v, const struct turn_context *c, const struct work_turn *turn, struct view_turn *out)
{
    struct work_event *events;
    struct work_result *results;
    size_t n_events, n_results;
    *out = (struct view_turn){.id = turn->id, .question = turn->question, .state = turn->state};
    out->lives = !c->looked_at && (span_is(turn->state, "queued") || span_is(turn->state, "running"));
    out->can_stop = out->lives;
    out->is_over = !work_turn_lives(turn);
    put_addresses(v, c, turn, out);
    if (c->plays) {
        out->lives = out->is_replay = true;
        return E_OK;
    }
    if (work_event_list(v->t, c->work, turn->id, &events, &n_events) != E_OK ||
        work_result_list(v->t, c->work, turn->id, &results, &n_results) != E_OK)
        return v->t->err;
    struct turn_items items = {.work = c->work,
        .question = turn->question,
        .events = events,
        .n_events = n_events,
        .results = results,
        .n_results = n_results,
        .is_over = out->is_over,
        .leave = c->leave,
        .waits = span_is(turn->state, "waiting") && turn->approval.n == 0,
        .base_url = c->base_url};
    if (turn_items_put(v, &items, out) != E_OK || put_results(v, c, results, n_results, out) != E_OK)
        return v->t->err;
    put_outcome(v, turn, out);
    put_others(v, c, turn, out);
    out->can_share = c->can_share && !c->looked_at && span_is(turn->outcome, "done");
    if (c->looked_at)
        out->can_retry = false;
    put_card(v, c, turn, out);
    return put_wait(v, c, turn, out);
}
