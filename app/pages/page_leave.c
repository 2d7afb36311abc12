/* page_leave: the page between a public conversation and the outside. */
#include "base/json.h"
#include "pages/all.h"
#include "pages/leave.h"
#include "render/visible.h"
#include "store/work_event.h"

/* Is the address one that the conversation's own answers link to? Whoever brings another here made it up. */
struct search {
    struct span url;
    bool found;
};

static bool
meets(void *arg, struct span url)
{
    struct search *s = arg;
    s->found = s->found || span_eq(s->url, url);
    return false;
}

static enum err
look_into(struct visit *v, const struct chat *chat, const struct work_turn *turn, struct search *s)
{
    struct work_event *events;
    size_t n;
    json_t *body;
    const struct markdown_options options = {.leave = "", .may_leave = meets, .arg = s};
    if (work_event_list(v->t, chat->work, turn->id, &events, &n) != E_OK)
        return v->t->err;
    for (size_t i = 0; i < n && !s->found; i++) {
        if (!span_is(events[i].kind, "text"))
            continue;
        if (json_read(v->t, events[i].body, &body) != E_OK)
            return v->t->err;
        markdown_html(v->t, json_text(body, "text"), &options);
    }
    return E_OK;
}

static enum err
check_written(struct visit *v, const struct chat *chat, struct span url)
{
    struct work_turn *turns;
    struct search s = {.url = url};
    size_t n;
    if (work_turn_list(v->t, chat->work, chat->row.id, &turns, &n) != E_OK)
        return v->t->err;
    for (size_t i = 0; i < n && !s.found; i++)
        if (look_into(v, chat, &turns[i], &s) != E_OK)
            return v->t->err;
    return s.found ? E_OK : task_fail(v->t, E_DENIED, "No answer of this conversation holds this address.");
}

enum err
page_leave(struct visit *v)
{
    struct chat chat;
    struct visible_url u;
    struct span url = visit_field(v, "u");
    v->arg[0] = visit_field(v, "c");
    if (chat_open(v, "read", &chat) != E_OK)
        return v->t->err;
    if (!span_is(chat.mode, "public"))
        return task_fail(v->t, E_DENIED,
            "This is a private chat: its links are text, so that nothing of it leaves. Copy an address by hand if you "
            "are sure.");
    if (check_written(v, &chat, url) != E_OK || leave_decide(v, chat.row.id, url, true) != E_OK)
        return v->t->err;
    if (!visible_url(v->t, url, &u))
        return task_fail(v->t, E_DENIED, "This is no address that this site leads to.");
    struct view_share_leave view = {.page = visit_page(v, "Leaving this site"),
        .url = u.href,
        .shown = u.shown,
        .host = u.host,
        .back_url = chat.url};
    if (u.is_foreign)
        view.host_note = SPAN("This name was written with letters that may look like others. This is its plain form.");
    view.page.noindex = true;
    render_share_leave(v->out->body, &view);
    return E_OK;
}
