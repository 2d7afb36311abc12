/* page_demo: one recorded conversation, shown to everybody and labelled as what it is. */
#include "pages/all.h"
#include "pages/chat_open.h"

/* Whoever fills the demonstration in (set-up) keeps it in the public database under this owner: no principal has this
 * name, so that nobody else can make one and gate gives it to nobody. */
static const struct span demo_owner = {"demo", sizeof "demo" - 1};

enum err
page_demo(struct visit *v)
{
    struct work_conversation *rows;
    size_t n;
    struct chat chat = {.mode = SPAN("public"), .url = SPAN("/-/demo")};
    if (visit_work(v, chat.mode, &chat.work) != E_OK ||
        work_conversation_list(v->t, chat.work, demo_owner, 0, 1, &rows, &n) != E_OK)
        return v->t->err;
    if (n == 0)
        return task_fail(v->t, E_NOTFOUND, "This installation has no recorded demonstration.");
    chat.row = rows[0];
    return chat_show(v, &chat,
        SPAN("This conversation was recorded with a scripted model and is replayed from its event log; "
             "nothing is computed now. Its SQL was really run on the demonstration data."));
}
