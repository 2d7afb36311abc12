/* operation: grants checked, then the table of what may be done. */
#include "egress/operation.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "egress/egress_client.h"

size_t
operation_reply_bytes(void)
{
    return (size_t)conf_int("egress.reply_bytes");
}

static enum err
secret_set(struct guest *g, const struct frame *f, const struct grant *grant)
{
    struct task *t = guest_task(g);
    struct span name = frame_get(f, "name");
    (void)grant;
    if (vault_set(t, guest_house(g)->vault, name, frame_get(f, "value")) != E_OK)
        return t->err;
    log_line(t, "the secret %.*s was set", SPAN_ARG(name));
    frame_end(guest_out(g), frame_begin(guest_out(g), "ok"));
    guest_done(g);
    return E_OK;
}

static enum err
secret_list(struct guest *g, const struct frame *f, const struct grant *grant)
{
    struct task *t = guest_task(g);
    json_t *list;
    (void)f;
    (void)grant;
    if (vault_list(t, guest_house(g)->vault, &list) != E_OK)
        return t->err;
    size_t mark = frame_begin(guest_out(g), "ok");
    frame_put(guest_out(g), "list", json_dump(t, list));
    frame_end(guest_out(g), mark);
    guest_done(g);
    return E_OK;
}

/* What the grant's hash is over, behind the kind: nothing, a field of the frame, or the page's address. */
static struct span
no_text(struct task *t, const struct frame *f, const struct grant *grant)
{
    (void)t, (void)f, (void)grant;
    return SPAN_NONE;
}

static struct span
body_text(struct task *t, const struct frame *f, const struct grant *grant)
{
    (void)t, (void)grant;
    return frame_get(f, "body");
}

static struct span
name_text(struct task *t, const struct frame *f, const struct grant *grant)
{
    (void)t, (void)grant;
    return frame_get(f, "name");
}

static struct span
page_text(struct task *t, const struct frame *f, const struct grant *grant)
{
    json_t *detail;
    (void)f;
    if (json_read(t, grant->detail, &detail) != E_OK)
        return SPAN_NONE;
    return egress_fetch_body(t, json_text(detail, "url"));
}

/* The address as the plugin wrote it: an admin may have put another host in its place. */
static struct span
plugin_text(struct task *t, const struct frame *f, const struct grant *grant)
{
    json_t *detail;
    if (json_read(t, grant->detail, &detail) != E_OK)
        return SPAN_NONE;
    struct span asked = json_text(detail, "asked");
    if (asked.n == 0)
        asked = json_text(detail, "url");
    return egress_plugin_body(t, json_text(detail, "method"), asked, frame_get(f, "headers"), frame_get(f, "body"));
}

/* kind of the frame; capability of the grant; what is hashed: a word, and a text or nothing. */
static const struct {
    const char *kind, *capability, *word;
    size_t fields;
    struct span (*text)(struct task *t, const struct frame *f, const struct grant *grant);
    enum err (*fn)(struct guest *g, const struct frame *f, const struct grant *grant);
} rows[] = {
    {"http", "llm", "http", 2, body_text, exchange_begin},
    {"http", "fetch", "fetch", 2, page_text, exchange_page_begin},
    {"http", "market", "market", 2, page_text, exchange_page_begin},
    {"http", "plugin-fetch", "plugin-fetch", 2, plugin_text, exchange_begin},
    {"secret.set", "secret.set", "secret.set", 2, name_text, secret_set},
    {"secret.list", "secret.list", "secret.list", 1, no_text, secret_list},
    {"probe", "probe", "probe", 1, no_text, probe_begin},
};
enum { N_ROWS = sizeof rows / sizeof rows[0] };

/* Gate may have started after us, or with another key. */
static enum err
open_grant(struct task *t, struct house *h, struct span sealed, struct grant *out)
{
    if (h->gate_key_known && grant_open(t, h->gate_key, sealed, "egress", clock_unix_ms(), out) == E_OK)
        return E_OK;
    task_clear_error(t);
    h->gate_key_known = grant_key_read_public(t, "gate", h->gate_key) == E_OK;
    if (!h->gate_key_known) {
        task_clear_error(t);
        return task_fail(t, E_UNAVAILABLE, "The gate has not started yet. Try again in a moment.");
    }
    return grant_open(t, h->gate_key, sealed, "egress", clock_unix_ms(), out);
}

/* The row of a call, once its grant was opened; N_ROWS: the grant is for something else. */
static size_t
row_of(const struct frame *f, const struct grant *grant)
{
    for (size_t i = 0; i < N_ROWS; i++)
        if (frame_is(f, rows[i].kind) && span_is(grant->capability, rows[i].capability))
            return i;
    return N_ROWS;
}

static bool
covers(struct task *t, size_t row, const struct frame *f, const struct grant *grant)
{
    if (row == N_ROWS)
        return false;
    const struct span fields[2] = {span_of(rows[row].word), rows[row].text(t, f, grant)};
    return t->err == E_OK && secret_eq(grant->args_hash, grant_args_hash(t, fields, rows[row].fields));
}

static bool
is_known(const struct frame *f)
{
    for (size_t i = 0; i < N_ROWS; i++)
        if (frame_is(f, rows[i].kind))
            return true;
    return false;
}

enum err
operation_begin(struct guest *g, const struct frame *f)
{
    struct task *t = guest_task(g);
    struct house *h = guest_house(g);
    struct grant grant;
    if (!is_known(f))
        return task_fail(t, E_INVALID, "Egress does no such thing.");
    if (open_grant(t, h, frame_get(f, "grant"), &grant) != E_OK)
        return t->err;
    size_t row = row_of(f, &grant);
    if (!covers(t, row, f, &grant)) {
        task_clear_error(t);
        return task_fail(t, E_DENIED, "This grant is for another call.");
    }
    if (nonce_covers(t, h->nonces, grant.issued_ms, 0) != E_OK ||
        nonce_use(t, h->nonces, grant.nonce, grant.expires_ms, clock_unix_ms()) != E_OK)
        return t->err;
    return rows[row].fn(g, f, &grant);
}
