/* admin_model: language models and the grants for egress that admins need themselves. */
#include "base/id.h"
#include "base/json.h"
#include "gate/admin.h"
#include "gate/approval.h"

#include <string.h>

enum { NAME_BYTES = 63, URL_BYTES = 1024, MODEL_BYTES = 16384 };

enum err
admin_model_list(struct task *t, struct admin_call *c)
{
    struct auth_model *m = NULL;
    size_t n = 0;
    json_t *list = json_array(), *one = NULL;
    c->out = task_json(t, json_object());
    json_object_set_new(c->out, "models", list);
    if (object_model(t, c->gate, SPAN("guide"), &one) != E_OK || auth_model_list(t, &c->gate->db, &m, &n) != E_OK)
        return t->err;
    json_array_append(list, one);
    for (size_t i = 0; i < n; i++) {
        if (json_read(t, m[i].body, &one) != E_OK)
            return t->err;
        json_array_append(list, one);
    }
    return E_OK;
}

static bool
one_of(struct span s, const char *const *words)
{
    for (; *words; words++)
        if (span_is(s, *words))
            return true;
    return false;
}

static bool
name_ok(struct span s)
{
    static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:/-";
    return s.n > 0 && s.n <= NAME_BYTES && span_only(s, set) && !span_is(s, "guide");
}

/* Of a model's name that becomes part of an address. */
#define PATH_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-"

static bool
url_ok(struct span url)
{
    bool scheme = span_starts(url, "https://") || span_starts(url, "http://127.0.0.1") ||
                  span_starts(url, "http://localhost") || span_starts(url, "http://[::1]");
    for (size_t i = 0; i < url.n; i++)
        if ((unsigned char)url.p[i] <= ' ' || (unsigned char)url.p[i] >= 127 || strchr("@?#\\\"<>", url.p[i]))
            return false;
    return scheme && url.n <= URL_BYTES;
}

static enum err
check(struct task *t, const json_t *m)
{
    static const char *const apis[] = {"openai-chat", "anthropic", "openai-responses", "gemini", NULL};
    static const char *const levels[] = {"", "public", "org", "private", "secret", NULL};
    json_t *properties = json_object_get(m, "properties");
    if (!name_ok(json_text(m, "name")))
        return task_fail(t, E_INVALID,
            "A model's name has letters, digits and . _ : / - (at most %d), and is not \"guide\".", NAME_BYTES);
    if (!one_of(json_text(m, "api"), apis))
        return task_fail(
            t, E_INVALID, "A model's api is \"openai-chat\", \"anthropic\", \"openai-responses\" or \"gemini\".");
    if (!url_ok(json_text(m, "url")))
        return task_fail(t, E_INVALID,
            "A model's url begins with https://, or with http:// on this machine (127.0.0.1, localhost).");
    if (!one_of(json_text(m, "clearance"), levels))
        return task_fail(t, E_INVALID, "A clearance is \"public\", \"org\", \"private\" or \"secret\".");
    if (json_text(m, "model").n == 0 || json_text(m, "model").n > 200)
        return task_fail(t, E_INVALID, "\"model\" is missing: the provider's own name of the model.");
    if (span_is(json_text(m, "api"), "gemini") && !span_only(json_text(m, "model"), PATH_LETTERS))
        return task_fail(
            t, E_INVALID, "The name of a Gemini model is part of its address: letters, digits and . _ - / alone.");
    if (properties && !json_is_object(properties))
        return task_fail(t, E_INVALID, "\"properties\" must be an object.");
    if (json_object_get(properties, "fallback") && !json_is_string(json_object_get(properties, "fallback")))
        return task_fail(t, E_INVALID, "\"fallback\" must be the name of the model to ask when this one can't answer.");
    return E_OK;
}

/* The record as it is stored: known members alone, with their defaults. On this machine what an admin named is cleared
 * for private data, anywhere else for public data, until the admin says otherwise. */
static json_t *
record(struct task *t, const json_t *in)
{
    static const char *const texts[] = {"name", "label", "api", "url", "model", "secret", "clearance"};
    json_t *m = task_json(t, json_object()), *properties = json_object_get(in, "properties");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        admin_put(m, texts[i], json_text(in, texts[i]));
    if (json_text(m, "label").n == 0)
        admin_put(m, "label", json_text(m, "name"));
    if (json_text(m, "clearance").n == 0)
        admin_put(m, "clearance", seal_is_loopback(json_text(m, "url")) ? SPAN("private") : SPAN("public"));
    json_object_set_new(m, "properties", properties ? json_incref(properties) : json_object());
    json_object_set_new(m, "enabled", json_boolean(json_flag(in, "enabled", true)));
    json_object_set_new(m, "default", json_boolean(json_flag(in, "default", false)));
    return m;
}

/* One default at most: takes it from the others. */
static enum err
clear_default(struct task *t, struct admin_call *c, struct span but)
{
    struct auth_model *m = NULL;
    size_t n = 0;
    if (auth_model_list(t, &c->gate->db, &m, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++) {
        json_t *body = NULL;
        if (span_eq(m[i].name, but))
            continue;
        if (json_read(t, m[i].body, &body) != E_OK)
            return t->err;
        json_object_set_new(body, "default", json_false());
        m[i].body = json_dump(t, body);
        if (auth_model_put(t, &c->gate->db, &m[i], c->now_ms) != E_OK)
            return t->err;
    }
    return E_OK;
}

/* Where a model's prompts go, under which key, and what may be in them. One that is new goes nowhere yet when it is
 * cleared for public data alone. */
enum err
admin_model_grave(struct task *t, struct admin_call *c, bool *out)
{
    struct auth_model m;
    json_t *was = NULL;
    if (check(t, c->in) != E_OK || auth_model_find(t, &c->gate->db, json_text(c->in, "name"), &m) != E_OK)
        return t->err;
    const json_t *is = record(t, c->in);
    *out = object_clearance(is) > LEVEL_PUBLIC;
    if (m.name.n == 0)
        return E_OK;
    if (json_read(t, m.body, &was) != E_OK)
        return t->err;
    *out = object_clearance(is) > object_clearance(was) || !span_eq(json_text(is, "url"), json_text(was, "url")) ||
           !span_eq(json_text(is, "secret"), json_text(was, "secret"));
    return E_OK;
}

enum err
admin_model_set(struct task *t, struct admin_call *c)
{
    if (check(t, c->in) != E_OK)
        return t->err;
    json_t *m = record(t, c->in);
    struct auth_model row = {json_text(m, "name"), json_dump(t, m)};
    if (row.body.n > MODEL_BYTES)
        return task_fail(t, E_LIMIT, "The model's properties are too long.");
    struct gate_change change = {
        .detail = task_format(t, "{\"clearance\":\"%.*s\",\"enabled\":%s}", SPAN_ARG(json_text(m, "clearance")),
            json_flag(m, "enabled", false) ? "true" : "false")};
    if (admin_begin(t, c, &change, "model.set", row.name) != E_OK)
        return t->err;
    enum err e = auth_model_put(t, &c->gate->db, &row, c->now_ms);
    if (e == E_OK && json_flag(m, "default", false))
        e = clear_default(t, c, row.name);
    if (e == E_OK)
        e = approval_void_policy(t, c->gate, c->now_ms); /* clearances are part of it */
    if (admin_end(t, c, &change, e) != E_OK)
        return t->err;
    share_epoch_bump(c->gate->share);
    return E_OK;
}

enum err
admin_model_remove(struct task *t, struct admin_call *c)
{
    struct span name;
    struct gate_change change = {0};
    bool removed = false;
    if (admin_text(t, c, "name", &name) != E_OK || admin_begin(t, c, &change, "model.remove", name) != E_OK)
        return t->err;
    enum err e = auth_model_remove(t, &c->gate->db, name, &removed);
    if (e == E_OK && !removed)
        e = task_fail(t, E_NOTFOUND, "There is no model called %.*s.", SPAN_ARG(span_first(name, 80)));
    if (e == E_OK)
        e = approval_void_policy(t, c->gate, c->now_ms);
    if (admin_end(t, c, &change, e) != E_OK)
        return t->err;
    share_epoch_bump(c->gate->share);
    return E_OK;
}

/* For a test of a model, or a file of a marketplace, the destination too. */
static enum err
destination(struct task *t, struct admin_call *c, struct grant *grant)
{
    json_t *model = NULL;
    struct span name;
    struct auth_model m;
    if (span_is(grant->capability, "market"))
        return admin_market_destination(t, c, grant);
    if (!span_is(grant->capability, "llm"))
        return E_OK;
    /* One that is switched off may be tested too. */
    if (admin_text(t, c, "model", &name) != E_OK || auth_model_find(t, &c->gate->db, name, &m) != E_OK)
        return t->err;
    if (m.name.n == 0)
        return task_fail(t, E_NOTFOUND, "There is no model called %.*s.", SPAN_ARG(span_first(name, 80)));
    if (json_read(t, m.body, &model) != E_OK || seal_model_detail(t, model, &grant->detail) != E_OK)
        return t->err;
    json_object_set(c->out, "detail", model);
    return E_OK;
}

enum err
admin_egress_grant(struct task *t, struct admin_call *c)
{
    static const char *const capabilities[] = {"secret.set", "secret.list", "probe", "llm", "market", NULL};
    struct span capability, hex, sealed;
    char *hash = task_alloc(t, HASH_BYTES);
    c->out = task_json(t, json_object());
    if (admin_text(t, c, "capability", &capability) != E_OK || admin_text(t, c, "args_hash", &hex) != E_OK)
        return t->err;
    if (!one_of(capability, capabilities) || !hex_get(hex, hash, HASH_BYTES))
        return task_fail(t, E_INVALID, "There is no such permission.");
    struct grant grant = {.audience = SPAN("egress"),
        .capability = capability,
        .subject = c->actor->public.principal,
        .args_hash = {hash, HASH_BYTES}};
    struct gate_change change = {.detail = task_format(t, "{\"args\":\"%.*s\"}", SPAN_ARG(hex))};
    if (destination(t, c, &grant) != E_OK || admin_begin(t, c, &change, "egress.grant", capability) != E_OK ||
        admin_end(t, c, &change, E_OK) != E_OK || seal_grant(t, c->gate, &grant, &sealed) != E_OK)
        return t->err;
    struct buf *b = task_buf(t, GRANT_SEAL_BYTES * 2);
    base64_put(b, sealed);
    admin_put(c->out, "grant", buf_view(b));
    return E_OK;
}
