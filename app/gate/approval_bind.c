/* approval_bind: what an approval covers, byte for byte, and whether what it stands on is still so. */
#include "base/conf.h"
#include "base/id.h"
#include "base/json.h"
#include "gate/approval_priv.h"
#include "gate/label.h"
#include "gate/policy_set.h"
#include "gate/who.h"
#include "store/auth_registry.h"
#include "store/auth_session.h"

#include <sodium.h>

static void
put_field(crypto_generichash_state *st, struct span s)
{
    unsigned char n[8];
    for (unsigned i = 0; i < sizeof n; i++)
        n[i] = (unsigned char)((uint64_t)s.n >> (8 * i));
    crypto_generichash_update(st, n, sizeof n);
    crypto_generichash_update(st, (const unsigned char *)s.p, s.n);
}

struct span
approval_binding(struct task *t, const struct gate *g, const struct auth_approval *a)
{
    crypto_generichash_state st;
    unsigned char key[HASH_BYTES], hash[HASH_BYTES];
    size_t n;
    const struct auth_approval_column *c = auth_approval_columns(&n);
    hash_bytes((struct span){(const char *)g->secret, sizeof g->secret}, key);
    crypto_generichash_init(&st, key, sizeof key, HASH_BYTES);
    put_field(&st, SPAN("lyceum/approval/v1"));
    put_field(&st, span_of(conf_text("deployment.id")));
    for (size_t i = 0; i < n; i++) {
        const void *field = (const char *)a + c[i].offset;
        if (!c[i].bound)
            continue;
        put_field(&st, span_of(c[i].name));
        if (c[i].number)
            put_field(&st, task_format(t, "%lld", (long long)*(const int64_t *)field));
        else
            put_field(&st, *(const struct span *)field);
    }
    crypto_generichash_final(&st, hash, sizeof hash);
    sodium_memzero(key, sizeof key);
    struct buf *hex = task_buf(t, HASH_HEX_BYTES);
    hex_put(hex, hash, sizeof hash);
    return buf_view(hex);
}

static struct span
or_hash(struct task *t, struct span given, struct span of)
{
    char hex[HASH_HEX_BYTES];
    if (given.n > 0)
        return given;
    hash_hex(of, hex);
    return task_dup(t, span_of(hex));
}

static struct span
or_text(struct span given, struct span fallback)
{
    return given.n > 0 ? given : fallback;
}

enum err
approval_fill(struct task *t, const struct approval_call *call, struct auth_approval *a)
{
    if (call->args.n > APPROVAL_ARGS_BYTES || call->facts.n > APPROVAL_ARGS_BYTES)
        return task_fail(
            t, E_LIMIT, "What is to be approved is longer than %d bytes: nobody could read it.", APPROVAL_ARGS_BYTES);
    a->kind = span_of(call->kind);
    a->user = call->user;
    a->conversation = call->conversation;
    a->turn = call->turn;
    a->plugin = or_text(call->plugin, SPAN("core"));
    a->plugin_digest = or_hash(t, call->plugin_digest, SPAN("lyceum/" LYCEUM_VERSION));
    a->tool = or_text(call->tool, a->kind);
    a->schema_digest = or_hash(t, call->schema_digest, a->tool);
    a->args = call->args;
    a->dataset = call->dataset;
    a->revision = call->revision;
    a->level = call->c.level;
    a->integrity = call->c.integrity;
    a->clearance = call->c.clearance;
    a->dominates = call->c.dominates;
    a->effect = call->c.effect;
    a->mode = call->c.mode;
    a->proposer = call->c.proposer;
    a->categories = or_text(call->categories, SPAN("[]"));
    a->sink = call->sink;
    a->payload_hash = or_hash(t, call->payload_hash, call->args);
    a->effect_digest = call->effect_digest;
    a->proposal = call->proposal;
    a->facts = or_text(call->facts, SPAN("{}"));
    return E_OK;
}

enum err
approval_taint(struct task *t, struct gate *g, struct span conversation, struct span *out)
{
    struct taint taint;
    *out = SPAN_NONE;
    if (conversation.n == 0)
        return E_OK;
    if (label_taint(t, g, conversation, &taint) != E_OK)
        return t->err;
    *out = task_format(t, "%d %d %.*s", (int)taint.level, taint.integrity, SPAN_ARG(taint.categories));
    return E_OK;
}

/* Does the session live? Without one in mind: does any of the user's? */
static enum err
read_session(struct task *t, struct gate *g, const struct auth_approval *a, int64_t now_ms, bool *out)
{
    struct auth_session *list = NULL;
    struct actor who;
    size_t n = 0;
    *out = false;
    if (a->session.n > 0) {
        enum err e = who_session(t, g, a->session, now_ms, &who);
        *out = e == E_OK && span_eq(who.user.id, a->user);
        return e;
    }
    if (auth_session_list(t, &g->db, a->user, &list, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n && !*out; i++) {
        if (who_session(t, g, list[i].hash, now_ms, &who) != E_OK)
            return t->err;
        *out = who.public.signed_in;
    }
    return E_OK;
}

enum err
approval_premises(
    struct task *t, struct gate *g, const struct auth_approval *a, int64_t now_ms, struct approval_premises *out)
{
    struct auth_user u;
    struct auth_conversation c = {0};
    struct auth_dataset d = {0};
    struct policy_set policy;
    *out = (struct approval_premises){.made = approval_binding(t, g, a)};
    if (auth_user_by_id(t, &g->db, a->user, &u) != E_OK || read_session(t, g, a, now_ms, &out->signed_in) != E_OK ||
        policy_set_read(t, g, &policy) != E_OK || approval_taint(t, g, a->conversation, &out->taint) != E_OK)
        return t->err;
    if (a->conversation.n > 0 && auth_conversation_find(t, &g->db, a->conversation, &c) != E_OK)
        return t->err;
    if (a->dataset.n > 0 && auth_dataset_find(t, &g->db, a->dataset, &d) != E_OK)
        return t->err;
    out->role = u.disabled ? SPAN_NONE : u.role;
    out->conversation = a->conversation.n == 0 || (c.id.n > 0 && !c.deleted && span_eq(c.owner, a->user));
    out->revision = d.withdrawn ? SPAN_NONE : d.revision;
    out->policy = task_dup(t, span_of(policy.hash));
    return E_OK;
}

const char *
approval_fallen(const struct auth_approval *a, const struct approval_premises *now)
{
    const struct {
        bool stands;
        const char *why;
    } rows[] = {
        {a->binding.n > 0 && secret_eq(a->binding, now->made), "mismatched"},
        {now->role.n > 0, "account"},
        {span_eq(now->role, a->role), "role-changed"},
        {now->signed_in, "signed-out"},
        {now->conversation, "deleted"},
        {span_eq(now->taint, a->taint), "label-rose"},
        {a->revision.n == 0 || span_eq(now->revision, a->revision), "revision-changed"},
        {span_eq(now->policy, a->policy), "policy-changed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!rows[i].stands)
            return rows[i].why;
    return NULL;
}
