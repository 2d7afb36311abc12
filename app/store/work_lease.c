/* work_lease: claiming turns, holding them, and taking up those of dead runners. */
#include "store/work_lease.h"

#include "base/clock.h"
#include "base/id.h"
#include "store/work_priv.h"
#include "store/work_turn_priv.h"

#include <unistd.h>

/* What a runner may claim; ?1 is now. */
#define READY                                                                                                          \
    "(state = 'queued' OR (state = 'running' AND lease_until_ms <= ?1) OR (state = 'waiting' AND stop_asked = 1))"

static const char ready_sql[] = "SELECT id FROM turn WHERE " READY " ORDER BY created_ms, id LIMIT ?2";
static const char claim_sql[] =
    "UPDATE turn SET state = 'running', epoch = epoch + 1, lease_owner = ?2, lease_until_ms = ?3,"
    " started_ms = CASE started_ms WHEN 0 THEN ?1 ELSE started_ms END WHERE id = ?4 AND " READY;
static const char get_sql[] = WORK_TURN_COLUMNS "WHERE id = ? AND lease_owner = ?";
static const char renew_sql[] =
    "UPDATE turn SET lease_until_ms = ? WHERE id = ? AND lease_owner = ? AND state = 'running'";
static const char hold_sql[] = "SELECT count(*) FROM turn WHERE id = ? AND lease_owner = ? AND state = 'running'";
static const char stop_sql[] = "SELECT stop_asked FROM turn WHERE id = ?";
static const char release_sql[] = "UPDATE turn SET state = 'queued', lease_owner = '', lease_until_ms = 0"
                                  " WHERE id = ? AND lease_owner = ? AND state = 'running'";
static const char expire_sql[] = "UPDATE turn SET lease_until_ms = 0 WHERE id = ?1 AND state = 'running' AND "
                                 "substr(lease_owner, 1, length(?2)) = ?2";
static const char lost[] = "Another runner has taken this turn over.";

enum err
work_lease_ready(struct task *t, struct work *w, size_t most, struct span **out, size_t *n)
{
    struct db_rows rows;
    *out = task_array(t, most, sizeof **out);
    *n = 0;
    if (db_rows(t, &w->db, ready_sql, DB_ARGS(DB_I64(clock_unix_ms()), DB_I64((int64_t)most)), &rows) != E_OK)
        return t->err;
    while (db_next(t, &rows))
        (*out)[(*n)++] = db_text(t, &rows, 0);
    return t->err;
}

static enum err
claim(struct task *t, struct work *w, struct span turn, struct span owner, struct work_turn *out)
{
    int64_t now = clock_unix_ms();
    struct db_rows rows;
    if (work_change_one(t, w, claim_sql,
            DB_ARGS(DB_I64(now), DB_TEXT(owner), DB_I64(now + WORK_LEASE_MS), DB_TEXT(turn)),
            "Another runner was faster.") != E_OK)
        return t->err;
    if (!db_first(t, &w->db, get_sql, DB_ARGS(DB_TEXT(turn), DB_TEXT(owner)), &rows))
        return t->err != E_OK ? t->err : task_fail(t, E_CONFLICT, "%s", lost);
    work_turn_read(t, &rows, out);
    db_rows_end(&rows);
    return E_OK;
}

enum err
work_lease_claim(struct task *t, struct work *w, struct span turn, struct span owner, struct work_turn *out)
{
    if (w->open)
        return claim(t, w, turn, owner, out);
    if (work_begin(t, w) != E_OK)
        return t->err;
    return work_end(t, w, claim(t, w, turn, owner, out));
}

enum err
work_lease_renew(struct task *t, struct work *w, struct span turn, struct span owner)
{
    return work_change_one(
        t, w, renew_sql, DB_ARGS(DB_I64(clock_unix_ms() + WORK_LEASE_MS), DB_TEXT(turn), DB_TEXT(owner)), lost);
}

enum err
work_lease_hold(struct task *t, struct work *w, struct span turn, struct span owner)
{
    int64_t held;
    if (db_number(t, &w->db, hold_sql, DB_ARGS(DB_TEXT(turn), DB_TEXT(owner)), 0, &held) != E_OK)
        return t->err;
    return held == 1 ? E_OK : task_fail(t, E_CONFLICT, "%s", lost);
}

enum err
work_lease_stop_asked(struct task *t, struct work *w, struct span turn, bool *out)
{
    int64_t asked;
    if (db_number(t, &w->db, stop_sql, DB_ARGS(DB_TEXT(turn)), 1, &asked) != E_OK)
        return t->err;
    *out = asked != 0; /* a deleted turn counts as stopped */
    return E_OK;
}

enum err
work_lease_expire(struct task *t, struct work *w, struct span turn, int64_t pid)
{
    struct span begin = task_format(t, "%lld:", (long long)pid);
    return db_run(t, &w->db, expire_sql, DB_ARGS(DB_TEXT(turn), DB_TEXT(begin)), NULL);
}

struct span
work_lease_owner(struct task *t)
{
    char nonce[TASK_ID_BYTES];
    id_short(nonce);
    return task_format(t, "%lld:%s", (long long)getpid(), nonce);
}

enum err
work_lease_release(struct task *t, struct work *w, struct span turn, struct span owner)
{
    return work_change_one(t, w, release_sql, DB_ARGS(DB_TEXT(turn), DB_TEXT(owner)), lost);
}
