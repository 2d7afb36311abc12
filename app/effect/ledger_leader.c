/* ledger_leader: leaders, and the files of their revisions for each clearance. */
#include "effect/ledger.h"

#include "base/clock.h"

enum { REVISIONS_AT_ONCE = 10000 };

enum err
ledger_variants_set(
    struct task *t, struct db *db, struct span dataset, struct span revision, const struct ledger_variants *v)
{
    static const char clear_sql[] = "DELETE FROM variant WHERE dataset = ? AND revision = ?";
    static const char sql[] = "INSERT INTO variant (dataset, revision, k, sha) VALUES (?, ?, ?, ?)";
    if (db_run(t, db, clear_sql, DB_ARGS(DB_TEXT(dataset), DB_TEXT(revision)), NULL) != E_OK)
        return t->err;
    for (int k = 1; k < LABELS_LEVELS; k++)
        if (v->sha[k].n > 0 &&
            db_run(t, db, sql, DB_ARGS(DB_TEXT(dataset), DB_TEXT(revision), DB_I64(k), DB_TEXT(v->sha[k])), NULL) !=
                E_OK)
            return t->err;
    return E_OK;
}

enum err
ledger_variants(struct task *t, struct db *db, struct span dataset, struct span revision, struct ledger_variants *out)
{
    static const char sql[] = "SELECT k, sha FROM variant WHERE dataset = ? AND revision = ?";
    struct db_rows r;
    *out = (struct ledger_variants){.sha = {SPAN_NONE}};
    if (db_rows(t, db, sql, DB_ARGS(DB_TEXT(dataset), DB_TEXT(revision)), &r) != E_OK)
        return t->err;
    while (db_next(t, &r))
        out->sha[db_i64(&r, 0)] = db_text(t, &r, 1); /* 1..3: the table's own rule */
    return t->err;
}

enum err
ledger_file_known(struct task *t, struct db *db, struct span dataset, struct span sha, bool *out)
{
    static const char sql[] = "SELECT EXISTS (SELECT 1 FROM revision WHERE dataset = ?1 AND sha = ?2)"
                              " OR EXISTS (SELECT 1 FROM variant WHERE dataset = ?1 AND sha = ?2)";
    int64_t n = 0;
    enum err e = db_number(t, db, sql, DB_ARGS(DB_TEXT(dataset), DB_TEXT(sha)), 0, &n);
    *out = n != 0;
    return e;
}

enum err
ledger_others(struct task *t, struct db *db, struct span dataset, struct span but, struct span **out, size_t *n)
{
    static const char sql[] = "SELECT sha FROM revision WHERE dataset = ? AND sha <> ? LIMIT 10000";
    struct db_rows r;
    *n = 0;
    *out = task_array(t, REVISIONS_AT_ONCE, sizeof **out);
    if (db_rows(t, db, sql, DB_ARGS(DB_TEXT(dataset), DB_TEXT(but)), &r) != E_OK)
        return t->err;
    while (db_next(t, &r))
        (*out)[(*n)++] = db_text(t, &r, 0);
    return t->err;
}

static struct span
text(struct span s)
{
    return s.p ? s : SPAN("");
}

enum err
ledger_leader_set(struct task *t, struct db *db, struct span dataset, const struct ledger_leader *l)
{
    static const char sql[] =
        "INSERT INTO leader (dataset, sha, revision, held, detail, meta, generated, at_ms) VALUES (?, ?, ?, ?, ?, ?, "
        "?, ?)"
        " ON CONFLICT (dataset) DO UPDATE SET sha = excluded.sha, revision = excluded.revision, held = excluded.held,"
        " detail = excluded.detail, meta = excluded.meta, generated = excluded.generated, at_ms = excluded.at_ms";
    return db_run(t, db, sql,
        DB_ARGS(DB_TEXT(dataset), DB_TEXT(l->sha), DB_TEXT(text(l->revision)), DB_I64(l->held),
            DB_TEXT(text(l->detail)), DB_TEXT(text(l->meta)), DB_TEXT(text(l->generated)), DB_I64(clock_unix_ms())),
        NULL);
}

enum err
ledger_leader(struct task *t, struct db *db, struct span dataset, struct ledger_leader *out)
{
    static const char sql[] = "SELECT sha, revision, held, detail, meta, generated FROM leader WHERE dataset = ?";
    struct db_rows r;
    *out = (struct ledger_leader){.sha = SPAN_NONE};
    if (!db_first(t, db, sql, DB_ARGS(DB_TEXT(dataset)), &r))
        return t->err;
    *out = (struct ledger_leader){.sha = db_text(t, &r, 0),
        .revision = db_text(t, &r, 1),
        .held = db_i64(&r, 2) != 0,
        .detail = db_text(t, &r, 3),
        .meta = db_text(t, &r, 4),
        .generated = db_text(t, &r, 5)};
    db_rows_end(&r);
    return E_OK;
}
