/* propose_back: what a plugin asks of the host in the middle of a call. Each must belong to a call that was granted. */
#include "base/conf.h"
#include "base/id.h"
#include "base/json.h"
#include "gate/propose_priv.h"
#include "gate/seal.h"
#include "render/visible.h"

#include <string.h>

enum { FETCHES = 8, DETAIL_BYTES = 7000 };
static const int64_t CALL_MS = 10 * 60 * 1000; /* longer than any call lasts */

enum err
judged_running(struct task *t, struct gate *g, struct judged *j)
{
    struct auth_plugin_call *c = &j->running;
    if (auth_plugin_call_find(t, &g->db, j->ticket.turn, j->p->call, c) != E_OK)
        return t->err;
    if (c->plugin.n == 0 || !span_eq(c->plugin, j->p->plugin) || j->now_ms > c->at_ms + CALL_MS) {
        *c = (struct auth_plugin_call){0};
        return judged_no(j, "no-such-call");
    }
    if (judged_offer(t, g, j, c->plugin, &j->offer) != E_OK)
        return t->err;
    if (!j->offer || !span_eq(j->offer->plugin.version.digest, c->digest))
        return judged_no(j, "plugin-stopped");
    return E_OK;
}

/* What a plugin asks for, and where that goes. */
struct request {
    struct span method, asked, url;
    const struct plugin_secret *secret;
};

/* An admin may name this machine, as for a model; what a plugin declares may do so in tests alone. */
static bool
may_loop(const struct request *r)
{
    return seal_is_loopback(r->url) && (!span_eq(r->url, r->asked) || conf_flag("test.fetch_loopback"));
}

static struct span
fetch_detail(struct task *t, const struct judged *j, const struct request *r)
{
    struct buf *b = task_buf(t, DETAIL_BYTES);
    const struct plugin_secret *s = r->secret;
    buf_puts(b, "{\"url\":");
    json_put_text(b, r->url);
    if (!span_eq(r->url, r->asked)) {
        json_put_key(b, "asked");
        json_put_text(b, r->asked);
    }
    json_put_key(b, "method");
    json_put_text(b, r->method);
    if (s) {
        struct span id = j->offer->plugin.row.id, namespace = SPAN_NONE;
        (void)span_cut(&id, '/', &namespace);
        json_put_key(b, "secret");
        json_put_text(b, task_format(t, "plugin:%.*s:%.*s:%.*s", SPAN_ARG(namespace), SPAN_ARG(id), SPAN_ARG(s->name)));
    }
    buf_printf(b, ",\"auth\":\"%s\",\"headers\":{},\"loopback\":%s,\"most_bytes\":%lld}", s ? "bearer" : "none",
        may_loop(r) ? "true" : "false", (long long)conf_int("limits.plugin_fetch_bytes"));
    return b->failed ? SPAN_NONE : buf_view(b);
}

/* Was the call that asks approved by a person, for bytes that leave? Then its own requests are part of that. */
static bool
is_covered(const struct judged *j)
{
    return j->running.effect == EFFECT_OUTSIDE && j->running.approval.n > 0 && j->running.fetches < FETCHES;
}

enum err
judge_plugin_fetch(struct task *t, struct gate *g, struct judged *j)
{
    const struct plugin_net *net;
    struct visible_url url, real;
    struct request r = {.secret = NULL};
    struct label sink;
    json_t *body = NULL;
    (void)g;
    if (json_read(t, j->p->body, &body) != E_OK)
        return t->err;
    r.method = json_text(body, "method");
    r.asked = json_text(body, "url");
    const struct span bound[] = {SPAN("plugin-fetch"), j->p->body};
    if (judged_bound(t, j, bound, 2) != E_OK)
        return t->err;
    if (!visible_url(t, r.asked, &url) || !span_eq(url.href, r.asked))
        return judged_no(j, "no-such-address");
    net = plugin_facts_net(t, &j->offer->plugin.facts, r.method, url.href, &r.secret);
    if (!net)
        return judged_no(j, "not-declared");
    r.url = plugin_facts_address(t, &j->offer->plugin.facts, net, url.href);
    if (!visible_url(t, r.url, &real))
        return judged_no(j, "no-such-address");
    if (!is_covered(j))
        return judged_no(j, j->running.fetches >= FETCHES ? "too-many-requests" : "not-approved");
    taint_sink_outside(LEVEL_PUBLIC, &sink);
    judged_case(j, &j->context, &sink, EFFECT_OUTSIDE);
    j->c.approval = APPROVAL_APPROVED; /* by the call's own, which was used up when it was granted */
    taint_external(&j->after, real.host);
    j->fetches = true;
    j->sink = real.host;
    j->seals = true;
    j->level = j->context.level;
    j->detail = fetch_detail(t, j, &r);
    return j->detail.n > 0 ? E_OK : judged_no(j, "no-such-address");
}

/* What lasts as long as the conversation, and is seen in it alone. */
static enum err
judge_own(struct task *t, struct judged *j, bool declared, const char *capability, enum policy_effect effect)
{
    const struct span bound[] = {span_of(capability), j->p->body};
    struct label sink;
    if (judged_bound(t, j, bound, 2) != E_OK)
        return t->err;
    if (!declared)
        return judged_no(j, "not-declared");
    taint_sink_conversation(j->state.mode, &sink);
    judged_case(j, &j->context, &sink, effect);
    j->sink = SPAN("conversation");
    j->level = j->context.level;
    return E_OK;
}

enum err
judge_plugin_keep(struct task *t, struct gate *g, struct judged *j)
{
    json_t *body = NULL;
    unsigned char raw[HASH_BYTES];
    (void)g;
    if (json_read(t, j->p->body, &body) != E_OK)
        return t->err;
    int64_t bytes = json_int(body, "bytes", -1);
    if (!hex_get(json_text(body, "sha256"), raw, sizeof raw) || bytes < 1 || bytes > conf_int("limits.artifact_bytes"))
        return judged_no(j, "too-large");
    return judge_own(t, j, j->offer->plugin.facts.artifact, "artifact", EFFECT_EPHEMERAL);
}

enum err
judge_plugin_ask(struct task *t, struct gate *g, struct judged *j)
{
    (void)g;
    return judge_own(t, j, j->offer->plugin.facts.ask, "ask", EFFECT_READ);
}
