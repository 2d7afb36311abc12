/* plugin_set: pairs of plugins judged by powers, scopes and modes. */
#include "gate/plugin_set.h"

#include "policy/words.h"

enum err
plugin_read(struct task *t, struct gate *g, const struct auth_plugin *row, struct span digest, struct plugin *out)
{
    *out = (struct plugin){.row = *row};
    if (auth_plugin_version_find(t, &g->db, digest, &out->version) != E_OK || out->version.digest.n == 0)
        return t->err;
    if (plugin_facts_read(t, out->version.facts, &out->facts) != E_OK)
        return t->err;
    return plugin_facts_point(t, &out->facts, row->endpoints);
}

/* Where two entries [kind, name] of scopes can meet in one conversation. A dataset's scope holds for conversations that
 * have no other datasets. */
static enum err
entries_meet(struct task *t, struct gate *g, const json_t *a, const json_t *b, bool *out)
{
    struct span kinds[] = {
        span_of(json_string_value(json_array_get(a, 0))), span_of(json_string_value(json_array_get(b, 0)))};
    struct span names[] = {
        span_of(json_string_value(json_array_get(a, 1))), span_of(json_string_value(json_array_get(b, 1)))};
    bool same = span_eq(names[0], names[1]);
    if (!span_eq(kinds[0], kinds[1]) || span_is(kinds[0], "deployment")) {
        *out = true;
        return E_OK;
    }
    if (span_is(kinds[0], "dataset") || same || span_is(names[0], "members") || span_is(names[1], "members")) {
        *out = same || !span_is(kinds[0], "dataset");
        return E_OK;
    }
    if (span_is(names[0], "admins") || span_is(names[1], "admins")) {
        *out = true; /* who is an admin changes without plugins being looked at */
        return E_OK;
    }
    return auth_plugin_group_meets(t, &g->db, names[0], names[1], out);
}

static enum err
scopes_meet(struct task *t, struct gate *g, struct span a, struct span b, bool *out)
{
    json_t *left = NULL, *right = NULL, *l, *r;
    size_t i, k;
    *out = false;
    if (json_read(t, a, &left) != E_OK || json_read(t, b, &right) != E_OK)
        return t->err;
    json_array_foreach(left, i, l)
    {
        json_array_foreach(right, k, r)
        {
            if (!*out && entries_meet(t, g, l, r, out) != E_OK)
                return t->err;
        }
    }
    return E_OK;
}

/* One that reaches outside is in public conversations alone, whatever is set. */
static struct span
mode_of(const struct plugin *p)
{
    return plugin_facts_outside(&p->facts) ? SPAN("public") : p->row.mode;
}

static enum err
meet(struct task *t, struct gate *g, const struct plugin *a, const struct plugin *b, bool *out)
{
    struct span left = mode_of(a), right = mode_of(b);
    *out = left.n == 0 || right.n == 0 || span_eq(left, right);
    return *out ? scopes_meet(t, g, a->row.scope, b->row.scope, out) : E_OK;
}

static void
say(json_t *list, struct span sentence)
{
    json_array_append_new(list, json_stringn(sentence.p, sentence.n));
}

static struct span
destination(struct task *t, const struct plugin_facts *f)
{
    if (f->n_nets == 0)
        return SPAN("it has the effect E3");
    return task_format(t, "%.*s %.*s%s", SPAN_ARG(f->nets[0].method), SPAN_ARG(plugin_facts_to(f, 0)),
        f->n_nets > 1 ? " and others" : "");
}

/* Which rows it may read where one that sends may be: in public conversations. */
static int64_t
reads_beside(const struct plugin *p)
{
    int64_t most = p->row.reads < p->row.public_reads ? p->row.reads : p->row.public_reads;
    return p->facts.reads < most ? p->facts.reads : most;
}

/* Reader and sender in one conversation: what the one reads goes out through the other. */
static void
judge_flow(struct task *t, const struct plugin *reader, const struct plugin *sender, json_t *out)
{
    struct closure_powers r, s, all;
    const char *reason;
    plugin_facts_powers(&reader->facts, reads_beside(reader), &r);
    plugin_facts_powers(&sender->facts, sender->row.reads, &s);
    const struct closure_tool set[] = {{"", r, true}, {"", s, true}};
    closure_union(set, 2, &all);
    if (!r.private_data || s.effect < EFFECT_OUTSIDE || closure_may(&all, &reason))
        return;
    struct span name = reader->row.id, other = sender->row.id;
    say(out,
        task_format(t,
            "With %.*s enabled, %.*s may not read %s data: %.*s reaches outside (%.*s), both are called by a model "
            "that obeys what it reads, and what the one reads could leave through the other. Enable them for "
            "different datasets, or let %.*s read public data alone where the other is: in public "
            "conversations.",
            SPAN_ARG(other), SPAN_ARG(name), policy_level_word((enum policy_level)reads_beside(reader)),
            SPAN_ARG(other), SPAN_ARG(destination(t, &sender->facts)), SPAN_ARG(name)));
}

static void
judge_names(struct task *t, const struct plugin *a, const struct plugin *b, json_t *out)
{
    for (size_t i = 0; i < a->facts.n_tools; i++)
        if (plugin_facts_tool(&b->facts, a->facts.tools[i].name))
            say(out, task_format(t,
                         "%.*s and %.*s both have a tool called %.*s: one conversation can't have both. Enable them "
                         "for different datasets or modes.",
                         SPAN_ARG(a->row.id), SPAN_ARG(b->row.id), SPAN_ARG(a->facts.tools[i].name)));
}

static enum err
judge_pair(struct task *t, struct gate *g, const struct plugin *a, const struct plugin *b, json_t *out)
{
    bool together = false;
    if (meet(t, g, a, b, &together) != E_OK || !together)
        return t->err;
    judge_flow(t, a, b, out);
    judge_flow(t, b, a, out);
    judge_names(t, a, b, out);
    return t->err;
}

enum err
plugin_set_together(struct task *t, struct gate *g, const struct plugin *list, size_t n, json_t **sentences)
{
    *sentences = task_json(t, json_array());
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++)
            if (judge_pair(t, g, &list[i], &list[k], *sentences) != E_OK)
                return t->err;
    return E_OK;
}

/* The version that runs, and the one that some have already. */
static enum err
joins_versions(struct task *t, struct gate *g, const struct plugin *one, const struct auth_plugin *row, json_t *out)
{
    const struct span digests[] = {row->digest, row->staged};
    for (size_t i = 0; i < 2; i++) {
        struct plugin other;
        if (digests[i].n == 0)
            continue;
        if (plugin_read(t, g, row, digests[i], &other) != E_OK)
            return t->err;
        if (other.version.digest.n > 0 && judge_pair(t, g, one, &other, out) != E_OK)
            return t->err;
    }
    return E_OK;
}

enum err
plugin_set_joins(struct task *t, struct gate *g, const struct plugin *one, json_t **sentences)
{
    struct auth_plugin *rows = NULL;
    size_t n = 0;
    *sentences = task_json(t, json_array());
    if (auth_plugin_list(t, &g->db, true, &rows, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++)
        if (!span_eq(rows[i].id, one->row.id) && joins_versions(t, g, one, &rows[i], *sentences) != E_OK)
            return t->err;
    return E_OK;
}

static struct span
judge_tool(struct task *t, const struct plugin_facts *f, const struct plugin_tool *tool)
{
    struct closure_tool one = {task_z(t, tool->name), {.untrusted = true, .effect = tool->effect}, tool->dry_run};
    const char *reason;
    if (tool->effect == EFFECT_OUTSIDE)
        one.dry_run = true; /* the exact bytes are shown before they are sent */
    if (closure_is_own(one.name))
        return task_format(t, "Its tool %s has the name of one of Lyceum's own tools.", one.name);
    if (tool->effect > f->effect)
        return task_format(t, "Its tool %s has a worse effect than the plugin declares.", one.name);
    if (tool->effect == EFFECT_OUTSIDE && f->n_nets == 0)
        return task_format(t, "Its tool %s reaches outside, and the plugin declares no host.", one.name);
    if (!closure_may_install(&one, &reason))
        return task_format(t,
            "Its tool %s changes what lasts (%s), and what it would change can't be shown beforehand: plugins may "
            "read, compute, make what lasts as long as the conversation, or send what a person has seen.",
            one.name, policy_effect_word(tool->effect));
    return SPAN_NONE;
}

struct span
plugin_set_alone(struct task *t, const struct plugin_facts *f)
{
    struct closure_powers p;
    const char *reason;
    bool sends = false;
    if (f->n_tools == 0)
        return SPAN("It has no tool.");
    for (size_t i = 0; i < f->n_tools; i++) {
        struct span why = judge_tool(t, f, &f->tools[i]);
        if (why.n > 0)
            return why;
        sends = sends || f->tools[i].effect == EFFECT_OUTSIDE;
    }
    if (f->n_nets > 0 && !sends)
        return SPAN(
            "It declares hosts, but none of its tools has the effect E3: nobody would be asked before it sends.");
    plugin_facts_powers(f, LEVEL_SECRET, &p);
    if (!closure_may(&p, &reason))
        return SPAN("It takes untrusted input, reads data that is not public, and reaches outside: any two of these "
                    "are allowed, all three never.");
    return SPAN_NONE;
}
