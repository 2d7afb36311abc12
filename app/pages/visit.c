/* visit: asking gate once, keeping what it said to visitors. */
#include "pages/visit.h"

#include "base/clock.h"
#include "base/json.h"
#include "pages/site.h"
#include "query/query_client.h"

/* Nobody in particular: only what is public can be their answer, so that it may be shared among them. */
static bool
is_stranger(const struct visit *v)
{
    return v->who.session.n == 0;
}

static struct gate_actor
stranger(void)
{
    return (struct gate_actor){.principal = SPAN(""), .name = SPAN(""), .role = SPAN("anonymous")};
}

/* Once for a request: it is a file's content. */
static uint64_t
epoch_of(struct visit *v)
{
    if (!v->knows_epoch) {
        v->epoch = gate_epoch();
        v->knows_epoch = true;
    }
    return v->epoch;
}

static enum err
stranger_catalogue(struct visit *v, json_t **out)
{
    struct pages *s = v->site;
    struct gate_who nobody = {0};
    uint64_t epoch = epoch_of(v);
    bool kept = s->catalogue && epoch != 0 && epoch == s->catalogue_epoch;
    if (!kept || clock_mono_ms() - s->catalogue_ms >= SITE_KEEP_MS) {
        json_t *fresh = NULL;
        struct gate_actor ignored;
        if (gate_catalogue(v->t, &nobody, &ignored, &fresh) != E_OK)
            return v->t->err;
        json_decref(s->catalogue);
        s->catalogue = json_incref(fresh);
        s->catalogue_epoch = epoch;
        s->catalogue_ms = clock_mono_ms();
    }
    *out = task_json(v->t, json_incref(s->catalogue));
    if (!v->knows_actor)
        v->actor = stranger();
    return E_OK;
}

enum err
visit_catalogue(struct visit *v, json_t **out)
{
    if (!v->catalogue) {
        enum err e = is_stranger(v) ? stranger_catalogue(v, &v->catalogue)
                                    : gate_catalogue(v->t, &v->who, &v->actor, &v->catalogue);
        if (e != E_OK)
            return e;
        v->knows_actor = true;
    }
    *out = v->catalogue;
    return E_OK;
}

enum err
visit_authorize(struct visit *v, const char *verb, const char *kind, struct span id, struct gate_answer *out)
{
    struct gate_ask ask = {.who = v->who, .verb = verb, .kind = kind, .id = id};
    enum err e = gate_authorize(v->t, &ask, out);
    if (out->actor.role.n > 0) {
        v->actor = out->actor;
        v->knows_actor = true;
    }
    return e;
}

static void
fill(struct visit_dataset *out, struct span name, struct span grant, json_t *record)
{
    *out = (struct visit_dataset){.name = name, .grant = grant, .record = record};
    out->is_public = span_is(json_text(record, "visibility"), "public");
}

enum err
visit_dataset(struct visit *v, struct span name, const char *capability, struct visit_dataset *out)
{
    bool sql = span_is(span_of(capability), "sql");
    uint64_t epoch = epoch_of(v);
    struct site_grant *kept = is_stranger(v) ? site_grant_find(v->site, name, sql, epoch) : NULL;
    if (kept) {
        if (!v->knows_actor)
            v->actor = stranger();
        fill(out, name, task_dup(v->t, buf_view(&kept->sealed)), task_json(v->t, json_incref(kept->record)));
        return E_OK;
    }
    struct gate_ask ask = {.verb = sql ? "sql" : "read",
        .kind = "dataset",
        .id = name,
        .audience = "query",
        .capability = capability,
        .dataset = name};
    if (!is_stranger(v))
        ask.who = v->who;
    struct gate_answer answer = {0};
    enum err e = gate_authorize(v->t, &ask, &answer);
    if (answer.actor.role.n > 0) {
        v->actor = answer.actor;
        v->knows_actor = true;
    }
    if (e != E_OK)
        return e;
    if (!answer.object)
        return task_fail(v->t, E_INTERNAL, "The authority sent no record of the dataset.");
    fill(out, name, answer.grant, answer.object);
    if (is_stranger(v) && out->is_public)
        site_grant_keep(v->site, name, sql, epoch, answer.grant, answer.object);
    return E_OK;
}

enum err
visit_schema(struct visit *v, const struct visit_dataset *d, json_t **out)
{
    struct span sha = json_text(json_object_get(d->record, "current"), "sha");
    *out = site_schema_find(v->site, d->name, sha);
    if (*out) {
        task_json(v->t, json_incref(*out)); /* others may push it out before this visit ends */
        return E_OK;
    }
    if (query_schema(v->t, d->grant, d->name, out) != E_OK)
        return v->t->err;
    site_schema_keep(v->site, d->name, json_text(*out, "revision"), *out);
    return E_OK;
}

json_t *
visit_schema_table(const json_t *schema, struct span name)
{
    size_t i;
    json_t *table;
    json_array_foreach(
        json_object_get(schema, "tables"), i, table) if (span_eq(json_text(table, "name"), name)) return table;
    return NULL;
}

enum err
visit_admin(struct visit *v, const char *operation, json_t *in, json_t **out)
{
    json_t *reply = NULL;
    task_json(v->t, in);
    if (gate_admin(v->t, &v->who, operation, in, &reply) != E_OK)
        return v->t->err;
    if (json_text(reply, "approval").n > 0)
        v->approval = json_text(reply, "approval");
    if (out)
        *out = reply;
    return E_OK;
}

enum err
visit_work(struct visit *v, struct span mode, struct work **out)
{
    bool is_private = span_is(mode, "private");
    struct work **kept = is_private ? &v->site->private_work : &v->site->public_work;
    if (!*kept && work_open(v->site->worker, is_private ? "private" : "public", kept) != E_OK) {
        enum err e = task_fail(v->t, v->site->worker->err, "%s", v->site->worker->cause);
        task_clear_error(v->site->worker);
        return e;
    }
    *out = *kept;
    return E_OK;
}

struct span
visit_field(const struct visit *v, const char *name)
{
    bool posted = v->req->method == HTTP_POST;
    return http_params_get(posted ? &v->req->form : &v->req->query, name);
}

void
visit_public(struct visit *v)
{
    if (!v->req->has_cookie)
        v->out->caching = HTTP_PUBLIC;
}
