/* link_build: reading a database's names and distinct texts into the index. */
#include "query/link_priv.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <ctype.h>
#include <sodium.h>
#include <string.h>

enum { SAMPLED = 30, FOLD_BYTES = 96, VALUE_TERMS = 12, PER_TABLE_LEAST = 2000 };

/* Values of the column being read that were met already. */
struct seen {
    uint64_t *slots;
    size_t n_slots, used;
};
struct reading {
    struct link *l;
    struct guard *g;
    size_t table, rows, most;
    struct task scratch;
    struct seen *seen;           /* of each column */
    uint32_t (*few)[LINK_CODES]; /* entries of each column while they are few and short */
    bool *many;
};

size_t
link_fold(struct span s, char *out, size_t room)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n && n < room; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (isalnum(c) || c >= 0x80)
            out[n++] = (char)tolower(c);
    }
    return n;
}

static uint64_t
hash_of(struct span s)
{
    static const unsigned char key[crypto_shorthash_KEYBYTES] = "lyceum/linkval1";
    uint64_t h = 0;
    crypto_shorthash((unsigned char *)&h, (const unsigned char *)(s.p ? s.p : ""), s.n, key);
    return h ? h : 1;
}

static uint64_t *
slot_of(const struct seen *s, uint64_t h)
{
    size_t i = (size_t)h & (s->n_slots - 1);
    while (s->slots[i] && s->slots[i] != h)
        i = (i + 1) & (s->n_slots - 1);
    return &s->slots[i];
}

/* True when it is new. */
static bool
note_seen(struct task *t, struct seen *s, uint64_t h)
{
    if (s->used * 2 >= s->n_slots) {
        struct seen old = *s;
        s->n_slots = old.n_slots ? old.n_slots * 2 : 256;
        s->slots = task_array(t, s->n_slots, sizeof *s->slots);
        for (size_t i = 0; i < old.n_slots; i++)
            if (old.slots[i])
                *slot_of(s, old.slots[i]) = old.slots[i];
    }
    uint64_t *slot = slot_of(s, h);
    if (*slot)
        return false;
    *slot = h;
    s->used++;
    return true;
}

static void
add_schema(struct link *l, size_t table, struct span name, int weight)
{
    struct words w;
    words_split(name, &w);
    for (size_t i = 0; i < w.n; i++) {
        if (weight > WEIGHT_SAMPLE)
            lexicon_add(&l->heads, words_span(&w.at[i]), (uint32_t)table);
        for (int k = 0; k < weight; k++)
            lexicon_add(&l->schema, words_span(&w.at[i]), (uint32_t)table);
        l->lengths[table] += weight;
    }
}

static void
add_entry(struct link *l, size_t table, size_t column, struct span value)
{
    char fold[FOLD_BYTES];
    struct words w;
    if (l->n == l->room) {
        struct link_entry *more = task_array(l->t, l->room * 2, sizeof *more);
        memcpy(more, l->entries, l->n * sizeof *more);
        l->entries = more;
        l->room *= 2;
    }
    struct span text = task_dup(l->t, value);
    l->entries[l->n] = (struct link_entry){text, (uint32_t)table, (uint32_t)column};
    words_split(text, &w);
    for (size_t i = 0; i < w.n && i < VALUE_TERMS; i++)
        lexicon_add(&l->values, words_span(&w.at[i]), (uint32_t)l->n);
    size_t n = link_fold(text, fold, WORD_BYTES);
    if (w.n != 1 || n != w.at[0].n)
        lexicon_add(&l->values, (struct span){fold, n}, (uint32_t)l->n);
    l->n++;
}

static void
take_cell(struct reading *r, sqlite3_stmt *st, int i)
{
    struct seen *seen = &r->seen[i];
    struct span s = {(const char *)sqlite3_column_text(st, i), 0};
    s.n = s.p ? (size_t)sqlite3_column_bytes(st, i) : 0;
    if (s.n == 0 || s.n > LINK_VALUE_BYTES || r->l->n >= LINK_INDEXED || seen->used >= r->most || !utf8_valid(s))
        return;
    if (!note_seen(&r->scratch, seen, hash_of(s)))
        return;
    r->many[i] = r->many[i] || seen->used > LINK_CODES || s.n > LINK_CODE_BYTES;
    if (!r->many[i])
        r->few[i][seen->used - 1] = (uint32_t)r->l->n;
    if (seen->used <= SAMPLED)
        add_schema(r->l, r->table, s, WEIGHT_SAMPLE);
    add_entry(r->l, r->table, (size_t)i, s);
}

static void
keep_codes(struct reading *r, size_t column)
{
    struct link *l = r->l;
    if (r->many[column] || r->seen[column].used == 0 || l->n_codes == LINK_CODE_COLUMNS)
        return;
    struct link_codes *c = &l->codes[l->n_codes++];
    *c = (struct link_codes){
        .table = (uint32_t)r->table, .column = (uint32_t)column, .n = (uint32_t)r->seen[column].used};
    memcpy(c->entry, r->few[column], sizeof c->entry);
    words_split(l->names.tables[r->table].columns[column], &c->words);
}

static void
read_table(struct reading *r)
{
    const struct names_table *table = &r->l->names.tables[r->table];
    struct buf *sql = task_buf(&r->scratch, (size_t)1 << 16);
    sqlite3_stmt *st = NULL;
    buf_puts(sql, "SELECT * FROM ");
    buf_quoted(sql, table->name, '"');
    r->seen = task_array(&r->scratch, table->n + 1, sizeof *r->seen);
    r->few = task_array(&r->scratch, table->n + 1, sizeof *r->few);
    r->many = task_array(&r->scratch, table->n + 1, sizeof *r->many);
    if (sqlite3_prepare_v2(r->g->db, sql->p, (int)sql->n, &st, NULL) == SQLITE_OK)
        for (; r->rows < LINK_ROWS && sqlite3_step(st) == SQLITE_ROW; r->rows++)
            for (int i = 0; i < sqlite3_column_count(st) && (size_t)i < table->n; i++)
                if (sqlite3_column_type(st, i) == SQLITE_TEXT)
                    take_cell(r, st, i);
    sqlite3_finalize(st);
    for (size_t i = 0; i < table->n; i++)
        keep_codes(r, i);
}

struct link *
link_open(struct task *life, struct guard *g)
{
    struct link *l = task_new(life, struct link);
    struct reading r = {.l = l, .g = g};
    guard_begin(g, life, LINK_BUILD_MS);
    l->t = life;
    l->room = 1024;
    l->entries = task_array(life, l->room, sizeof *l->entries);
    l->codes = task_array(life, LINK_CODE_COLUMNS, sizeof *l->codes);
    lexicon_init(&l->heads, life);
    lexicon_init(&l->schema, life);
    lexicon_init(&l->values, life);
    names_load(g, SPAN(""), &l->names);
    joins_read(life, &l->names, &l->joins);
    l->lengths = task_array(life, l->names.n + 1, sizeof *l->lengths);
    g->ours = true;
    for (r.table = 0; r.table < l->names.n; r.table++) {
        const struct names_table *table = &l->names.tables[r.table];
        add_schema(l, r.table, table->name, WEIGHT_NAME);
        for (size_t c = 0; c < table->n; c++)
            add_schema(l, r.table, table->columns[c], WEIGHT_COLUMN);
        size_t share = (LINK_INDEXED - l->n) / (l->names.n - r.table);
        r.most = share > PER_TABLE_LEAST ? share : PER_TABLE_LEAST;
        task_begin(&r.scratch, 0);
        read_table(&r);
        task_end(&r.scratch);
        l->mean_length += l->lengths[r.table] / (double)l->names.n;
    }
    g->ours = false;
    g->late = false;
    lexicon_seal(&l->heads);
    lexicon_seal(&l->schema);
    lexicon_seal(&l->values);
    return l;
}

size_t
link_size(const struct link *l)
{
    return l->n;
}
