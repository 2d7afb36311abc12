/* plugin_facts: reading what was stored, powers, words and differences. */
#include "gate/plugin_facts.h"

#include "policy/words.h"
#include "render/visible.h"

#include <string.h>

static void
read_tools(const json_t *list, struct plugin_facts *out)
{
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        if (out->n_tools == PLUGIN_TOOLS)
            return;
        out->tools[out->n_tools++] = (struct plugin_tool){json_text(one, "name"), json_text(one, "description"),
            json_object_get(one, "schema"), json_text(one, "digest"),
            (enum policy_effect)json_int(one, "effect", EFFECT_AUTHORITY), json_flag(one, "dry_run", false)};
    }
}

static void
read_outside(const json_t *j, struct plugin_facts *out)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(j, "nets"), i, one)
    {
        if (out->n_nets < PLUGIN_NETS)
            out->nets[out->n_nets++] = (struct plugin_net){json_text(one, "method"), json_text(one, "origin")};
    }
    json_array_foreach(json_object_get(j, "secrets"), i, one)
    {
        if (out->n_secrets < PLUGIN_SECRETS)
            out->secrets[out->n_secrets++] = (struct plugin_secret){json_text(one, "name"), json_text(one, "host")};
    }
}

enum err
plugin_facts_read(struct task *t, struct span json, struct plugin_facts *out)
{
    json_t *j = NULL;
    *out = (struct plugin_facts){0};
    if (json_read(t, json, &j) != E_OK || json_text(j, "id").n == 0)
        return t->err != E_OK ? t->err : task_fail(t, E_CORRUPT, "What is stored of a plugin can't be read.");
    *out = (struct plugin_facts){.id = json_text(j, "id"),
        .version = json_text(j, "version"),
        .title = json_text(j, "title"),
        .about = json_text(j, "about"),
        .publisher = json_text(j, "publisher"),
        .key = json_text(j, "key"),
        .runtime = json_text(j, "runtime"),
        .serial = json_int(j, "serial", 0),
        .effect = (enum policy_effect)json_int(j, "effect", EFFECT_AUTHORITY),
        .reads = (int)json_int(j, "reads", LEVEL_SECRET),
        .artifact = json_flag(j, "artifact", true),
        .ask = json_flag(j, "ask", true),
        .exec = json_flag(j, "exec", true),
        .settings = json_object_get(j, "settings"),
        .until_ms = json_int(j, "until_ms", 0)};
    read_outside(j, out);
    read_tools(json_object_get(j, "tools"), out);
    return E_OK;
}

enum err
plugin_facts_point(struct task *t, struct plugin_facts *f, struct span endpoints)
{
    json_t *j = NULL;
    if (f->n_nets == 0 || endpoints.n == 0)
        return E_OK;
    if (json_read(t, endpoints, &j) != E_OK)
        return t->err;
    for (size_t i = 0; i < f->n_nets; i++)
        f->points[i] = json_text(j, task_z(t, f->nets[i].origin));
    return E_OK;
}

bool
plugin_facts_outside(const struct plugin_facts *f)
{
    return f->n_nets > 0 || f->effect >= EFFECT_OUTSIDE;
}

void
plugin_facts_powers(const struct plugin_facts *f, int64_t limit, struct closure_powers *out)
{
    int64_t reads = f->reads < limit ? f->reads : limit;
    *out = (struct closure_powers){.untrusted = true, .private_data = reads > LEVEL_PUBLIC, .effect = f->effect};
    if (f->n_nets > 0 && out->effect < EFFECT_OUTSIDE)
        out->effect = EFFECT_OUTSIDE;
}

const struct plugin_tool *
plugin_facts_tool(const struct plugin_facts *f, struct span name)
{
    for (size_t i = 0; i < f->n_tools; i++)
        if (span_eq(f->tools[i].name, name))
            return &f->tools[i];
    return NULL;
}

/* What stands behind scheme and host: ":443/path". */
static struct span
after_host(const struct visible_url *u)
{
    return span_from(u->href, strlen(span_starts(u->href, "https://") ? "https://" : "http://") + u->host.n);
}

/* The port's digits behind a host; *rest: what follows. */
static struct span
cut_port(struct span *rest)
{
    size_t n = 1;
    if (rest->n == 0 || rest->p[0] != ':')
        return SPAN_NONE;
    while (n < rest->n && rest->p[n] >= '0' && rest->p[n] <= '9')
        n++;
    struct span port = {rest->p + 1, n - 1};
    *rest = span_from(*rest, n);
    return port;
}

/* "https://host:443" of an address, with the port that it means. */
static struct span
origin_of(struct task *t, struct span url, struct span *host)
{
    struct visible_url u;
    if (!visible_url(t, url, &u))
        return SPAN_NONE;
    bool tls = span_starts(u.href, "https://");
    struct span rest = after_host(&u), port = cut_port(&rest);
    *host = u.host;
    if (port.n == 0)
        port = tls ? SPAN("443") : SPAN("80");
    return task_format(t, "%s://%.*s:%.*s", tls ? "https" : "http", SPAN_ARG(u.host), SPAN_ARG(port));
}

const struct plugin_net *
plugin_facts_net(
    struct task *t, const struct plugin_facts *f, struct span method, struct span url, const struct plugin_secret **s)
{
    struct span host = SPAN_NONE, origin = origin_of(t, url, &host);
    const struct plugin_net *found = NULL;
    *s = NULL;
    for (size_t i = 0; i < f->n_nets && !found && origin.n > 0; i++)
        if (span_eq(f->nets[i].method, method) && span_eq(f->nets[i].origin, origin))
            found = &f->nets[i];
    for (size_t i = 0; i < f->n_secrets && found && !*s; i++)
        if (span_eq(f->secrets[i].host, host))
            *s = &f->secrets[i];
    return found;
}

struct span
plugin_facts_address(struct task *t, const struct plugin_facts *f, const struct plugin_net *n, struct span href)
{
    struct visible_url u;
    struct span to = f->points[n - f->nets];
    if (to.n == 0)
        return href;
    if (!visible_url(t, href, &u))
        return SPAN_NONE;
    struct span path = after_host(&u);
    (void)cut_port(&path);
    return task_format(t, "%.*s%.*s", SPAN_ARG(to), SPAN_ARG(path));
}

struct span
plugin_facts_to(const struct plugin_facts *f, size_t i)
{
    return f->points[i].n > 0 ? f->points[i] : f->nets[i].origin;
}

struct span
plugin_facts_destination(struct task *t, const struct plugin_facts *f, size_t i)
{
    if (f->points[i].n == 0)
        return f->nets[i].origin;
    return task_format(
        t, "%.*s (an admin put it in the place of %.*s)", SPAN_ARG(f->points[i]), SPAN_ARG(f->nets[i].origin));
}

static void
say(json_t *list, struct span sentence)
{
    json_array_append_new(list, json_stringn(sentence.p, sentence.n));
}

static const char *
effect_words(enum policy_effect e)
{
    static const char *const words[] = {"reads and computes alone",
        "makes things that last as long as the conversation", "changes data", "sends bytes outside",
        "changes who may what"};
    return words[e];
}

json_t *
plugin_facts_words(struct task *t, const struct plugin_facts *f)
{
    json_t *list = task_json(t, json_array());
    say(list, task_format(t, "At worst it %s (%s).", effect_words(f->effect), policy_effect_word(f->effect)));
    if (f->reads >= 0)
        say(list, task_format(t, "Reads rows of the conversation's datasets up to %s data, as far as the person may.",
                      policy_level_word((enum policy_level)f->reads)));
    for (size_t i = 0; i < f->n_nets; i++)
        say(list,
            task_format(t, "Sends %.*s requests to %.*s, in public conversations alone, with a person's approval.",
                SPAN_ARG(f->nets[i].method), SPAN_ARG(plugin_facts_destination(t, f, i))));
    for (size_t i = 0; i < f->n_secrets; i++)
        say(list, task_format(t, "Uses the key %.*s at %.*s without seeing it.", SPAN_ARG(f->secrets[i].name),
                      SPAN_ARG(f->secrets[i].host)));
    if (f->artifact)
        say(list, SPAN("Makes pictures that are kept with the conversation."));
    if (f->ask)
        say(list, SPAN("Asks the person questions."));
    if (f->exec)
        say(list, SPAN("Runs code in the sandbox."));
    for (size_t i = 0; i < f->n_tools; i++)
        say(list, task_format(t, "Gives models the tool %.*s (%s).", SPAN_ARG(f->tools[i].name),
                      policy_effect_word(f->tools[i].effect)));
    return list;
}
