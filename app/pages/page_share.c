/* page_share: one answer for whoever has its link: making, showing and ending it. */
#include "base/conf.h"
#include "base/id.h"
#include "base/json.h"
#include "pages/all.h"
#include "pages/artifact.h"
#include "pages/ask.h"
#include "pages/block_view.h"
#include "pages/chat_open.h"
#include "pages/facts.h"
#include "pages/link.h"
#include "pages/own.h"
#include "pages/rowset.h"
#include "pages/turn_view.h"
#include "render/markdown.h"
#include "render/sqltext.h"
#include "store/work_event.h"
#include "store/work_result.h"

enum { SHARE_ROWS = 200, SHARE_RESULTS = 20 };

/* The link is in this reply alone: an address would leave it in the browser's history and in logs. */
static enum err
show_link(struct visit *v, const struct chat *chat, struct span id)
{
    if (!id_is(id, 'h'))
        return task_fail(v->t, E_INTERNAL, "The authority sent a malformed link.");
    struct view_share_made view = {.page = visit_page(v, "The answer is shared"),
        .link = task_format(v->t, "%s/-/h/%.*s", conf_text("http.origin"), SPAN_ARG(id)),
        .back_url = chat->url};
    view.page.noindex = true;
    render_share_made(v->out->body, &view);
    return E_OK;
}

enum err
page_chat_share(struct visit *v)
{
    struct chat chat;
    struct work_turn turn;
    json_t *reply = NULL;
    if (chat_open(v, "read", &chat) != E_OK || chat_turn(v, &chat, visit_field(v, "turn"), &turn) != E_OK)
        return v->t->err;
    if (work_turn_lives(&turn))
        return task_fail(v->t, E_CONFLICT, "The answer is not finished yet. Share it when it is.");
    const struct own_field in[] = {{"conversation", chat.row.id}, {"turn", turn.id}};
    if (own_call(v, "share.make", own_fields(in, 2), &reply) != E_OK)
        return v->t->err;
    struct span approval = json_text(reply, "approval");
    return approval.n > 0 ? own_review(v, approval) : show_link(v, &chat, json_text(reply, "id"));
}

enum err
page_chat_unshare(struct visit *v)
{
    struct chat chat;
    const struct own_field in[] = {{"id", visit_field(v, "share")}};
    if (chat_open(v, "read", &chat) != E_OK)
        return v->t->err;
    return own_change(v, "share.end", own_fields(in, 1), chat.url);
}

/* What gate says lies behind a link: the only way in for people who do not own the conversation. */
static enum err
find(struct visit *v, struct work **w, struct work_turn *turn)
{
    const struct own_field in[] = {{"id", v->arg[0]}};
    json_t *reply = NULL;
    if (!id_is(v->arg[0], 'h'))
        return task_fail(v->t, E_NOTFOUND, "There is no such shared answer, or its link was ended.");
    if (own_call(v, "share.open", own_fields(in, 1), &reply) != E_OK ||
        visit_work(v, json_text(reply, "mode"), w) != E_OK ||
        work_turn_get(v->t, *w, json_text(reply, "turn"), turn) != E_OK)
        return v->t->err;
    if (!span_eq(turn->conversation, json_text(reply, "conversation")))
        return task_fail(v->t, E_NOTFOUND, "There is no such shared answer, or its link was ended.");
    return E_OK;
}

/* The last thing that the turn said is its answer. Links in it are text: the reader wrote none of them. */
static enum err
put_answer(struct visit *v, struct work *w, const struct work_turn *turn, struct view_share_answer *view)
{
    struct work_event *events;
    struct span *handles = task_array(v->t, view->results.n, sizeof *handles);
    const struct markdown_options options = {.results = handles, .result_count = view->results.n};
    size_t n;
    json_t *body;
    for (size_t i = 0; i < view->results.n; i++)
        handles[i] = view->results.at[i].handle;
    if (work_event_list(v->t, w, turn->id, &events, &n) != E_OK)
        return v->t->err;
    while (n > 0 && !span_is(events[n - 1].kind, "text"))
        n--;
    if (n == 0)
        return E_OK;
    if (json_read(v->t, events[n - 1].body, &body) != E_OK)
        return v->t->err;
    view->answer = markdown_html(v->t, json_text(body, "text"), &options);
    return E_OK;
}

/* What a plugin made: its pictures are shown under the link's own address. */
static enum err
put_made(struct visit *v, const struct work_result *r, struct view_shared_result *to)
{
    const struct block_place place = {r->id, task_printf(v->t, "/-/h/%.*s/artifact", SPAN_ARG(v->arg[0]))};
    struct view_block *blocks = NULL;
    size_t n = 0;
    if (block_view(v->t, r->blocks, &place, &blocks, &n) != E_OK)
        return v->t->err;
    *to =
        (struct view_shared_result){.handle = r->handle, .plugin = r->plugin, .when = facts_time(v->t, r->created_ms)};
    to->blocks.at = blocks;
    to->blocks.n = n;
    return E_OK;
}

static enum err
put_result(struct visit *v, struct work *w, const json_t *catalogue, const struct work_result *r,
    struct view_shared_result *to)
{
    struct view_rowset *rows = NULL;
    json_t *record = ask_dataset(catalogue, r->dataset);
    struct span title = json_text(record, "title");
    if (r->plugin.n > 0)
        return put_made(v, r, to);
    char *label = task_printf(v->t, "Result %.*s", SPAN_ARG(r->handle));
    if (turn_view_rows(v, w, r->id, r->columns, 0, SHARE_ROWS, label, &rows) != E_OK)
        return v->t->err;
    *to = (struct view_shared_result){.handle = r->handle,
        .sql = sqltext_html(v->t, r->sql),
        .rows = rows,
        .dataset_title = title.n > 0 ? title : r->dataset,
        .dataset_url = link_dataset(v->t, r->dataset),
        .revision = facts_short(r->revision),
        .license = json_text(record, "license"),
        .when = facts_time(v->t, r->created_ms)};
    to->count = rowset_count(v->t, r->row_count, r->truncated.n > 0);
    if (r->row_count > SHARE_ROWS)
        to->count = task_format(v->t, "%.*s, the first %d are shown", SPAN_ARG(to->count), SHARE_ROWS);
    return E_OK;
}

static enum err
put_results(struct visit *v, struct work *w, const struct work_turn *turn, struct view_share_answer *view)
{
    struct work_result *r;
    json_t *catalogue;
    size_t n;
    if (work_result_list(v->t, w, turn->id, &r, &n) != E_OK || visit_catalogue(v, &catalogue) != E_OK)
        return v->t->err;
    struct view_shared_result *rows = task_array(v->t, n, sizeof *rows);
    n = n < SHARE_RESULTS ? n : SHARE_RESULTS;
    for (size_t i = 0; i < n; i++)
        if (put_result(v, w, catalogue, &r[i], &rows[i]) != E_OK)
            return v->t->err;
    view->results.at = rows;
    view->results.n = n;
    return E_OK;
}

/* Never kept by caches: its owner can end the link at any time. */
enum err
page_shared(struct visit *v)
{
    struct work *w;
    struct work_turn turn;
    if (find(v, &w, &turn) != E_OK)
        return v->t->err;
    struct view_share_answer view = {
        .page = visit_page(v, "A shared answer"), .question = turn.question, .when = facts_time(v->t, turn.created_ms)};
    if (put_results(v, w, &turn, &view) != E_OK || put_answer(v, w, &turn, &view) != E_OK)
        return v->t->err;
    view.answered_by = span_is(turn.model, "guide")
                           ? SPAN("Answered by the guide: rules, no language model.")
                           : task_format(v->t, "Answered by the language model %.*s.", SPAN_ARG(turn.model));
    view.outcome = turn.error_text;
    view.page.noindex = true;
    visit_script(v, &view.page, "charts.js"); /* an answer may hold one */
    render_share_answer(v->out->body, &view);
    return v->t->err;
}

static bool
is_shown(const struct work_result *list, size_t n, struct span sha256)
{
    for (size_t i = 0; i < n && i < SHARE_RESULTS; i++)
        if (span_find(list[i].blocks, sha256) >= 0)
            return true;
    return false;
}

/* A picture of the shared turn, and of no other one. */
enum err
page_shared_artifact(struct visit *v)
{
    struct work *w;
    struct work_turn turn;
    struct work_result *list = NULL;
    size_t n = 0;
    struct span sha256 = v->arg[1];
    if (find(v, &w, &turn) != E_OK || work_result_list(v->t, w, turn.id, &list, &n) != E_OK)
        return v->t->err;
    if (!artifact_is(sha256) || !is_shown(list, n, sha256))
        return task_fail(v->t, E_NOTFOUND, "There is no such picture in this answer.");
    return artifact_show(v, w, turn.conversation, sha256);
}
