/* who: sessions and visitors. */
#include "gate/who.h"

#include "base/conf.h"
#include "base/id.h"
#include "base/log.h"
#include "store/auth_registry.h"
#include "store/auth_session.h"

static const int64_t MINUTE_MS = 60 * 1000, DAY_MS = (int64_t)24 * 3600 * 1000;
enum { COOKIE_BYTES = 43, VISITOR_DAYS = 400, TOUCH_MS = 2000 };

struct span
who_hash(struct task *t, struct span value)
{
    char hex[HASH_HEX_BYTES];
    if (value.n != COOKIE_BYTES)
        return SPAN_NONE;
    hash_hex(value, hex);
    return task_dup(t, span_of(hex));
}

/* "Last used" is coarse and best effort: a full disk stops nobody from reading. */
static void
touch(struct gate *g, struct span session, int64_t now_ms)
{
    struct task t;
    task_begin(&t, TOUCH_MS);
    if (db_durable(&t, &g->db, false) == E_OK && auth_session_touch(&t, &g->db, session, now_ms) != E_OK)
        log_line(&t, "the last use could not be noted: %s", t.cause);
    task_clear_error(&t);
    db_durable(&t, &g->db, true);
    task_end(&t);
}

static void
be_user(struct actor *out, const struct auth_user *u)
{
    out->user = *u;
    out->public = (struct gate_actor){u->id, u->name, u->role, true};
    out->idle_ms = (u->idle_min > 0 ? u->idle_min : conf_int("session.idle_minutes")) * MINUTE_MS;
}

static void
be_operator(struct actor *out)
{
    out->public = (struct gate_actor){SPAN("operator"), SPAN("operator"), SPAN("admin"), true};
}

static void
be_visitor(struct actor *out, struct span id)
{
    out->public = (struct gate_actor){id, SPAN(""), SPAN("anonymous"), false};
}

static enum err
by_session(struct task *t, struct gate *g, struct span hash, int64_t now_ms, struct actor *out)
{
    struct auth_session s;
    struct auth_user u;
    if (hash.n == 0 || auth_session_find(t, &g->db, hash, &s) != E_OK || s.hash.n == 0)
        return t->err;
    if (auth_user_by_id(t, &g->db, s.user, &u) != E_OK || u.id.n == 0 || u.disabled)
        return t->err;
    struct actor found = {0};
    be_user(&found, &u);
    if (s.used_ms + found.idle_ms <= now_ms)
        return E_OK;
    found.session = hash;
    *out = found;
    if (now_ms - s.used_ms > MINUTE_MS && sqlite3_get_autocommit(g->db.handle))
        touch(g, hash, now_ms);
    return E_OK;
}

enum err
who_session(struct task *t, struct gate *g, struct span hash, int64_t now_ms, struct actor *out)
{
    *out = (struct actor){0};
    be_visitor(out, SPAN(""));
    return by_session(t, g, hash, now_ms, out);
}

static enum err
by_visitor(struct task *t, struct gate *g, struct span hash, struct actor *out)
{
    struct span id;
    if (hash.n == 0 || auth_visitor_find(t, &g->db, hash, &id) != E_OK || id.n == 0)
        return t->err;
    be_visitor(out, id);
    return E_OK;
}

enum err
who_is(struct task *t, struct gate *g, const struct gate_who *who, bool as_operator, int64_t now_ms, struct actor *out)
{
    *out = (struct actor){0};
    be_visitor(out, SPAN(""));
    if (as_operator) {
        be_operator(out);
        return E_OK;
    }
    if (by_session(t, g, who_hash(t, who->session), now_ms, out) != E_OK || out->public.signed_in)
        return t->err;
    return by_visitor(t, g, who_hash(t, who->visitor), out);
}

enum err
who_was(struct task *t, struct gate *g, struct span principal, struct actor *out)
{
    struct auth_user u;
    bool known = false;
    *out = (struct actor){0};
    if (span_is(principal, "operator")) {
        be_operator(out);
        return E_OK;
    }
    if (id_is(principal, 'a')) {
        if (auth_visitor_known(t, &g->db, principal, &known) != E_OK)
            return t->err;
        be_visitor(out, principal);
    } else {
        if (auth_user_by_id(t, &g->db, principal, &u) != E_OK)
            return t->err;
        known = u.id.n > 0 && !u.disabled;
        be_user(out, &u);
    }
    return known ? E_OK : task_fail(t, E_DENIED, "The account that asked is gone or disabled.");
}

enum err
who_visitor_new(struct task *t, struct gate *g, int64_t now_ms, struct actor *out, struct span *cookie)
{
    char id[ID_BYTES + 1], value[44];
    id_new('a', id);
    secret_new(value);
    *cookie = task_dup(t, span_of(value));
    *out = (struct actor){0};
    be_visitor(out, task_dup(t, span_of(id)));
    if (auth_visitor_forget(t, &g->db, now_ms - VISITOR_DAYS * DAY_MS) != E_OK)
        return t->err;
    return auth_visitor_add(t, &g->db, out->public.principal, who_hash(t, *cookie), now_ms);
}

enum err
who_rules(struct task *t, struct gate *g, struct may_rules *out)
{
    struct span only;
    if (auth_setting_get(t, &g->db, "signed_in_only", &only) != E_OK)
        return t->err;
    out->signed_in_only = span_is(only, "true");
    out->visitors_ask = conf_int("limits.anonymous_turns_hour") > 0;
    return E_OK;
}
