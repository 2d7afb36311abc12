/* leave: asking gate about addresses. */
#include "pages/leave.h"

#include "base/json.h"
#include "pages/own.h"
#include "render/visible.h"

struct leave *
leave_new(struct visit *v, const struct chat *chat)
{
    if (!span_is(chat->mode, "public"))
        return NULL;
    struct leave *l = task_new(v->t, struct leave);
    l->v = v;
    l->conversation = chat->row.id;
    return l;
}

enum err
leave_decide(struct visit *v, struct span conversation, struct span url, bool leaves)
{
    struct visible_url seen;
    const struct own_field in[] = {{"conversation", conversation}, {"url", url}};
    json_t *reply = NULL, *j;
    if (!visible_url(v->t, url, &seen))
        return task_fail(v->t, E_DENIED, "This is no address that this site leads to: it is malformed or misleading.");
    j = own_fields(in, 2);
    json_object_set_new(j, "leave", json_boolean(leaves));
    if (own_call(v, "link.decide", j, &reply) != E_OK)
        return v->t->err;
    if (!span_is(json_text(reply, "decision"), "ASK") && !span_is(json_text(reply, "decision"), "ALLOW"))
        return task_fail(v->t, E_DENIED, "This conversation may not lead to the outside.");
    return E_OK;
}

static bool
may_leave(void *arg, struct span url)
{
    struct leave *l = arg;
    for (size_t i = 0; i < l->n; i++)
        if (span_eq(l->urls[i], url))
            return l->may[i];
    if (l->n == LEAVE_LINKS)
        return false;
    l->urls[l->n] = task_dup(l->v->t, url);
    l->may[l->n] = leave_decide(l->v, l->conversation, url, false) == E_OK;
    task_clear_error(l->v->t); /* refused or not to be asked: the link is text, the page stands */
    return l->may[l->n++];
}

void
leave_put(struct leave *leave, struct markdown_options *out)
{
    if (!leave)
        return;
    out->leave = task_printf(leave->v->t, "/-/leave?c=%.*s&u=", SPAN_ARG(leave->conversation));
    out->may_leave = may_leave;
    out->arg = leave;
}
