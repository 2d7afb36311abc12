/* host_admit: one use of one grant for one call. */
#include "plugin/host_admit.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "plugin/plugin_client.h"
#include "policy/grant.h"
#include "policy/nonce.h"

#include <string.h>

enum { NONCES = 65536, STOPPED = 256 };
static struct nonce_set *nonces;

/* The latest orders to stop. What was permitted before such an order runs no more, also when it comes after it; a
 * permission lives a minute, so that few need to be known. */
static struct {
    unsigned char digest[HASH_BYTES]; /* its hash: of one length, whatever was sent */
    int64_t at_ms;
} stopped[STOPPED];
static size_t next_stopped;

static void
note_stop(struct span digest, int64_t at_ms)
{
    hash_bytes(digest, stopped[next_stopped].digest);
    stopped[next_stopped].at_ms = at_ms;
    next_stopped = (next_stopped + 1) % STOPPED;
}

static bool
is_stopped(struct span digest, int64_t issued_ms)
{
    unsigned char h[HASH_BYTES];
    hash_bytes(digest, h);
    for (size_t i = 0; i < STOPPED; i++)
        if (issued_ms <= stopped[i].at_ms && memcmp(h, stopped[i].digest, sizeof h) == 0)
            return true;
    return false;
}

enum err
host_admit_init(struct task *t)
{
    return nonce_open(t, NONCES, &nonces);
}

static enum err
read_detail(struct task *t, const struct grant *g, struct span tool, struct host_admitted *out)
{
    json_t *j;
    if (json_read(t, g->detail, &j) != E_OK)
        return t->err;
    const json_t *settings = json_object_get(j, "settings");
    *out = (struct host_admitted){.digest = json_text(j, "digest"),
        .subject = g->subject,
        .conversation = g->conversation,
        .settings = json_is_object(settings) && json_object_size(settings) > 0 ? json_dump(t, settings) : SPAN_NONE,
        .id = json_text(j, "id")};
    if (tool.n > 0 && !span_eq(json_text(j, "tool"), tool))
        return task_fail(t, E_DENIED, "The permission for this call is for another tool.");
    return E_OK;
}

enum err
host_admit(struct task *t, struct span sealed, const char *capability, struct span tool, struct span args,
    struct host_admitted *out)
{
    unsigned char key[GRANT_KEY_BYTES]; /* read each time: gate may have made itself a new one */
    struct grant g;
    int64_t now = clock_unix_ms();
    if (sealed.n == 0 || sealed.n > GRANT_SEAL_BYTES)
        return task_fail(t, E_DENIED, "This call needs a permission.");
    if (grant_key_read_public(t, "gate", key) != E_OK || grant_open(t, key, sealed, "plugin", now, &g) != E_OK)
        return t->err;
    if (!span_is(g.capability, capability))
        return task_fail(t, E_DENIED, "The permission for this call is for something else.");
    if (read_detail(t, &g, tool, out) != E_OK)
        return t->err;
    bool stop = strcmp(capability, "stop") == 0;
    struct span hash = stop ? plugin_stop_hash(t, out->digest) : plugin_call_hash(t, out->digest, tool, args);
    if (!secret_eq(g.args_hash, hash))
        return task_fail(t, E_DENIED, "The permission for this call is for other arguments.");
    if (nonce_covers(t, nonces, g.issued_ms, 0) != E_OK)
        return t->err;
    if (nonce_use(t, nonces, g.nonce, g.expires_ms, now) != E_OK)
        return t->err;
    if (!stop && is_stopped(out->digest, g.issued_ms))
        return task_fail(t, E_DENIED, "The plugin was stopped: it was revoked, disabled or replaced.");
    if (stop)
        note_stop(out->digest, g.issued_ms);
    return E_OK;
}
