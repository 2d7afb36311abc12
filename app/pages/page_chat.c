/* page_chat: the list of conversations, one conversation, one turn of it. */
#include "base/json.h"
#include "base/utf8.h"
#include "pages/all.h"
#include "pages/ask.h"
#include "pages/chat_badge.h"
#include "pages/chat_open.h"
#include "pages/facts.h"
#include "pages/link.h"
#include "pages/own.h"
#include "pages/turn_view.h"
#include "store/work_conversation.h"

#include <stdlib.h>

enum { CHAT_LIST = 50, CHAT_REFRESH_S = 10, CHAT_TITLE_BYTES = 80 };

static const struct {
    const char *state, *words;
} states[] = {{"queued", "answering"}, {"running", "answering"}, {"waiting", "waits for you"}, {"failed", "failed"}};

static struct span
state_words(struct span state)
{
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (span_is(state, states[i].state))
            return span_of(states[i].words);
    return SPAN_NONE;
}

static int
newest_first(const void *a, const void *b)
{
    const struct work_conversation *x = a, *y = b;
    return x->updated_ms < y->updated_ms ? 1 : x->updated_ms > y->updated_ms ? -1 : 0;
}

/* Both modes' databases, merged. */
static enum err
list(struct visit *v, int64_t before_ms, struct work_conversation **out, size_t *n)
{
    struct work_conversation *found[2] = {NULL, NULL};
    size_t count[2] = {0, 0};
    const struct span modes[2] = {SPAN("public"), SPAN("private")};
    for (size_t i = 0; i < 2; i++) {
        struct work *w;
        if (v->actor.principal.n > 0 &&
            (visit_work(v, modes[i], &w) != E_OK || work_conversation_list(v->t, w, v->actor.principal, before_ms,
                                                        CHAT_LIST, &found[i], &count[i]) != E_OK))
            return v->t->err;
    }
    struct work_conversation *all = task_array(v->t, count[0] + count[1], sizeof *all);
    *n = 0;
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < count[i]; k++)
            all[(*n)++] = found[i][k];
    qsort(all, *n, sizeof *all, newest_first);
    *n = *n < CHAT_LIST ? *n : CHAT_LIST;
    *out = all;
    return E_OK;
}

static struct span
joined(struct visit *v, struct span datasets)
{
    json_t *j, *name;
    size_t i;
    struct buf *b = task_buf(v->t, LINK_BYTES);
    if (json_read(v->t, datasets, &j) != E_OK)
        return SPAN_NONE;
    json_array_foreach(j, i, name)
    {
        buf_puts(b, i > 0 ? ", " : "");
        buf_span(b, (struct span){json_string_value(name), json_string_length(name)});
    }
    return buf_view(b);
}

enum err
page_chat_list(struct visit *v)
{
    struct work_conversation *c;
    struct gate_answer answer = {0};
    json_t *catalogue;
    int64_t before_ms;
    size_t n;
    if (http_params_i64(v->t, &v->req->query, "before", 0, INT64_MAX, 0, &before_ms) != E_OK ||
        visit_authorize(v, "list", "conversation", SPAN_NONE, &answer) != E_OK || list(v, before_ms, &c, &n) != E_OK ||
        visit_catalogue(v, &catalogue) != E_OK)
        return v->t->err;
    struct view_chat_list view = {.page = visit_page(v, "Conversations"), .is_empty = n == 0};
    view.page.noindex = true;
    view.ask = ask_box(v, catalogue, SPAN_NONE, SPAN_NONE, "/-/chat", "Ask a question about the data");
    view.note = v->actor.signed_in ? SPAN("Only you see your conversations.")
                                   : SPAN("These belong to this browser. Sign in to have them everywhere.");
    struct view_thread *threads = task_array(v->t, n, sizeof *threads);
    for (size_t i = 0; i < n; i++)
        threads[i] = (struct view_thread){.url = task_format(v->t, "/-/chat/%.*s", SPAN_ARG(c[i].id)),
            .title = c[i].title,
            .when = facts_time(v->t, c[i].updated_ms),
            .state = state_words(c[i].state),
            .datasets = joined(v, c[i].datasets)};
    view.threads.at = threads;
    view.threads.n = n;
    if (n == CHAT_LIST)
        view.older_url = task_format(v->t, "/-/chat?before=%lld", (long long)c[n - 1].updated_ms);
    own_count(v, &view.page);
    render_chat_list(v->out->body, &view);
    return v->t->err;
}

static enum err
put_turns(struct visit *v, const struct chat *chat, const struct turn_context *c, struct view_chat_chat *view)
{
    struct work_turn *turns;
    size_t n;
    if (work_turn_list(v->t, chat->work, chat->row.id, &turns, &n) != E_OK)
        return v->t->err;
    struct view_turn *views = task_array(v->t, n, sizeof *views);
    for (size_t i = 0; i < n; i++) {
        if (turn_view(v, c, &turns[i], &views[i]) != E_OK)
            return v->t->err;
        view->is_live = view->is_live || views[i].lives;
        view->rests = view->rests || views[i].rests;
        view->is_waiting = view->is_waiting || views[i].wait || views[i].card;
    }
    view->turns.at = views;
    view->turns.n = n;
    return E_OK;
}

static enum err
put_datasets(struct visit *v, const struct chat *chat, json_t *catalogue, struct view_chat_chat *view)
{
    json_t *names, *name;
    size_t i;
    if (json_read(v->t, chat->row.datasets, &names) != E_OK)
        return v->t->err;
    struct view_result_fact *f = task_array(v->t, json_array_size(names), sizeof *f);
    json_array_foreach(names, i, name)
    {
        struct span s = {json_string_value(name), json_string_length(name)};
        struct span title = json_text(ask_dataset(catalogue, s), "title");
        f[i] = (struct view_result_fact){title.n > 0 ? title : s, link_dataset(v->t, s)};
    }
    view->datasets.at = f;
    view->datasets.n = json_array_size(names);
    return E_OK;
}

static void
put_composer(struct visit *v, const struct chat *chat, json_t *catalogue, struct view_chat_chat *view)
{
    view->can_ask = !view->is_demo && !view->is_waiting;
    view->ask = ask_box(v, catalogue, SPAN_NONE, chat->row.model, task_z(v->t, chat->url), "Ask a further question");
    view->ask.has_datasets = false;
}

static struct span
first_dataset(const struct view_chat_chat *view)
{
    return view->datasets.n > 0 ? span_from(view->datasets.at[0].url, 1) : SPAN_NONE;
}

/* The badge is gate's word. Without it the page says why, and still shows what is there. */
static void
put_powers(struct visit *v, const struct chat *chat, const struct turn_context *c, struct view_chat_chat *view)
{
    if (c->badge)
        view->badge = chat_badge_view(v->t, c->badge, first_dataset(view));
    if (!view->is_private)
        view->leaves_note = chat_leaves_note(v->t, c->catalogue, chat->row.model);
}

/* The links under which answers of this conversation are shared. */
static void
put_shares(struct visit *v, const struct chat *chat, struct view_chat_chat *view)
{
    const struct own_field in[] = {{"conversation", chat->row.id}};
    json_t *reply = NULL, *one;
    size_t i;
    if (own_call(v, "share.list", own_fields(in, 1), &reply) != E_OK) {
        view->own_problem = own_problem(v);
        return;
    }
    const json_t *list = json_object_get(reply, "shares");
    struct view_share_row *rows = task_array(v->t, json_array_size(list), sizeof *rows);
    json_array_foreach(list, i, one)
    {
        rows[i] = (struct view_share_row){.id = json_text(one, "id"),
            .url = task_format(v->t, "/-/h/%.*s", SPAN_ARG(json_text(one, "id"))),
            .when = facts_time(v->t, json_int(one, "created_ms", 0))};
        for (size_t k = 0; k < view->turns.n; k++)
            if (span_eq(view->turns.at[k].id, json_text(one, "turn")))
                rows[i].question = view->turns.at[k].question;
    }
    view->shares.at = rows;
    view->shares.n = json_array_size(list);
    view->has_shares = view->shares.n > 0;
}

enum err
chat_show(struct visit *v, const struct chat *chat, const struct chat_demo *demo)
{
    json_t *catalogue;
    if (visit_catalogue(v, &catalogue) != E_OK)
        return v->t->err;
    struct view_chat_chat view = {.page = visit_page(v, task_z(v->t, utf8_first(chat->row.title, CHAT_TITLE_BYTES))),
        .id = chat->row.id,
        .title = chat->row.title,
        .is_demo = demo != NULL,
        .base_url = chat->url,
        .is_private = span_is(chat->mode, "private")};
    struct turn_context c = {.work = chat->work,
        .catalogue = catalogue,
        .base_url = chat->url,
        .can_share = true,
        .looked_at = demo != NULL,
        .plays = demo && demo->plays};
    if (!demo) {
        c.leave = leave_new(v, chat);
        if (chat_badge(v, chat, &c.badge) != E_OK)
            view.own_problem = own_problem(v);
    }
    if (put_turns(v, chat, &c, &view) != E_OK || put_datasets(v, chat, catalogue, &view) != E_OK)
        return v->t->err;
    if (demo) {
        view.demo_note = demo->note;
        view.play_url = demo->plays ? SPAN_NONE : task_format(v->t, "%.*s?play=1", SPAN_ARG(chat->url));
    }
    view.page.body_class = SPAN("chat");
    view.page.noindex = true;
    view.page.is_private = view.is_private;
    view.page.refresh_s = (view.is_live || view.rests) && !demo ? CHAT_REFRESH_S : 0;
    if (!demo) {
        put_powers(v, chat, &c, &view);
        own_count(v, &view.page);
        own_forms(v); /* a turn that comes to need a decision is swapped into this page */
        put_shares(v, chat, &view);
    }
    visit_script(v, &view.page, "chat.js");
    visit_script(v, &view.page, "charts.js"); /* any answer may bring one */
    put_composer(v, chat, catalogue, &view);
    render_chat_chat(v->out->body, &view);
    return E_OK;
}

enum err
page_chat(struct visit *v)
{
    struct chat chat;
    if (chat_open(v, "read", &chat) != E_OK)
        return v->t->err;
    return chat_show(v, &chat, NULL);
}

enum err
chat_show_turn(struct visit *v, const struct chat *chat, struct span id, bool demo)
{
    struct work_turn turn;
    json_t *catalogue;
    if (chat_turn(v, chat, id, &turn) != E_OK || visit_catalogue(v, &catalogue) != E_OK)
        return v->t->err;
    struct turn_context c = {
        .work = chat->work, .catalogue = catalogue, .base_url = chat->url, .can_share = true, .looked_at = demo};
    if (!demo) {
        c.leave = leave_new(v, chat);
        if (span_is(turn.error_code, "above-clearance") && chat_badge(v, chat, &c.badge) != E_OK)
            task_clear_error(v->t); /* then the guide alone is offered */
    }
    struct view_turn *one = task_new(v->t, struct view_turn);
    if (turn_view(v, &c, &turn, one) != E_OK)
        return v->t->err;
    struct view_chat_turn view = {0};
    view.turns.at = one;
    view.turns.n = 1;
    render_chat_turn(v->out->body, &view);
    return E_OK;
}

enum err
page_chat_turn(struct visit *v)
{
    struct chat chat;
    if (chat_open(v, "read", &chat) != E_OK)
        return v->t->err;
    return chat_show_turn(v, &chat, v->arg[1], false);
}
