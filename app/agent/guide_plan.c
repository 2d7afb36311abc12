/* guide_plan: from what was understood to one SELECT, or an honest no. */
#include "agent/guide_plan.h"

#include "agent/guide_intent.h"
#include "base/json.h"

#include <string.h>

enum { SQL_BYTES = 8000, ROWS_LISTED = 20, ROWS_GROUPED = 1000, KEYS_SHOWN = 3 };

struct draft {
    struct task *t;
    const struct guide_table *table;
    const struct guide_words *q;
    struct guide_intent in;
    struct buf *sql, *about, *assumed;
};

static void
put_name(struct buf *b, struct span name)
{
    static const char *const keywords[] = {"order", "group", "index", "table", "select", "from", "where", "values",
        "case", "when", "to", "by", "as", "on", "in", "is", "and", "or", "not", "null", "limit", "default", "check",
        "primary", "key", "references", "transaction", "set", "union", "all", "distinct", "desc", "asc", "between",
        "like", "end", "then", "else"};
    bool plain = name.n > 0 && !(name.p[0] >= '0' && name.p[0] <= '9');
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        plain = plain && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_');
    }
    for (size_t i = 0; plain && i < sizeof keywords / sizeof keywords[0]; i++)
        plain = !span_is_nocase(name, keywords[i]);
    if (plain) {
        buf_span(b, name);
        return;
    }
    buf_quoted(b, name, '"');
}

static void
put_number(struct buf *b, double v)
{
    if (v > -1e15 && v < 1e15 && v == (double)(int64_t)v) /* NOLINT: whole on purpose */
        buf_i64(b, (int64_t)v);
    else
        json_put_double(b, v);
}

/* A name as people say it: worldwide_gross -> worldwide gross. */
static void
say_name(struct buf *b, struct span name)
{
    for (size_t i = 0; i < name.n; i++)
        buf_putc(b, name.p[i] == '_' ? ' ' : name.p[i]);
}

static const struct guide_column *
column(const struct draft *d, size_t i)
{
    return &d->table->column[i];
}

static void
put_filter(struct draft *d, const struct guide_filter *f)
{
    if (f->year) {
        buf_puts(d->sql, "CAST(substr(");
        put_name(d->sql, column(d, f->column)->name);
        buf_puts(d->sql, ", 1, 4) AS INTEGER)");
    } else {
        put_name(d->sql, column(d, f->column)->name);
    }
    buf_printf(d->sql, " %s ", f->op);
    if (f->number)
        put_number(d->sql, f->value);
    else
        buf_quoted(d->sql, f->text, '\'');
    if (f->any_case)
        buf_puts(d->sql, " COLLATE NOCASE");
}

static void
put_where(struct draft *d, const char *also_not_null)
{
    const char *word = " WHERE ";
    for (size_t i = 0; i < d->in.filters; i++) {
        buf_puts(d->sql, word);
        put_filter(d, &d->in.filter[i]);
        word = " AND ";
    }
    if (also_not_null)
        buf_printf(d->sql, "%s%s IS NOT NULL", word, also_not_null);
}

static void
say_filters(struct draft *d)
{
    for (size_t i = 0; i < d->in.filters; i++) {
        const struct guide_filter *f = &d->in.filter[i];
        buf_puts(d->about, i ? " and " : " where ");
        if (f->year)
            buf_puts(d->about, "the year of ");
        say_name(d->about, column(d, f->column)->name);
        buf_printf(d->about, " %s ", strcmp(f->op, "=") == 0 ? "is" : f->op);
        if (f->number)
            put_number(d->about, f->value);
        else
            buf_printf(d->about, "\xE2\x80\x9C%.*s\xE2\x80\x9D", SPAN_ARG(f->text));
    }
}

static const char *
name_of(struct draft *d, size_t i)
{
    struct buf *b = task_buf(d->t, 1024);
    put_name(b, column(d, i)->name);
    return buf_z(b);
}

static const char *
group_sql(struct draft *d)
{
    const char *name = name_of(d, d->in.group);
    bool date = column(d, d->in.group)->kind == GUIDE_DATE;
    switch (d->in.bucket) {
    case BUCKET_YEAR: return date ? task_printf(d->t, "substr(%s, 1, 4)", name) : name;
    case BUCKET_MONTH: return task_printf(d->t, "substr(%s, 1, 7)", name);
    case BUCKET_DECADE:
        return task_printf(
            d->t, "CAST(%s AS INTEGER) / 10 * 10", date ? task_printf(d->t, "substr(%s, 1, 4)", name) : name);
    case BUCKET_COLUMN:
    case BUCKET_NONE: break;
    }
    return name;
}

static const char *
group_alias(const struct draft *d, const char *name)
{
    static const char *const names[] = {[BUCKET_YEAR] = "year", [BUCKET_MONTH] = "month", [BUCKET_DECADE] = "decade"};
    bool column_itself = d->in.bucket == BUCKET_COLUMN || column(d, d->in.group)->kind == GUIDE_YEAR;
    return column_itself && d->in.bucket != BUCKET_DECADE ? name : names[d->in.bucket];
}

/* "count(*) AS n" or "avg(x) AS average_x"; returns the alias. */
static const char *
put_measure(struct draft *d)
{
    if (!d->in.aggregate || d->in.measure == GUIDE_NOWHERE) {
        buf_puts(d->sql, "count(*) AS n");
        return "n";
    }
    static const struct {
        const char *sql, *word;
    } words[] = {{"avg", "average"}, {"sum", "total"}, {"median", "median"}, {"min", "lowest"}, {"max", "highest"}};
    const char *word = d->in.aggregate;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].sql, d->in.aggregate) == 0)
            word = words[i].word;
    struct span plain = column(d, d->in.measure)->name;
    struct buf *alias = task_buf(d->t, 1024);
    put_name(alias, task_format(d->t, "%s_%.*s", word, SPAN_ARG(plain)));
    bool average = strcmp(d->in.aggregate, "avg") == 0;
    buf_printf(d->sql, "%s%s(%s)%s AS %s", average ? "round(" : "", d->in.aggregate, name_of(d, d->in.measure),
        average ? ", 2)" : "", buf_z(alias));
    buf_printf(d->about, "%s ", word);
    say_name(d->about, plain);
    return buf_z(alias);
}

static void
draft_grouped(struct draft *d, struct guide_plan *out)
{
    out->shape = GUIDE_GROUPED;
    const char *group = group_sql(d), *alias = group_alias(d, group);
    bool time = d->in.bucket != BUCKET_COLUMN;
    buf_printf(d->sql, "SELECT %s%s%s, ", group, strcmp(group, alias) ? " AS " : "", strcmp(group, alias) ? alias : "");
    if (!d->in.aggregate || d->in.measure == GUIDE_NOWHERE) {
        buf_puts(d->about, "number of ");
        say_name(d->about, d->table->name);
    }
    const char *measure = put_measure(d);
    buf_puts(d->sql, " FROM ");
    put_name(d->sql, d->table->name);
    put_where(d, group);
    buf_puts(d->sql, " GROUP BY 1");
    if (time && d->in.direction == 0)
        buf_puts(d->sql, " ORDER BY 1");
    else
        buf_printf(d->sql, " ORDER BY %s %s, 1", measure, d->in.direction < 0 ? "ASC" : "DESC");
    buf_printf(d->sql, " LIMIT %lld",
        (long long)(d->in.limit > 0        ? d->in.limit
                    : d->in.direction != 0 ? 10
                                           : ROWS_GROUPED));
    buf_puts(d->about, " by ");
    say_name(d->about, span_of(alias));
    say_filters(d);
}

/* The columns that make a row readable: its name, what was asked about, when it was. */
static void
put_columns(struct draft *d, const struct guide_match *m)
{
    size_t shown[GUIDE_MENTIONS + KEYS_SHOWN + 2], n = 0;
    if (d->table->label < d->table->n)
        shown[n++] = d->table->label;
    for (size_t i = 0; n < KEYS_SHOWN && d->table->label == d->table->n && i < d->table->n; i++)
        if (d->table->column[i].key)
            shown[n++] = i;
    for (size_t i = 0; i < m->mentions; i++) {
        bool have = false;
        for (size_t k = 0; k < n; k++)
            have = have || shown[k] == m->mention[i].column;
        if (!have)
            shown[n++] = m->mention[i].column;
    }
    bool measured = d->in.measure == GUIDE_NOWHERE;
    for (size_t k = 0; k < n; k++)
        measured = measured || shown[k] == d->in.measure;
    if (!measured)
        shown[n++] = d->in.measure;
    for (size_t i = 0; i < n; i++)
        buf_printf(d->sql, "%s%s", i ? ", " : "", name_of(d, shown[i]));
    if (n == 0)
        buf_puts(d->sql, "*");
}

static void
draft_ranked(struct draft *d, const struct guide_match *m, struct guide_plan *out)
{
    out->shape = GUIDE_RANKED;
    buf_puts(d->sql, "SELECT ");
    put_columns(d, m);
    buf_puts(d->sql, " FROM ");
    put_name(d->sql, d->table->name);
    const char *measure = name_of(d, d->in.measure);
    put_where(d, measure);
    buf_printf(d->sql, " ORDER BY %s %s LIMIT %lld", measure, d->in.direction < 0 ? "ASC" : "DESC",
        (long long)(d->in.limit > 0 ? d->in.limit : 10));
    say_name(d->about, d->table->name);
    buf_puts(d->about, " by ");
    say_name(d->about, column(d, d->in.measure)->name);
    say_filters(d);
    buf_puts(d->about, d->in.direction < 0 ? ", lowest first" : ", highest first");
}

static void
draft_one(struct draft *d, struct guide_plan *out)
{
    out->shape = d->in.aggregate && d->in.measure != GUIDE_NOWHERE ? GUIDE_ONE : GUIDE_COUNT;
    buf_puts(d->sql, "SELECT ");
    if (out->shape == GUIDE_COUNT)
        buf_puts(d->about, "number of ");
    put_measure(d);
    buf_puts(d->sql, " FROM ");
    put_name(d->sql, d->table->name);
    put_where(d, NULL);
    if (out->shape == GUIDE_ONE)
        buf_puts(d->about, " of ");
    say_name(d->about, d->table->name);
    say_filters(d);
}

static void
draft_listed(struct draft *d, const struct guide_match *m, struct guide_plan *out)
{
    out->shape = GUIDE_LISTED;
    buf_puts(d->sql, "SELECT ");
    put_columns(d, m);
    buf_puts(d->sql, " FROM ");
    put_name(d->sql, d->table->name);
    put_where(d, NULL);
    /* Ordered, so that the same question shows the same rows. */
    if (d->table->label < d->table->n)
        buf_printf(d->sql, " ORDER BY %s", name_of(d, d->table->label));
    buf_printf(d->sql, " LIMIT %lld", (long long)(d->in.limit > 0 ? d->in.limit : ROWS_LISTED));
    say_name(d->about, d->table->name);
    say_filters(d);
}

/* Words that nothing made sense of. A name that was not seen among the samples may still be a row's own name. */
static size_t
left_over(const struct guide_words *q, struct buf *words)
{
    size_t n = 0;
    for (size_t i = 0; i < q->n; i++) {
        const struct guide_word *w = &q->w[i];
        if (w->used || (guide_is_filler(w->stem) && !w->quoted))
            continue;
        buf_printf(words, "%s\xE2\x80\x9C%.*s\xE2\x80\x9D", n++ ? ", " : "", SPAN_ARG(w->text));
    }
    return n;
}

/* "who directed Avatar": a run of capitals or a quoted phrase that no sample holds is looked up as the row's name. */
static void
guess_name(const struct guide_table *table, struct guide_words *q, struct guide_match *m)
{
    for (size_t i = 0; i < q->n && table->label < table->n && m->values < GUIDE_MENTIONS; i++) {
        if (q->w[i].used || q->w[i].number ||
            (!q->w[i].quoted && (!q->w[i].capital || i == 0 || guide_is_filler(q->w[i].stem))))
            continue;
        size_t to = i + 1;
        while (
            !q->w[i].quoted && to < q->n && !q->w[to].used && (q->w[to].capital || q->w[to].number) && !q->w[to].quoted)
            to++;
        struct span first = q->w[i].text, last = q->w[to - 1].text;
        struct span phrase = {first.p, (size_t)(last.p + last.n - first.p)};
        m->value[m->values++] = (struct guide_value){i, to, table->label, phrase, true};
        for (size_t k = i; k < to; k++)
            q->w[k].used = true;
        i = to - 1;
    }
}

static size_t
best_table(struct task *t, const json_t *tables, const struct guide_words *q, struct guide_table *table)
{
    struct guide_table *one = task_new(t, struct guide_table);
    struct guide_words *words = task_new(t, struct guide_words);
    struct guide_match m;
    int best = 0;
    size_t i, found = json_array_size(tables);
    json_t *j;
    json_array_foreach(tables, i, j)
    {
        guide_table_read(t, j, one);
        *words = *q;
        guide_match_table(one, words, false, &m);
        if (m.score > best) {
            best = m.score;
            found = i;
            *table = *one;
        }
    }
    return found;
}

/* A question that this table surely answers, for the person who got a no. */
static struct span
nearest_question(struct task *t, const struct guide_table *table)
{
    struct buf *b = task_buf(t, 1024);
    size_t number = 0, text = 0;
    while (number < table->n && (table->column[number].kind != GUIDE_NUMBER || table->column[number].key))
        number++;
    while (text < table->n && (table->column[text].kind != GUIDE_TEXT || text == table->label))
        text++;
    if (number < table->n) {
        buf_puts(b, "top 10 ");
        say_name(b, table->name);
        buf_puts(b, " by ");
        say_name(b, table->column[number].name);
    } else {
        buf_puts(b, "how many ");
        say_name(b, table->name);
        buf_puts(b, text < table->n ? " by " : " are there");
        if (text < table->n)
            say_name(b, table->column[text].name);
    }
    return buf_view(b);
}

static void
refuse(struct task *t, const struct guide_table *table, struct span reason, struct guide_plan *out)
{
    out->can = false;
    out->reason = reason;
    out->nearest = table && table->n > 0 ? nearest_question(t, table) : SPAN_NONE;
}

static void
choose(struct draft *d, const struct guide_match *m, struct guide_plan *out)
{
    bool measured = d->in.measure != GUIDE_NOWHERE;
    if (d->in.bucket != BUCKET_NONE && (d->in.count || d->in.aggregate || d->in.direction != 0 || !measured))
        draft_grouped(d, out);
    else if (d->in.bucket != BUCKET_NONE) {
        d->in.aggregate = "avg"; /* "rating by genre" */
        buf_puts(d->assumed, "I took the average, as the question does not say which figure of each group it wants.");
        draft_grouped(d, out);
    } else if (d->in.direction != 0 && measured)
        draft_ranked(d, m, out);
    else if (d->in.count || (d->in.aggregate && measured))
        draft_one(d, out);
    else
        draft_listed(d, m, out);
}

/* "which genre has the most movies" counts rows in groups; "which genre has the highest average rating" averages. */
static void
superlative_of_groups(struct draft *d, const struct guide_match *m)
{
    if (d->in.direction == 0 || d->in.bucket != BUCKET_NONE)
        return;
    bool counts = d->in.measure == GUIDE_NOWHERE && m->names_table;
    for (size_t i = 0; (counts || d->in.aggregate) && i < m->mentions; i++) {
        const struct guide_column *c = column(d, m->mention[i].column);
        if (c->kind != GUIDE_TEXT || m->mention[i].column == d->table->label)
            continue;
        d->in.bucket = BUCKET_COLUMN;
        d->in.group = m->mention[i].column;
        d->in.limit = d->in.limit > 0 ? d->in.limit : 5;
        return;
    }
}

void
guide_plan_make(struct task *t, struct span question, const json_t *tables, struct guide_plan *out)
{
    struct guide_words *q = task_new(t, struct guide_words);
    struct guide_table *table = task_new(t, struct guide_table);
    struct guide_match *m = task_new(t, struct guide_match);
    struct buf *left = task_buf(t, 4096);
    *out = (struct guide_plan){0};
    guide_words_read(t, question, q);
    if (best_table(t, tables, q, table) == json_array_size(tables)) {
        guide_table_read(t, json_array_get(tables, 0), table);
        refuse(t, table, SPAN("None of the names or values in this data occur in the question."), out);
        return;
    }
    guide_match_table(table, q, true, m);
    struct draft d = {t, table, q, {0}, task_buf(t, SQL_BYTES), task_buf(t, 2000), task_buf(t, 4000)};
    guess_name(table, q, m);
    guide_intent_read(table, m, q, &d.in);
    superlative_of_groups(&d, m);
    size_t strange = left_over(q, left);
    size_t known = m->mentions + m->values + (m->names_table ? 1 : 0);
    bool asked = d.in.count || d.in.aggregate || d.in.direction != 0 || d.in.bucket != BUCKET_NONE ||
                 d.in.filters > 0 || m->mentions > 0 || m->names_table;
    bool no_measure = (d.in.direction != 0 || (d.in.aggregate && !d.in.count)) && d.in.measure == GUIDE_NOWHERE &&
                      d.in.bucket == BUCKET_NONE;
    /* A figure over rows that the unknown word might have narrowed would be wrong without a word; a list says it. */
    bool figure = d.in.count || d.in.aggregate || d.in.bucket != BUCKET_NONE;
    if (!asked || strange > known || (strange > 0 && (no_measure || figure))) {
        refuse(t, table,
            task_format(t, "I found no column or value here for %s.", strange ? buf_z(left) : "what is asked"), out);
        return;
    }
    if (no_measure) {
        refuse(t, table,
            task_format(t, "The question asks for an order or a figure, but I can't tell of which column of %.*s.",
                SPAN_ARG(table->name)),
            out);
        return;
    }
    choose(&d, m, out);
    if (strange > 0)
        buf_printf(d.assumed, "%sI made no use of %s.", d.assumed->n ? " " : "", buf_z(left));
    out->can = !d.sql->failed;
    out->sql = buf_view(d.sql);
    out->about = buf_view(d.about);
    out->assumed = buf_view(d.assumed);
}
