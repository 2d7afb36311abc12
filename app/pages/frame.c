/* frame: what stands around every page. */
#include "base/conf.h"
#include "base/json.h"
#include "base/must.h"
#include "pages/site.h"
#include "pages/visit.h"
#include "render/nav.h"

static bool
is_current(struct visit *v, struct span url)
{
    return span_is(url, "/") ? v->req->n_segments == 0 : span_starts(v->req->path, task_z(v->t, url));
}

static void
put_nav(struct visit *v, struct view_page *p)
{
    struct view_nav_item *items = nav_make(v->t, v->actor.role, &p->nav.n);
    for (size_t i = 0; i < p->nav.n; i++)
        items[i].is_current = is_current(v, items[i].url);
    p->nav.at = items;
}

static void
put_banner(struct visit *v, struct view_page *p, struct span notice)
{
    if (notice.n == 0)
        return;
    struct view_banner *b = task_new(v->t, struct view_banner);
    b->message = notice;
    if (span_is(v->actor.role, "admin")) {
        b->link_label = SPAN("What this means");
        b->link_url = SPAN("/-/admin/health");
    }
    p->banners.at = b;
    p->banners.n = 1;
}

/* Gate may be down, and then this page is about that: the banner must not add a failure. */
static json_t *
notice_source(struct visit *v)
{
    bool failed = v->t->err != E_OK;
    json_t *catalogue = NULL;
    enum err e = visit_catalogue(v, &catalogue);
    if (e != E_OK && !failed)
        task_clear_error(v->t);
    return e == E_OK ? catalogue : NULL;
}

struct view_page
visit_page(struct visit *v, const char *title)
{
    struct view_page p = {.title = span_of(title),
        .site = span_of(conf_text("deployment.name")),
        .home_url = SPAN("/"),
        .static_url = SPAN("/static"),
        .static_version = span_of(v->site->version)};
    json_t *catalogue = notice_source(v);
    p.user_name = v->actor.signed_in ? v->actor.name : SPAN_NONE;
    put_nav(v, &p);
    put_banner(v, &p, json_text(catalogue, "notice"));
    return p;
}

void
visit_script(struct visit *v, struct view_page *p, const char *name)
{
    struct span *all = task_array(v->t, p->scripts.n + 1, sizeof *all);
    for (size_t i = 0; i < p->scripts.n; i++)
        all[i] = p->scripts.at[i];
    all[p->scripts.n] = task_format(v->t, "/static/js/%s?v=%s", name, v->site->version);
    p->scripts.at = all;
    p->scripts.n++;
}
