/* auth_audit: each row's hash covers the one before it, so that a row can't be changed, moved or cut out unseen. */
#include "store/auth_audit.h"

#include "store/auth_registry.h"

#include <sodium.h>
#include <string.h>

#define COLUMNS "seq, at_ms, actor, action, object, detail, prev, hash"
static const char head_sql[] = "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1";
static const char add_sql[] = "INSERT INTO audit (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
static const char tail_sql[] = "SELECT " COLUMNS " FROM audit ORDER BY seq DESC LIMIT ?";
static const char after_sql[] = "SELECT " COLUMNS " FROM audit WHERE seq > ? ORDER BY seq LIMIT 500";

static void
hash_field(crypto_generichash_state *st, struct span s)
{
    unsigned char n[8];
    for (unsigned i = 0; i < sizeof n; i++)
        n[i] = (unsigned char)((uint64_t)s.n >> (8 * i));
    crypto_generichash_update(st, n, sizeof n);
    crypto_generichash_update(st, (const unsigned char *)s.p, s.n);
}

static struct span
hash_row(struct task *t, const struct auth_audit *a, struct span prev)
{
    crypto_generichash_state st;
    unsigned char *out = task_alloc(t, HASH_BYTES);
    crypto_generichash_init(&st, NULL, 0, HASH_BYTES);
    hash_field(&st, SPAN("lyceum/audit/v1"));
    hash_field(&st, prev);
    hash_field(&st, task_format(t, "%lld", (long long)a->seq));
    hash_field(&st, task_format(t, "%lld", (long long)a->at_ms));
    hash_field(&st, a->actor);
    hash_field(&st, a->action);
    hash_field(&st, a->object);
    hash_field(&st, a->detail);
    crypto_generichash_final(&st, out, HASH_BYTES);
    return (struct span){(const char *)out, HASH_BYTES};
}

enum err
auth_audit_append(struct task *t, struct db *db, struct auth_audit *a)
{
    struct db_rows rows;
    struct span prev = {task_alloc(t, HASH_BYTES), HASH_BYTES}; /* the first row follows 32 zeroes */
    a->seq = 1;
    if (db_first(t, db, head_sql, DB_NO_ARGS, &rows)) {
        a->seq = db_i64(&rows, 0) + 1;
        prev = db_text(t, &rows, 1);
        db_rows_end(&rows);
    }
    if (t->err != E_OK)
        return t->err;
    a->hash = hash_row(t, a, prev);
    if (db_run(t, db, add_sql,
            DB_ARGS(DB_I64(a->seq), DB_I64(a->at_ms), DB_TEXT(a->actor), DB_TEXT(a->action), DB_TEXT(a->object),
                DB_TEXT(a->detail), DB_BLOB(prev), DB_BLOB(a->hash)),
            NULL) != E_OK)
        return t->err;
    return auth_clock_raise(t, db, a->at_ms);
}

static void
read_row(struct task *t, const struct db_rows *rows, struct auth_audit *out)
{
    *out = (struct auth_audit){
        .seq = db_i64(rows, 0),
        .at_ms = db_i64(rows, 1),
        .actor = db_text(t, rows, 2),
        .action = db_text(t, rows, 3),
        .object = db_text(t, rows, 4),
        .detail = db_text(t, rows, 5),
        .hash = db_text(t, rows, 7),
    };
}

enum err
auth_audit_tail(struct task *t, struct db *db, int64_t most, struct auth_audit **out, size_t *n)
{
    struct db_rows rows;
    *n = 0;
    most = most < 1 ? 1 : most > AUTH_AUDIT_TAIL ? AUTH_AUDIT_TAIL : most;
    *out = task_array(t, (size_t)most, sizeof **out);
    if (db_rows(t, db, tail_sql, DB_ARGS(DB_I64(most)), &rows) != E_OK)
        return t->err;
    while (*n < (size_t)most && db_next(t, &rows))
        read_row(t, &rows, &(*out)[(*n)++]);
    db_rows_end(&rows);
    return t->err;
}

/* Checks up to 500 rows after *seq in memory of its own; *seq and prev move on. False: no row was left. */
static bool
verify_some(struct task *t, struct db *db, int64_t *seq, unsigned char prev[HASH_BYTES], int64_t *bad)
{
    struct db_rows rows;
    bool any = false;
    if (db_rows(t, db, after_sql, DB_ARGS(DB_I64(*seq)), &rows) != E_OK)
        return false;
    while (*bad == 0 && db_next(t, &rows)) {
        struct task scratch;
        struct auth_audit a;
        task_begin(&scratch, 0);
        read_row(&scratch, &rows, &a);
        struct span before = {(const char *)prev, HASH_BYTES};
        bool fits = a.seq == *seq + 1 && span_eq(db_text(&scratch, &rows, 6), before) &&
                    span_eq(hash_row(&scratch, &a, before), a.hash);
        any = true;
        if (fits)
            memcpy(prev, a.hash.p, HASH_BYTES);
        else
            *bad = a.seq;
        *seq = a.seq;
        task_end(&scratch);
    }
    db_rows_end(&rows);
    return any && *bad == 0 && t->err == E_OK;
}

enum err
auth_audit_verify(struct task *t, struct db *db, int64_t *bad)
{
    unsigned char prev[HASH_BYTES] = {0};
    int64_t seq = 0;
    *bad = 0;
    while (verify_some(t, db, &seq, prev, bad))
        ;
    return t->err;
}
