/* cli_source: where a marketplace's files come from. */
#include "base/fsio.h"
#include "base/id.h"
#include "base/json.h"
#include "cli/cli_mirror.h"
#include "egress/egress_client.h"
#include "gate/gate_client.h"
#include "policy/grant.h"

static enum err
from_folder(struct task *t, void *arg, const char *path, size_t cap, struct span *out)
{
    return fsio_read(t, task_printf(t, "%s/%s", (const char *)arg, path), cap, out);
}

struct cli_source
cli_source_folder(const char *folder)
{
    return (struct cli_source){from_folder, (void *)(uintptr_t)folder};
}

struct reply {
    struct buf *body;
    int status;
};

static bool
on_head(void *arg, int status, struct span headers)
{
    (void)headers;
    ((struct reply *)arg)->status = status;
    return status == 200;
}

static bool
on_body(void *arg, struct span bytes)
{
    struct reply *r = arg;
    buf_span(r->body, bytes);
    return !r->body->failed;
}

/* Gate allows files of marketplaces that were added, and nothing else. */
static enum err
grant_for(struct task *t, struct span url, size_t cap, struct span *out)
{
    const struct gate_who me = {0};
    const struct span fields[] = {SPAN("market"), egress_fetch_body(t, url)};
    struct buf *hex = task_buf(t, HASH_HEX_BYTES), *sealed = task_buf(t, GRANT_SEAL_BYTES);
    struct span hash = grant_args_hash(t, fields, 2);
    json_t *in, *reply = NULL;
    hex_put(hex, hash.p, hash.n);
    in = task_json(t, json_pack("{s:s,s:s,s:s%,s:I}", "capability", "market", "args_hash", buf_z(hex), "url", url.p,
                          url.n, "most", (json_int_t)(cap > 0 ? cap : 1)));
    if (!in)
        return task_fail(t, E_INVALID, "The marketplace's address is not UTF-8.");
    gate_client_as_operator();
    if (gate_admin(t, &me, "egress.grant", in, &reply) != E_OK)
        return t->err;
    if (!base64_get(json_text(reply, "grant"), sealed) || sealed->n == 0)
        return task_fail(t, E_INTERNAL, "The authority's permission could not be read.");
    *out = buf_view(sealed);
    return E_OK;
}

static enum err
from_address(struct task *t, void *arg, const char *path, size_t cap, struct span *out)
{
    struct span url = task_format(t, "%s/%s", (const char *)arg, path);
    struct reply r = {.body = task_buf(t, cap)};
    struct egress_call call = {.on_head = on_head, .on_body = on_body, .arg = &r, .wake_fd = -1};
    if (grant_for(t, url, cap, &call.grant) != E_OK || egress_call(t, &call) != E_OK)
        return t->err;
    if (r.status == 404)
        return task_fail(t, E_NOTFOUND, "The marketplace has no such file.");
    if (r.status != 200)
        return task_fail(t, E_UNAVAILABLE, "The marketplace answered %d.", r.status);
    if (r.body->failed)
        return task_fail(t, E_LIMIT, "The marketplace's file is longer than %zu bytes.", cap);
    *out = buf_view(r.body);
    return E_OK;
}

struct cli_source
cli_source_address(const char *place)
{
    return (struct cli_source){from_address, (void *)(uintptr_t)place};
}
