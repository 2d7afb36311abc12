/* guide_match: names and values found in a question. */
#include "agent/guide_match.h"

#include "base/json.h"

#include <string.h>

static bool
has_stem(const struct guide_column *c, const char *stem)
{
    for (size_t i = 0; i < c->n_stems; i++)
        if (strcmp(c->stems[i], stem) == 0)
            return true;
    return false;
}

static bool
looks_like_date(const json_t *samples)
{
    const json_t *first = json_array_get(samples, 0);
    const char *z = json_is_string(first) ? json_string_value(first) : "";
    return strlen(z) >= 10 && z[4] == '-' && z[7] == '-' && z[0] >= '0' && z[0] <= '9';
}

static enum guide_kind
kind_of(const struct guide_column *c, struct span type)
{
    bool number = type.n > 0 && (span_find(type, SPAN("INT")) >= 0 || span_find(type, SPAN("REAL")) >= 0 ||
                                    span_find(type, SPAN("NUM")) >= 0 || span_find(type, SPAN("FLOA")) >= 0 ||
                                    span_find(type, SPAN("DOUB")) >= 0 || span_find(type, SPAN("DEC")) >= 0 ||
                                    span_find(type, SPAN("int")) >= 0 || span_find(type, SPAN("real")) >= 0);
    if (number)
        return c->n_stems > 0 && strcmp(c->stems[c->n_stems - 1], "year") == 0 ? GUIDE_YEAR : GUIDE_NUMBER;
    return looks_like_date(c->samples) ? GUIDE_DATE : GUIDE_TEXT;
}

/* The column that names a row: a telling name first, else the first text column that is no key or date. */
static size_t
label_of(const struct guide_table *table)
{
    static const char *const names[] = {"title", "name", "label", "headline", "place", "city", "country"};
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
        for (size_t i = 0; i < table->n; i++)
            if (table->column[i].kind == GUIDE_TEXT && has_stem(&table->column[i], names[k]))
                return i;
    for (size_t i = 0; i < table->n; i++)
        if (table->column[i].kind == GUIDE_TEXT && !table->column[i].key)
            return i;
    return table->n;
}

void
guide_table_read(struct task *t, const json_t *json, struct guide_table *out)
{
    size_t i;
    json_t *c;
    memset(out, 0, sizeof *out);
    out->name = task_dup(t, json_text(json, "name"));
    out->n_stems = guide_name_stems(out->name, out->stems);
    json_array_foreach(json_object_get(json, "columns"), i, c)
    {
        if (out->n == GUIDE_COLUMNS || !json_is_object(c))
            break;
        struct guide_column *to = &out->column[out->n++];
        to->name = task_dup(t, json_text(c, "name"));
        to->unit = task_dup(t, json_text(c, "unit"));
        to->key = json_flag(c, "pk", false);
        to->samples = json_object_get(c, "samples");
        to->n_stems = guide_name_stems(to->name, to->stems);
        to->kind = kind_of(to, json_text(c, "type"));
    }
    out->label = label_of(out);
}

/* Does one of the column's words, not taken yet, fit? */
static int
fits_word(const struct guide_column *c, const struct guide_word *w, bool taken[GUIDE_NAME_WORDS])
{
    for (int want = 2; want > 0; want--)
        for (size_t k = 0; k < c->n_stems; k++)
            if (!taken[k] && guide_stem_match(w->stem, c->stems[k]) == want) {
                taken[k] = true;
                return want;
            }
    return 0;
}

/* How many words from `from` on spell the column's name, in any order ("maximum temperature" is temperature_max): all
 * of them, or 0. */
static size_t
whole_name(const struct guide_column *c, const struct guide_words *q, size_t from, bool *same)
{
    bool taken[GUIDE_NAME_WORDS] = {false};
    *same = true;
    if (c->n_stems == 0 || from + c->n_stems > q->n)
        return 0;
    for (size_t i = 0; i < c->n_stems; i++) {
        const struct guide_word *w = &q->w[from + i];
        int m = w->used || w->number ? 0 : fits_word(c, w, taken);
        if (m == 0)
            return 0;
        *same = *same && m == 2;
    }
    return c->n_stems;
}

/* A part of a longer name: one word of weight ("gross" for worldwide_gross). */
static bool
part_of_name(const struct guide_column *c, const struct guide_word *w)
{
    if (w->used || w->number || guide_is_filler(w->stem) || strlen(w->stem) < 3)
        return false;
    for (size_t i = 0; i < c->n_stems; i++)
        if (guide_stem_match(w->stem, c->stems[i]) > 0)
            return true;
    return false;
}

static void
best_at(const struct guide_table *table, const struct guide_words *q, size_t from, struct guide_mention *best)
{
    best->score = 0;
    for (size_t i = 0; i < table->n; i++) {
        const struct guide_column *c = &table->column[i];
        bool same;
        size_t n = whole_name(c, q, from, &same);
        int score = n > 0 ? (int)n * 10 + (same ? 5 : 0) : 0;
        if (n == 0 && part_of_name(c, &q->w[from])) {
            n = 1;
            score = 6 - (int)c->n_stems + (c->kind == GUIDE_NUMBER ? 1 : 0);
            score = score < 1 ? 1 : score;
        }
        if (score > best->score)
            *best = (struct guide_mention){from, from + n, i, score};
    }
}

static void
use(struct guide_words *q, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        q->w[i].used = true;
}

/* The table's whole name, before columns are looked for: "countries" is the table, not its column country. */
static void
find_table_name(const struct guide_table *table, struct guide_words *q, struct guide_match *out)
{
    for (size_t i = 0; table->n_stems > 0 && i + table->n_stems <= q->n; i++) {
        size_t k = 0;
        while (k < table->n_stems && !q->w[i + k].used && strcmp(q->w[i + k].stem, table->stems[k]) == 0)
            k++;
        if (k < table->n_stems)
            continue;
        out->names_table = true;
        out->score += 10 + 10 * (int)k;
        use(q, i, i + k);
    }
}

/* A part of its name, after columns: "weather" in daily_weather may be a column's name too. */
static void
find_table_part(const struct guide_table *table, struct guide_words *q, struct guide_match *out)
{
    for (size_t i = 0; i < q->n; i++)
        for (size_t k = 0; k < table->n_stems; k++)
            if (!q->w[i].used && !guide_is_filler(q->w[i].stem) &&
                guide_stem_match(q->w[i].stem, table->stems[k]) == 2) {
                out->names_table = true;
                out->score += 6;
                q->w[i].used = true;
            }
}

static void
find_columns(const struct guide_table *table, struct guide_words *q, struct guide_match *out)
{
    for (size_t i = 0; i < q->n;) {
        struct guide_mention best;
        best_at(table, q, i, &best);
        if (best.score == 0 || out->mentions == GUIDE_MENTIONS) {
            i++;
            continue;
        }
        /* The next word may begin a better, longer name: "gross" must not take a word from "worldwide gross". */
        struct guide_mention next = {0};
        if (i + 1 < q->n)
            best_at(table, q, i + 1, &next);
        if (next.score > best.score && best.to > next.from) {
            i++;
            continue;
        }
        out->mention[out->mentions++] = best;
        out->score += best.score;
        use(q, best.from, best.to);
        i = best.to;
    }
}

static bool
same_text(const struct guide_words *q, size_t from, struct span value, size_t *to)
{
    struct guide_words v = {0};
    char stems[GUIDE_NAME_WORDS][GUIDE_STEM_BYTES];
    v.n = guide_name_stems(value, stems);
    if (q->w[from].quoted) {
        *to = from + 1;
        char z[GUIDE_STEM_BYTES], y[GUIDE_STEM_BYTES];
        guide_stem(q->w[from].text, z);
        guide_stem(value, y);
        return strcmp(z, y) == 0;
    }
    if (v.n == 0 || from + v.n > q->n)
        return false;
    for (size_t i = 0; i < v.n; i++)
        if (q->w[from + i].used || strcmp(q->w[from + i].stem, stems[i]) != 0)
            return false;
    *to = from + v.n;
    return true;
}

static bool
find_value_at(const struct guide_table *table, struct guide_words *q, size_t from, struct guide_value *out)
{
    if (q->w[from].used || (guide_is_filler(q->w[from].stem) && !q->w[from].capital && !q->w[from].quoted))
        return false;
    for (size_t c = 0; c < table->n; c++) {
        size_t i, to;
        json_t *s;
        if (table->column[c].kind != GUIDE_TEXT)
            continue;
        json_array_foreach(table->column[c].samples, i, s)
        {
            struct span value = {json_string_value(s), json_is_string(s) ? json_string_length(s) : 0};
            if (value.n >= 2 && same_text(q, from, value, &to)) {
                *out = (struct guide_value){from, to, c, value, false};
                return true;
            }
        }
    }
    return false;
}

static void
find_values(const struct guide_table *table, struct guide_words *q, struct guide_match *out)
{
    for (size_t i = 0; i < q->n; i++) {
        struct guide_value v;
        if (out->values == GUIDE_MENTIONS || !find_value_at(table, q, i, &v))
            continue;
        out->value[out->values++] = v;
        out->score += 8 * (int)(v.to - v.from);
        use(q, v.from, v.to);
        i = v.to - 1;
    }
}

void
guide_match_table(const struct guide_table *table, struct guide_words *q, bool mark, struct guide_match *out)
{
    struct guide_words copy = *q;
    struct guide_words *work = mark ? q : &copy;
    memset(out, 0, sizeof *out);
    find_values(table, work, out);
    find_table_name(table, work, out);
    find_columns(table, work, out);
    find_table_part(table, work, out);
}

const struct guide_mention *
guide_mention_after(const struct guide_match *m, size_t from, size_t within)
{
    for (size_t i = 0; i < m->mentions; i++)
        if (m->mention[i].from >= from && m->mention[i].from < from + within)
            return &m->mention[i];
    return NULL;
}

const struct guide_mention *
guide_mention_before(const struct guide_match *m, size_t to, size_t within)
{
    const struct guide_mention *best = NULL;
    for (size_t i = 0; i < m->mentions; i++)
        if (m->mention[i].to <= to && m->mention[i].to + within > to)
            best = &m->mention[i];
    return best;
}
