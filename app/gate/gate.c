/* gate: opening the authority's state. */
#include "gate/gate.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/id.h"
#include "base/log.h"
#include "gate/audit_head.h"
#include "sandbox/jail.h"
#include "store/auth_audit.h"
#include "store/auth_registry.h"
#include "store/auth_user.h"
#include "store/migrate.h"

#include <sodium.h>
#include <stdio.h>

enum { CLOCK_BACK_MS = 60 * 1000, CLOCK_RECORD_MS = 30 * 1000 };

/* Somebody must be able to sign in: an account without a password, for which `lyceum signin-link admin` makes a link.
 */
static enum err
first_admin(struct task *t, struct gate *g)
{
    const struct gate_change change = {.actor = SPAN("gate"), .action = SPAN("user.add"), .object = SPAN("admin")};
    char id[ID_BYTES + 1];
    int64_t users = 0, now = 0;
    if (auth_count(t, &g->db, "user", &users) != E_OK || gate_now(t, g, &now) != E_OK)
        return t->err;
    if (users > 0)
        return E_OK;
    id_new('u', id);
    struct auth_user u = {.id = span_of(id), .name = SPAN("admin"), .role = SPAN("admin")};
    if (gate_change_begin(t, g, &change) != E_OK)
        return t->err;
    return gate_change_end(t, g, &change, now, auth_user_add(t, &g->db, &u, now));
}

enum err
gate_prepare(struct task *t, struct gate *g)
{
    if (grant_key_own(t, "authority", "gate", g->secret) != E_OK)
        return t->err;
    crypto_sign_ed25519_sk_to_pk(g->key, g->secret);
    struct span weaker = sandbox_weaker(t);
    snprintf(g->weaker, sizeof g->weaker, "%.*s", SPAN_ARG(weaker));
    if (share_make(t, &g->share) != E_OK || hasher_make(t, &g->hasher) != E_OK || gate_open(t, g) != E_OK)
        return t->err;
    enum err e = migrate(t, &g->db, &migrations_authority);
    if (e == E_OK)
        e = first_admin(t, g);
    if (e == E_OK)
        e = gate_now(t, g, &g->started_ms);
    gate_close(g);
    return e;
}

enum err
gate_open(struct task *t, struct gate *g)
{
    return db_open(t, conf_path(t, "authority/authority.db"), DB_AUTHORITY, &g->db);
}

void
gate_close(struct gate *g)
{
    db_close(&g->db);
}

/* Best effort: a full disk must not stop reads. */
static void
record_clock(struct gate *g, int64_t now_ms)
{
    struct task t;
    task_begin(&t, CLOCK_BACK_MS);
    if (db_durable(&t, &g->db, false) == E_OK && auth_clock_raise(&t, &g->db, now_ms) != E_OK)
        log_line(&t, "the time could not be recorded: %s", t.cause);
    task_clear_error(&t);
    db_durable(&t, &g->db, true);
    task_end(&t);
}

enum err
gate_now(struct task *t, struct gate *g, int64_t *out)
{
    int64_t high = 0, now = clock_unix_ms();
    if (auth_clock_read(t, &g->db, &high) != E_OK)
        return t->err;
    if (now < high - CLOCK_BACK_MS)
        return task_fail(t, E_UNAVAILABLE,
            "This machine's clock is %lld s behind the latest time on record. An admin must set it right.",
            (long long)((high - now) / 1000));
    if (now > high + CLOCK_RECORD_MS && sqlite3_get_autocommit(g->db.handle))
        record_clock(g, now);
    *out = now > high ? now : high;
    return E_OK;
}

enum err
gate_change_begin(struct task *t, struct gate *g, const struct gate_change *c)
{
    if (db_durable(t, &g->db, !c->lazy) != E_OK)
        return t->err;
    return db_begin(t, &g->db);
}

enum err
gate_change_end(struct task *t, struct gate *g, const struct gate_change *c, int64_t now_ms, enum err e)
{
    struct auth_audit a = {.at_ms = now_ms,
        .actor = c->actor,
        .action = c->action,
        .object = c->object,
        .detail = c->detail.n > 0 ? c->detail : SPAN("{}")};
    if (e == E_OK)
        e = auth_audit_append(t, &g->db, &a);
    if (e == E_OK)
        e = audit_head_note(t, g, &a);
    return db_end(t, &g->db, e);
}
