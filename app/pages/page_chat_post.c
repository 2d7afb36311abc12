/* page_chat_post: what people do to conversations: ask, stop, answer, try again, rename, delete. */
#include "base/conf.h"
#include "base/json.h"
#include "base/utf8.h"
#include "effect/effect_client.h"
#include "http/cookie.h"
#include "pages/all.h"
#include "pages/chat_open.h"

enum { ASK_DATASETS = 16, ASK_ANSWER_BYTES = 4000, VISITOR_COOKIE_S = 180 * 24 * 3600 };

/* The rows are written; nginx hands the request on to the pool, which starts at once and answers the browser. */
static void
hand_on(struct visit *v, struct span mode, struct span conversation, struct span turn)
{
    http_accel_redirect(
        v->out, task_format(v->t, "/-/internal/agent/%s?c=%.*s&t=%.*s", span_is(mode, "private") ? "private" : "public",
                    SPAN_ARG(conversation), SPAN_ARG(turn)));
}

static void
back(struct visit *v, const struct chat *chat)
{
    http_redirect(v->out, chat->url);
}

static enum err
read_question(struct visit *v, struct span *out)
{
    int64_t most = conf_int("limits.question_bytes");
    *out = span_trim(visit_field(v, "question"));
    if (out->n == 0)
        return task_fail(v->t, E_INVALID, "Type a question first.");
    if (out->n > (uint64_t)most)
        return task_fail(v->t, E_LIMIT, "The question is longer than %lld bytes.", (long long)most);
    return E_OK;
}

static bool
is_among(const struct span *names, size_t n, struct span name)
{
    for (size_t i = 0; i < n; i++)
        if (span_eq(names[i], name))
            return true;
    return false;
}

/* Those that the form names: the field may stand there several times. */
static enum err
named_datasets(struct visit *v, const json_t *list, struct span *names, size_t *n)
{
    const struct http_params *form = &v->req->form;
    for (size_t i = 0; i < form->n; i++) {
        struct span name = form->at[i].value;
        size_t k = 0;
        json_t *d;
        if (!span_is(form->at[i].name, "dataset") || name.n == 0 || is_among(names, *n, name))
            continue;
        while ((d = json_array_get(list, k)) && !span_eq(json_text(d, "name"), name))
            k++;
        if (!d)
            return task_fail(v->t, E_NOTFOUND, "There is no such dataset.");
        if (*n == ASK_DATASETS)
            return task_fail(v->t, E_LIMIT, "One conversation may use at most %d datasets.", ASK_DATASETS);
        names[(*n)++] = name;
    }
    return E_OK;
}

/* Those named; without a name all public ones, so that a question is not made private by what it did not ask for; all
 * that there is when nothing is public. */
static enum err
choose_datasets(struct visit *v, struct span *names, size_t *n)
{
    json_t *catalogue, *d;
    size_t i;
    *n = 0;
    if (visit_catalogue(v, &catalogue) != E_OK)
        return v->t->err;
    const json_t *list = json_object_get(catalogue, "datasets");
    if (named_datasets(v, list, names, n) != E_OK)
        return v->t->err;
    for (int only_public = 1; only_public >= 0 && *n == 0; only_public--)
        json_array_foreach(list, i, d)
        {
            bool is_public = span_is(json_text(d, "visibility"), "public");
            if ((is_public || !only_public) && *n < ASK_DATASETS)
                names[(*n)++] = json_text(d, "name");
        }
    return *n > 0 ? E_OK : task_fail(v->t, E_NOTFOUND, "There is no dataset to ask yet.");
}

/* The model that was asked for, or the default one by its name: a turn keeps who answered it. */
static enum err
choose_model(struct visit *v, struct span *out)
{
    json_t *catalogue, *m;
    size_t i;
    struct span asked = visit_field(v, "model");
    if (visit_catalogue(v, &catalogue) != E_OK)
        return v->t->err;
    json_array_foreach(json_object_get(catalogue, "models"), i, m)
    {
        bool fits = asked.n > 0 ? span_eq(json_text(m, "name"), asked) : json_flag(m, "default", false);
        if (!fits)
            continue;
        *out = task_dup(v->t, json_text(m, "name"));
        return E_OK;
    }
    return task_fail(v->t, E_NOTFOUND, "There is no such model.");
}

static struct span
names_json(struct task *t, const struct span *names, size_t n)
{
    struct buf *b = task_buf(t, 64 * 1024);
    buf_putc(b, '[');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_putc(b, ',');
        json_put_text(b, names[i]);
    }
    buf_putc(b, ']');
    return buf_view(b);
}

static void
keep_visitor(struct visit *v, const struct gate_start *s)
{
    bool https = v->req->https;
    if (s->visitor_cookie.n > 0)
        http_set_cookie(v->out,
            http_cookie_line(v->t, http_cookie_visitor_name(https), s->visitor_cookie, https, VISITOR_COOKIE_S));
}

/* Conversation, question and queued turn: all or nothing. */
static enum err
write_start(struct visit *v, const struct gate_start *s, const struct work_conversation *c, struct span question)
{
    struct work *w;
    struct work_question q = {s->conversation, s->turn, s->ticket, c->model, question};
    if (visit_work(v, s->mode, &w) != E_OK || work_begin(v->t, w) != E_OK)
        return v->t->err;
    enum err e = work_conversation_create(v->t, w, c);
    if (e == E_OK)
        e = work_turn_queue(v->t, w, &q);
    return work_end(v->t, w, e);
}

enum err
page_chat_start(struct visit *v)
{
    struct span names[ASK_DATASETS], question, model;
    struct gate_start s = {0};
    size_t n;
    if (read_question(v, &question) != E_OK || choose_datasets(v, names, &n) != E_OK ||
        choose_model(v, &model) != E_OK ||
        gate_conversation_start(v->t, &v->who, names, n, span_is(visit_field(v, "private"), "1"), &s) != E_OK)
        return v->t->err;
    struct work_conversation c = {
        .id = s.conversation, .owner = s.actor.principal, .datasets = names_json(v->t, names, n), .model = model};
    if (write_start(v, &s, &c, question) != E_OK)
        return v->t->err;
    keep_visitor(v, &s);
    hand_on(v, s.mode, s.conversation, s.turn);
    return E_OK;
}

static enum err
ask_on(struct visit *v, const struct chat *chat, struct span question, struct span model)
{
    struct gate_start s = {0};
    if (gate_turn_start(v->t, &v->who, chat->row.id, SPAN_NONE, "ask", &s) != E_OK)
        return v->t->err;
    struct work_question q = {chat->row.id, s.turn, s.ticket, model, question};
    if (work_turn_queue(v->t, chat->work, &q) != E_OK)
        return v->t->err;
    hand_on(v, chat->mode, chat->row.id, s.turn);
    return E_OK;
}

enum err
page_chat_ask(struct visit *v)
{
    struct chat chat;
    struct span question, model;
    if (chat_open(v, "read", &chat) != E_OK || read_question(v, &question) != E_OK || choose_model(v, &model) != E_OK)
        return v->t->err;
    return ask_on(v, &chat, question, visit_field(v, "model").n > 0 || chat.row.model.n == 0 ? model : chat.row.model);
}

enum err
page_chat_retry(struct visit *v)
{
    struct chat chat;
    struct work_turn turn;
    if (chat_open(v, "read", &chat) != E_OK || chat_turn(v, &chat, visit_field(v, "turn"), &turn) != E_OK)
        return v->t->err;
    /* Another model, when the page offered one because the turn's own may not see what the chat holds. */
    struct span model = turn.model;
    if (visit_field(v, "model").n > 0 && choose_model(v, &model) != E_OK)
        return v->t->err;
    return ask_on(v, &chat, turn.question, model);
}

/* Read first: verb "stop" ends at gate what the turn asked for, which wakes the turn: it must know by then that it is
 * over, or it would ask its model once more. */
enum err
page_chat_stop(struct visit *v)
{
    struct chat chat;
    struct work_turn turn;
    struct gate_answer over = {0};
    if (chat_open(v, "read", &chat) != E_OK || chat_turn(v, &chat, visit_field(v, "turn"), &turn) != E_OK ||
        work_turn_stop(v->t, chat.work, turn.id) != E_OK ||
        visit_authorize(v, "stop", "conversation", chat.row.id, &over) != E_OK)
        return v->t->err;
    hand_on(v, chat.mode, chat.row.id, turn.id);
    return E_OK;
}

enum err
page_chat_answer(struct visit *v)
{
    struct chat chat;
    struct work_turn turn;
    struct gate_start s = {0};
    struct span answer = span_trim(visit_field(v, "answer"));
    if (answer.n == 0 || answer.n > ASK_ANSWER_BYTES)
        return task_fail(v->t, E_INVALID, "Choose an answer, or type one of at most %d bytes.", ASK_ANSWER_BYTES);
    if (chat_open(v, "read", &chat) != E_OK || work_turn_last(v->t, chat.work, chat.row.id, &turn) != E_OK ||
        gate_turn_start(v->t, &v->who, chat.row.id, turn.id, "answer", &s) != E_OK ||
        work_turn_answer(v->t, chat.work, turn.id, s.ticket, answer) != E_OK)
        return v->t->err;
    hand_on(v, chat.mode, chat.row.id, turn.id);
    return E_OK;
}

enum err
page_chat_rename(struct visit *v)
{
    struct chat chat;
    if (chat_open(v, "rename", &chat) != E_OK ||
        work_conversation_rename(v->t, chat.work, chat.row.id, span_trim(visit_field(v, "title"))) != E_OK)
        return v->t->err;
    back(v, &chat);
    return E_OK;
}

/* Read first: verb "delete" ends the conversation at gate, and a turn that runs must be stopped before. One that gate
 * has ended already is found no more: sent again, what an interrupted deletion left is removed. */
enum err
page_chat_delete(struct visit *v)
{
    struct chat chat;
    struct work_turn turn;
    if (chat_open(v, "read", &chat) != E_OK && v->t->err != E_NOTFOUND)
        return v->t->err;
    if (v->t->err == E_OK && work_turn_last(v->t, chat.work, chat.row.id, &turn) == E_OK && work_turn_lives(&turn))
        return task_fail(
            v->t, E_CONFLICT, "An answer is still being made. Stop it first, then delete the conversation.");
    task_clear_error(v->t);
    if (chat_open(v, "delete", &chat) != E_OK || effect_scratch_drop(v->t, chat.grant, chat.row.id) != E_OK ||
        work_conversation_delete(v->t, chat.work, chat.row.id) != E_OK)
        return v->t->err;
    http_redirect(v->out, SPAN("/-/chat"));
    return E_OK;
}
