/* change_record: the preupdate hook. */
#include "effect/change_record.h"

#include "effect/change_log.h"
#include "effect/lite.h"

#include "base/fsio.h"
#include "base/id.h"
#include "base/must.h"

#include <string.h>

enum { EVENT_BYTES = 512 << 20 };

static sqlite3_value *
value_at(sqlite3 *db, const struct change_table *table, size_t i, bool old)
{
    sqlite3_value *v = NULL;
    if (table->columns[i].empty)
        return NULL;
    int rc = old ? sqlite3_preupdate_old(db, (int)i, &v) : sqlite3_preupdate_new(db, (int)i, &v);
    return rc == SQLITE_OK ? v : NULL;
}

static json_t *
show_row(sqlite3 *db, const struct change_table *table, bool old, size_t *bytes)
{
    json_t *row = json_array();
    must(row);
    for (size_t i = 0; i < table->n; i++)
        must(json_array_append_new(row, diff_cell(value_at(db, table, i, old), bytes)) == 0);
    return row;
}

static void
stop(struct record *r)
{
    r->too_many = true;
    sqlite3_interrupt(r->rules->db);
}

static void
keep(struct record *r, const struct change_table *table)
{
    struct span bytes = buf_view(r->event);
    if (r->log_short)
        return;
    r->logged += bytes.n;
    r->log_short = r->logged > CHANGE_LOG_BYTES || (!table->without_rowid && !table->rowid) ||
                   (r->log >= 0 && !fsio_write_all(r->log, bytes));
}

static void
count(struct record *r, sqlite3 *db, const struct change_table *table, char op, int64_t rowid)
{
    struct diff_table *x = diff_table(&r->diff, table->name, table);
    size_t bytes = 64;
    if (!x) {
        stop(r);
        return;
    }
    x->inserted += op == 'I';
    x->updated += op == 'U';
    x->deleted += op == 'D';
    if (!diff_shows(&r->diff, x)) {
        r->diff.more++;
        return;
    }
    json_t *old = op != 'I' ? show_row(db, table, true, &bytes) : NULL;
    json_t *new = op != 'D' ? show_row(db, table, false, &bytes) : NULL;
    diff_row(&r->diff, x, op, rowid, old, new, bytes);
}

/* Called for each row before it changes: cascades and what REPLACE deletes are among them. */
static void
on_row(
    void *arg, sqlite3 *db, int action, char const *schema, char const *name, sqlite3_int64 before, sqlite3_int64 after)
{
    struct record *r = arg;
    const struct change_table *table = change_table_find(&r->tables, span_of(name));
    char op = action == SQLITE_INSERT ? 'I' : action == SQLITE_DELETE ? 'D' : 'U';
    if (strcmp(schema, "main") != 0 || !table)
        return; /* SQLite's own tables; rows of a table being made are in its content's digest */
    if (table->without_rowid)
        before = after = 0;
    before = op == 'I' ? 0 : before;
    after = op == 'D' ? 0 : after;
    buf_clear(r->event);
    change_log_head(r->event, op, table->name, before, after, table->n);
    for (size_t i = 0; op != 'I' && i < table->n; i++)
        change_log_value(r->event, value_at(db, table, i, true));
    for (size_t i = 0; op != 'D' && i < table->n; i++)
        change_log_value(r->event, value_at(db, table, i, false));
    if (r->event->failed) {
        stop(r);
        return;
    }
    record_mix(r, buf_view(r->event));
    keep(r, table);
    count(r, db, table, op, op == 'I' ? after : before);
}

enum err
record_refresh(struct record *r)
{
    r->rules->ours = true;
    enum err e = change_tables_read(r->t, r->rules->db, &r->tables);
    r->rules->ours = false;
    return e;
}

enum err
record_begin(struct task *t, struct record *r, struct rules *rules, const struct change *c, int log)
{
    *r = (struct record){.t = t, .rules = rules, .log = log, .event = task_buf(t, EVENT_BYTES)};
    must(crypto_generichash_init(&r->hash, c->key, sizeof c->key, HASH_BYTES) == 0);
    record_mix(r, SPAN("lyceum/effect/v1"));
    if (record_refresh(r) != E_OK)
        return t->err;
    sqlite3_preupdate_hook(rules->db, on_row, r);
    return E_OK;
}

void
record_end(struct record *r)
{
    sqlite3_preupdate_hook(r->rules->db, NULL, NULL);
}

void
record_mix(struct record *r, struct span s)
{
    unsigned char length[8];
    for (size_t i = 0; i < sizeof length; i++)
        length[i] = (unsigned char)((uint64_t)s.n >> (8 * i));
    crypto_generichash_update(&r->hash, length, sizeof length);
    crypto_generichash_update(&r->hash, (const unsigned char *)(s.p ? s.p : ""), s.n);
}

static void
end_hash(crypto_generichash_state *h, char hex[65])
{
    unsigned char digest[HASH_BYTES];
    struct buf out;
    crypto_generichash_final(h, digest, sizeof digest);
    buf_init(&out, 65);
    hex_put(&out, digest, sizeof digest);
    memcpy(hex, buf_z(&out), 65);
    buf_reset(&out);
}

void
record_digest(struct record *r, char hex[65])
{
    end_hash(&r->hash, hex);
}

enum err
record_content(struct record *r, const struct change_table *table, int64_t *rows, char hex[65])
{
    struct buf *sql = task_buf(r->t, 4096), *row = r->event;
    crypto_generichash_state h;
    sqlite3_stmt *st = NULL;
    bool more = true;
    must(crypto_generichash_init(&h, NULL, 0, HASH_BYTES) == 0);
    buf_puts(sql, "SELECT ");
    if (table->rowid)
        buf_printf(sql, "%s, ", table->rowid);
    buf_puts(sql, "* FROM main.");
    lite_put_name(sql, table->name);
    buf_puts(sql, " NOT INDEXED");
    r->rules->ours = true;
    int rc = sqlite3_prepare_v2(r->rules->db, buf_z(sql), -1, &st, NULL);
    for (*rows = 0; rc == SQLITE_OK && more;) {
        int step = sqlite3_step(st);
        more = step == SQLITE_ROW;
        rc = more || step == SQLITE_DONE ? SQLITE_OK : step;
        buf_clear(row);
        for (int i = 0; more && i < sqlite3_column_count(st); i++)
            change_log_value(row, sqlite3_column_value(st, i));
        crypto_generichash_update(&h, (const unsigned char *)(row->p ? row->p : ""), row->n);
        *rows += more;
    }
    sqlite3_finalize(st);
    r->rules->ours = false;
    end_hash(&h, hex);
    return rc == SQLITE_OK ? E_OK : rules_fail(r->t, r->rules, rc, 0);
}
