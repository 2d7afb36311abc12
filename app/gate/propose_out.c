/* propose_out: what a model would send or keep: an address to fetch, a query to save. */
#include "base/conf.h"
#include "base/json.h"
#include "gate/propose_priv.h"
#include "gate/seal.h"
#include "render/visible.h"

enum { FETCH_BYTES = 262144, URL_DETAIL_BYTES = 7000 };

static struct span
fetch_detail(struct task *t, struct span url)
{
    struct buf *b = task_buf(t, URL_DETAIL_BYTES);
    bool loopback = conf_flag("test.fetch_loopback") && seal_is_loopback(url);
    buf_puts(b, "{\"url\":");
    json_put_text(b, url);
    buf_printf(b, ",\"method\":\"GET\",\"auth\":\"none\",\"headers\":{},\"loopback\":%s,\"most_bytes\":%d}",
        loopback ? "true" : "false", FETCH_BYTES);
    return b->failed ? SPAN_NONE : buf_view(b);
}

/* The bytes of an address leave: which, whether and when all tell something. */
enum err
judge_fetch(struct task *t, struct gate *g, struct judged *j)
{
    const struct span bound[] = {SPAN("fetch"), j->p->body};
    struct visible_url url;
    struct label sink;
    json_t *body = NULL;
    (void)g;
    if (!j->policy.fetch)
        return judged_no(j, "no-such-tool");
    if (!judged_has_account(j) || judged_bound(t, j, bound, 2) != E_OK || json_read(t, j->p->body, &body) != E_OK)
        return t->err;
    if (!visible_url(t, json_text(body, "url"), &url))
        return judged_no(j, "no-such-address");
    taint_sink_outside(LEVEL_PUBLIC, &sink);
    judged_case(j, &j->context, &sink, EFFECT_OUTSIDE);
    taint_external(&j->after, url.host);
    j->sink = url.host;
    j->seals = true;
    j->level = j->context.level;
    j->detail = fetch_detail(t, url.href);
    j->call = (struct approval_call){.kind = "fetch", .tool = SPAN("fetch_url"), .args = j->p->body};
    return j->detail.n > 0 ? E_OK : judged_no(j, "no-such-address");
}

/* A saved query is its owner's alone until its owner shares it, and belongs to one dataset. */
enum err
judge_save(struct task *t, struct gate *g, struct judged *j)
{
    const struct span bound[] = {SPAN("save"), j->p->body};
    struct auth_dataset d;
    struct may_object o;
    struct label sink;
    json_t *body = NULL;
    if (!judged_has_account(j) || judged_dataset(t, g, j, &d, &o) != E_OK || j->why ||
        judged_bound(t, j, bound, 2) != E_OK || json_read(t, j->p->body, &body) != E_OK)
        return t->err;
    if (!span_eq(json_text(body, "dataset"), d.name) || json_text(body, "sql").n == 0)
        return task_fail(t, E_INVALID, "A query to save names its dataset and has a statement.");
    taint_sink_dataset(d.name, LEVEL_SECRET, &sink);
    judged_case(j, &j->context, &sink, EFFECT_DURABLE);
    j->sink = SPAN("saved queries");
    j->level = j->context.level;
    j->call = (struct approval_call){
        .kind = "save", .tool = SPAN("save_query"), .args = j->p->body, .dataset = d.name, .revision = d.revision};
    return E_OK;
}
