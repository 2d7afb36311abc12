/* auth_offer: SQL of what marketplaces offer. */
#include "store/auth_offer.h"

#define OFFER                                                                                                          \
    "SELECT market, id, serial, status, newest, digest, version, title, about, publisher, level, effect, abc,"         \
    " reviewers, words, vet_ms, log_index FROM market_offer "

static const char clear_sql[] = "DELETE FROM market_offer WHERE market = ?";
static const char add_sql[] =
    "INSERT INTO market_offer (market, id, serial, status, newest, digest, version, title, about, publisher, level,"
    " effect, abc, reviewers, words, vet_ms, log_index) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
static const char search_sql[] =
    OFFER "WHERE newest = 1 AND (?1 = '' OR level = ?1) AND id NOT IN (SELECT id FROM plugin) AND (?2 = '' OR"
          " instr(lower(id || ' ' || title || ' ' || about || ' ' || publisher), lower(?2)) > 0)"
          " ORDER BY id, market LIMIT ?3 OFFSET ?4";
static const char list_sql[] = OFFER "WHERE id = ? ORDER BY serial DESC, market LIMIT ?";

static void
read_offer(struct task *t, const struct db_rows *r, struct auth_offer *out)
{
    *out = (struct auth_offer){.market = db_text(t, r, 0),
        .id = db_text(t, r, 1),
        .serial = db_i64(r, 2),
        .status = db_text(t, r, 3),
        .newest = db_i64(r, 4) != 0,
        .digest = db_text(t, r, 5),
        .version = db_text(t, r, 6),
        .title = db_text(t, r, 7),
        .about = db_text(t, r, 8),
        .publisher = db_text(t, r, 9),
        .level = db_text(t, r, 10),
        .effect = db_text(t, r, 11),
        .abc = db_text(t, r, 12),
        .reviewers = db_text(t, r, 13),
        .words = db_text(t, r, 14),
        .vet_ms = db_i64(r, 15),
        .log_index = db_i64(r, 16)};
}

enum err
auth_offer_clear(struct task *t, struct db *db, struct span market)
{
    return db_run(t, db, clear_sql, DB_ARGS(DB_TEXT(market)), NULL);
}

enum err
auth_offer_add(struct task *t, struct db *db, const struct auth_offer *o)
{
    return db_run(t, db, add_sql,
        DB_ARGS(DB_TEXT(o->market), DB_TEXT(o->id), DB_I64(o->serial), DB_TEXT(o->status), DB_I64(o->newest),
            DB_TEXT(o->digest), DB_TEXT(o->version), DB_TEXT(o->title), DB_TEXT(o->about), DB_TEXT(o->publisher),
            DB_TEXT(o->level), DB_TEXT(o->effect), DB_TEXT(o->abc), DB_TEXT(o->reviewers), DB_TEXT(o->words),
            DB_I64(o->vet_ms), DB_I64(o->log_index)),
        NULL);
}

static enum err
collect(struct task *t, struct db_rows *rows, size_t most, struct auth_offer **out, size_t *n)
{
    *n = 0;
    *out = task_array(t, most, sizeof **out);
    while (*n < most && db_next(t, rows))
        read_offer(t, rows, &(*out)[(*n)++]);
    db_rows_end(rows);
    return t->err;
}

enum err
auth_offer_search(struct task *t, struct db *db, struct span words, struct span level, int64_t from,
    struct auth_offer **out, size_t *n, bool *more)
{
    struct db_rows rows;
    *n = 0;
    if (db_rows(t, db, search_sql, DB_ARGS(DB_TEXT(level), DB_TEXT(words), DB_I64(AUTH_OFFERS + 1), DB_I64(from)),
            &rows) != E_OK ||
        collect(t, &rows, AUTH_OFFERS + 1, out, n) != E_OK)
        return t->err;
    *more = *n > AUTH_OFFERS;
    *n -= *more;
    return E_OK;
}

enum err
auth_offer_list(struct task *t, struct db *db, struct span id, struct auth_offer **out, size_t *n)
{
    struct db_rows rows;
    *n = 0;
    if (db_rows(t, db, list_sql, DB_ARGS(DB_TEXT(id), DB_I64(AUTH_OFFER_VERSIONS)), &rows) != E_OK)
        return t->err;
    return collect(t, &rows, AUTH_OFFER_VERSIONS, out, n);
}
