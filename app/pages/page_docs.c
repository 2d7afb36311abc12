/* page_docs: the documentation: one template a page, one row a page. */
#include "pages/all.h"

struct doc {
    const char *name, *title;
    void (*render)(struct buf *out, const struct view_page *page);
};

/* Each page's view holds the frame alone, so that one macro makes its row's function. */
#define DOC(fn, type)                                                                                                  \
    static void show_##fn(struct buf *out, const struct view_page *page)                                               \
    {                                                                                                                  \
        struct type v = {.page = *page};                                                                               \
        render_docs_##fn(out, &v);                                                                                     \
    }
DOC(index, view_docs_index)
DOC(asking, view_docs_asking)
DOC(publishing, view_docs_publishing)
DOC(models, view_docs_models)
DOC(security, view_docs_security)
DOC(operations, view_docs_operations)
DOC(notice, view_docs_notice)

static const struct doc docs[] = {
    {"", "Help", show_index},
    {"asking", "Asking questions", show_asking},
    {"publishing", "Publishing data", show_publishing},
    {"models", "Language models", show_models},
    {"security", "Security", show_security},
    {"operations", "Operations", show_operations},
    {"notice", "Notice: what Lyceum is built from", show_notice},
};

enum err
page_docs(struct visit *v)
{
    struct span name = v->arg[0];
    for (size_t i = 0; i < sizeof docs / sizeof docs[0]; i++) {
        if (!span_is(name, docs[i].name))
            continue;
        struct view_page page = visit_page(v, docs[i].title);
        visit_public(v);
        docs[i].render(v->out->body, &page);
        return E_OK;
    }
    return task_fail(v->t, E_NOTFOUND, "There is no help page of that name. The list is at /-/docs.");
}
