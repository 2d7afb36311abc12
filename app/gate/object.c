/* object: datasets and conversations. */
#include "gate/object.h"

#include "base/json.h"

#include <string.h>

enum { NAME_BYTES = 63 };

bool
object_is_published(const struct auth_dataset *d)
{
    return d->revision.n > 0 && !d->withdrawn && !d->stale;
}

enum err
object_judge(struct task *t, struct gate *g, const struct actor *a, const struct auth_dataset *d, struct may_object *o)
{
    /* A dataset whose owner raised its level is seen by those who are cleared for it, whatever its visibility says. */
    static const char *const seen_by[] = {"public", "members", "private", "private"};
    enum policy_level level = object_level(d);
    *o = (struct may_object){.exists = d->name.n > 0,
        .owner = d->owner,
        .visibility = span_of(seen_by[level]),
        .published = object_is_published(d)};
    if (!o->exists || a->user.id.n == 0 || level == LEVEL_SECRET)
        return E_OK;
    return auth_reader_is(t, &g->db, d->name, a->user.id, &o->reader);
}

enum err
object_dataset(struct task *t, struct gate *g, const struct actor *a, struct span name, struct auth_dataset *d,
    struct may_object *o)
{
    *o = (struct may_object){0};
    if (auth_dataset_find(t, &g->db, name, d) != E_OK)
        return t->err;
    return object_judge(t, g, a, d, o);
}

enum err
object_conversation(struct task *t, struct gate *g, struct span id, struct auth_conversation *c, struct may_object *o)
{
    *o = (struct may_object){0};
    if (auth_conversation_find(t, &g->db, id, c) != E_OK)
        return t->err;
    if (c->deleted)
        *c = (struct auth_conversation){0};
    o->exists = c->id.n > 0;
    o->owner = c->owner;
    return E_OK;
}

enum policy_level
object_level(const struct auth_dataset *d)
{
    enum policy_level seen = span_is(d->visibility, "public")    ? LEVEL_PUBLIC
                             : span_is(d->visibility, "members") ? LEVEL_ORG
                                                                 : LEVEL_PRIVATE;
    return d->level > (int64_t)seen ? (enum policy_level)d->level : seen;
}

bool
object_name_ok(struct span name)
{
    if (name.n == 0 || name.n > NAME_BYTES || name.p[0] < 'a' || name.p[0] > 'z')
        return false;
    return span_only(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") && !span_is(name, "scratch");
}

bool
object_in_list(struct task *t, struct span json, struct span name)
{
    json_t *list = NULL, *one;
    size_t i;
    if (json_read(t, json, &list) != E_OK)
        return false;
    json_array_foreach(
        list, i, one) if (json_is_string(one) &&
                          span_eq((struct span){json_string_value(one), json_string_length(one)}, name)) return true;
    return false;
}

bool
object_next(struct task *t, struct gate *g, const struct actor *a, struct object_walk *w, struct auth_dataset *d,
    struct may_object *o)
{
    if (!w->list && json_read(t, w->names, &w->list) != E_OK)
        return false;
    if (w->next >= json_array_size(w->list))
        return false;
    const char *name = json_string_value(json_array_get(w->list, w->next++));
    return object_dataset(t, g, a, span_of(name), d, o) == E_OK;
}

static json_t *
text(struct span s)
{
    json_t *j = json_stringn(s.p ? s.p : "", s.n);
    return j ? j : json_string("");
}

/* The name of the owner's account; principals are nobody's business. */
static struct span
owner_name(struct task *t, struct gate *g, struct span owner)
{
    struct auth_user u;
    if (span_is(owner, "operator"))
        return owner;
    return auth_user_by_id(t, &g->db, owner, &u) == E_OK ? u.name : SPAN_NONE;
}

static json_t *
current(const struct auth_dataset *d)
{
    json_t *j = json_object();
    json_object_set_new(j, "sha", text(d->revision));
    json_object_set_new(j, "n", json_integer(d->n));
    json_object_set_new(j, "rows", json_integer(d->rows));
    json_object_set_new(j, "bytes", json_integer(d->bytes));
    json_object_set_new(j, "tables", json_integer(d->tables));
    json_object_set_new(j, "at_ms", json_integer(d->at_ms));
    return j;
}

json_t *
object_dataset_json(struct task *t, struct gate *g, const struct auth_dataset *d)
{
    static const char *const shown[] = {"title", "description", "license", "source"};
    json_t *j = json_object(), *meta = NULL;
    if (json_read(t, d->meta, &meta) != E_OK)
        meta = NULL;
    json_object_set_new(j, "name", text(d->name));
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
        json_object_set_new(j, shown[i], text(json_text(meta, shown[i])));
    json_object_set_new(j, "visibility", text(d->visibility));
    json_object_set_new(j, "owner", text(owner_name(t, g, d->owner)));
    json_object_set_new(j, "level", json_integer(object_level(d)));
    json_object_set_new(j, "integrity", json_integer(d->integrity));
    json_object_set_new(j, "writable", json_boolean(d->writable));
    json_object_set_new(j, "current", object_is_published(d) ? current(d) : json_null());
    json_t *suggested = json_object_get(meta, "suggested");
    json_object_set_new(j, "suggested", json_is_array(suggested) ? json_incref(suggested) : json_array());
    return j;
}

static enum err
visible_datasets(struct task *t, struct gate *g, const struct actor *a, json_t *out)
{
    struct auth_dataset *d = NULL;
    size_t n = 0;
    if (auth_dataset_list(t, &g->db, &d, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++) {
        struct may_object o;
        if (object_judge(t, g, a, &d[i], &o) != E_OK)
            return t->err;
        if (o.published && gate_may_see(&a->public, &o))
            json_array_append_new(out, object_dataset_json(t, g, &d[i]));
    }
    return t->err;
}

enum err
object_catalogue(struct task *t, struct gate *g, const struct actor *a, json_t **out)
{
    struct may_rules rules;
    struct span notice;
    json_t *models = NULL, *j = task_json(t, json_object()), *datasets = json_array();
    json_object_set_new(j, "datasets", datasets);
    if (who_rules(t, g, &rules) != E_OK || auth_setting_get(t, &g->db, "notice", &notice) != E_OK)
        return t->err;
    bool open = a->public.signed_in || !rules.signed_in_only;
    if ((open && visible_datasets(t, g, a, datasets) != E_OK) || object_models(t, g, false, &models) != E_OK)
        return t->err;
    json_object_set(j, "models", models);
    struct span weaker = span_of(g->weaker);
    if (weaker.n > 0 && notice.n > 0)
        notice = task_format(t, "%.*s %s", SPAN_ARG(notice), g->weaker);
    json_object_set_new(j, "notice", text(notice.n > 0 ? notice : weaker));
    json_object_set_new(j, "signed_in_only", json_boolean(rules.signed_in_only));
    json_object_set_new(j, "visitors_ask", json_boolean(rules.visitors_ask));
    *out = j;
    return E_OK;
}
