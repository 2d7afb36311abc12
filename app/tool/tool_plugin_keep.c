/* tool_plugin_keep: pictures that a plugin made, kept with the conversation under the hash of their bytes. */
#include "base/conf.h"
#include "base/id.h"
#include "base/json.h"
#include "gate/gate_client.h"
#include "policy/grant.h"
#include "render/picture.h"
#include "store/work_artifact.h"
#include "tool/tool_priv.h"

#include <sodium.h>

static struct span
sha256_of(struct task *t, struct span bytes)
{
    unsigned char h[crypto_hash_sha256_BYTES];
    struct buf *b = task_buf(t, HASH_HEX_BYTES);
    crypto_hash_sha256(h, (const unsigned char *)bytes.p, bytes.n);
    hex_put(b, h, sizeof h);
    return buf_view(b);
}

enum err
tool_plugin_room(struct task *t, const struct tool_plugin_talk *k, size_t bytes)
{
    int64_t own, all, more = (int64_t)bytes, most = conf_int("limits.artifacts_conversation_bytes");
    if (work_artifact_used(t, k->w->work, k->w->conversation, &own, &all) != E_OK)
        return t->err;
    for (size_t i = 0; i < k->done->artifacts; i++)
        more += (int64_t)k->done->artifact[i].bytes.n;
    if (own + more > most)
        return task_fail(t, E_LIMIT,
            "This conversation's pictures take %lld MB of the %lld MB that it may keep: delete it, or begin a new one.",
            (long long)(own >> 20), (long long)(most >> 20));
    if (all + more > conf_int("limits.artifacts_bytes"))
        return task_fail(t, E_LIMIT,
            "The pictures of all conversations take the space that there is for them: delete conversations that are "
            "not needed any more, or ask an admin for more (limits.artifacts_bytes).");
    return E_OK;
}

enum err
tool_plugin_keep(struct task *t, struct tool_plugin_talk *k, struct span bytes, struct span alt, struct span *artifact)
{
    enum { KEPT_MOST = 16, ALT_BYTES = 1000 };
    struct tool_done *d = k->done;
    struct picture picture;
    struct span grant;
    if (!picture_read(bytes, &picture))
        return task_fail(t, E_INVALID, "A picture is a PNG, a JPEG or a WebP.");
    if ((int64_t)bytes.n > conf_int("limits.artifact_bytes"))
        return task_fail(t, E_LIMIT, "A picture may have %lld bytes at most; this one has %zu.",
            (long long)conf_int("limits.artifact_bytes"), bytes.n);
    if (d->artifacts == KEPT_MOST)
        return task_fail(t, E_LIMIT, "One call keeps %d pictures at most.", KEPT_MOST);
    if (tool_plugin_room(t, k, bytes.n) != E_OK)
        return t->err;
    *artifact = sha256_of(t, bytes);
    struct span body = task_format(
        t, "{\"type\":\"%s\",\"sha256\":\"%.*s\",\"bytes\":%zu}", picture.type, SPAN_ARG(*artifact), bytes.n);
    const struct span bound[] = {SPAN("artifact"), body};
    struct gate_proposal p = {
        .audience = "gate", .capability = "artifact", .args_hash = grant_args_hash(t, bound, 2), .body = body};
    if (tool_plugin_allowed(t, k, &p, &grant) != E_OK)
        return t->err;
    if (!d->artifact)
        d->artifact = task_array(t, KEPT_MOST, sizeof *d->artifact);
    d->artifact[d->artifacts++] = (struct work_artifact){.conversation = k->w->conversation,
        .sha256 = *artifact,
        .type = span_of(picture.type),
        .alt = task_dup(t, span_first(alt, ALT_BYTES)),
        .plugin = k->w->at->plugin->id,
        .level = k->level,
        .bytes = task_dup(t, bytes)};
    return E_OK;
}

enum err
tool_plugin_artifact(struct task *t, struct tool_plugin_talk *k, const json_t *params, json_t **result)
{
    struct buf *raw = task_buf(t, WORK_ARTIFACT_BYTES);
    struct span artifact;
    if (!base64_get(json_text(params, "bytes_b64"), raw))
        return task_fail(t, E_INVALID, "\"bytes_b64\" is malformed, or more than %d bytes.", WORK_ARTIFACT_BYTES);
    if (tool_plugin_keep(t, k, buf_view(raw), json_text(params, "alt"), &artifact) != E_OK)
        return t->err;
    *result = task_json(t, json_object());
    json_object_set_new(*result, "artifact", json_stringn(artifact.p, artifact.n));
    return E_OK;
}
