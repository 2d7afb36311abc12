/* sidecar_stats: what the columns of a table hold: one reading counts, a second, mostly short, fetches the frequent
 * values. */
#include "effect/sidecar.h"

#include "base/json.h"
#include "base/must.h"
#include "base/utf8.h"

#include <sodium.h>
#include <string.h>

enum { SAMPLES = 8, SAMPLE_BYTES = 80, EXTREME_BYTES = 200, FIRST_SLOTS = 1024 };
/* So many distinct values are told apart in all columns of a table together, and at least so many in each. */
enum { TOLD_APART = 2000000, TOLD_APART_LEAST = 2000 };

struct slot {
    uint64_t hash; /* of the value; 0: free */
    uint32_t count;
    uint32_t order; /* when it was first seen among the column's values */
};
/* The least or greatest value: numbers come before texts. */
struct extreme {
    int type; /* SQLITE_NULL: none yet */
    double number;
    struct buf text; /* what is shown of it; of a text also what is compared */
};
struct column {
    struct slot *slots;
    size_t n_slots, used, most;
    bool full;
    int64_t nulls;
    struct extreme min, max;
    struct slot top[SAMPLES];
    size_t n_top, found;
    bool have[SAMPLES];
    struct buf json[SAMPLES], words[SAMPLES];
};
struct counting {
    struct task scratch; /* slots and buffers, freed with the table */
    sqlite3 *db;
    const char *sql;
    struct column *columns;
    size_t n;
};

/* Equal values have equal hashes; 1 and 1.0 are equal, as in SQL. SipHash: values are the publisher's choice. */
static uint64_t
hash_of(sqlite3_stmt *row, int at, int type)
{
    static const unsigned char key[crypto_shorthash_KEYBYTES] = "lyceum/sidecar1";
    uint64_t h = 0;
    double r;
    int64_t i;
    struct span s;
    if (type == SQLITE_TEXT) {
        s = lite_text(row, at);
    } else if (type == SQLITE_BLOB) {
        s = (struct span){sqlite3_column_blob(row, at), (size_t)sqlite3_column_bytes(row, at)};
    } else {
        r = sqlite3_column_double(row, at);
        i = sqlite3_column_int64(row, at);
        s = type == SQLITE_FLOAT && (double)i != r ? (struct span){(const char *)&r, sizeof r}
                                                   : (struct span){(const char *)&i, sizeof i};
    }
    crypto_shorthash((unsigned char *)&h, (const unsigned char *)(s.p ? s.p : ""), s.n, key);
    h += (uint64_t)(type == SQLITE_TEXT ? 1 : type == SQLITE_BLOB ? 2 : 0);
    return h ? h : 1;
}

static struct slot *
slot_of(const struct column *c, uint64_t hash)
{
    size_t i = (size_t)hash & (c->n_slots - 1);
    while (c->slots[i].hash && c->slots[i].hash != hash)
        i = (i + 1) & (c->n_slots - 1);
    return &c->slots[i];
}

static void
grow(struct task *t, struct column *c)
{
    struct column old = *c;
    c->n_slots = old.n_slots ? old.n_slots * 2 : FIRST_SLOTS;
    c->slots = task_array(t, c->n_slots, sizeof *c->slots);
    for (size_t i = 0; i < old.n_slots; i++)
        if (old.slots[i].hash)
            *slot_of(c, old.slots[i].hash) = old.slots[i];
}

/* Past the column's share only values that are known already are counted on. */
static void
count(struct task *t, struct column *c, uint64_t hash)
{
    if (c->used * 2 >= c->n_slots && c->used < c->most)
        grow(t, c);
    struct slot *s = slot_of(c, hash);
    if (s->hash) {
        s->count += s->count < UINT32_MAX;
    } else if (c->used == c->most) {
        c->full = true;
    } else {
        *s = (struct slot){hash, 1, (uint32_t)c->used};
        c->used++;
    }
}

static void
take_extreme(struct extreme *x, int sign, sqlite3_stmt *row, int at, int type)
{
    bool is_text = type == SQLITE_TEXT;
    double number = is_text ? 0 : sqlite3_column_double(row, at);
    int order = 0;
    if (x->type != SQLITE_NULL && is_text != (x->type == SQLITE_TEXT))
        order = is_text ? 1 : -1;
    else if (x->type != SQLITE_NULL && is_text)
        order = span_cmp(utf8_first(lite_text(row, at), EXTREME_BYTES), buf_view(&x->text));
    else if (x->type != SQLITE_NULL)
        order = number < x->number ? -1 : number > x->number;
    if (x->type != SQLITE_NULL && order * sign <= 0)
        return;
    x->type = type;
    x->number = number;
    buf_clear(&x->text);
    buf_span(&x->text, utf8_first(lite_text(row, at), EXTREME_BYTES));
}

static enum err
count_row(struct task *t, sqlite3_stmt *row, void *arg)
{
    struct counting *k = arg;
    (void)t;
    for (size_t i = 0; i < k->n; i++) {
        struct column *c = &k->columns[i];
        int type = sqlite3_column_type(row, (int)i);
        if (type == SQLITE_NULL) {
            c->nulls++;
            continue;
        }
        count(&k->scratch, c, hash_of(row, (int)i, type));
        if (type == SQLITE_BLOB)
            continue;
        take_extreme(&c->min, -1, row, (int)i, type);
        take_extreme(&c->max, 1, row, (int)i, type);
    }
    return E_OK;
}

/* The most frequent; of equals the one that came first. */
static void
choose(struct column *c)
{
    for (size_t i = 0; i < c->n_slots; i++) {
        const struct slot *s = &c->slots[i];
        size_t at = c->n_top;
        while (
            s->hash && at > 0 &&
            (s->count > c->top[at - 1].count || (s->count == c->top[at - 1].count && s->order < c->top[at - 1].order)))
            at--;
        if (!s->hash || at == SAMPLES)
            continue;
        size_t last = c->n_top < SAMPLES ? c->n_top++ : SAMPLES - 1;
        memmove(&c->top[at + 1], &c->top[at], (last - at) * sizeof c->top[0]);
        c->top[at] = *s;
    }
}

static void
keep_sample(struct column *c, size_t which, sqlite3_stmt *row, int at, int type)
{
    struct buf *json = &c->json[which], *words = &c->words[which];
    c->have[which] = true;
    c->found++;
    if (type == SQLITE_INTEGER) {
        buf_i64(json, sqlite3_column_int64(row, at));
    } else if (type == SQLITE_FLOAT) {
        json_put_double(json, sqlite3_column_double(row, at));
    } else if (type == SQLITE_TEXT) {
        utf8_clean(words, utf8_first(lite_text(row, at), SAMPLE_BYTES));
        json_put_text(json, buf_view(words));
    }
}

/* Looks for wanted values in a row; true when none is wanted any more. */
static bool
fetch_row(struct counting *k, sqlite3_stmt *row)
{
    bool done = true;
    for (size_t i = 0; i < k->n; i++) {
        struct column *c = &k->columns[i];
        int type = sqlite3_column_type(row, (int)i);
        if (c->found == c->n_top || type == SQLITE_NULL) {
            done = done && c->found == c->n_top;
            continue;
        }
        uint64_t h = hash_of(row, (int)i, type);
        for (size_t s = 0; s < c->n_top; s++)
            if (!c->have[s] && c->top[s].hash == h)
                keep_sample(c, s, row, (int)i, type);
        done = done && c->found == c->n_top;
    }
    return done;
}

static enum err
fetch(struct task *t, struct counting *k)
{
    sqlite3_stmt *st = NULL;
    bool row = true, done = false;
    enum err e = lite_prepare(t, k->db, k->sql, &st);
    while (e == E_OK && !done && (e = lite_step(t, st, &row)) == E_OK && row)
        done = fetch_row(k, st);
    sqlite3_finalize(st);
    return e;
}

static struct span
cleaned(struct task *t, const struct extreme *x)
{
    struct buf *b = task_buf(t, EXTREME_BYTES * 4);
    if (x->type == SQLITE_NULL)
        return SPAN_NONE;
    utf8_clean(b, buf_view(&x->text));
    return b->n ? buf_view(b) : SPAN("");
}

static void
tell(struct task *t, const struct column *c, struct sidecar_stats *out)
{
    struct buf *samples = task_buf(t, (size_t)64 << 10), *words = task_buf(t, (size_t)64 << 10);
    buf_putc(samples, '[');
    for (size_t i = 0; i < c->n_top; i++) {
        if (c->json[i].n == 0)
            continue; /* a blob */
        buf_puts(samples, samples->n > 1 ? "," : "");
        buf_span(samples, buf_view(&c->json[i]));
        buf_span(words, buf_view(&c->words[i]));
        buf_putc(words, ' ');
    }
    buf_putc(samples, ']');
    *out = (struct sidecar_stats){.distinct = c->full ? -1 : (int64_t)c->used,
        .nulls = c->nulls,
        .min = cleaned(t, &c->min),
        .max = cleaned(t, &c->max),
        .samples = buf_view(samples),
        .words = buf_view(words)};
}

static void
each_buf(struct column *c, void (*fn)(struct buf *b))
{
    for (size_t i = 0; i < SAMPLES; i++) {
        fn(&c->json[i]);
        fn(&c->words[i]);
    }
    fn(&c->min.text);
    fn(&c->max.text);
}

static void
start_buf(struct buf *b)
{
    buf_init(b, 4096);
}

static enum err
count_and_fetch(struct task *t, struct counting *k)
{
    size_t share = TOLD_APART / k->n;
    for (size_t i = 0; i < k->n; i++) {
        k->columns[i].most = share > TOLD_APART_LEAST ? share : TOLD_APART_LEAST;
        k->columns[i].min.type = k->columns[i].max.type = SQLITE_NULL;
        each_buf(&k->columns[i], start_buf);
        grow(&k->scratch, &k->columns[i]);
    }
    if (lite_each(t, k->db, k->sql, count_row, k) != E_OK)
        return t->err;
    for (size_t i = 0; i < k->n; i++)
        choose(&k->columns[i]);
    return fetch(t, k);
}

enum err
sidecar_stats(struct task *t, sqlite3 *db, struct span table, size_t n, struct sidecar_stats *out)
{
    struct counting k = {.db = db, .n = n};
    struct buf *sql = task_buf(t, (size_t)1 << 20);
    buf_puts(sql, "SELECT * FROM main.");
    lite_put_name(sql, table);
    buf_puts(sql, " NOT INDEXED");
    must(!sql->failed && n > 0);
    k.sql = buf_z(sql);
    task_begin(&k.scratch, 0);
    k.columns = task_array(&k.scratch, n, sizeof *k.columns);
    enum err e = count_and_fetch(t, &k);
    for (size_t i = 0; i < n; i++) {
        if (e == E_OK)
            tell(t, &k.columns[i], &out[i]);
        each_buf(&k.columns[i], buf_reset);
    }
    task_end(&k.scratch);
    return e;
}
