/* visit: one request on its way through a page: who asks, what they may see, what goes out. */
#ifndef PAGES_VISIT_H
#define PAGES_VISIT_H

#include "gate/gate_client.h"
#include "pages/pages.h"
#include "pages/route.h"
#include "store/work.h"
#include "template/views.h"

struct visit {
    struct task *t;
    struct pages *site;
    const struct http_request *req;
    struct http_response *out;
    struct span arg[ROUTE_ARGS];
    enum route_format format;
    struct gate_who who;
    struct gate_actor actor; /* known after the first question to gate */
    bool knows_actor;
    json_t *catalogue;    /* borrowed; NULL until visit_catalogue */
    struct span approval; /* p_...: gate asks for the person's approval before it does what this visit wants */
    json_t *approvals;    /* borrowed; NULL until own_approvals */
    uint64_t epoch;       /* gate_epoch() of this request */
    bool knows_epoch;
};

/* Everything that this actor may see (CONTRACTS, "Catalogue"). For visitors without a session it is kept for 30 s, or
 * until gate's epoch changes. Fills v->actor. */
enum err visit_catalogue(struct visit *v, json_t **out);

/* A dataset that the actor may read (capability "read") or query ("sql"): gate's grant and its public record. Kept like
 * the catalogue for visitors. E_NOTFOUND, E_DENIED with a sentence. */
struct visit_dataset {
    struct span name;
    struct span grant;
    json_t *record; /* CONTRACTS, "Catalogue": title, license, current{sha,...}; borrowed */
    bool is_public;
};
enum err visit_dataset(struct visit *v, struct span name, const char *capability, struct visit_dataset *out);
/* The schema of its current revision, kept by the worker: CONTRACTS, "Schema JSON". Borrowed until the visit's end. */
enum err visit_schema(struct visit *v, const struct visit_dataset *d, json_t **out);
/* The table of that name in a schema; NULL if none. */
json_t *visit_schema_table(const json_t *schema, struct span name);

/* Asks gate whether the actor may; the answer's actor becomes the visit's. */
enum err visit_authorize(struct visit *v, const char *verb, const char *kind, struct span id, struct gate_answer *out);
/* gate_admin with the visit's cookies; in is taken. out may be NULL. What needs an approval first is not done: then
 * v->approval is its id. */
enum err visit_admin(struct visit *v, const char *operation, json_t *in, json_t **out);
/* A worker's connection to the work database of a mode. */
enum err visit_work(struct visit *v, struct span mode, struct work **out);

/* The frame: title, links, user, banners. Asks gate for the catalogue when nobody did. */
struct view_page visit_page(struct visit *v, const char *title);
/* Adds "/static/js/<name>" with its version to the page. */
void visit_script(struct visit *v, struct view_page *p, const char *name);
/* Marks the reply as one that nginx may share, when the visitor has no cookie. */
void visit_public(struct visit *v);
/* A text of the form or the query; SPAN_NONE if absent. */
struct span visit_field(const struct visit *v, const char *name);

#endif
