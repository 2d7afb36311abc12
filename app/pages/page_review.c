/* page_review: from a gesture to its approval: what it is about, and the button that leads over. */
#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "pages/all.h"
#include "pages/link.h"
#include "pages/own.h"

/* Back to where it was asked for. */
static void
put_back(struct visit *v, const json_t *approval, struct view_own_review *view)
{
    struct span conversation = json_text(approval, "conversation"), dataset = json_text(approval, "dataset");
    view->back_url = SPAN("/");
    view->back_label = SPAN("Back to the datasets");
    if (!id_is(conversation, 'c')) {
        if (dataset.n > 0)
            view->back_url = link_dataset(v->t, dataset);
        if (dataset.n > 0)
            view->back_label = SPAN("Back to the dataset");
        return;
    }
    view->back_url = task_format(v->t, "/-/chat/%.*s", SPAN_ARG(conversation));
    view->back_label = SPAN("Back to the conversation");
}

enum err
page_review(struct visit *v)
{
    json_t *reply = NULL;
    if (!id_is(v->arg[0], 'p'))
        return task_fail(v->t, E_NOTFOUND, "There is no such approval.");
    if (v->who.session.n == 0)
        return task_fail(v->t, E_UNAUTHENTICATED, "Sign in to decide this.");
    if (own_call(v, "approval.list", NULL, &reply) != E_OK)
        return v->t->err;
    const json_t *approval = own_approval(json_object_get(reply, "approvals"), v->arg[0]);
    if (!approval)
        return task_fail(v->t, E_NOTFOUND, "There is no such approval, or it was decided long ago.");
    struct view_approval_card card;
    own_card(v, approval, clock_unix_ms(), &card);
    struct view_own_review view = {
        .page = visit_page(v, "A decision of yours"), .heading = SPAN("A decision of yours"), .card = &card};
    view.page.noindex = true;
    own_forms(v);
    own_count(v, &view.page);
    put_back(v, approval, &view);
    render_own_review(v->out->body, &view);
    return E_OK;
}
