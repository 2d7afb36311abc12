/* manifest_diff: what a new version can do or says that the installed one did not, and what none may do. */
#include "plugin/manifest.h"
#include "policy/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct diff {
    struct task *t;
    struct span *out;
    size_t n;
};

static void say(struct diff *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
say(struct diff *d, const char *fmt, ...)
{
    char text[300];
    va_list ap;
    if (d->n == MANIFEST_DIFFS)
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    d->out[d->n++] = task_dup(d->t, span_of(text));
}

static void
caps(struct diff *d, const struct manifest *was, const struct manifest *now)
{
    if (now->reads && (!was->reads || now->read_level > was->read_level))
        say(d, "It now reads datasets up to %s.", policy_level_word(now->read_level));
    for (size_t i = 0; i < now->nets; i++)
        if (!manifest_may_fetch(was, now->net[i].method, now->net[i].origin))
            say(d, "It now reaches %.*s with %.*s.", SPAN_ARG(now->net[i].origin), SPAN_ARG(now->net[i].method));
    if (now->artifact && !was->artifact)
        say(d, "It now keeps files (artifact).");
    if (now->ask && !was->ask)
        say(d, "It now asks people questions (ask).");
    if (now->sandbox_exec && !was->sandbox_exec)
        say(d, "It now runs programs in the sandbox (sandbox.exec).");
}

static const struct manifest_secret *
secret_of(const struct manifest *m, struct span name)
{
    for (size_t i = 0; i < m->secrets; i++)
        if (span_eq(m->secret[i].name, name))
            return &m->secret[i];
    return NULL;
}

/* A key that is there already must not go to another host unseen. */
static void
secrets(struct diff *d, const struct manifest *was, const struct manifest *now)
{
    for (size_t i = 0; i < now->secrets; i++) {
        const struct manifest_secret *old = secret_of(was, now->secret[i].name);
        if (!old || !span_eq(old->host, now->secret[i].host))
            say(d, "Its key %.*s now goes to %.*s.", SPAN_ARG(now->secret[i].name), SPAN_ARG(now->secret[i].host));
    }
}

static void
tools(struct diff *d, const struct manifest *was, const struct manifest *now)
{
    for (size_t i = 0; i < now->tools; i++) {
        const struct manifest_tool *a = &now->tool[i], *b = manifest_tool_find(was, a->name);
        if (!b) {
            say(d, "It has a new tool: %.*s, effect %s.", SPAN_ARG(a->name), policy_effect_word(a->effect));
            continue;
        }
        if (a->effect > b->effect)
            say(d, "Its tool %.*s now has effect %s.", SPAN_ARG(a->name), policy_effect_word(a->effect));
        if (memcmp(a->desc, b->desc, sizeof a->desc) != 0)
            say(d, "The description of its tool %.*s changed.", SPAN_ARG(a->name));
        if (memcmp(a->schema, b->schema, sizeof a->schema) != 0)
            say(d, "What its tool %.*s takes or gives changed.", SPAN_ARG(a->name));
        if (b->dry_run && !a->dry_run)
            say(d, "Its tool %.*s can no longer be tried without effect.", SPAN_ARG(a->name));
    }
}

size_t
manifest_widened(
    struct task *t, const struct manifest *was, const struct manifest *now, struct span out[MANIFEST_DIFFS])
{
    static const char *const powers[] = {
        "takes in what others wrote", "reads data above public", "changes what is kept, or reaches outside"};
    struct diff d = {t, out, 0};
    caps(&d, was, now);
    secrets(&d, was, now);
    if (now->effect > was->effect)
        say(&d, "Its worst effect is now %s.", policy_effect_word(now->effect));
    for (size_t i = 0; i < 3; i++)
        if (now->abc[i] && !was->abc[i])
            say(&d, "Its badge has one more: it %s.", powers[i]);
    if (now->kind != was->kind || now->runtime != was->runtime || !span_eq(now->interpreter, was->interpreter))
        say(&d, "It runs in another way: %s.", manifest_runtime_word(now->runtime));
    tools(&d, was, now);
    return d.n;
}

bool
manifest_may_install(struct task *t, const struct manifest *m, const char **reason)
{
    const struct closure_powers all = {m->abc[0], m->abc[1], m->effect};
    if (!closure_may(&all, reason)) {
        task_fail(t, E_DENIED,
            "%.*s takes in what others wrote, reads data above public and reaches outside: no plugin may do all three.",
            SPAN_ARG(m->id));
        return false;
    }
    for (size_t i = 0; i < m->tools; i++) {
        const struct closure_tool one = {"", {m->abc[0], m->abc[1], m->tool[i].effect}, m->tool[i].dry_run};
        if (closure_may_install(&one, reason))
            continue;
        task_fail(t, E_DENIED, "The tool %.*s of %.*s has effect %s and no dry run: nobody could see what it will do.",
            SPAN_ARG(m->tool[i].name), SPAN_ARG(m->id), policy_effect_word(m->tool[i].effect));
        return false;
    }
    return true;
}
