/* badge: the conversation's state in words. */
#include "gate/badge.h"

#include "base/json.h"
#include "gate/label.h"
#include "policy/closure.h"

/* May any of its datasets be changed by its owner? */
static enum err
is_writable(struct task *t, struct gate *g, const struct actor *a, const struct auth_conversation *c, bool *out)
{
    struct object_walk w = {.names = c->datasets};
    struct auth_dataset d;
    struct may_object o;
    *out = false;
    while (object_next(t, g, a, &w, &d, &o)) {
        bool theirs = o.exists && o.published && label_clearance(a, &d, &o) == LEVEL_SECRET;
        *out = *out || (theirs && d.writable);
    }
    return t->err;
}

/* Why A holds: once there is anything in the context that no person and no owner wrote alone. */
static struct span
untrusted_why(struct task *t, const struct label *l)
{
    struct buf *b = task_buf(t, 2048);
    for (size_t i = 0; i < l->n_sources; i++) {
        if (l->sources[i].integrity <= INTEGRITY_CURATED)
            continue;
        buf_puts(b, b->n > 0 ? ", " : "It has read what somebody else may have written: ");
        buf_span(b, span_first(l->sources[i].name, 100));
    }
    buf_puts(b, b->n > 0 ? "." : "It has read nothing yet that somebody else may have written.");
    return buf_view(b);
}

static struct span
private_why(struct task *t, const struct label *l)
{
    struct buf *b = task_buf(t, 8192);
    if (l->level == LEVEL_PUBLIC)
        return SPAN("It was given public data alone.");
    buf_printf(b, "It was given data that is %s", policy_level_word(l->level));
    for (size_t i = 0; i < l->n_categories; i++) {
        buf_puts(b, i > 0 ? ", " : ": ");
        buf_span(b, l->categories[i]);
    }
    buf_putc(b, '.');
    return buf_view(b);
}

static void
put_power(json_t *list, const char *power, bool active, struct span why)
{
    json_t *j = json_object();
    json_object_set_new(j, "power", json_string(power));
    json_object_set_new(j, "active", json_boolean(active));
    json_object_set_new(j, "why", json_stringn(why.p, why.n));
    json_array_append_new(list, j);
}

/* The names of the tools, and whether one of them changes or sends something. */
static bool
put_tools(const struct closure_situation *s, const struct plugin_offer *offers, size_t n_offers, json_t *j)
{
    const char *names[CLOSURE_TOOLS];
    json_t *tools = json_array();
    bool effects = false;
    size_t n = policy_closure(s, names);
    for (size_t i = 0; i < n; i++) {
        struct span name = span_of(names[i]);
        json_array_append_new(tools, json_string(names[i]));
        effects = effects || span_is(name, "write_sql") || span_is(name, "save_query") || span_is(name, "fetch_url");
    }
    for (size_t i = 0; i < n_offers; i++)
        for (size_t k = 0; k < offers[i].n_tools; k++) {
            json_array_append_new(tools, json_stringn(offers[i].tools[k]->name.p, offers[i].tools[k]->name.n));
            effects = effects || offers[i].tools[k]->effect >= EFFECT_DURABLE;
        }
    json_object_set_new(j, "tools", tools);
    return effects;
}

static void
put_label(struct task *t, const struct label *l, json_t *j)
{
    json_t *categories = NULL, *from = json_array();
    json_object_set_new(j, "level", json_integer(l->level));
    json_object_set_new(j, "integrity", json_integer(l->integrity));
    if (json_read(t, label_categories(t, l), &categories) == E_OK)
        json_object_set(j, "categories", categories);
    for (size_t i = 0; i < l->n_sources; i++)
        json_array_append_new(from, json_stringn(l->sources[i].name.p, l->sources[i].name.n));
    json_object_set_new(j, "from", from);
}

/* Which fresh chat would have the power that this one lacks for good. */
static const char *
offer(enum policy_mode mode, const struct closure_situation *s)
{
    if (mode == MODE_PUBLIC)
        return s->signed_in ? "private" : "";
    return s->signed_in && s->fetch && !s->strict ? "public" : "";
}

/* What the conversation is, for the closure of tools. */
static enum err
situation(struct task *t, struct gate *g, const struct actor *a, const struct auth_conversation *c,
    struct closure_situation *out)
{
    struct policy_set policy;
    bool writable = false;
    if (policy_set_read(t, g, &policy) != E_OK || is_writable(t, g, a, c, &writable) != E_OK)
        return t->err;
    *out = (struct closure_situation){.mode = span_is(c->mode, "public") ? MODE_PUBLIC : MODE_PRIVATE,
        .strict = policy.strict,
        .signed_in = a->user.id.n > 0,
        .writable = writable,
        .fetch = policy.fetch};
    return E_OK;
}

enum err
badge_plugins(struct task *t, struct gate *g, const struct actor *a, const struct auth_conversation *c, int64_t now_ms,
    struct plugin_offer **out, size_t *n)
{
    struct closure_situation now;
    return situation(t, g, a, c, &now) == E_OK ? plugin_offers(t, g, a, c, &now, now_ms, out, n) : t->err;
}

enum err
badge_put(
    struct task *t, struct gate *g, const struct actor *a, const struct auth_conversation *c, int64_t now_ms, json_t *j)
{
    struct closure_situation now;
    struct taint_state s;
    struct plugin_offer *offers = NULL;
    size_t n_offers = 0;
    json_t *powers = json_array();
    json_object_set_new(j, "powers", powers);
    if (situation(t, g, a, c, &now) != E_OK || label_state(t, c, &s) != E_OK ||
        plugin_offers(t, g, a, c, &now, now_ms, &offers, &n_offers) != E_OK)
        return t->err;
    bool effects = put_tools(&now, offers, n_offers, j);
    put_label(t, &s.label, j);
    put_power(powers, "A", s.label.integrity > INTEGRITY_CURATED, untrusted_why(t, &s.label));
    put_power(powers, "B", s.label.level > LEVEL_PUBLIC, private_why(t, &s.label));
    put_power(powers, "C", effects,
        effects ? SPAN("Its model may propose a change or a request outside. Each needs your approval.")
                : SPAN("Its model has no tool that changes or sends anything."));
    json_object_set_new(j, "mode", json_stringn(c->mode.p, c->mode.n));
    json_object_set_new(j, "strict", json_boolean(now.strict));
    json_object_set_new(j, "offer", json_string(offer(s.mode, &now)));
    return t->err;
}
