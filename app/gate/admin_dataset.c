/* admin_dataset: what is published, to whom. */
#include "base/id.h"
#include "base/json.h"
#include "gate/act_priv.h"
#include "gate/admin.h"
#include "gate/evidence.h"
#include "gate/label_set.h"

enum { META_BYTES = 256 * 1024, DETAIL_BYTES = 2000 };

static enum err
find(struct task *t, const struct admin_call *c, struct auth_dataset *d)
{
    struct span name;
    if (admin_text(t, c, "name", &name) != E_OK || auth_dataset_find(t, &c->gate->db, name, d) != E_OK)
        return t->err;
    return d->name.n > 0 ? E_OK
                         : task_fail(t, E_NOTFOUND, "There is no dataset called %.*s.", SPAN_ARG(span_first(name, 80)));
}

enum err
admin_dataset_list(struct task *t, struct admin_call *c)
{
    struct auth_dataset *d = NULL;
    size_t n = 0;
    json_t *list = json_array();
    c->out = task_json(t, json_object());
    json_object_set_new(c->out, "datasets", list);
    if (auth_dataset_list(t, &c->gate->db, &d, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++) {
        struct span names;
        json_t *readers = NULL, *j = object_dataset_json(t, c->gate, &d[i]);
        json_array_append_new(list, j);
        if (auth_reader_names(t, &c->gate->db, d[i].name, &names) != E_OK || json_read(t, names, &readers) != E_OK)
            return t->err;
        json_object_set(j, "readers", readers);
        json_object_set_new(j, "withdrawn", json_boolean(d[i].withdrawn));
        json_object_set_new(j, "created_ms", json_integer(d[i].created_ms));
        json_object_set_new(j, "changed_ms", json_integer(d[i].changed_ms));
    }
    return t->err;
}

/* Takes over the members of `from` that describe a dataset. */
enum err
admin_merge_meta(struct task *t, const json_t *from, struct span *meta)
{
    static const char *const texts[] = {"title", "description", "license", "source"};
    json_t *j = NULL, *suggested = json_object_get(from, "suggested");
    if (json_read(t, meta->n > 0 ? *meta : SPAN("{}"), &j) != E_OK)
        return t->err;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (json_is_string(json_object_get(from, texts[i])))
            json_object_set(j, texts[i], json_object_get(from, texts[i]));
    if (json_is_array(suggested))
        json_object_set(j, "suggested", suggested);
    *meta = json_dump(t, j);
    return meta->n <= META_BYTES ? E_OK : task_fail(t, E_LIMIT, "The dataset's description is too long.");
}

enum err
admin_merge_visibility(struct task *t, const json_t *in, struct auth_dataset *d)
{
    struct span v = json_text(in, "visibility");
    if (v.n == 0)
        return E_OK;
    if (!span_is(v, "public") && !span_is(v, "members") && !span_is(v, "private"))
        return task_fail(t, E_INVALID, "A dataset is \"public\", for \"members\", or \"private\".");
    d->visibility = v;
    return E_OK;
}

static enum err
merge_owner(struct task *t, const struct admin_call *c, struct auth_dataset *d)
{
    struct auth_user u;
    struct span name = json_text(c->in, "owner");
    if (name.n == 0)
        return E_OK;
    if (auth_user_by_name(t, &c->gate->db, name, &u) != E_OK)
        return t->err;
    if (u.id.n == 0)
        return task_fail(t, E_NOTFOUND, "There is no account called %.*s.", SPAN_ARG(span_first(name, 80)));
    d->owner = u.id;
    return E_OK;
}

struct auth_dataset
admin_dataset_fresh(const struct admin_call *c, struct span name)
{
    return (struct auth_dataset){.name = name,
        .owner = c->actor->public.principal,
        .visibility = SPAN("private"),
        .meta = SPAN("{}"),
        .level = -1,
        .integrity = INTEGRITY_EXTERNAL};
}

/* Writes a dataset within the change's transaction. A lower visibility ends what its readers have open. */
static enum err
save(struct task *t, struct admin_call *c, const char *action, const struct auth_dataset *d, struct span detail,
    struct label_change *labels)
{
    struct gate_change change = {.detail = detail};
    if (admin_begin(t, c, &change, action, d->name) != E_OK)
        return t->err;
    enum err e = auth_dataset_put(t, &c->gate->db, d, c->now_ms);
    if (e == E_OK && labels)
        e = label_change_write(t, c->gate, labels, c->now_ms);
    if (admin_end(t, c, &change, e) != E_OK)
        return t->err;
    share_epoch_bump(c->gate->share);
    return E_OK;
}

enum err
admin_rebuild(struct task *t, struct admin_call *c, const struct label_change *labels)
{
    json_t *reply = task_json(t, json_object());
    if (label_change_grant(t, c->gate, c->actor, labels, reply) != E_OK)
        return t->err;
    return act_rebuild(t, c->gate, c->actor->public.name, labels->to.name, reply, c->now_ms);
}

enum err
admin_dataset_set(struct task *t, struct admin_call *c)
{
    struct auth_dataset d;
    struct span name;
    struct label_change labels;
    if (admin_text(t, c, "name", &name) != E_OK)
        return t->err;
    if (!object_name_ok(name))
        return task_fail(t, E_INVALID,
            "A dataset's name begins with a small letter and has small letters, digits, _ and - (at most 63).");
    if (auth_dataset_find(t, &c->gate->db, name, &d) != E_OK)
        return t->err;
    if (d.name.n == 0)
        d = admin_dataset_fresh(c, name);
    if (label_change_begin(t, c->gate, &d, &labels) != E_OK || admin_merge_meta(t, c->in, &d.meta) != E_OK ||
        admin_merge_visibility(t, c->in, &d) != E_OK || merge_owner(t, c, &d) != E_OK)
        return t->err;
    labels.to = d;
    label_change_judge(&labels);
    if (save(t, c, "dataset.set", &d, task_format(t, "{\"visibility\":\"%.*s\"}", SPAN_ARG(d.visibility)), &labels) !=
        E_OK)
        return t->err;
    return admin_rebuild(t, c, &labels);
}

/* Whose it is, and a lower label: more people may see it then. */
enum err
admin_dataset_grave(struct task *t, struct admin_call *c, bool *out)
{
    struct auth_dataset was, is;
    struct span name;
    if (admin_text(t, c, "name", &name) != E_OK || auth_dataset_find(t, &c->gate->db, name, &was) != E_OK)
        return t->err;
    is = was;
    if (was.name.n > 0 && (admin_merge_visibility(t, c->in, &is) != E_OK || merge_owner(t, c, &is) != E_OK))
        return t->err;
    *out = object_level(&is) < object_level(&was) || !span_eq(is.owner, was.owner);
    return E_OK;
}

enum err
admin_dataset_withdraw(struct task *t, struct admin_call *c)
{
    struct auth_dataset d;
    if (find(t, c, &d) != E_OK)
        return t->err;
    d.withdrawn = true;
    return save(t, c, "dataset.withdraw", &d, SPAN_NONE, NULL);
}

enum err
admin_dataset_reader(struct task *t, struct admin_call *c)
{
    struct auth_dataset d;
    struct auth_user u;
    struct span user;
    struct gate_change change = {0};
    bool may = json_flag(c->in, "may", true);
    if (find(t, c, &d) != E_OK || admin_text(t, c, "user", &user) != E_OK ||
        auth_user_by_name(t, &c->gate->db, user, &u) != E_OK)
        return t->err;
    if (u.id.n == 0)
        return task_fail(t, E_NOTFOUND, "There is no account called %.*s.", SPAN_ARG(span_first(user, 80)));
    change.detail = task_format(t, "{\"user\":\"%.*s\",\"may\":%s}", SPAN_ARG(u.id), may ? "true" : "false");
    if (admin_begin(t, c, &change, "dataset.reader", d.name) != E_OK ||
        admin_end(t, c, &change, auth_reader_set(t, &c->gate->db, d.name, u.id, may)) != E_OK)
        return t->err;
    share_revoke(c->gate->share, "principal", u.id);
    return E_OK;
}

static bool
operation_ok(struct span s)
{
    return span_is(s, "publish") || span_is(s, "rollback") || span_is(s, "unpublish");
}

enum err
admin_dataset_grant(struct task *t, struct admin_call *c)
{
    struct span operation, name, hex, sealed;
    char *hash = task_alloc(t, HASH_BYTES);
    struct auth_dataset d;
    struct dataset_label labels;
    const char *reason = "";
    if (admin_text(t, c, "operation", &operation) != E_OK || admin_text(t, c, "name", &name) != E_OK ||
        admin_text(t, c, "args_hash", &hex) != E_OK || auth_dataset_find(t, &c->gate->db, name, &d) != E_OK)
        return t->err;
    if (!operation_ok(operation) || !object_name_ok(name) || !hex_get(hex, hash, HASH_BYTES))
        return task_fail(t, E_INVALID, "That is no change of a dataset.");
    if (d.name.n == 0)
        d = admin_dataset_fresh(c, name);
    struct policy_case pc = {
        PROPOSER_USER, 1, object_level(&d), true, EFFECT_DURABLE, object_level(&d), MODE_PRIVATE, APPROVAL_NONE};
    if (policy_decide(&pc, &reason) != DECISION_ALLOW)
        return task_fail(t, E_DENIED, "The policy does not allow that change (%s).", reason);
    struct grant grant = {.audience = SPAN("effect"),
        .capability = operation,
        .subject = c->actor->public.principal,
        .dataset = name,
        .level = object_level(&d),
        .args_hash = {hash, HASH_BYTES}};
    /* Effect makes a file for each clearance of them. */
    if (label_of_dataset(t, c->gate, &d, &labels) != E_OK || label_detail(t, &labels, SPAN_NONE, &grant.detail) != E_OK)
        return t->err;
    struct buf *detail = task_buf(t, DETAIL_BYTES);
    buf_putc(detail, '{');
    evidence_put_case(detail, &pc, DECISION_ALLOW, reason);
    buf_printf(detail, ",\"operation\":\"%.*s\",\"args\":\"%.*s\"}", SPAN_ARG(operation), SPAN_ARG(hex));
    struct gate_change change = {.detail = buf_view(detail)};
    if (admin_begin(t, c, &change, "dataset.grant", name) != E_OK || admin_end(t, c, &change, E_OK) != E_OK ||
        seal_grant(t, c->gate, &grant, &sealed) != E_OK)
        return t->err;
    struct buf *b = task_buf(t, GRANT_SEAL_BYTES * 2);
    base64_put(b, sealed);
    c->out = task_json(t, json_object());
    admin_put(c->out, "grant", buf_view(b));
    return E_OK;
}
