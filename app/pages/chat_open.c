/* chat_open: the one door to conversations. */
#include "pages/chat_open.h"

#include "base/id.h"

enum err
chat_open(struct visit *v, const char *verb, struct chat *out)
{
    struct span id = v->arg[0];
    struct gate_answer answer = {0};
    if (!id_is(id, 'c'))
        return task_fail(v->t, E_NOTFOUND, "There is no such conversation.");
    if (visit_authorize(v, verb, "conversation", id, &answer) != E_OK)
        return v->t->err;
    *out = (struct chat){
        .mode = answer.mode, .grant = answer.grant, .url = task_format(v->t, "/-/chat/%.*s", SPAN_ARG(id))};
    if (visit_work(v, out->mode, &out->work) != E_OK)
        return v->t->err;
    return work_conversation_get(v->t, out->work, id, &out->row);
}

enum err
chat_turn(struct visit *v, const struct chat *chat, struct span id, struct work_turn *out)
{
    if (!id_is(id, 't'))
        return task_fail(v->t, E_NOTFOUND, "There is no such turn.");
    if (work_turn_get(v->t, chat->work, id, out) != E_OK)
        return v->t->err;
    if (!span_eq(out->conversation, chat->row.id))
        return task_fail(v->t, E_NOTFOUND, "There is no such turn.");
    return E_OK;
}
