/* may: the table of verbs and kinds. */
#include "gate/may.h"

#include <string.h>

typedef enum err rule(
    const struct gate_actor *a, const struct may_object *o, const struct may_rules *rules, const char **why);

static bool
is_admin(const struct gate_actor *a)
{
    return span_is(a->role, "admin");
}

bool
gate_may_see(const struct gate_actor *a, const struct may_object *o)
{
    bool owns = a->principal.n > 0 && span_eq(a->principal, o->owner);
    if (span_is(o->visibility, "public"))
        return true;
    if (span_is(o->visibility, "members"))
        return a->signed_in;
    return a->signed_in && (owns || is_admin(a) || o->reader);
}

static enum err
anybody(const struct gate_actor *a, const struct may_object *o, const struct may_rules *rules, const char **why)
{
    (void)a;
    (void)o;
    (void)rules;
    (void)why;
    return E_OK;
}

static enum err
who_may_see(const struct gate_actor *a, const struct may_object *o, const struct may_rules *rules, const char **why)
{
    (void)rules;
    if (!o->exists || !gate_may_see(a, o)) {
        *why = a->signed_in ? "There is no dataset by that name, or it is not open to you."
                            : "There is no dataset by that name, or one must sign in to see it.";
        return E_NOTFOUND;
    }
    if (!o->published) {
        *why = "That dataset has nothing published at the moment.";
        return E_NOTFOUND;
    }
    return E_OK;
}

/* Not even admins read others' conversations. */
static enum err
owner_alone(const struct gate_actor *a, const struct may_object *o, const struct may_rules *rules, const char **why)
{
    (void)rules;
    if (o->exists && a->principal.n > 0 && span_eq(a->principal, o->owner))
        return E_OK;
    *why = "There is no such conversation, or it is somebody else's.";
    return E_NOTFOUND;
}

/* Others learn no more than that they can't. */
static enum err
owner_of_it(const struct gate_actor *a, const struct may_object *o, const struct may_rules *rules, const char **why)
{
    (void)rules;
    if (o->exists && a->principal.n > 0 && span_eq(a->principal, o->owner))
        return E_OK;
    *why = "There is no such thing, or it is somebody else's.";
    return E_NOTFOUND;
}

/* Its text is the owner's, and, once shared, of those who may read the dataset. */
static enum err
saved_reader(const struct gate_actor *a, const struct may_object *o, const struct may_rules *rules, const char **why)
{
    if (o->exists && o->published && gate_may_see(a, o))
        return E_OK;
    enum err e = owner_of_it(a, o, rules, why);
    *why = "There is no such saved query, or it is not open to you.";
    return e;
}

static enum err
signed_in(const struct gate_actor *a, const struct may_object *o, const struct may_rules *rules, const char **why)
{
    (void)o;
    (void)rules;
    *why = "Sign in to do that.";
    return a->signed_in ? E_OK : E_UNAUTHENTICATED;
}

/* Rows and labels are the owner's to change, and an admin's. */
static enum err
dataset_changer(const struct gate_actor *a, const struct may_object *o, const struct may_rules *rules, const char **why)
{
    bool owns = a->principal.n > 0 && span_eq(a->principal, o->owner);
    (void)rules;
    if (o->exists && a->signed_in && (owns || is_admin(a)))
        return E_OK;
    bool known = o->exists && gate_may_see(a, o);
    *why = known ? "Only the dataset's owner and admins may change it."
                 : "There is no dataset by that name, or it is not open to you.";
    return known ? (a->signed_in ? E_DENIED : E_UNAUTHENTICATED) : E_NOTFOUND;
}

/* Whoever has the address. */
static enum err
link_holder(const struct gate_actor *a, const struct may_object *o, const struct may_rules *rules, const char **why)
{
    (void)a;
    (void)rules;
    *why = "This answer is not shared (any more).";
    return o->exists ? E_OK : E_NOTFOUND;
}

static enum err
who_may_ask(const struct gate_actor *a, const struct may_object *o, const struct may_rules *rules, const char **why)
{
    (void)o;
    if (a->signed_in || rules->visitors_ask)
        return E_OK;
    *why = "Sign in to ask questions.";
    return E_UNAUTHENTICATED;
}

static enum err
owner_who_may_ask(
    const struct gate_actor *a, const struct may_object *o, const struct may_rules *rules, const char **why)
{
    enum err e = owner_alone(a, o, rules, why);
    return e == E_OK ? who_may_ask(a, o, rules, why) : e;
}

static enum err
admins(const struct gate_actor *a, const struct may_object *o, const struct may_rules *rules, const char **why)
{
    (void)o;
    (void)rules;
    if (a->signed_in && is_admin(a))
        return E_OK;
    *why = a->signed_in ? "Only admins may do that." : "Sign in as an admin to do that.";
    return a->signed_in ? E_DENIED : E_UNAUTHENTICATED;
}

static const struct {
    const char *verb, *kind;
    rule *rule;
} rows[] = {
    {"read", "home", anybody},
    {"read", "dataset", who_may_see},
    {"sql", "dataset", who_may_see},
    {"list", "conversation", anybody}, /* one's own */
    {"start", "conversation", who_may_ask},
    {"read", "conversation", owner_alone},
    {"read", "result", owner_alone},
    {"stop", "conversation", owner_alone},
    {"delete", "conversation", owner_alone},
    {"rename", "conversation", owner_alone},
    {"ask", "conversation", owner_who_may_ask},
    {"answer", "conversation", owner_alone},
    {"administer", "deployment", admins},
    {"change", "dataset", dataset_changer},
    {"share", "conversation", owner_alone},
    {"list", "saved", signed_in}, /* one's own, and what others share */
    {"read", "saved", saved_reader},
    {"change", "saved", owner_of_it},
    {"share", "saved", owner_of_it},
    {"open", "share", link_holder},
    {"end", "share", owner_of_it},
};

enum err
gate_may(const struct gate_actor *a, const char *verb, const char *kind, const struct may_object *o,
    const struct may_rules *rules, const char **why)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].verb, verb) != 0 || strcmp(rows[i].kind, kind) != 0)
            continue;
        if (rules->signed_in_only && !a->signed_in) {
            *why = "Sign in to use this site.";
            return E_UNAUTHENTICATED;
        }
        return rows[i].rule(a, o, rules, why);
    }
    *why = "There is no such action.";
    return E_INVALID;
}
