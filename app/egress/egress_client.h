/* egress_client: bytes to and from the outside, through the one process that has keys and a network. */
#ifndef EGRESS_EGRESS_CLIENT_H
#define EGRESS_EGRESS_CLIENT_H

#include "base/task.h"

/* One HTTP exchange whose destination stands in the grant's detail (CONTRACTS, "Egress detail"): url, key name and how
 * the key is sent. The caller gives body and harmless headers; egress adds the key. */
struct egress_call {
    struct span grant;   /* audience egress; capability llm: args hash over ("http", body) */
    struct span headers; /* "name: value\n" lines; hop-by-hop, host, cookie and authorization ones are refused */
    struct span body;    /* empty: GET */
    /* Called as the reply comes; return false to stop the exchange (the function then returns E_OK). */
    bool (*on_head)(void *arg, int status, struct span headers);
    bool (*on_body)(void *arg, struct span bytes);
    void *arg;
    int wake_fd; /* also ends when this becomes readable (Stop); -1: none */
};
/* E_OK: the transfer ended as HTTP says (any status; the codec judges the content). E_UNAVAILABLE: can't connect, TLS,
 * reset, or a grant that is older than the service (ask gate for another); E_DEADLINE: a clock of egress.*; E_LIMIT:
 * reply too large; E_DENIED: the grant or the address. */
enum err egress_call(struct task *t, const struct egress_call *c);

/* A page from outside: the same call with a grant of capability "fetch", without headers and body: GET of the URL in
 * the grant's detail, {"url","method":"GET","auth":"none","headers":{},"loopback":bool,"most_bytes":n} (most_bytes left
 * out: 262144, counted as unpacked; a detail with a key or a header is refused). https alone, and http where loopback
 * is true (then this machine alone); no fragment, no user name. No key, no cookie, no redirect is followed: the caller
 * sees status and location. The args hash is over ("fetch", body), where body is what was proposed to gate:
 * {"url":"..."} with that member alone, without spaces, its text as json_put_text writes it. egress makes it again from
 * the detail's URL. A file of a marketplace is a page too: capability "market", hash over ("market", body). */
struct span egress_fetch_body(struct task *t, struct span url);
struct span egress_fetch_hash(struct task *t, struct span url);
/* What a plugin sends, in the middle of a call: egress_call with a grant of capability "plugin-fetch", whose detail is
 * as of "llm", with "most_bytes" as of "fetch", and "asked": the address that the plugin wrote, when an admin put
 * another host in its place. The args hash is over ("plugin-fetch", text), where text is this, of the method and the
 * address asked for and of what is sent: {"method","url","headers","body": its BLAKE2b in hex}. */
struct span egress_plugin_body(
    struct task *t, struct span method, struct span url, struct span headers, struct span body);
/* Stores a secret (audience egress, capability "secret.set", hash ("secret.set", name)). The value is never logged. */
enum err egress_secret_set(struct task *t, struct span grant, struct span name, struct span value);
/* Names and ages of secrets as JSON [{"name","set_ms"}] (capability "secret.list", hash ("secret.list")). */
enum err egress_secret_list(struct task *t, struct span grant, json_t **out);
/* Looks for model servers on loopback (Ollama 11434, llama.cpp 8080 of /v1/models, ...; capability "probe", hash
 * ("probe")): JSON [{"api","url","models":[...]}]. */
enum err egress_probe(struct task *t, struct span grant, json_t **out);

#endif
