/* work_artifact: bytes of table artifact. */
#include "store/work_artifact.h"

#include "base/clock.h"
#include "store/work_priv.h"

enum { WHERE_MOST = 100 };

static const char put_sql[] = "INSERT INTO artifact (conversation, sha256, type, alt, plugin, level, made_ms, bytes)"
                              " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
static const char get_sql[] = "SELECT conversation, sha256, type, alt, plugin, level, bytes FROM artifact"
                              " WHERE conversation = ? AND sha256 = ?";
static const char where_sql[] = "SELECT conversation FROM artifact WHERE sha256 = ? ORDER BY made_ms DESC LIMIT 100";

static const char used_sql[] =
    "SELECT coalesce(sum(length(bytes)) FILTER (WHERE conversation = ?), 0), coalesce(sum(length(bytes)), 0)"
    " FROM artifact";

enum err
work_artifact_used(struct task *t, struct work *w, struct span conversation, int64_t *own, int64_t *all)
{
    struct db_rows rows;
    *own = *all = 0;
    if (!db_first(t, &w->db, used_sql, DB_ARGS(DB_TEXT(conversation)), &rows))
        return t->err;
    *own = db_i64(&rows, 0);
    *all = db_i64(&rows, 1);
    db_rows_end(&rows);
    return E_OK;
}

enum err
work_artifact_put(struct task *t, struct work *w, const struct work_artifact *a)
{
    if (a->bytes.n > WORK_ARTIFACT_BYTES)
        return task_fail(t, E_LIMIT, "A picture may have %d bytes at most.", WORK_ARTIFACT_BYTES);
    return db_run(t, &w->db, put_sql,
        DB_ARGS(DB_TEXT(a->conversation), DB_TEXT(a->sha256), DB_TEXT(a->type), DB_TEXT(a->alt), DB_TEXT(a->plugin),
            DB_I64(a->level), DB_I64(clock_unix_ms()), DB_BLOB(a->bytes)),
        NULL);
}

enum err
work_artifact_get(
    struct task *t, struct work *w, struct span conversation, struct span sha256, struct work_artifact *out)
{
    struct db_rows rows;
    *out = (struct work_artifact){0};
    if (!db_first(t, &w->db, get_sql, DB_ARGS(DB_TEXT(conversation), DB_TEXT(sha256)), &rows))
        return t->err != E_OK ? t->err : task_fail(t, E_NOTFOUND, "There is no such picture in this conversation.");
    *out = (struct work_artifact){
        .conversation = db_text(t, &rows, 0),
        .sha256 = db_text(t, &rows, 1),
        .type = db_text(t, &rows, 2),
        .alt = db_text(t, &rows, 3),
        .plugin = db_text(t, &rows, 4),
        .level = db_i64(&rows, 5),
        .bytes = db_text(t, &rows, 6),
    };
    db_rows_end(&rows);
    return E_OK;
}

enum err
work_artifact_where(struct task *t, struct work *w, struct span sha256, struct span **out, size_t *n)
{
    struct db_rows rows;
    *n = 0;
    *out = task_array(t, WHERE_MOST, sizeof **out);
    if (db_rows(t, &w->db, where_sql, DB_ARGS(DB_TEXT(sha256)), &rows) != E_OK)
        return t->err;
    while (*n < WHERE_MOST && db_next(t, &rows))
        (*out)[(*n)++] = db_text(t, &rows, 0);
    db_rows_end(&rows);
    return t->err;
}
