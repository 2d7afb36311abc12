/* page_docs: help: fixed texts. */
#include "pages/all.h"

#include <stddef.h>

/* Each text is a partial that one flag of the view shows. */
static const struct doc {
    const char *name, *title, *label, *url;
    size_t flag;
} docs[] = {
    {"", "How it works", "Overview", "/-/docs", offsetof(struct view_docs_doc, is_index)},
    {"asking", "Asking questions", "Asking", "/-/docs/asking", offsetof(struct view_docs_doc, is_asking)},
    {"publishing", "Publishing a dataset", "Publishing", "/-/docs/publishing",
        offsetof(struct view_docs_doc, is_publishing)},
    {"models", "Language models", "Models", "/-/docs/models", offsetof(struct view_docs_doc, is_models)},
    {"policy", "The Rule of Two", "Policy", "/-/docs/policy", offsetof(struct view_docs_doc, is_policy)},
    {"approvals", "Approvals", "Approvals", "/-/docs/approvals", offsetof(struct view_docs_doc, is_approvals)},
    {"labels", "Labels", "Labels", "/-/docs/labels", offsetof(struct view_docs_doc, is_labels)},
    {"plugins", "Plugins", "Plugins", "/-/docs/plugins", offsetof(struct view_docs_doc, is_plugins)},
    {"plugins-reference", "What plugins may ask for", "Plugin reference", "/-/docs/plugins-reference",
        offsetof(struct view_docs_doc, is_plugins_reference)},
    {"plugins-threats", "Plugins: what could go wrong, and what stops it", "Plugin threats", "/-/docs/plugins-threats",
        offsetof(struct view_docs_doc, is_plugins_threats)},
    {"security", "Security", "Security", "/-/docs/security", offsetof(struct view_docs_doc, is_security)},
    {"notice", "Licences", "Licences", "/-/docs/notice", offsetof(struct view_docs_doc, is_notice)},
};
enum { N_DOCS = sizeof docs / sizeof docs[0] };

enum err
page_docs(struct visit *v)
{
    size_t at = 0;
    while (at < N_DOCS && !span_eq(v->arg[0], span_of(docs[at].name)))
        at++;
    if (at == N_DOCS)
        return task_fail(v->t, E_NOTFOUND, "There is no such page of help.");
    struct view_docs_doc view = {.page = visit_page(v, docs[at].title), .title = span_of(docs[at].title)};
    struct view_nav_item *items = task_array(v->t, N_DOCS, sizeof *items);
    for (size_t i = 0; i < N_DOCS; i++)
        items[i] = (struct view_nav_item){span_of(docs[i].label), span_of(docs[i].url), i == at};
    view.pages.at = items;
    view.pages.n = N_DOCS;
    *(bool *)((char *)&view + docs[at].flag) = true;
    visit_public(v);
    render_docs_doc(v->out->body, &view);
    return E_OK;
}
