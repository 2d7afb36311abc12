/* act_own: what gate does in its own database: once for each approval, by the same transaction. */
#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "gate/act_priv.h"
#include "gate/admin.h"
#include "gate/own.h"
#include "gate/own_keep.h"

static struct span
once_name(struct task *t, struct span approval)
{
    return task_format(t, "approval %.*s", SPAN_ARG(span_first(approval, ID_BYTES)));
}

enum err
act_once(struct task *t, struct gate *g, struct span approval, int64_t now_ms)
{
    return auth_used_once(t, &g->db, once_name(t, approval), now_ms);
}

enum err
act_tell_own(struct task *t, struct act *a)
{
    bool done = false;
    if (auth_used_before(t, &a->gate->db, once_name(t, a->approval->id), &done) != E_OK)
        return t->err;
    return done ? E_OK
                : task_fail(t, E_NOTFOUND, "It was approved but not carried out; nothing was changed. Ask again.");
}

static enum err
begin(struct task *t, struct act *a, struct gate_change *change, const char *action, struct span object)
{
    *change = (struct gate_change){.actor = a->approval->user, .action = span_of(action), .object = object};
    change->detail = task_format(t, "{\"approval_id\":\"%.*s\"}", SPAN_ARG(a->approval->id));
    return gate_change_begin(t, a->gate, change);
}

static enum err
end(struct task *t, struct act *a, const struct gate_change *change, enum err e)
{
    if (e == E_OK)
        e = act_once(t, a->gate, a->approval->id, a->now_ms);
    return gate_change_end(t, a->gate, change, a->now_ms, e);
}

static void
put_id(struct act *a, struct span id)
{
    json_object_set_new(a->out, "id", json_stringn(id.p, id.n));
}

enum err
act_save(struct task *t, struct act *a)
{
    struct auth_saved s;
    struct gate_change change;
    if (own_saved_read(t, a->args, &s) != E_OK)
        return t->err;
    s.owner = a->approval->user;
    s.level = a->approval->level;
    s.integrity = a->approval->integrity;
    if (begin(t, a, &change, "saved.put", s.dataset) != E_OK ||
        end(t, a, &change, own_saved_store(t, a->gate, &s, a->now_ms)) != E_OK)
        return t->err;
    put_id(a, s.id);
    return E_OK;
}

static enum err
share_saved(struct task *t, struct act *a, struct span id)
{
    struct auth_saved s;
    struct gate_change change;
    char hex[HASH_HEX_BYTES];
    if (begin(t, a, &change, "saved.shared", id) != E_OK)
        return t->err;
    enum err e = auth_saved_find(t, &a->gate->db, id, &s);
    hash_hex(s.sql, hex);
    if (e == E_OK && (s.id.n == 0 || !span_eq(s.owner, a->approval->user)))
        e = task_fail(t, E_CONFLICT, "The saved query is not there any more.");
    if (e == E_OK && !span_is(a->approval->payload_hash, hex))
        e = task_fail(t, E_CONFLICT, "The saved query was changed since. It was not shared.");
    if (e == E_OK)
        e = auth_saved_share(t, &a->gate->db, id, true, a->now_ms);
    if (end(t, a, &change, e) != E_OK)
        return t->err;
    put_id(a, id);
    return E_OK;
}

enum err
act_share(struct task *t, struct act *a)
{
    struct span saved = json_text(a->args, "saved"), id;
    struct gate_change change;
    if (saved.n > 0)
        return share_saved(t, a, saved);
    struct auth_share s = {.owner = a->approval->user,
        .conversation = json_text(a->args, "conversation"),
        .turn = json_text(a->args, "turn"),
        .level = a->approval->level};
    if (begin(t, a, &change, "share.made", s.conversation) != E_OK ||
        end(t, a, &change, own_share_store(t, a->gate, &s, a->now_ms, &id)) != E_OK)
        return t->err;
    put_id(a, id);
    return E_OK;
}

/* The operation (of admins, or a label of their own dataset) runs as its person, with the rights that they have now. */
enum err
act_admin(struct task *t, struct act *a)
{
    struct actor actor;
    json_t *in = json_object_get(a->args, "in");
    if (who_was(t, a->gate, a->approval->user, &actor) != E_OK)
        return t->err;
    struct span operation = json_text(a->args, "operation");
    struct own_call own = {
        .gate = a->gate, .actor = &actor, .in = in, .now_ms = a->now_ms, .approval = a->approval->id};
    struct admin_call admin = {
        .gate = a->gate, .actor = &actor, .in = in, .now_ms = a->now_ms, .approval = a->approval->id};
    bool label = span_starts(operation, "label.");
    enum err e = label ? own_run(t, &own, operation) : admin_run(t, &admin, operation);
    if (e != E_OK)
        return e;
    /* That is done, whatever becomes of the files: nobody reads them until they are made. */
    json_t *reply = label ? own.out : admin.out;
    if (reply && act_rebuild(t, a->gate, a->approval->user, a->approval->dataset, reply, a->now_ms) != E_OK) {
        log_line(t, "labels: %s", t->cause);
        task_clear_error(t);
        json_object_set_new(a->out, "rebuilt", json_false());
    }
    return E_OK;
}
