/* plugin_facts: what a version of a plugin may do, as gate decides by it. Pure.
 *
 * Stored as JSON:
 * {"id","serial","version","title","about","publisher","key","runtime","effect":0..4,"reads":-1..3,"artifact","ask",
 * "exec","nets":[{"method","origin"}],"secrets":[{"name","host"}],"settings":[{"name","type","label"}],
 * "tools":[{"name","effect","description","schema":{...},"digest","dry_run"}],"files":n,"bytes":n,"until_ms"} */
#ifndef GATE_PLUGIN_FACTS_H
#define GATE_PLUGIN_FACTS_H

#include "base/json.h"
#include "policy/closure.h"

enum { PLUGIN_TOOLS = 64, PLUGIN_NETS = 32, PLUGIN_SECRETS = 16, PLUGIN_NO_DATA = -1, PLUGIN_FACTS_BYTES = 1 << 20 };

struct plugin_net {
    struct span method; /* GET POST ... */
    struct span origin; /* "https://host:443", as declared: lower case, always with its port */
};
struct plugin_secret {
    struct span name, host;
};
struct plugin_tool {
    struct span name, description;
    json_t *schema;     /* of its arguments, as the plugin declares it */
    struct span digest; /* hex: of its description and schema */
    enum policy_effect effect;
    bool dry_run; /* what it would change can be shown beforehand */
};
struct plugin_facts {
    struct span id, version, title, about, publisher, key, runtime;
    int64_t serial;
    enum policy_effect effect; /* the worst that it declares */
    int reads;                 /* the highest level of rows that it asks for; PLUGIN_NO_DATA: none */
    bool artifact, ask, exec;
    struct plugin_net nets[PLUGIN_NETS];
    size_t n_nets;
    struct span points[PLUGIN_NETS]; /* addresses that an admin put in their places, maybe with a path; empty: none */
    struct plugin_secret secrets[PLUGIN_SECRETS];
    size_t n_secrets;
    json_t *settings; /* array */
    int64_t until_ms; /* no consent before: its owner changed. 0: none */
    struct plugin_tool tools[PLUGIN_TOOLS];
    size_t n_tools;
};

/* E_CORRUPT on anything that is not what was stored. Borrows from the task. */
enum err plugin_facts_read(struct task *t, struct span json, struct plugin_facts *out);
/* Puts an admin's addresses, a JSON object of declared origin -> address, in the place of declared ones. */
enum err plugin_facts_point(struct task *t, struct plugin_facts *f, struct span endpoints);
/* Can it reach the outside at all? */
bool plugin_facts_outside(const struct plugin_facts *f);
/* The three powers, when it is let read up to `limit`. */
void plugin_facts_powers(const struct plugin_facts *f, int64_t limit, struct closure_powers *out);
const struct plugin_tool *plugin_facts_tool(const struct plugin_facts *f, struct span name);
/* The declared origin for a method and an address, or NULL. *secret: what goes with it to that host, or NULL. */
const struct plugin_net *plugin_facts_net(
    struct task *t, const struct plugin_facts *f, struct span method, struct span url, const struct plugin_secret **s);
/* Where a request to `href`, which that origin covers, really goes. */
struct span plugin_facts_address(
    struct task *t, const struct plugin_facts *f, const struct plugin_net *n, struct span href);
/* The i-th origin: the declared one, or what is in its place; and in words. */
struct span plugin_facts_to(const struct plugin_facts *f, size_t i);
struct span plugin_facts_destination(struct task *t, const struct plugin_facts *f, size_t i);

/* What it can do, in sentences for people. */
json_t *plugin_facts_words(struct task *t, const struct plugin_facts *f);

#endif
