/* page_table: rows of one table, by pages and sorted, as HTML, JSON and CSV. */
#include "base/json.h"
#include "pages/all.h"
#include "pages/facts.h"
#include "pages/labels.h"
#include "pages/link.h"
#include "pages/rowset.h"
#include "pages/rowsout.h"
#include "query/query_client.h"
#include "render/cell.h"

enum { TABLE_ROWS = 100, TABLE_ROWS_MOST = 1000 };
static const int64_t TABLE_AT_MOST = (int64_t)1 << 52;

/* Names of Datasette's, which links of years hold. */
struct wish {
    struct span dataset, table;
    struct span sort;
    bool descending;
    struct span after;
    int64_t size;
    int64_t at; /* rows before this page, for the pager's words alone */
};

static enum err
read_wish(struct visit *v, struct wish *w)
{
    struct span up = visit_field(v, "_sort"), down = visit_field(v, "_sort_desc");
    *w = (struct wish){.dataset = v->arg[0], .table = v->arg[1], .after = visit_field(v, "_next")};
    if (up.n > 0 && down.n > 0)
        return task_fail(v->t, E_INVALID, "Sort by _sort or by _sort_desc, not by both.");
    w->sort = down.n > 0 ? down : up;
    w->descending = down.n > 0;
    if (http_params_i64(v->t, &v->req->query, "_at", 0, TABLE_AT_MOST, 0, &w->at) != E_OK)
        return v->t->err;
    return http_params_i64(v->t, &v->req->query, "_size", 1, TABLE_ROWS_MOST, TABLE_ROWS, &w->size);
}

static struct span
address(struct visit *v, const struct wish *w, const char *format, struct span after, int64_t at)
{
    struct link l = link_begin(v->t);
    link_segment(&l, w->dataset);
    link_segment(&l, w->table);
    link_fixed(&l, format);
    if (w->sort.n > 0)
        link_param(&l, w->descending ? "_sort_desc" : "_sort", w->sort);
    if (w->size != TABLE_ROWS)
        link_param(&l, "_size", task_format(v->t, "%lld", (long long)w->size));
    if (after.n > 0)
        link_param(&l, "_next", after);
    if (at > 0)
        link_param(&l, "_at", task_format(v->t, "%lld", (long long)at));
    return link_end(&l);
}

static enum err
read_rows(struct visit *v, const struct wish *w, const struct visit_dataset *d, bool count, struct query_rows *out)
{
    struct query_table q = {.grant = d->grant,
        .dataset = w->dataset,
        .table = w->table,
        .sort = w->sort,
        .descending = w->descending,
        .after = w->after,
        .size = w->size,
        .count = count};
    return query_table(v->t, &q, out);
}

/* A click sorts upwards, a second one downwards. */
static void
put_sorting(struct visit *v, const struct wish *w, const json_t *table, struct view_rowset *rows)
{
    struct view_row_head *heads = task_array(v->t, rows->heads.n, sizeof *heads);
    const json_t *columns = json_object_get(table, "columns");
    for (size_t i = 0; i < rows->heads.n; i++) {
        bool current = span_eq(rows->heads.at[i].label, w->sort);
        struct wish next = {.dataset = w->dataset,
            .table = w->table,
            .sort = rows->heads.at[i].label,
            .size = w->size,
            .descending = current && !w->descending};
        heads[i] = rows->heads.at[i];
        heads[i].sort_url = address(v, &next, "", SPAN_NONE, 0);
        heads[i].order = current ? (w->descending ? SPAN("descending") : SPAN("ascending")) : SPAN_NONE;
        heads[i].about = json_text(json_array_get(columns, i), "description");
    }
    rows->heads.at = heads;
}

static struct view_pager *
pager(struct visit *v, const struct wish *w, const struct query_rows *r)
{
    struct view_pager *p = task_new(v->t, struct view_pager);
    p->noun = SPAN("rows");
    p->from = r->n_rows > 0 ? w->at + 1 : 0;
    p->to = w->at + (int64_t)r->n_rows;
    if (r->total >= 0)
        p->total = task_format(v->t, "%s%.*s", r->total_more ? "more than " : "", SPAN_ARG(cell_count(v->t, r->total)));
    if (w->after.n > 0)
        p->first_url = address(v, w, "", SPAN_NONE, 0);
    if (r->next.n > 0)
        p->next_url = address(v, w, "", r->next, p->to);
    return p;
}

/* A statement that shows the same rows, for View SQL: names are quoted as SQL wants. */
static struct span
statement(struct visit *v, const struct wish *w)
{
    struct buf *b = task_buf(v->t, LINK_SQL_BYTES);
    buf_puts(b, "SELECT *\nFROM ");
    buf_quoted(b, w->table, '\"');
    if (w->sort.n > 0) {
        buf_puts(b, "\nORDER BY ");
        buf_quoted(b, w->sort, '\"');
        buf_puts(b, w->descending ? " DESC" : "");
    }
    buf_printf(b, "\nLIMIT %lld", (long long)w->size);
    return buf_view(b);
}

static void
put_links(struct visit *v, const struct wish *w, struct view_data_table *view)
{
    view->json_url = address(v, w, ".json", w->after, 0);
    view->csv_url = address(v, w, ".csv", w->after, 0);
    view->sql_url = link_sql(v->t, w->dataset, statement(v, w));
    struct link ask = link_begin(v->t);
    link_segment(&ask, w->dataset);
    link_param(&ask, "question", task_format(v->t, "How many rows does %.*s have?", SPAN_ARG(w->table)));
    view->ask_url = link_end(&ask);
}

static enum err
as_html(struct visit *v, const struct wish *w, const struct visit_dataset *d, const struct query_rows *r)
{
    json_t *schema;
    struct labels l;
    if (visit_schema(v, d, &schema) != E_OK)
        return v->t->err;
    const json_t *table = visit_schema_table(schema, w->table);
    struct view_data_table view = {.page = visit_page(v, task_z(v->t, w->table)),
        .dataset = w->dataset,
        .table = w->table,
        .about = json_text(table, "description"),
        .fine = facts_fine(v->t, d->record)};
    view.page.body_class = SPAN("wide");
    facts_crumbs(v, d->record, &view.crumbs.at, &view.crumbs.n);
    facts_columns(v->t, table, &view.columns.at, &view.columns.n);
    labels_get(v, d->name, &l);
    labels_put(v->t, &l, w->table, &view.columns.at, view.columns.n);
    view.level = labels_word(&l, w->table, SPAN(""));
    if (r->total >= 0)
        view.count = rowset_count(v->t, r->total, r->total_more);
    if (w->sort.n > 0)
        view.order_note =
            task_format(v->t, "by %.*s, %s", SPAN_ARG(w->sort), w->descending ? "largest first" : "smallest first");
    struct view_rowset *rows = rowset_make(v->t, rowset_names(v->t, r), r->n_columns, r->cells, r->n_rows,
        task_printf(v->t, "Rows of %.*s", SPAN_ARG(w->table)));
    put_sorting(v, w, table, rows);
    view.rows = rows;
    view.pager = pager(v, w, r);
    put_links(v, w, &view);
    render_data_table(v->out->body, &view);
    return E_OK;
}

static enum err
as_data(struct visit *v, const struct wish *w, const struct query_rows *r)
{
    struct rowsout o = {.names = rowset_names(v->t, r),
        .columns = r->n_columns,
        .cells = r->cells,
        .rows = r->n_rows,
        .truncated = r->truncated,
        .pages = true,
        .next = r->next,
        .revision = r->revision,
        .took_us = r->took_us};
    if (r->next.n > 0)
        o.next_url = address(v, w, v->format == FORMAT_JSON ? ".json" : ".csv", r->next, 0);
    o.file_name = task_format(v->t, "%.*s.csv", SPAN_ARG(w->table));
    if (v->format == FORMAT_CSV)
        rowsout_csv(v->out, &o);
    else
        rowsout_json(v->out, &o);
    return E_OK;
}

enum err
page_table(struct visit *v)
{
    struct wish w;
    struct visit_dataset d;
    struct query_rows r = {0};
    if (read_wish(v, &w) != E_OK || visit_dataset(v, w.dataset, "read", &d) != E_OK ||
        read_rows(v, &w, &d, v->format == FORMAT_HTML, &r) != E_OK)
        return v->t->err;
    if (d.is_public)
        visit_public(v);
    return v->format == FORMAT_HTML ? as_html(v, &w, &d, &r) : as_data(v, &w, &r);
}
