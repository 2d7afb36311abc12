/* operation: grants checked, then the table of what may be done. */
#include "egress/operation.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/json.h"
#include "base/log.h"
#include "base/must.h"

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

/* kind of the frame; capability of the grant; the field that is hashed with the kind, if any. */
static const struct {
    const char *kind, *capability, *hashed;
    enum err (*fn)(struct guest *g, const struct frame *f, const struct grant *grant);
} rows[] = {
    {"http", "llm", "body", exchange_begin},
    {"secret.set", "secret.set", "name", secret_set},
    {"secret.list", "secret.list", NULL, secret_list},
    {"probe", "probe", NULL, probe_begin},
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

static enum err
check(struct guest *g, const struct frame *f, size_t row, struct grant *out)
{
    struct task *t = guest_task(g);
    struct house *h = guest_house(g);
    struct span fields[2] = {span_of(rows[row].kind)};
    size_t n = rows[row].hashed ? 2 : 1;
    if (n == 2)
        fields[1] = frame_get(f, rows[row].hashed);
    if (open_grant(t, h, frame_get(f, "grant"), out) != E_OK)
        return t->err;
    if (!span_is(out->capability, rows[row].capability) || !span_eq(out->args_hash, grant_args_hash(t, fields, n)))
        return task_fail(t, E_DENIED, "This grant is for another call.");
    return nonce_use(t, h->nonces, out->nonce, out->expires_ms, clock_unix_ms());
}

enum err
operation_begin(struct guest *g, const struct frame *f)
{
    struct grant grant;
    for (size_t i = 0; i < N_ROWS; i++)
        if (frame_is(f, rows[i].kind))
            return check(g, f, i, &grant) == E_OK ? rows[i].fn(g, f, &grant) : guest_task(g)->err;
    return task_fail(guest_task(g), E_INVALID, "Egress does no such thing.");
}
