/* page_plugin_log: a marketplace's log: head, entries, proofs; as a page and as JSON. */
#include "base/json.h"
#include "pages/all.h"
#include "pages/facts.h"
#include "pages/link.h"
#include "pages/own.h"
#include "pages/plugin_view.h"
#include "render/cell.h"

static struct span
log_url(struct visit *v, struct span market, const char *name, int64_t n)
{
    struct link l = link_begin(v->t);
    link_fixed(&l, "/-/plugins/log");
    link_param(&l, "market", market);
    if (name)
        link_param(&l, name, task_format(v->t, "%lld", (long long)n));
    return link_end(&l);
}

static void
put_markets(struct visit *v, const json_t *reply, struct view_market_log *view)
{
    const json_t *list = json_object_get(reply, "markets");
    struct view_nav_item *m = task_array(v->t, json_array_size(list), sizeof *m);
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        struct span name = json_text(one, "name");
        m[i] = (struct view_nav_item){name, log_url(v, name, NULL, 0), span_eq(name, view->market)};
    }
    view->markets.at = m;
    view->markets.n = json_array_size(list);
    view->has_markets = view->markets.n > 0;
    view->has_many = view->markets.n > 1;
}

/* "lyceum/leaf/v1\n<kind> <subject> <number> sha256:<hex>\n" */
static void
put_leaf(struct visit *v, const json_t *leaf, struct span market, struct view_log_entry *e)
{
    struct span rest = json_text(leaf, "text"), domain, hash;
    int64_t index = json_int(leaf, "index", 0);
    *e = (struct view_log_entry){.index = task_format(v->t, "%lld", (long long)index)};
    e->url = task_format(v->t, "%.*s#proof", SPAN_ARG(log_url(v, market, "leaf", index)));
    if (!span_cut(&rest, '\n', &domain) || !span_cut(&rest, ' ', &e->kind) || !span_cut(&rest, ' ', &e->subject) ||
        !span_cut(&rest, ' ', &e->number) || !span_cut(&rest, '\n', &hash))
        return;
    e->hash = task_format(v->t, "%.*s…", SPAN_ARG(span_first(hash, sizeof "sha256:" - 1 + FACTS_SHORT_HASH)));
}

static void
put_leaves(struct visit *v, const json_t *reply, struct view_market_log *view)
{
    const json_t *list = json_object_get(reply, "leaves");
    struct view_log_entry *e = task_array(v->t, json_array_size(list), sizeof *e);
    int64_t next = json_int(reply, "next", 0);
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        put_leaf(v, one, view->market, &e[i]);
    }
    view->leaves.at = e;
    view->leaves.n = json_array_size(list);
    if (next > 0)
        view->older_url = log_url(v, view->market, "before", next);
    if (visit_field(v, "before").n > 0)
        view->newest_url = log_url(v, view->market, NULL, 0);
}

static void
put_proofs(struct visit *v, const json_t *reply, struct view_market_log *view)
{
    const json_t *in = json_object_get(reply, "inclusion"), *grew = json_object_get(reply, "consistency");
    view->has_proof = in != NULL;
    view->leaf = task_format(v->t, "%lld", (long long)json_int(in, "index", 0));
    view->leaf_text = json_text(in, "text");
    view->leaf_hash = json_text(in, "leaf");
    view->holds = json_flag(in, "holds", false);
    plugin_texts(v->t, json_object_get(in, "hashes"), &view->path.at, &view->path.n);
    view->has_growth = grew != NULL;
    view->since = task_format(v->t, "%lld", (long long)json_int(grew, "since", 0));
    view->since_root = json_text(grew, "root");
    view->grew = json_flag(grew, "holds", false);
    plugin_texts(v->t, json_object_get(grew, "hashes"), &view->growth.at, &view->growth.n);
}

static enum err
ask(struct visit *v, json_t **reply)
{
    static const char *const numbers[] = {"before", "leaf", "since"};
    const struct own_field in[] = {{"market", visit_field(v, "market")}};
    json_t *j = own_fields(in, 1);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        int64_t n = -1;
        if (http_params_i64(v->t, &v->req->query, numbers[i], 0, (int64_t)1 << 40, -1, &n) != E_OK) {
            json_decref(j);
            return v->t->err;
        }
        if (n >= 0)
            json_object_set_new(j, numbers[i], json_integer(n));
    }
    return own_call(v, "market.log", j, reply);
}

enum err
page_plugin_log(struct visit *v)
{
    json_t *reply = NULL;
    struct view_crumb crumb = {SPAN("Plugins"), SPAN("/-/plugins")};
    if (ask(v, &reply) != E_OK)
        return v->t->err;
    if (v->format == FORMAT_JSON) {
        v->out->type = "application/json";
        json_put(v->out->body, reply);
        return E_OK;
    }
    struct view_market_log view = {.page = visit_page(v, "Transparency log"),
        .crumbs = {&crumb, 1},
        .market = json_text(reply, "market"),
        .origin = json_text(reply, "origin"),
        .root = json_text(reply, "root"),
        .checkpoint = json_text(reply, "checkpoint"),
        .size = cell_count(v->t, json_int(reply, "size", 0)),
        .checked = facts_time(v->t, json_int(reply, "checked_ms", 0))};
    view.has_log = view.root.n > 0;
    put_markets(v, reply, &view);
    put_leaves(v, reply, &view);
    put_proofs(v, reply, &view);
    render_market_log(v->out->body, &view);
    return E_OK;
}
