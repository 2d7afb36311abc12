/* admin_audit: the record: looking in it, checking it, taking it out. */
#include "base/id.h"
#include "base/json.h"
#include "gate/admin.h"
#include "gate/audit_head.h"

enum { HASH_TEXT_BYTES = 200 };

static struct span
hex_of(struct task *t, struct span bytes)
{
    struct buf *b = task_buf(t, HASH_TEXT_BYTES);
    hex_put(b, bytes.p, bytes.n);
    return buf_view(b);
}

static enum err
put_rows(struct task *t, struct admin_call *c, const struct auth_audit *a, size_t n)
{
    json_t *list = json_array();
    if (!c->out)
        c->out = task_json(t, json_object());
    json_object_set_new(c->out, "rows", list);
    for (size_t i = 0; i < n; i++) {
        json_t *detail = NULL, *j = json_object();
        json_array_append_new(list, j);
        if (json_read(t, a[i].detail, &detail) != E_OK)
            return t->err;
        json_object_set_new(j, "seq", json_integer(a[i].seq));
        json_object_set_new(j, "at_ms", json_integer(a[i].at_ms));
        admin_put(j, "actor", a[i].actor);
        admin_put(j, "action", a[i].action);
        admin_put(j, "object", a[i].object);
        json_object_set(j, "detail", detail);
        admin_put(j, "hash", hex_of(t, a[i].hash));
    }
    return E_OK;
}

enum err
admin_audit_tail(struct task *t, struct admin_call *c)
{
    struct auth_audit *a = NULL;
    size_t n = 0;
    if (auth_audit_tail(t, &c->gate->db, json_int(c->in, "n", 50), &a, &n) != E_OK)
        return t->err;
    return put_rows(t, c, a, n);
}

/* An account's name stands for its id too. */
static enum err
actor_of(struct task *t, struct admin_call *c, struct span *out)
{
    struct auth_user u;
    if (out->n == 0 || auth_user_by_name(t, &c->gate->db, *out, &u) != E_OK)
        return t->err;
    if (u.id.n > 0)
        *out = u.id;
    return E_OK;
}

/* "name" beside the ids of accounts, for people. */
static enum err
put_names(struct task *t, struct admin_call *c)
{
    size_t i;
    json_t *row;
    struct auth_user u = {0};
    json_array_foreach(json_object_get(c->out, "rows"), i, row)
    {
        struct span id = json_text(row, "actor");
        if (!id_is(id, 'u'))
            continue;
        if (!span_eq(u.id, id) && auth_user_by_id(t, &c->gate->db, id, &u) != E_OK)
            return t->err;
        admin_put(row, "name", u.name);
    }
    return E_OK;
}

enum err
admin_audit_search(struct task *t, struct admin_call *c)
{
    struct auth_audit *a = NULL;
    size_t n = 0;
    int64_t next = 0;
    struct auth_audit_filter f = {.actor = json_text(c->in, "actor"),
        .action = json_text(c->in, "action"),
        .object = json_text(c->in, "object"),
        .decision = json_text(c->in, "decision"),
        .reason = json_text(c->in, "reason"),
        .from_ms = json_int(c->in, "from_ms", 0),
        .to_ms = json_int(c->in, "to_ms", 0),
        .before = json_int(c->in, "before", 0)};
    if (actor_of(t, c, &f.actor) != E_OK ||
        auth_audit_search(t, &c->gate->db, &f, json_int(c->in, "n", 50), &a, &n, &next) != E_OK)
        return t->err;
    c->out = task_json(t, json_object());
    json_object_set_new(c->out, "next", json_integer(next));
    return put_rows(t, c, a, n) == E_OK ? put_names(t, c) : t->err;
}

enum err
admin_audit_rows(struct task *t, struct admin_call *c)
{
    struct auth_audit *a = NULL;
    size_t n = 0;
    if (auth_audit_after(t, &c->gate->db, json_int(c->in, "after", 0), &a, &n) != E_OK)
        return t->err;
    return put_rows(t, c, a, n);
}

enum err
admin_audit_verify(struct task *t, struct admin_call *c)
{
    int64_t bad = 0, rows = 0, bad_head = 0;
    struct auth_audit_head head;
    if (auth_audit_verify(t, &c->gate->db, &bad) != E_OK || auth_count(t, &c->gate->db, "audit", &rows) != E_OK ||
        audit_head_verify(t, c->gate, &bad_head, &head) != E_OK)
        return t->err;
    c->out = task_json(t, json_object());
    json_object_set_new(c->out, "rows", json_integer(rows));
    json_object_set_new(c->out, "bad", json_integer(bad));
    json_object_set_new(c->out, "bad_head", json_integer(bad_head));
    json_object_set_new(c->out, "head_seq", json_integer(head.seq));
    json_object_set_new(c->out, "head_at_ms", json_integer(head.at_ms));
    admin_put(c->out, "head_hash", hex_of(t, head.hash));
    return E_OK;
}
