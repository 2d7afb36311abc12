/* auth_audit_find: looking in the record, taking it out, and its signed heads. */
#include "store/auth_audit.h"

#define COLUMNS "seq, at_ms, actor, action, object, detail, hash"
static const char search_sql[] =
    "SELECT " COLUMNS " FROM audit WHERE seq < ?1 AND seq >= ?2 AND (?3 = '' OR actor = ?3)"
    " AND (?4 = '' OR action = ?4 OR (substr(?4, -1) = '.' AND substr(action, 1, length(?4)) = ?4))"
    " AND (?5 = '' OR object = ?5) AND (?6 = '' OR json_extract(detail, '$.decision') = ?6)"
    " AND (?7 = '' OR json_extract(detail, '$.reason') = ?7) AND at_ms >= ?8 AND at_ms <= ?9"
    " ORDER BY seq DESC LIMIT ?10";
static const char after_sql[] = "SELECT " COLUMNS " FROM audit WHERE seq > ? ORDER BY seq LIMIT 500";
static const char last_sql[] = "SELECT " COLUMNS " FROM audit ORDER BY seq DESC LIMIT 1";
static const char hash_sql[] = "SELECT hash FROM audit WHERE seq = ?";
static const char head_put_sql[] = "INSERT INTO audit_head (seq, hash, at_ms, signature) VALUES (?, ?, ?, ?)"
                                   " ON CONFLICT (seq) DO NOTHING";
static const char head_prune_sql[] = "DELETE FROM audit_head WHERE seq < (SELECT seq FROM audit_head"
                                     " ORDER BY seq DESC LIMIT 1 OFFSET 1999)";
static const char heads_sql[] = "SELECT seq, hash, at_ms, signature FROM audit_head ORDER BY seq DESC LIMIT 2000";
static const char head_last_sql[] = "SELECT at_ms FROM audit_head ORDER BY seq DESC LIMIT 1";

static struct auth_audit
read_row(struct task *t, const struct db_rows *rows)
{
    return (struct auth_audit){
        .seq = db_i64(rows, 0),
        .at_ms = db_i64(rows, 1),
        .actor = db_text(t, rows, 2),
        .action = db_text(t, rows, 3),
        .object = db_text(t, rows, 4),
        .detail = db_text(t, rows, 5),
        .hash = db_text(t, rows, 6),
    };
}

static enum err
read_all(struct task *t, struct db_rows *rows, struct auth_audit *out, size_t most, size_t *n)
{
    while (*n < most && db_next(t, rows))
        out[(*n)++] = read_row(t, rows);
    db_rows_end(rows);
    return t->err;
}

static struct span
text(struct span s)
{
    return s.n > 0 ? s : SPAN("");
}

enum err
auth_audit_search(struct task *t, struct db *db, const struct auth_audit_filter *f, int64_t most,
    struct auth_audit **out, size_t *n, int64_t *next)
{
    struct db_rows rows;
    struct auth_audit last;
    *n = 0;
    *next = 0;
    if (auth_audit_last(t, db, &last) != E_OK)
        return t->err;
    int64_t before = f->before > 0 && f->before <= last.seq ? f->before : last.seq + 1;
    int64_t first = before > AUTH_AUDIT_SCANNED ? before - AUTH_AUDIT_SCANNED : 1;
    most = most < 1 ? 1 : most > AUTH_AUDIT_PAGE ? AUTH_AUDIT_PAGE : most;
    *out = task_array(t, (size_t)most, sizeof **out);
    if (db_rows(t, db, search_sql,
            DB_ARGS(DB_I64(before), DB_I64(first), DB_TEXT(text(f->actor)), DB_TEXT(text(f->action)),
                DB_TEXT(text(f->object)), DB_TEXT(text(f->decision)), DB_TEXT(text(f->reason)), DB_I64(f->from_ms),
                DB_I64(f->to_ms > 0 ? f->to_ms : INT64_MAX), DB_I64(most)),
            &rows) != E_OK ||
        read_all(t, &rows, *out, (size_t)most, n) != E_OK)
        return t->err;
    *next = *n == (size_t)most ? (*out)[*n - 1].seq : first;
    *next = *next > 1 ? *next : 0;
    return E_OK;
}

enum err
auth_audit_after(struct task *t, struct db *db, int64_t seq, struct auth_audit **out, size_t *n)
{
    struct db_rows rows;
    *n = 0;
    *out = task_array(t, AUTH_AUDIT_PAGE, sizeof **out);
    if (db_rows(t, db, after_sql, DB_ARGS(DB_I64(seq)), &rows) != E_OK)
        return t->err;
    return read_all(t, &rows, *out, AUTH_AUDIT_PAGE, n);
}

enum err
auth_audit_last(struct task *t, struct db *db, struct auth_audit *out)
{
    struct db_rows rows;
    *out = (struct auth_audit){0};
    if (!db_first(t, db, last_sql, DB_NO_ARGS, &rows))
        return t->err;
    *out = read_row(t, &rows);
    db_rows_end(&rows);
    return E_OK;
}

enum err
auth_audit_hash(struct task *t, struct db *db, int64_t seq, struct span *out)
{
    struct db_rows rows;
    *out = SPAN_NONE;
    if (!db_first(t, db, hash_sql, DB_ARGS(DB_I64(seq)), &rows))
        return t->err;
    *out = db_text(t, &rows, 0);
    db_rows_end(&rows);
    return E_OK;
}

enum err
auth_audit_head_put(struct task *t, struct db *db, const struct auth_audit_head *h)
{
    if (db_run(t, db, head_put_sql, DB_ARGS(DB_I64(h->seq), DB_BLOB(h->hash), DB_I64(h->at_ms), DB_BLOB(h->signature)),
            NULL) != E_OK)
        return t->err;
    return db_run(t, db, head_prune_sql, DB_NO_ARGS, NULL);
}

enum err
auth_audit_heads(struct task *t, struct db *db, struct auth_audit_head **out, size_t *n)
{
    struct db_rows rows;
    *n = 0;
    *out = task_array(t, AUTH_AUDIT_HEADS, sizeof **out);
    if (db_rows(t, db, heads_sql, DB_NO_ARGS, &rows) != E_OK)
        return t->err;
    while (*n < AUTH_AUDIT_HEADS && db_next(t, &rows))
        (*out)[(*n)++] =
            (struct auth_audit_head){db_i64(&rows, 0), db_i64(&rows, 2), db_text(t, &rows, 1), db_text(t, &rows, 3)};
    db_rows_end(&rows);
    return t->err;
}

enum err
auth_audit_head_last(struct task *t, struct db *db, int64_t *at_ms)
{
    return db_number(t, db, head_last_sql, DB_NO_ARGS, 0, at_ms);
}
