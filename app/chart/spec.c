/* spec: reading a spec member by member; whatever it says wrong is told with what would be right. */
#include "chart/spec.h"

#include "base/alike.h"
#include "base/json.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <string.h>

enum { NEAR_SCORE = 60, LIST_BYTES = 600 };

static const struct {
    const char *key;
    size_t most;
} words[CHART_WORDS] = {
    {"title", CHART_TITLE_BYTES},
    {"subtitle", CHART_TITLE_BYTES},
    {"x_title", CHART_TITLE_BYTES},
    {"y_title", CHART_TITLE_BYTES},
    {"color_title", CHART_TITLE_BYTES},
    {"units", CHART_UNITS_BYTES},
};
static const char *const sorts[] = {"data", "name", "-name", "value", "-value"};

struct reading {
    struct task *t;
    const struct chart_data *d;
    const json_t *json;
    struct chart_problem *problem;
    struct chart_spec *out;
};

static enum err
refuse(struct reading *r, const char *code, const char *field, struct span sentence)
{
    r->problem->code = code;
    r->problem->field = field;
    return task_fail(r->t, E_INVALID, "%.*s", SPAN_ARG(sentence));
}

/* Keeps the nearest of several names. */
static void
consider(struct span word, struct span name, int *best, struct span *nearest)
{
    int score = alike_score(word, name);
    if (score >= NEAR_SCORE && score > *best) {
        *best = score;
        *nearest = name;
    }
}

/* "; did you mean \"x\"?", or the sentence's end. */
static struct span
did_you_mean(struct reading *r, struct span nearest)
{
    r->problem->nearest = nearest;
    return nearest.n > 0 ? task_format(r->t, "; did you mean \"%.*s\"?", SPAN_ARG(nearest)) : SPAN(".");
}

static struct span
shown(struct reading *r, struct span s)
{
    struct buf *b = task_buf(r->t, 4 * ALIKE_BYTES);
    utf8_clean(b, utf8_first(s, ALIKE_BYTES));
    return buf_view(b);
}

/* Names of the columns that hold one of these types. */
static struct span
columns_list(struct reading *r, unsigned types)
{
    struct buf *b = task_buf(r->t, LIST_BYTES + CHART_TEXT_BYTES + 16);
    for (size_t i = 0; i < r->d->n_columns && b->n < LIST_BYTES; i++)
        if (types & 1u << r->d->columns[i].type)
            buf_printf(b, "%s%.*s", b->n > 0 ? ", " : "", SPAN_ARG(r->d->columns[i].name));
    return b->n > 0 ? buf_view(b) : SPAN("none");
}

static bool
is_key(struct span key, int *best, struct span *nearest)
{
    static const char *const others[] = {"mark", "sort", "bins", "weight"};
    for (int i = 0; i < CHART_CHANNELS + CHART_WORDS + 4; i++) {
        const char *name = i < CHART_CHANNELS                 ? chart_channel_name((enum chart_channel)i)
                           : i < CHART_CHANNELS + CHART_WORDS ? words[i - CHART_CHANNELS].key
                                                              : others[i - CHART_CHANNELS - CHART_WORDS];
        if (span_is(key, name))
            return true;
        consider(key, span_of(name), best, nearest);
    }
    return false;
}

static enum err
check_keys(struct reading *r)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)r->json, key, value)
    {
        int best = 0;
        struct span nearest = SPAN_NONE;
        if (is_key(span_of(key), &best, &nearest))
            continue;
        return refuse(r, "key", "",
            task_format(r->t,
                "A chart has no setting \"%.*s\"%.*s It has mark, x, y, color, facet, size, sort, bins, title, "
                "subtitle, x_title, y_title, color_title and units.",
                SPAN_ARG(shown(r, span_of(key))), SPAN_ARG(did_you_mean(r, nearest))));
    }
    return E_OK;
}

static enum err
read_mark(struct reading *r)
{
    size_t n;
    const struct chart_mark *marks = chart_marks(&n);
    struct span name = json_text(r->json, "mark"), nearest = SPAN_NONE;
    struct buf *all = task_buf(r->t, LIST_BYTES);
    int best = 0;
    r->out->mark = chart_mark_find(name);
    if (r->out->mark)
        return E_OK;
    for (size_t i = 0; i < n; i++) {
        buf_printf(all, "%s%s", i > 0 ? ", " : "", marks[i].name);
        consider(name, span_of(marks[i].name), &best, &nearest);
    }
    if (name.n == 0)
        return refuse(r, "mark", "mark", task_format(r->t, "Name a mark: one of %.*s.", SPAN_ARG(buf_view(all))));
    return refuse(r, "mark", "mark",
        task_format(r->t, "There is no mark \"%.*s\"%.*s The marks are %.*s.", SPAN_ARG(shown(r, name)),
            SPAN_ARG(did_you_mean(r, nearest)), SPAN_ARG(buf_view(all))));
}

static enum err
find_column(struct reading *r, enum chart_channel c, struct span name)
{
    int best = 0;
    struct span nearest = SPAN_NONE;
    for (size_t i = 0; i < r->d->n_columns; i++) {
        if (span_eq(r->d->columns[i].name, name)) {
            r->out->column[c] = (int)i;
            return E_OK;
        }
        consider(name, r->d->columns[i].name, &best, &nearest);
    }
    return refuse(r, "column", chart_channel_name(c),
        task_format(r->t, "%s: the rows have no column \"%.*s\"%.*s They have: %.*s.", chart_channel_name(c),
            SPAN_ARG(shown(r, name)), SPAN_ARG(did_you_mean(r, nearest)), SPAN_ARG(columns_list(r, ~0u))));
}

static struct span
types_wanted(struct reading *r, unsigned types)
{
    struct buf *b = task_buf(r->t, LIST_BYTES);
    for (int i = 0; i < CHART_TYPES; i++)
        if (types & 1u << i)
            buf_printf(b, "%s%s", b->n > 0 ? " or " : "", chart_type_holds((enum chart_type)i));
    return buf_view(b);
}

static enum err
check_type(struct reading *r, enum chart_channel c, const struct chart_need *need)
{
    const struct chart_column *column = &r->d->columns[r->out->column[c]];
    if (need->types & 1u << column->type)
        return E_OK;
    return refuse(r, "type", chart_channel_name(c),
        task_format(r->t, "%s needs %.*s as %s; \"%.*s\" holds %s. Columns that would do: %.*s.", r->out->mark->one,
            SPAN_ARG(types_wanted(r, need->types)), chart_channel_name(c), SPAN_ARG(column->name),
            chart_type_holds(column->type), SPAN_ARG(columns_list(r, need->types))));
}

static enum err
read_channel(struct reading *r, enum chart_channel c)
{
    const char *name = chart_channel_name(c);
    const struct chart_need *need = &r->out->mark->needs[c];
    const json_t *value = json_object_get(r->json, name);
    struct span column = json_text(r->json, name);
    r->out->column[c] = -1;
    if (value && !json_is_string(value) && !json_is_null(value))
        return refuse(r, "value", name, task_format(r->t, "%s is the name of a column, as a text.", name));
    if (column.n == 0 && need->want == WANT_ALWAYS)
        return refuse(r, "missing", name,
            task_format(r->t, "%s needs %s, a column of %.*s. Columns that would do: %.*s.", r->out->mark->one, name,
                SPAN_ARG(types_wanted(r, need->types)), SPAN_ARG(columns_list(r, need->types))));
    if (column.n == 0)
        return E_OK;
    if (need->want == WANT_NOTHING)
        return refuse(r, "key", name, task_format(r->t, "%s takes no %s.", r->out->mark->one, name));
    if (find_column(r, c, column) != E_OK)
        return r->t->err;
    return check_type(r, c, need);
}

static enum err
read_words(struct reading *r, enum chart_words w)
{
    const json_t *value = json_object_get(r->json, words[w].key);
    struct span text = json_text(r->json, words[w].key);
    if (value && !json_is_string(value) && !json_is_null(value))
        return refuse(r, "value", words[w].key, task_format(r->t, "%s is a text.", words[w].key));
    if (text.n > words[w].most)
        return refuse(
            r, "limit", words[w].key, task_format(r->t, "%s is longer than %zu bytes.", words[w].key, words[w].most));
    r->out->words[w] = text;
    return E_OK;
}

static enum err
read_sort(struct reading *r)
{
    const json_t *value = json_object_get(r->json, "sort");
    r->out->sort = json_text(r->json, "sort");
    if (!value || json_is_null(value))
        return E_OK;
    for (size_t i = 0; i < sizeof sorts / sizeof sorts[0]; i++)
        if (span_is(r->out->sort, sorts[i]))
            return E_OK;
    return refuse(r, "value", "sort",
        SPAN("sort is \"data\" (as the rows come), \"name\", \"-name\", \"value\" or \"-value\" (largest first)."));
}

static enum err
read_bins(struct reading *r)
{
    const json_t *value = json_object_get(r->json, "bins");
    r->out->bins = json_int(r->json, "bins", 0);
    if (!value || json_is_null(value))
        return E_OK;
    if (r->out->mark->family != FAMILY_COUNTS)
        return refuse(r, "key", "bins", task_format(r->t, "%s takes no bins; a histogram does.", r->out->mark->one));
    if (!json_is_integer(value) || r->out->bins < CHART_BINS_LEAST || r->out->bins > CHART_BINS_MOST)
        return refuse(r, "value", "bins",
            task_format(r->t, "bins is a whole number from %d to %d.", CHART_BINS_LEAST, CHART_BINS_MOST));
    return E_OK;
}

/* Rows that stand for several, as binning makes them. */
static enum err
read_weight(struct reading *r)
{
    struct span name = json_text(r->json, "weight");
    if (name.n == 0)
        return E_OK;
    for (size_t i = 0; i < r->d->n_columns; i++)
        if (span_eq(r->d->columns[i].name, name) && r->d->columns[i].type == CHART_NUMBER)
            r->out->weight = (int)i;
    if (r->out->weight >= 0 && r->out->mark->family == FAMILY_COUNTS)
        return E_OK;
    return refuse(r, "value", "weight", SPAN("weight is a histogram's: a column that counts the rows behind each."));
}

/* A box needs one axis with numbers; places must be on the globe. */
static enum err
check_box(struct reading *r)
{
    for (enum chart_channel c = CHART_X; c <= CHART_Y; c++)
        if (r->out->column[c] >= 0 && r->d->columns[r->out->column[c]].type == CHART_NUMBER)
            return E_OK;
    return refuse(r, "type", "y",
        task_format(r->t, "A box plot needs numbers as y (or as x, to lie). Columns that would do: %.*s.",
            SPAN_ARG(columns_list(r, 1u << CHART_NUMBER))));
}

static enum err
check_places(struct reading *r)
{
    static const struct {
        enum chart_channel channel;
        double most;
        const char *name;
    } axes[] = {{CHART_X, 180, "longitude"}, {CHART_Y, 90, "latitude"}};
    for (size_t a = 0; a < 2; a++)
        for (size_t row = 0; row < r->d->n; row++) {
            double v = chart_value(r->d, row, (size_t)r->out->column[axes[a].channel]);
            if (v < -axes[a].most || v > axes[a].most)
                return refuse(r, "range", chart_channel_name(axes[a].channel),
                    task_format(r->t, "On a map %s is the %s in degrees, from -%.0f to %.0f; \"%.*s\" holds %g.",
                        chart_channel_name(axes[a].channel), axes[a].name, axes[a].most, axes[a].most,
                        SPAN_ARG(r->d->columns[r->out->column[axes[a].channel]].name), v));
        }
    return E_OK;
}

static enum err
check_facets(struct reading *r)
{
    struct chart_groups g;
    if (r->out->column[CHART_FACET] < 0)
        return E_OK;
    chart_groups_make(r->t, r->d, r->out->column[CHART_FACET], &g);
    if (g.n <= CHART_FACETS)
        return E_OK;
    return refuse(r, "limit", "facet",
        task_format(r->t, "facet makes one panel per value, at most %d; \"%.*s\" has %zu values.", CHART_FACETS,
            SPAN_ARG(r->d->columns[r->out->column[CHART_FACET]].name), g.n));
}

static enum err
read_all(struct reading *r)
{
    if (!json_is_object(r->json))
        return refuse(r, "spec", "",
            SPAN("A chart's spec is an object, such as {\"mark\":\"barY\",\"x\":\"genre\",\"y\":\"gross\"}."));
    if (r->d->n == 0)
        return refuse(r, "rows", "", SPAN("There are no rows to draw."));
    if (check_keys(r) != E_OK || read_mark(r) != E_OK)
        return r->t->err;
    for (int c = 0; c < CHART_CHANNELS; c++)
        if (read_channel(r, (enum chart_channel)c) != E_OK)
            return r->t->err;
    for (int w = 0; w < CHART_WORDS; w++)
        if (read_words(r, (enum chart_words)w) != E_OK)
            return r->t->err;
    if (read_sort(r) != E_OK || read_bins(r) != E_OK || read_weight(r) != E_OK || check_facets(r) != E_OK)
        return r->t->err;
    if (span_is(span_of(r->out->mark->name), "box"))
        return check_box(r);
    return span_is(span_of(r->out->mark->name), "geo") ? check_places(r) : E_OK;
}

enum err
chart_spec_read(struct task *t, const json_t *spec, const struct chart_data *d, struct chart_problem *problem,
    struct chart_spec *out)
{
    struct reading r = {t, d, spec, problem, out};
    *problem = (struct chart_problem){.code = "", .field = ""};
    *out = (struct chart_spec){.weight = -1};
    return read_all(&r);
}

enum chart_channel
chart_spec_value(const struct chart_spec *spec, const struct chart_data *d)
{
    int y = spec->column[CHART_Y];
    if (span_is(span_of(spec->mark->name), "box"))
        return y >= 0 && d->columns[y].type == CHART_NUMBER ? CHART_Y : CHART_X;
    return spec->mark->value;
}

enum chart_channel
chart_spec_category(const struct chart_spec *spec, const struct chart_data *d)
{
    return chart_spec_value(spec, d) == CHART_X ? CHART_Y : CHART_X;
}

struct span
chart_spec_title(const struct chart_spec *spec, const struct chart_data *d, enum chart_channel channel)
{
    static const enum chart_words which[CHART_CHANNELS] = {WORDS_X, WORDS_Y, WORDS_COLOR, CHART_WORDS, CHART_WORDS};
    if (which[channel] != CHART_WORDS && spec->words[which[channel]].n > 0)
        return spec->words[which[channel]];
    return spec->column[channel] >= 0 ? d->columns[spec->column[channel]].name : SPAN("rows");
}

json_t *
chart_spec_json(struct task *t, const struct chart_spec *spec, const struct chart_data *d)
{
    json_t *j = task_json(t, json_object());
    json_object_set_new(j, "mark", json_string(spec->mark->name));
    for (int c = 0; c < CHART_CHANNELS; c++) {
        if (spec->column[c] < 0)
            continue;
        struct span name = d->columns[spec->column[c]].name;
        json_object_set_new(j, chart_channel_name((enum chart_channel)c), json_stringn_nocheck(name.p, name.n));
    }
    if (spec->weight >= 0)
        json_object_set_new(
            j, "weight", json_stringn_nocheck(d->columns[spec->weight].name.p, d->columns[spec->weight].name.n));
    for (int w = 0; w < CHART_WORDS; w++)
        if (spec->words[w].n > 0)
            json_object_set_new(j, words[w].key, json_stringn_nocheck(spec->words[w].p, spec->words[w].n));
    if (spec->sort.n > 0)
        json_object_set_new(j, "sort", json_stringn_nocheck(spec->sort.p, spec->sort.n));
    if (spec->bins > 0)
        json_object_set_new(j, "bins", json_integer(spec->bins));
    return j;
}
