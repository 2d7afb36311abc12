/* host_admit: one use of one grant for one call. */
#include "plugin/host_admit.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "plugin/plugin_client.h"
#include "policy/grant.h"
#include "policy/nonce.h"

#include <string.h>

enum { NONCES = 65536 };
static struct nonce_set *nonces;

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
    struct span hash = strcmp(capability, "stop") == 0 ? plugin_stop_hash(t, out->digest)
                                                       : plugin_call_hash(t, out->digest, tool, args);
    if (!secret_eq(g.args_hash, hash))
        return task_fail(t, E_DENIED, "The permission for this call is for other arguments.");
    if (nonce_covers(t, nonces, g.issued_ms, 0) != E_OK)
        return t->err;
    return nonce_use(t, nonces, g.nonce, g.expires_ms, now);
}
