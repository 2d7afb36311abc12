/* closure: powers united and judged; our own tools as a table. */
#include "policy/closure.h"

#include <string.h>

void
closure_union(const struct closure_tool *tools, size_t n, struct closure_powers *out)
{
    *out = (struct closure_powers){.effect = EFFECT_READ};
    for (size_t i = 0; i < n; i++) {
        const struct closure_powers *p = &tools[i].powers;
        out->untrusted = out->untrusted || p->untrusted;
        out->private_data = out->private_data || p->private_data;
        if (p->effect > out->effect)
            out->effect = p->effect;
    }
}

bool
closure_may(const struct closure_powers *p, const char **reason)
{
    bool trifecta = p->untrusted && p->private_data && p->effect >= EFFECT_OUTSIDE;
    *reason = trifecta ? "untrusted-private-outside" : "";
    return !trifecta;
}

bool
closure_may_install(const struct closure_tool *tool, const char **reason)
{
    if (!closure_may(&tool->powers, reason))
        return false;
    bool blind = tool->powers.untrusted && tool->powers.effect >= EFFECT_DURABLE && !tool->dry_run;
    if (blind)
        *reason = "no-dry-run";
    return !blind;
}

/* Our own tools. Each is called by a model, so its input is untrusted; `data`: it shows the conversation's data, which
 * is private unless the conversation is public. */
static const struct own {
    const char *name;
    bool data;
    enum policy_effect effect;
    bool needs_account, needs_writable, needs_fetch;
} own[] = {
    {"find_tables", true, EFFECT_READ, false, false, false},
    {"describe", true, EFFECT_READ, false, false, false},
    {"sql", true, EFFECT_READ, false, false, false},
    {"rows", true, EFFECT_READ, false, false, false},
    {"ask", false, EFFECT_READ, false, false, false},
    {"cannot_answer", false, EFFECT_READ, false, false, false},
    {"write_sql", true, EFFECT_DURABLE, true, true, false},
    {"save_query", true, EFFECT_DURABLE, true, false, false},
    {"scratch", true, EFFECT_EPHEMERAL, false, false, false},
    {"fetch_url", false, EFFECT_OUTSIDE, true, false, true},
};
enum { N_OWN = sizeof own / sizeof own[0] };
_Static_assert(sizeof own / sizeof own[0] <= CLOSURE_TOOLS, "closure.h says how many there may be");

/* Could any call of it come out as other than REFUSE here, whatever the data? */
static bool
is_of_use(const struct own *o, const struct closure_situation *s)
{
    if (o->effect >= EFFECT_DURABLE && (s->strict || s->mode == MODE_STRICT))
        return false;
    return (s->signed_in || !o->needs_account) && (s->writable || !o->needs_writable) && (s->fetch || !o->needs_fetch);
}

/* Our own tools that may be used there, with their powers. */
static size_t
own_set(const struct closure_situation *s, struct closure_tool set[N_OWN])
{
    size_t n = 0;
    for (size_t i = 0; i < N_OWN; i++) {
        struct closure_powers all;
        const char *reason;
        if (!is_of_use(&own[i], s))
            continue;
        set[n] = (struct closure_tool){own[i].name, {true, own[i].data && s->mode != MODE_PUBLIC, own[i].effect}, true};
        closure_union(set, n + 1, &all);
        n += closure_may(&all, &reason);
    }
    return n;
}

size_t
policy_closure(const struct closure_situation *s, const char *names[CLOSURE_TOOLS])
{
    struct closure_tool set[N_OWN];
    size_t n = own_set(s, set);
    for (size_t i = 0; i < n; i++)
        names[i] = set[i].name;
    return n;
}

bool
policy_closure_joins(const struct closure_situation *s, const struct closure_tool *more, size_t n, const char **reason)
{
    struct closure_tool set[N_OWN + 1];
    struct closure_powers all;
    size_t n_own = own_set(s, set);
    closure_union(more, n, &all);
    set[n_own] = (struct closure_tool){"", all, true};
    closure_union(set, n_own + 1, &all);
    return closure_may(&all, reason);
}

bool
closure_is_own(const char *name)
{
    for (size_t i = 0; i < N_OWN; i++)
        if (strcmp(own[i].name, name) == 0)
            return true;
    return false;
}
