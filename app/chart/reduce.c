/* reduce: sums for bars, means for lines, a grid for dots, counts for histograms, ranks for boxes. */
#include "chart/reduce.h"

#include "chart/summary.h"

#include <float.h>
#include <math.h>

enum {
    FACTS = 6, /* of a channel: how many values, smallest, largest, how many hours, days, months */
    GROUPS = 4000,
    LINE_LEAST = 20,
    LINE_MOST = 1000,
    SIDE_LEAST = 8,
    SIDE_MOST = 60,
    RANKS = 40, /* values that stand for all of a box */
    SQL_BYTES = 256 << 10
};

struct facts {
    double values, low, high, hours, days, months;
    bool whole; /* low and high are integers */
};
struct reduce {
    struct task *t;
    const struct chart_source *source;
    struct chart_spec *spec;
    const struct chart_data *d;
    double rows;
    struct facts facts[CHART_CHANNELS];
    struct buf *sql;
    int column[CHART_CHANNELS + 1]; /* of the new rows; the last is the weight */
    int n_columns;
};

static bool
has(const struct reduce *r, enum chart_channel c)
{
    return r->spec->column[c] >= 0;
}

static enum chart_type
type_of(const struct reduce *r, enum chart_channel c)
{
    return r->d->columns[r->spec->column[c]].type;
}

static void
put_name(struct reduce *r, enum chart_channel c)
{
    buf_quoted(r->sql, r->d->columns[r->spec->column[c]].name, '"');
}

/* A comment at the statement's end must not swallow what stands around it. */
static void
put_source(struct reduce *r)
{
    struct span sql = span_trim(r->source->sql);
    while (sql.n > 0 && sql.p[sql.n - 1] == ';')
        sql = span_trim(span_first(sql, sql.n - 1));
    buf_puts(r->sql, " FROM (\n");
    buf_span(r->sql, sql);
    buf_puts(r->sql, "\n)");
}

/* The axes' values must be there, and numbers where numbers are drawn. */
static void
put_where(struct reduce *r)
{
    const char *word = " WHERE ";
    for (enum chart_channel c = CHART_X; c <= CHART_Y; c++) {
        if (!has(r, c))
            continue;
        bool number = type_of(r, c) == CHART_NUMBER || type_of(r, c) == CHART_YEAR;
        buf_puts(r->sql, word);
        if (number)
            buf_puts(r->sql, "typeof(");
        put_name(r, c);
        buf_puts(r->sql, number ? ") IN ('integer', 'real')" : " IS NOT NULL");
        word = " AND ";
    }
}

static enum err
ask(struct reduce *r, struct chart_rows *out)
{
    if (r->sql->failed)
        return task_fail(r->t, E_LIMIT, "The statement is too long to be binned.");
    return r->source->ask(r->t, r->source->arg, buf_view(r->sql), out);
}

static void
put_facts(struct reduce *r, enum chart_channel c)
{
    static const int prefixes[] = {13, 10, 7};
    bool there = has(r, c), number = there && (type_of(r, c) == CHART_NUMBER || type_of(r, c) == CHART_YEAR);
    for (int i = 0; i < FACTS; i++) {
        bool wanted = there && (i == 0 ? !number : i < 3 ? number : type_of(r, c) == CHART_TIME);
        buf_puts(r->sql, !wanted  ? ", NULL"
                         : i == 0 ? ", count(DISTINCT "
                         : i == 1 ? ", min("
                         : i == 2 ? ", max("
                                  : ", count(DISTINCT substr(");
        if (!wanted)
            continue;
        put_name(r, c);
        if (i >= 3)
            buf_printf(r->sql, ", 1, %d)", prefixes[i - 3]);
        buf_putc(r->sql, ')');
    }
}

static double
number_of(const struct cell *c)
{
    return c->kind == CELL_INT ? (double)c->i : c->kind == CELL_REAL ? c->r : 0;
}

static enum err
read_facts(struct reduce *r)
{
    struct chart_rows got = {0};
    r->sql = task_buf(r->t, SQL_BYTES);
    buf_puts(r->sql, "SELECT count(*)");
    for (int c = 0; c < CHART_CHANNELS; c++)
        put_facts(r, (enum chart_channel)c);
    put_source(r);
    put_where(r);
    if (ask(r, &got) != E_OK)
        return r->t->err;
    if (got.n != 1 || got.columns != 1 + CHART_CHANNELS * FACTS)
        return task_fail(r->t, E_INTERNAL, "The rows could not be counted.");
    r->rows = number_of(&got.cells[0]);
    for (int c = 0; c < CHART_CHANNELS; c++) {
        const struct cell *f = &got.cells[1 + c * FACTS];
        r->facts[c] = (struct facts){number_of(f), number_of(f + 1), number_of(f + 2), number_of(f + 3),
            number_of(f + 4), number_of(f + 5), f[1].kind == CELL_INT && f[2].kind == CELL_INT};
    }
    return E_OK;
}

/* 1, 2 or 5 times a power of ten, so that `wanted` steps or fewer span the range. */
static double
nice_step(double range, double wanted)
{
    double raw = range / wanted, power = pow(10, floor(log10(raw))), f = raw / power;
    return power * (f <= 1 ? 1 : f <= 2 ? 2 : f <= 5 ? 5 : 10);
}

/* An axis in at most `most` steps: exact where the values are few, else a step's middle. */
static void
put_axis(struct reduce *r, enum chart_channel c, double most)
{
    const struct facts *f = &r->facts[c];
    enum chart_type type = type_of(r, c);
    double range = f->high - f->low;
    if (type == CHART_TEXT || (type == CHART_TIME && f->values <= most) || (type != CHART_TIME && range <= 0) ||
        (type != CHART_TIME && f->whole && range < most)) {
        put_name(r, c);
    } else if (type == CHART_TIME) {
        buf_puts(r->sql, "substr(");
        put_name(r, c);
        buf_printf(r->sql, ", 1, %d)%s",
            f->hours <= most  ? 13
            : f->days <= most ? 10
                              : 7,
            f->hours <= most ? " || ':00'" : "");
    } else {
        double step = nice_step(range, most), from = floor(f->low / step) * step;
        buf_puts(r->sql, "(CAST((");
        put_name(r, c);
        buf_printf(r->sql, " - (%.*e)) / %.*e AS INTEGER) + 0.5) * %.*e + (%.*e)", DBL_DECIMAL_DIG, from,
            DBL_DECIMAL_DIG, step, DBL_DECIMAL_DIG, step, DBL_DECIMAL_DIG, from);
    }
}

static void
begin_select(struct reduce *r)
{
    r->sql = task_buf(r->t, SQL_BYTES);
    buf_puts(r->sql, "SELECT ");
    for (size_t i = 0; i < sizeof r->column / sizeof r->column[0]; i++)
        r->column[i] = -1;
}

/* The new rows' next column will stand for this channel. */
static void
next_column(struct reduce *r, enum chart_channel c)
{
    if (r->n_columns > 0)
        buf_puts(r->sql, ", ");
    r->column[c] = r->n_columns++;
}

/* Measures are numbers; what parts the rows into groups is not. */
static bool
is_group(const struct reduce *r, enum chart_channel c)
{
    return c == CHART_FACET || (c == CHART_COLOR && type_of(r, c) != CHART_NUMBER);
}

static double
parts(const struct reduce *r)
{
    double n = 1;
    for (enum chart_channel c = CHART_COLOR; c <= CHART_FACET; c++)
        if (has(r, c) && is_group(r, c) && r->facts[c].values > 1)
            n *= r->facts[c].values;
    return n;
}

/* The groups' own columns: axes in steps, colours and panels as they are. Returns how many there are. */
static int
put_groups(struct reduce *r, bool x, bool y)
{
    bool both = x && y && has(r, CHART_X) && has(r, CHART_Y);
    double room = GROUPS / parts(r);
    double most = both ? fmin(fmax(sqrt(room), SIDE_LEAST), SIDE_MOST) : fmin(fmax(room, LINE_LEAST), LINE_MOST);
    for (int i = 0; i < CHART_CHANNELS; i++) {
        enum chart_channel c = (enum chart_channel)i;
        bool axis = c == CHART_X || c == CHART_Y;
        if (!has(r, c) || (axis ? !(c == CHART_X ? x : y) : !is_group(r, c)))
            continue;
        next_column(r, c);
        if (axis)
            put_axis(r, c, most);
        else
            put_name(r, c);
    }
    return r->n_columns;
}

static void
put_measure(struct reduce *r, const char *function, enum chart_channel c)
{
    next_column(r, c);
    buf_printf(r->sql, "%s(", function);
    put_name(r, c);
    buf_putc(r->sql, ')');
}

static void
put_weight(struct reduce *r, enum chart_channel c)
{
    next_column(r, c);
    buf_puts(r->sql, "count(*)");
}

static void
end_select(struct reduce *r, int groups, bool largest_first)
{
    put_source(r);
    put_where(r);
    for (int i = 0; i < groups; i++)
        buf_printf(r->sql, "%s%d", i == 0 ? " GROUP BY " : ", ", i + 1);
    if (largest_first)
        buf_printf(r->sql, " ORDER BY %d DESC", groups + 1);
    else if (groups > 0)
        buf_puts(r->sql, " ORDER BY 1");
}

static void
numeric_color(struct reduce *r)
{
    if (has(r, CHART_COLOR) && !is_group(r, CHART_COLOR) && r->column[CHART_COLOR] < 0)
        put_measure(r, "avg", CHART_COLOR);
}

static void
reduce_bars(struct reduce *r)
{
    enum chart_channel value = chart_spec_value(r->spec, r->d);
    int groups = put_groups(r, value != CHART_X, value != CHART_Y);
    if (has(r, value))
        put_measure(r, "sum", value);
    else
        put_weight(r, value);
    numeric_color(r);
    end_select(r, groups, true);
}

static void
reduce_lines(struct reduce *r)
{
    int groups = put_groups(r, true, false);
    put_measure(r, "avg", CHART_Y);
    numeric_color(r);
    end_select(r, groups, false);
}

/* Dots grow with the rows behind them, unless size says something else. */
static void
reduce_points(struct reduce *r)
{
    int groups = put_groups(r, true, true);
    if (has(r, CHART_SIZE))
        put_measure(r, "avg", CHART_SIZE);
    else
        put_weight(r, CHART_SIZE);
    numeric_color(r);
    end_select(r, groups, false);
}

static void
reduce_counts(struct reduce *r)
{
    int groups = put_groups(r, true, true);
    put_weight(r, CHART_CHANNELS);
    numeric_color(r);
    end_select(r, groups, false);
}

static void
reduce_cells(struct reduce *r)
{
    int groups = put_groups(r, true, true);
    if (!has(r, CHART_COLOR))
        put_weight(r, CHART_COLOR);
    numeric_color(r);
    end_select(r, groups, false);
}

/* Evenly spaced ranks of each group, the smallest and the largest among them, have the same quartiles. */
static void
reduce_spread(struct reduce *r)
{
    enum chart_channel value = chart_spec_value(r->spec, r->d);
    double room = GROUPS / parts(r),
           ranks = fmin(RANKS, fmax(4, room / fmax(1, r->facts[CHART_X].values + r->facts[CHART_Y].values)));
    const char *word = "PARTITION BY ";
    struct buf *inner = task_buf(r->t, SQL_BYTES), *part = task_buf(r->t, SQL_BYTES);
    int n = 0;
    for (int i = 0; i < CHART_CHANNELS; i++) {
        enum chart_channel c = (enum chart_channel)i;
        if (!has(r, c) || (c == CHART_COLOR && !is_group(r, c)))
            continue;
        struct span name = r->d->columns[r->spec->column[c]].name;
        next_column(r, c);
        buf_printf(r->sql, "c%d", ++n);
        buf_quoted(inner, name, '"');
        buf_printf(inner, " AS c%d, ", n);
        if (c == value)
            continue;
        buf_puts(part, word);
        buf_quoted(part, name, '"');
        word = ", ";
    }
    struct span by = buf_view(part), measured = r->d->columns[r->spec->column[value]].name;
    buf_printf(r->sql, " FROM (SELECT %.*s row_number() OVER (%.*s ORDER BY ", SPAN_ARG(buf_view(inner)), SPAN_ARG(by));
    buf_quoted(r->sql, measured, '"');
    buf_printf(r->sql, ") - 1 AS k, count(*) OVER (%.*s) - 1 AS m", SPAN_ARG(by));
    put_source(r);
    put_where(r);
    buf_printf(r->sql, ") WHERE m = 0 OR k = 0 OR k * %d / m > (k - 1) * %d / m", (int)ranks, (int)ranks);
}

/* The new rows take the old ones' names and types. */
static enum err
adopt(struct reduce *r, const struct chart_rows *got, struct chart_data *d)
{
    static const char weight[] = "rows";
    const struct chart_data before = *r->d;
    struct chart_spec spec = *r->spec;
    struct span *names = task_array(r->t, (size_t)r->n_columns, sizeof *names);
    struct chart_rows rows = *got;
    if (got->columns != (size_t)r->n_columns)
        return task_fail(r->t, E_INTERNAL, "The rows could not be binned.");
    for (int c = 0; c <= CHART_CHANNELS; c++)
        if (r->column[c] >= 0)
            names[r->column[c]] =
                c < CHART_CHANNELS && spec.column[c] >= 0 ? before.columns[spec.column[c]].name : span_of(weight);
    rows.names = names;
    if (chart_data_read(r->t, &rows, d) != E_OK)
        return r->t->err;
    for (int c = 0; c < CHART_CHANNELS; c++) {
        enum chart_type was = spec.column[c] >= 0 ? before.columns[spec.column[c]].type : CHART_NUMBER;
        if (r->column[c] >= 0 && d->columns[r->column[c]].type != CHART_TIME)
            d->columns[r->column[c]].type = was;
        r->spec->column[c] = r->column[c];
    }
    r->spec->weight = r->column[CHART_CHANNELS];
    return E_OK;
}

enum err
chart_reduce(
    struct task *t, const struct chart_source *source, struct chart_spec *spec, struct chart_data *d, struct span *note)
{
    static const struct {
        void (*select)(struct reduce *);
        const char *how, *what;
    } by_family[] = {
        [FAMILY_BARS] = {reduce_bars, "added up to", "values"},
        [FAMILY_LINES] = {reduce_lines, "drawn as the means of", "groups"},
        [FAMILY_POINTS] = {reduce_points, "drawn as", "groups of near points"},
        [FAMILY_COUNTS] = {reduce_counts, "counted in", "narrow intervals"},
        [FAMILY_CELLS] = {reduce_cells, "drawn as the means of", "groups"},
        [FAMILY_SPREAD] = {reduce_spread, "drawn by",
            "evenly spaced values of theirs, the smallest and the largest among them"},
    };
    struct reduce r = {.t = t, .source = source, .spec = spec, .d = d};
    struct chart_rows got = {0};
    struct chart_data before = *d;
    r.d = &before;
    if (read_facts(&r) != E_OK)
        return t->err;
    begin_select(&r);
    by_family[spec->mark->family].select(&r);
    if (ask(&r, &got) != E_OK)
        return t->err;
    if (got.truncated || got.n > CHART_POINTS)
        return task_fail(t, E_LIMIT, "Even in groups the rows are more than %d.", CHART_POINTS);
    if (adopt(&r, &got, d) != E_OK)
        return t->err;
    *note = task_format(t, "%.*s rows are %s %zu %s.", SPAN_ARG(chart_number(t, r.rows, CHART_NUMBER)),
        by_family[spec->mark->family].how, got.n, by_family[spec->mark->family].what);
    return E_OK;
}
