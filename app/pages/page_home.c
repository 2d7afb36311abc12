/* page_home: the front page. */
#include "base/json.h"
#include "pages/all.h"
#include "pages/ask.h"
#include "pages/rowset.h"
#include "render/cell.h"

enum { CARD_SUGGESTIONS = 3 };

static struct span
facts(struct visit *v, const json_t *dataset)
{
    const json_t *current = json_object_get(dataset, "current");
    int64_t tables = json_int(current, "tables", 0);
    struct span rows = rowset_count(v->t, json_int(current, "rows", 0), false);
    return task_format(v->t, "%lld table%s, %.*s", (long long)tables, tables == 1 ? "" : "s", SPAN_ARG(rows));
}

static void
put_card(struct visit *v, const json_t *dataset, struct view_dataset_card *c)
{
    struct span visibility = json_text(dataset, "visibility"), title = json_text(dataset, "title");
    c->name = json_text(dataset, "name");
    c->title = title.n > 0 ? title : c->name;
    c->description = json_text(dataset, "description");
    c->visibility = span_is(visibility, "public") ? SPAN_NONE : visibility;
    c->license = json_text(dataset, "license");
    c->facts = facts(v, dataset);
    ask_suggestions(v, dataset, CARD_SUGGESTIONS, &c->suggestions.at, &c->suggestions.n);
}

enum err
page_home(struct visit *v)
{
    json_t *catalogue;
    if (visit_catalogue(v, &catalogue) != E_OK)
        return v->t->err;
    struct view_home_home view = {.page = visit_page(v, "Ask the data")};
    view.page.description =
        SPAN("Published datasets that answer questions, with the SQL and the rows behind every answer.");
    view.ask = ask_box(v, catalogue, SPAN_NONE, SPAN_NONE, "/-/chat", "Ask a question about the data");
    visit_script(v, &view.page, "ask.js");
    const json_t *list = json_object_get(catalogue, "datasets");
    struct view_dataset_card *cards = task_array(v->t, json_array_size(list), sizeof *cards);
    size_t i;
    json_t *d;
    json_array_foreach(list, i, d) put_card(v, d, &cards[i]);
    view.cards.at = cards;
    view.cards.n = json_array_size(list);
    view.is_empty = view.cards.n == 0;
    view.is_admin = span_is(v->actor.role, "admin");
    visit_public(v);
    render_home_home(v->out->body, &view);
    return E_OK;
}
