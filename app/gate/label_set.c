/* label_set: comparing labels place by place. */
#include "gate/label_set.h"

#include "base/id.h"
#include "base/json.h"
#include "gate/seal.h"

enum { PLACE_BYTES = 255, LEVELS_MOST = LEVEL_SECRET };

enum err
label_change_begin(struct task *t, struct gate *g, const struct auth_dataset *d, struct label_change *out)
{
    *out = (struct label_change){.from = *d, .to = *d};
    if (auth_label_list(t, &g->db, d->name, &out->old_entries, &out->n_old) != E_OK)
        return t->err;
    out->entries = out->old_entries;
    out->n = out->n_old;
    return E_OK;
}

static bool
number_at(const json_t *row, size_t i, int64_t most, int64_t *out)
{
    const json_t *j = json_array_get(row, i);
    *out = json_is_integer(j) ? json_integer_value(j) : -1;
    return *out >= 0 && *out <= most;
}

static struct span
text_at(const json_t *row, size_t i)
{
    const json_t *j = json_array_get(row, i);
    return json_is_string(j) ? (struct span){json_string_value(j), json_string_length(j)} : SPAN_NONE;
}

static enum err
read_entry(struct task *t, const json_t *row, struct auth_label *out)
{
    *out = (struct auth_label){.table = text_at(row, 0), .column = text_at(row, 1)};
    bool ok = out->table.n > 0 && out->table.n <= PLACE_BYTES && out->column.p && out->column.n <= PLACE_BYTES &&
              number_at(row, 2, LEVELS_MOST, &out->level);
    if (ok && json_array_size(row) > 3)
        ok = number_at(row, 3, INTEGRITY_EXTERNAL, &out->integrity);
    return ok ? E_OK
              : task_fail(t, E_INVALID,
                    "A label is a list: table, column (or \"\"), level from 0 to 3, and, if wanted, integrity.");
}

/* SQLite's names know no case. */
static bool
same_name(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || sqlite3_strnicmp(a.p, b.p, (int)a.n) == 0);
}

static bool
same_place(const struct auth_label *a, const struct auth_label *b)
{
    return same_name(a->table, b->table) && same_name(a->column, b->column);
}

static enum err
read_entries(struct task *t, const json_t *list, struct label_change *c)
{
    size_t n = json_array_size(list);
    if (!json_is_array(list) || n > AUTH_LABELS)
        return task_fail(t, E_LIMIT, "A dataset has a list of at most %d labels.", AUTH_LABELS);
    c->entries = task_array(t, n, sizeof *c->entries);
    for (c->n = 0; c->n < n; c->n++) {
        if (read_entry(t, json_array_get(list, c->n), &c->entries[c->n]) != E_OK)
            return t->err;
        for (size_t i = 0; i < c->n; i++)
            if (same_place(&c->entries[i], &c->entries[c->n]))
                return task_fail(t, E_INVALID, "The table or column %.*s.%.*s is labelled twice.",
                    SPAN_ARG(c->entries[i].table), SPAN_ARG(c->entries[i].column));
    }
    return E_OK;
}

static enum err
read_number(struct task *t, const json_t *in, const char *key, int64_t low, int64_t most, int64_t *out)
{
    json_t *j = json_object_get(in, key);
    if (!j)
        return E_OK;
    if (!json_is_integer(j) || json_integer_value(j) < low || json_integer_value(j) > most)
        return task_fail(t, E_INVALID, "\"%s\" is a number from %d to %d.", key, (int)low, (int)most);
    *out = json_integer_value(j);
    return E_OK;
}

/* All labels must fit a grant, whatever the whole's level comes to be. */
static enum err
check_size(struct task *t, const struct label_change *c)
{
    enum { EXTRA_BYTES = 100 };
    struct dataset_label l = {.name = c->to.name, .entries = c->entries, .n = c->n};
    struct span ignored, room = task_format(t, "%*s", EXTRA_BYTES, "");
    return label_detail(t, &l, room, &ignored);
}

enum err
label_change_read(struct task *t, const json_t *in, struct label_change *c)
{
    json_t *labels = json_object_get(in, "labels"), *writable = json_object_get(in, "writable");
    if (read_number(t, in, "level", -1, LEVEL_SECRET, &c->to.level) != E_OK ||
        read_number(t, in, "integrity", 0, INTEGRITY_EXTERNAL, &c->to.integrity) != E_OK)
        return t->err;
    if (writable && !json_is_boolean(writable))
        return task_fail(t, E_INVALID, "\"writable\" is true or false.");
    if (writable)
        c->to.writable = json_is_true(writable);
    if (labels && read_entries(t, labels, c) != E_OK)
        return t->err;
    return check_size(t, c);
}

/* What holds for a place: the worst of the whole, its table and itself. Levels, or integrities. */
static int64_t
held_at(const struct auth_label *e, size_t n, int64_t whole, const struct auth_label *place, bool level)
{
    const struct auth_label table = {.table = place->table, .column = SPAN("")};
    for (size_t i = 0; i < n; i++) {
        int64_t v = level ? e[i].level : e[i].integrity;
        if (v > whole && (same_place(&e[i], place) || same_place(&e[i], &table)))
            whole = v;
    }
    return whole;
}

struct place {
    int64_t was, is;                     /* levels */
    int64_t was_integrity, is_integrity; /* of its rows */
};

static struct place
place_of(const struct label_change *c, const struct auth_label *place)
{
    int64_t from = object_level(&c->from), to = object_level(&c->to);
    return (struct place){
        .was = held_at(c->old_entries, c->n_old, from, place, true),
        .is = held_at(c->entries, c->n, to, place, true),
        .was_integrity = held_at(c->old_entries, c->n_old, c->from.integrity, place, false),
        .is_integrity = held_at(c->entries, c->n, c->to.integrity, place, false),
    };
}

/* Every place that either side names; i counts over both. */
static const struct auth_label *
place_at(const struct label_change *c, size_t i)
{
    return i < c->n_old ? &c->old_entries[i] : &c->entries[i - c->n_old];
}

static void
note_lowered(struct label_change *c, int64_t was, int64_t is)
{
    if (is >= was)
        return;
    if (!c->lowers || was - is > (int64_t)c->was - (int64_t)c->becomes) {
        c->was = (enum policy_level)was;
        c->becomes = (enum policy_level)is;
    }
    c->lowers = true;
}

void
label_change_judge(struct label_change *c)
{
    int64_t from = object_level(&c->from), to = object_level(&c->to);
    c->lowers = c->rebuilds = false;
    note_lowered(c, from, to);
    for (size_t i = 0; i < c->n_old + c->n; i++) {
        struct place p = place_of(c, place_at(c, i));
        note_lowered(c, p.was, p.is);
        /* What stands above the whole is in files of its own: when that changes, the files do. */
        bool apart = p.was > from || p.is > to;
        c->rebuilds = c->rebuilds || (apart && (p.was != p.is || from != to));
    }
}

/* Conversations that may have seen a place know what its label says now. */
static enum err
raise_readers(struct task *t, struct gate *g, const struct label_change *c)
{
    int64_t from = object_level(&c->from), to = object_level(&c->to);
    /* Whoever only attached it knows its title. */
    if ((to > from || c->to.integrity > c->from.integrity) &&
        auth_taint_relabel(t, &g->db, c->to.name, 0, to > from ? to : 0,
            c->to.integrity > c->from.integrity ? c->to.integrity : 0, to >= LEVEL_PRIVATE) != E_OK)
        return t->err;
    for (size_t i = c->n_old; i < c->n_old + c->n; i++) {
        struct place p = place_of(c, place_at(c, i));
        if (p.is <= p.was && p.is_integrity <= p.was_integrity)
            continue;
        if (auth_taint_relabel(t, &g->db, c->to.name, p.was, p.is, p.is_integrity, p.is >= LEVEL_PRIVATE) != E_OK)
            return t->err;
    }
    return E_OK;
}

enum err
label_change_write(struct task *t, struct gate *g, struct label_change *c, int64_t now_ms)
{
    /* No raise above what it is anyway is none: when its visibility changes, it does not stay behind. */
    struct auth_dataset plain = c->to;
    plain.level = -1;
    if (c->to.level <= (int64_t)object_level(&plain))
        c->to.level = -1;
    c->to.stale = c->from.stale || (c->rebuilds && c->from.revision.n > 0);
    if (auth_dataset_label(t, &g->db, &c->to, now_ms) != E_OK)
        return t->err;
    if (c->entries != c->old_entries && auth_label_put(t, &g->db, c->to.name, c->entries, c->n) != E_OK)
        return t->err;
    return raise_readers(t, g, c);
}

enum err
label_change_grant(struct task *t, struct gate *g, const struct actor *a, const struct label_change *c, json_t *out)
{
    struct dataset_label l;
    struct span detail, sealed;
    json_t *labels = NULL;
    if (!c->to.stale || c->to.withdrawn)
        return E_OK;
    if (label_of_dataset(t, g, &c->to, &l) != E_OK || label_detail(t, &l, SPAN_NONE, &detail) != E_OK ||
        json_read(t, detail, &labels) != E_OK)
        return t->err;
    struct span text = json_dump(t, labels);
    const struct span bound[] = {SPAN("relabel"), c->to.name, text};
    struct grant grant = {.audience = SPAN("effect"),
        .capability = SPAN("relabel"),
        .subject = a->public.principal,
        .dataset = c->to.name,
        .level = l.level,
        .args_hash = grant_args_hash(t, bound, 3),
        .detail = text};
    if (seal_grant(t, g, &grant, &sealed) != E_OK)
        return t->err;
    struct buf *b = task_buf(t, GRANT_SEAL_BYTES * 2);
    base64_put(b, sealed);
    json_object_set_new(out, "grant", json_stringn(b->p, b->n));
    json_object_set(out, "labels", labels);
    return E_OK;
}
