/* page_artifact: pictures that plugins made: for who may read a conversation that keeps them, and as nothing but what
 * their bytes are. */
#include "pages/artifact.h"

#include "base/id.h"
#include "pages/all.h"
#include "render/picture.h"
#include "store/work_artifact.h"

static enum err
none(struct visit *v)
{
    return task_fail(v->t, E_NOTFOUND, "There is no such picture, or it is not yours to see.");
}

bool
artifact_is(struct span sha256)
{
    return sha256.n == HASH_HEX_BYTES - 1 && span_only(sha256, "0123456789abcdef");
}

/* The browser keeps it and asks each time whether it still may show it: a name that is a hash never means other bytes.
 */
static bool
has_it(struct visit *v, struct span tag)
{
    return span_find(v->req->if_none_match, tag) >= 0;
}

enum err
artifact_show(struct visit *v, struct work *w, struct span conversation, struct span sha256)
{
    struct work_artifact a;
    struct picture p;
    struct span tag = task_format(v->t, "\"%.*s\"", SPAN_ARG(sha256));
    if (work_artifact_get(v->t, w, conversation, sha256, &a) != E_OK)
        return v->t->err;
    if (!picture_read(a.bytes, &p))
        return task_fail(v->t, E_CORRUPT, "What is kept under this name is no picture.");
    v->out->caching = HTTP_ASKED_AGAIN;
    v->out->lifeless = true;
    http_header(v->out, "ETag", tag);
    if (has_it(v, tag)) {
        v->out->status = 304;
        return E_OK;
    }
    v->out->type = p.type;
    http_header(v->out, "Content-Disposition",
        task_format(v->t, "inline; filename=\"picture-%.*s.%s\"", SPAN_ARG(span_first(sha256, 8)), p.ending));
    buf_span(v->out->body, a.bytes);
    return E_OK;
}

/* Of the conversations of a mode that keep it, the first that this person may read. */
static enum err
find(struct visit *v, const char *mode, struct work **w, struct span *conversation)
{
    struct span *list = NULL;
    size_t n = 0;
    *conversation = SPAN_NONE;
    if (visit_work(v, span_of(mode), w) != E_OK || work_artifact_where(v->t, *w, v->arg[0], &list, &n) != E_OK)
        return v->t->err;
    for (size_t i = 0; i < n && conversation->n == 0; i++) {
        struct gate_answer answer = {0};
        enum err e = visit_authorize(v, "read", "conversation", list[i], &answer);
        if (e == E_OK)
            *conversation = list[i];
        else if (e != E_DENIED && e != E_NOTFOUND)
            return e;
        task_clear_error(v->t);
    }
    return E_OK;
}

enum err
page_artifact(struct visit *v)
{
    static const char *const modes[] = {"public", "private"};
    struct work *w = NULL;
    struct span conversation = SPAN_NONE;
    if (!artifact_is(v->arg[0]))
        return none(v);
    for (size_t i = 0; i < 2 && conversation.n == 0; i++)
        if (find(v, modes[i], &w, &conversation) != E_OK)
            return v->t->err;
    return conversation.n > 0 ? artifact_show(v, w, conversation, v->arg[0]) : none(v);
}
