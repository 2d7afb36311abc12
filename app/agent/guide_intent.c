/* guide_intent: cue words and what stands around them. */
#include "agent/guide_intent.h"

#include <string.h>

struct cue {
    const char *stem;
    int direction;
    bool time; /* orders by date when no measure is named */
};
static const struct cue orders[] = {{"top", 1, false}, {"best", 1, false}, {"highest", 1, false}, {"largest", 1, false},
    {"biggest", 1, false}, {"most", 1, false}, {"greatest", 1, false}, {"longest", 1, false}, {"tallest", 1, false},
    {"heaviest", 1, false}, {"strongest", 1, false}, {"richest", 1, false}, {"fastest", 1, false},
    {"deepest", 1, false}, {"max", 1, false}, {"hottest", 1, false}, {"warmest", 1, false}, {"wettest", 1, false},
    {"newest", 1, true}, {"latest", 1, true}, {"recent", 1, true}, {"bottom", -1, false}, {"lowest", -1, false},
    {"smallest", -1, false}, {"worst", -1, false}, {"least", -1, false}, {"fewest", -1, false}, {"shortest", -1, false},
    {"cheapest", -1, false}, {"lightest", -1, false}, {"slowest", -1, false}, {"coldest", -1, false},
    {"min", -1, false}, {"oldest", -1, true}, {"earliest", -1, true}, {"first", -1, true}};

static const struct {
    const char *stem, *sql;
} aggregates[] = {{"average", "avg"}, {"avg", "avg"}, {"mean", "avg"}, {"total", "sum"}, {"sum", "sum"},
    {"median", "median"}, {"combined", "sum"}};

static bool
is(const struct guide_words *q, size_t i, const char *stem)
{
    return i < q->n && strcmp(q->w[i].stem, stem) == 0;
}

size_t
guide_time_column(const struct guide_table *table)
{
    for (size_t i = 0; i < table->n; i++)
        if (table->column[i].kind == GUIDE_YEAR)
            return i;
    for (size_t i = 0; i < table->n; i++)
        if (table->column[i].kind == GUIDE_DATE)
            return i;
    return GUIDE_NOWHERE;
}

static void
read_counts(struct guide_words *q, struct guide_intent *out)
{
    for (size_t i = 0; i < q->n; i++) {
        bool how_many = is(q, i, "how") && is(q, i + 1, "many");
        bool number_of = is(q, i, "number") && is(q, i + 1, "of");
        if (how_many || number_of || is(q, i, "count")) {
            out->count = true;
            q->w[i].used = true;
            if (i + 1 < q->n && !is(q, i, "count"))
                q->w[i + 1].used = true;
        }
        for (size_t k = 0; k < sizeof aggregates / sizeof aggregates[0] && !out->aggregate; k++)
            if (is(q, i, aggregates[k].stem) && !q->w[i].used) {
                out->aggregate = aggregates[k].sql;
                q->w[i].used = true;
            }
    }
}

/* "at most 5" and "at least 5" compare; they don't order. */
static bool
compares(const struct guide_words *q, size_t i)
{
    return (is(q, i, "most") || is(q, i, "least")) && i > 0 && is(q, i - 1, "at");
}

static void
read_order(const struct guide_table *table, struct guide_words *q, struct guide_intent *out)
{
    for (size_t i = 0; i < q->n && out->direction == 0; i++) {
        for (size_t k = 0; k < sizeof orders / sizeof orders[0]; k++) {
            if (!is(q, i, orders[k].stem) || q->w[i].used || compares(q, i))
                continue;
            out->direction = orders[k].direction;
            out->order_at = i;
            q->w[i].used = true;
            if (orders[k].time && guide_time_column(table) != GUIDE_NOWHERE)
                out->measure = guide_time_column(table);
            break;
        }
    }
    if (out->direction == 0)
        return;
    size_t near[2] = {out->order_at + 1, out->order_at > 0 ? out->order_at - 1 : GUIDE_NOWHERE};
    for (size_t k = 0; k < 2 && out->limit == 0; k++) {
        if (near[k] < q->n && q->w[near[k]].number && !q->w[near[k]].used && q->w[near[k]].value >= 1 &&
            q->w[near[k]].value <= 1000) {
            out->limit = (int64_t)q->w[near[k]].value;
            q->w[near[k]].used = true;
        }
    }
}

static enum guide_bucket
bucket_word(const struct guide_words *q, size_t i)
{
    if (is(q, i, "year") || is(q, i, "annual") || is(q, i, "yearly") || is(q, i, "annually"))
        return BUCKET_YEAR;
    if (is(q, i, "month") || is(q, i, "monthly"))
        return BUCKET_MONTH;
    return is(q, i, "decade") ? BUCKET_DECADE : BUCKET_NONE;
}

static void
group_by_time(const struct guide_table *table, enum guide_bucket bucket, struct guide_intent *out)
{
    size_t time = guide_time_column(table);
    if (time == GUIDE_NOWHERE || (bucket == BUCKET_MONTH && table->column[time].kind == GUIDE_YEAR))
        return;
    out->bucket = bucket;
    out->group = time;
}

/* The column that is named next, fillers aside: "each number of cylinders". */
static const struct guide_mention *
mention_past_fillers(const struct guide_match *m, const struct guide_words *q, size_t from)
{
    size_t within = 1;
    while (from + within < q->n && within < 5 && guide_is_filler(q->w[from + within - 1].stem))
        within++;
    return guide_mention_after(m, from, within);
}

static bool
within_mention(const struct guide_match *m, size_t i)
{
    for (size_t k = 0; k < m->mentions; k++)
        if (i >= m->mention[k].from && i < m->mention[k].to)
            return true;
    return false;
}

/* "by genre", "per year", "for each country", "over time"; not the "by" of "top 10 by gross". */
static void
read_group(
    const struct guide_table *table, const struct guide_match *m, struct guide_words *q, struct guide_intent *out)
{
    for (size_t i = 0; i < q->n && out->bucket == BUCKET_NONE; i++) {
        bool cue = is(q, i, "by") || is(q, i, "per") || is(q, i, "each") || is(q, i, "every");
        if (within_mention(m, i)) /* "income per person" is a column */
            continue;
        bool over_time = is(q, i, "over") && is(q, i + 1, "time");
        if (over_time || is(q, i, "trend") || is(q, i, "yearly") || is(q, i, "annual") || is(q, i, "monthly")) {
            group_by_time(table, is(q, i, "monthly") ? BUCKET_MONTH : BUCKET_YEAR, out);
            q->w[i].used = true;
            if (over_time)
                q->w[i + 1].used = true;
            continue;
        }
        if (!cue)
            continue;
        const struct guide_mention *c = mention_past_fillers(m, q, i + 1);
        enum guide_bucket bucket = bucket_word(q, i + 1);
        if (bucket != BUCKET_NONE &&
            (!c || table->column[c->column].kind == GUIDE_DATE || table->column[c->column].kind == GUIDE_YEAR)) {
            group_by_time(table, bucket, out);
            q->w[i + 1].used = q->w[i + 1].used || out->bucket != BUCKET_NONE;
        } else if (c && !(out->direction != 0 && is(q, i, "by") && table->column[c->column].kind == GUIDE_NUMBER)) {
            bool time = table->column[c->column].kind == GUIDE_DATE || table->column[c->column].kind == GUIDE_YEAR;
            out->bucket = time ? BUCKET_YEAR : BUCKET_COLUMN;
            out->group = c->column;
        }
    }
}

static const struct {
    const char *first, *second, *op;
} comparisons[] = {{"more", "than", ">"}, {"greater", "than", ">"}, {"higher", "than", ">"}, {"larger", "than", ">"},
    {"bigger", "than", ">"}, {"longer", "than", ">"}, {"heavier", "than", ">"}, {"better", "than", ">"},
    {"over", NULL, ">"}, {"above", NULL, ">"}, {"exceeding", NULL, ">"}, {"at", "least", ">="}, {"less", "than", "<"},
    {"fewer", "than", "<"}, {"lower", "than", "<"}, {"smaller", "than", "<"}, {"shorter", "than", "<"},
    {"lighter", "than", "<"}, {"under", NULL, "<"}, {"below", NULL, "<"}, {"at", "most", "<="}, {"since", NULL, ">="},
    {"after", NULL, ">"}, {"before", NULL, "<"}, {"until", NULL, "<="}, {"exactly", NULL, "="}, {"in", NULL, "="},
    {"with", NULL, "="}, {"of", NULL, "="}, {"from", NULL, "="}, {"during", NULL, "="}};

static bool
is_year(const struct guide_word *w)
{
    return w->number && w->text.n == 4 && w->value >= 1000 && w->value <= 2100;
}

static void
add_filter(struct guide_intent *out, size_t column, const char *op, double value, bool year)
{
    if (out->filters < GUIDE_FILTERS)
        out->filter[out->filters++] =
            (struct guide_filter){.column = column, .op = op, .number = true, .value = value, .year = year};
}

/* The column that a number is compared with: named just before ("rating above 8") or just after ("over 100
 * horsepower"). */
static size_t
compared_column(const struct guide_table *table, const struct guide_match *m, const struct guide_words *q, size_t cue,
    size_t number)
{
    const struct guide_mention *before = guide_mention_before(m, cue, 3),
                               *after = guide_mention_after(m, number + 1, 2);
    (void)q;
    if (before && table->column[before->column].kind == GUIDE_NUMBER)
        return before->column;
    if (after && table->column[after->column].kind == GUIDE_NUMBER)
        return after->column;
    return GUIDE_NOWHERE;
}

static void
filter_number(const struct guide_table *table, const struct guide_match *m, struct guide_words *q, size_t cue,
    size_t number, const char *op, struct guide_intent *out)
{
    size_t column = compared_column(table, m, q, cue, number);
    size_t time = guide_time_column(table);
    if (column == GUIDE_NOWHERE && is_year(&q->w[number]) && time != GUIDE_NOWHERE)
        add_filter(out, time, op, q->w[number].value, table->column[time].kind == GUIDE_DATE);
    else if (column != GUIDE_NOWHERE && strcmp(op, "=") != 0)
        add_filter(out, column, op, q->w[number].value, false);
    else if (column != GUIDE_NOWHERE)
        add_filter(out, column, "=", q->w[number].value, false);
    else
        return;
    q->w[number].used = true;
    for (size_t i = cue; i < number; i++)
        q->w[i].used = true;
}

static void
read_between(
    const struct guide_table *table, const struct guide_match *m, struct guide_words *q, struct guide_intent *out)
{
    for (size_t i = 0; i + 3 < q->n; i++) {
        bool between = (is(q, i, "between") && is(q, i + 2, "and")) || (is(q, i, "from") && is(q, i + 2, "to"));
        if (!between || !q->w[i + 1].number || !q->w[i + 3].number || q->w[i + 1].used)
            continue;
        filter_number(table, m, q, i, i + 1, ">=", out);
        filter_number(table, m, q, i, i + 3, "<=", out);
    }
}

static void
read_comparisons(
    const struct guide_table *table, const struct guide_match *m, struct guide_words *q, struct guide_intent *out)
{
    read_between(table, m, q, out);
    for (size_t i = 0; i < q->n; i++)
        for (size_t k = 0; k < sizeof comparisons / sizeof comparisons[0]; k++) {
            size_t words = comparisons[k].second ? 2 : 1;
            if (!is(q, i, comparisons[k].first) || (words == 2 && !is(q, i + 1, comparisons[k].second)))
                continue;
            if (i + words < q->n && q->w[i + words].number && !q->w[i + words].used)
                filter_number(table, m, q, i, i + words, comparisons[k].op, out);
        }
}

static void
read_values(const struct guide_match *m, struct guide_intent *out)
{
    for (size_t i = 0; i < m->values && out->filters < GUIDE_FILTERS; i++)
        out->filter[out->filters++] = (struct guide_filter){
            .column = m->value[i].column, .op = "=", .text = m->value[i].value, .any_case = m->value[i].guessed};
}

static bool
filtered(const struct guide_intent *in, size_t column)
{
    for (size_t i = 0; i < in->filters; i++)
        if (in->filter[i].column == column && in->filter[i].number)
            return true;
    return false;
}

/* The number that is asked about: after the order's or aggregate's word first, then any that no filter has taken. */
static void
read_measure(const struct guide_table *table, const struct guide_match *m, struct guide_intent *out)
{
    const struct guide_mention *best = NULL;
    for (size_t i = 0; i < m->mentions; i++) {
        const struct guide_mention *c = &m->mention[i];
        bool taken = (out->bucket != BUCKET_NONE && c->column == out->group) || filtered(out, c->column);
        if (table->column[c->column].kind != GUIDE_NUMBER || taken)
            continue;
        if (!best || c->score > best->score)
            best = c;
    }
    if (best)
        out->measure = best->column;
}

/* "which 10 countries have the most ...": a number that nothing else took says how many. */
static void
read_limit(struct guide_words *q, struct guide_intent *out)
{
    for (size_t i = 0; i < q->n && out->direction != 0 && out->limit == 0; i++) {
        struct guide_word *w = &q->w[i];
        if (w->number && !w->used && w->value >= 1 && w->value <= 100) {
            out->limit = (int64_t)w->value;
            w->used = true;
        }
    }
}

void
guide_intent_read(
    const struct guide_table *table, const struct guide_match *m, struct guide_words *q, struct guide_intent *out)
{
    memset(out, 0, sizeof *out);
    out->order_at = out->group = out->measure = GUIDE_NOWHERE;
    read_counts(q, out);
    read_order(table, q, out);
    read_group(table, m, q, out);
    read_values(m, out);
    read_comparisons(table, m, q, out);
    if (out->measure == GUIDE_NOWHERE)
        read_measure(table, m, out);
    read_limit(q, out);
}
