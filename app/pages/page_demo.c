/* page_demo: one recorded conversation, shown to everybody and labelled as what it is. It plays from its own event log.
 */
#include "pages/all.h"
#include "pages/chat_open.h"
#include "store/work_log.h"

enum { DEMO_LOG_BYTES = 4 << 20 };

/* Whoever fills the demonstration in (set-up) keeps it in the public database under this owner: no principal has this
 * name, so that nobody else can make one and gate gives it to nobody. */
static const struct span demo_owner = {"demo", sizeof "demo" - 1};

static enum err
find(struct visit *v, struct chat *out)
{
    struct work_conversation *rows;
    size_t n;
    *out = (struct chat){.mode = SPAN("public"), .url = SPAN("/-/demo")};
    if (visit_work(v, out->mode, &out->work) != E_OK ||
        work_conversation_list(v->t, out->work, demo_owner, 0, 1, &rows, &n) != E_OK)
        return v->t->err;
    if (n == 0)
        return task_fail(v->t, E_NOTFOUND, "This installation has no recorded demonstration.");
    out->row = rows[0];
    return E_OK;
}

enum err
page_demo(struct visit *v)
{
    struct chat chat;
    if (find(v, &chat) != E_OK)
        return v->t->err;
    struct chat_demo demo = {.plays = span_is(visit_field(v, "play"), "1"),
        .note = SPAN(
            "This conversation was recorded with a scripted model; nothing is computed now. Its SQL was really run on "
            "the demonstration data.")};
    return chat_show(v, &chat, &demo);
}

enum err
page_demo_turn(struct visit *v)
{
    struct chat chat;
    return find(v, &chat) == E_OK ? chat_show_turn(v, &chat, v->arg[0], true) : v->t->err;
}

enum err
page_demo_result(struct visit *v)
{
    struct chat chat;
    return find(v, &chat) == E_OK ? chat_show_result(v, &chat, v->arg[0]) : v->t->err;
}

/* The turn's log as it was written: ready-framed events. It ends with `done`, and so does this reply. */
enum err
page_demo_stream(struct visit *v)
{
    struct chat chat;
    struct work_turn turn;
    struct span bytes;
    int64_t at = 0, epoch;
    if (find(v, &chat) != E_OK || chat_turn(v, &chat, v->arg[0], &turn) != E_OK)
        return v->t->err;
    v->out->type = "text/event-stream";
    do {
        if (work_log_read(v->t, chat.work, turn.id, at, DEMO_LOG_BYTES, &bytes, &epoch) != E_OK)
            return v->t->err;
        buf_span(v->out->body, bytes);
        at += (int64_t)bytes.n;
    } while (bytes.n > 0 && at < DEMO_LOG_BYTES);
    return E_OK;
}
