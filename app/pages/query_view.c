/* query_view: problems with their place, rows with their provenance. */
#include "pages/query_view.h"

#include "base/json.h"
#include "base/utf8.h"
#include "pages/facts.h"
#include "pages/level.h"
#include "pages/link.h"
#include "pages/rowset.h"

enum { AROUND_BYTES = 400 };

/* The statement with the offending word replaced. */
static struct span
mended(struct visit *v, const struct query_wish *w, size_t at, size_t bytes, struct span word)
{
    struct buf *b = task_buf(v->t, LINK_BYTES);
    buf_span(b, span_first(w->sql, at));
    buf_span(b, word);
    buf_span(b, span_from(w->sql, at + bytes));
    struct link l = link_begin(v->t);
    link_segment(&l, w->dataset);
    link_fixed(&l, "/-/query");
    link_param(&l, "sql", buf_view(b));
    for (size_t i = 0; i < w->n; i++)
        link_param(&l, task_z(v->t, w->fields[i]), w->typed[i]);
    return buf_view(b).n > LINK_SQL_BYTES ? SPAN_NONE : link_end(&l);
}

static bool
place_of(const struct query_wish *w, const struct query_problem *p, size_t *at, size_t *bytes)
{
    if (p->token.n == 0 || p->offset < 0 || (uint64_t)p->offset > w->sql.n)
        return false;
    *at = (size_t)p->offset;
    *bytes = p->token.n;
    return w->sql.n - *at >= *bytes && span_eq(span_first(span_from(w->sql, *at), *bytes), p->token);
}

/* The last bytes of s without half a character. */
static struct span
last_of(struct span s, size_t most)
{
    if (s.n <= most)
        return s;
    struct span r = span_from(s, s.n - most);
    while (r.n > 0 && ((unsigned char)r.p[0] & 0xc0) == 0x80)
        r = span_from(r, 1);
    return r;
}

void
query_view_problem(
    struct visit *v, const struct query_wish *w, const struct query_problem *p, struct view_sql_query *view)
{
    struct view_sql_problem *to = task_new(v->t, struct view_sql_problem);
    struct view_suggestion_word *words = task_array(v->t, p->n_suggestions, sizeof *words);
    size_t at = 0, bytes = 0;
    bool placed = place_of(w, p, &at, &bytes);
    *to = (struct view_sql_problem){.message = p->message, .code = p->code, .hint = p->hint};
    if (placed) {
        to->before = last_of(span_first(w->sql, at), AROUND_BYTES);
        to->token = p->token;
        to->after = utf8_first(span_from(w->sql, at + bytes), AROUND_BYTES);
    }
    for (size_t i = 0; i < p->n_suggestions; i++)
        words[i] = (struct view_suggestion_word){
            p->suggestions[i], placed ? mended(v, w, at, bytes, p->suggestions[i]) : SPAN_NONE};
    to->suggestions.at = words;
    to->suggestions.n = p->n_suggestions;
    view->problem = to;
}

/* Reads come as (table, column) pairs in any order: one line per table. */
static void
put_reads(struct visit *v, const struct query_wish *w, const struct query_rows *rows, struct view_sql_query *view)
{
    struct view_read_fact *f = task_array(v->t, rows->n_reads, sizeof *f);
    struct buf **names = task_array(v->t, rows->n_reads, sizeof(struct buf *));
    size_t n = 0;
    for (size_t i = 0; i < rows->n_reads; i++) {
        size_t k = 0;
        while (k < n && !span_eq(f[k].table, rows->reads[i].table))
            k++;
        if (k == n) {
            f[n++] = (struct view_read_fact){
                .table = rows->reads[i].table, .url = link_table(v->t, w->dataset, rows->reads[i].table)};
            names[k] = task_buf(v->t, LINK_BYTES);
        }
        if (rows->reads[i].column.n > 0 && names[k]->n > 0)
            buf_puts(names[k], ", ");
        buf_span(names[k], rows->reads[i].column);
    }
    for (size_t k = 0; k < n; k++)
        f[k].columns = buf_view(names[k]);
    view->reads.at = f;
    view->reads.n = n;
}

static void
put_notes(struct visit *v, const struct query_rows *rows, struct view_sql_query *view)
{
    struct view_note *notes = task_array(v->t, rows->n_notes, sizeof *notes);
    for (size_t i = 0; i < rows->n_notes; i++)
        notes[i].message = rows->notes[i];
    view->notes.at = notes;
    view->notes.n = rows->n_notes;
}

static struct span
same_query(struct visit *v, const struct query_wish *w, const char *format)
{
    struct link l = link_begin(v->t);
    link_segment(&l, w->dataset);
    link_fixed(&l, "/-/query");
    link_fixed(&l, format);
    link_param(&l, "sql", w->sql);
    for (size_t i = 0; i < w->n; i++)
        link_param(&l, task_z(v->t, w->fields[i]), w->typed[i]);
    return link_end(&l);
}

static struct span
truncated_note(struct visit *v, const struct query_rows *rows)
{
    if (!rows->truncated)
        return SPAN_NONE;
    if (span_is(rows->truncated_by, "rows"))
        return task_format(v->t,
            "Only the first %zu rows are shown: that is this site's limit. Add a condition or a LIMIT.", rows->n_rows);
    if (span_is(rows->truncated_by, "cell"))
        return SPAN("Some values were too long and are cut.");
    return task_format(
        v->t, "Only the first %zu rows are shown: together they reach this site's limit of bytes.", rows->n_rows);
}

void
query_view_rows(struct visit *v, const struct query_wish *w, const struct visit_dataset *d,
    const struct query_rows *rows, struct view_sql_query *view)
{
    const json_t *current = json_object_get(d->record, "current");
    struct span count = rowset_count(v->t, (int64_t)rows->n_rows, false), took = rowset_time(v->t, rows->took_us);
    view->rows = rowset_make(v->t, rowset_names(v->t, rows), rows->n_columns, rows->cells, rows->n_rows, "Result");
    view->outcome = task_format(v->t, "%.*s, %.*s", SPAN_ARG(count), SPAN_ARG(took));
    view->truncated_note = truncated_note(v, rows);
    view->revision = facts_short(rows->revision);
    if (span_eq(rows->revision, json_text(current, "sha")))
        view->revision_time = facts_time(v->t, json_int(current, "at_ms", 0));
    view->license = json_text(d->record, "license");
    view->is_restricted = rows->level > 0;
    view->label = level_word(rows->level);
    view->integrity = integrity_words(rows->integrity);
    view->json_url = same_query(v, w, ".json");
    view->csv_url = same_query(v, w, ".csv");
    struct link ask = link_begin(v->t);
    link_segment(&ask, w->dataset);
    link_param(&ask, "question", task_format(v->t, "About this query: %.*s", SPAN_ARG(w->sql)));
    view->ask_url = w->sql.n > LINK_SQL_BYTES ? SPAN_NONE : link_end(&ask);
    put_reads(v, w, rows, view);
    put_notes(v, rows, view);
}
