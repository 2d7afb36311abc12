/* page_result: all rows of a stored result, as HTML, JSON and CSV. */
#include "base/json.h"
#include "pages/all.h"
#include "pages/ask.h"
#include "pages/chat_open.h"
#include "pages/facts.h"
#include "pages/link.h"
#include "pages/rowset.h"
#include "pages/rowsout.h"
#include "pages/turn_view.h"
#include "render/cell.h"
#include "render/sqltext.h"
#include "store/work_result.h"

enum { RESULT_ROWS = 200, RESULT_ROWS_MOST = 100000 };

static void
put_notes(struct visit *v, const struct work_result *r, struct view_chat_result *view)
{
    json_t *j, *s;
    size_t i;
    if (json_read(v->t, r->notes, &j) != E_OK) {
        task_clear_error(v->t); /* notes are extra: a page without them beats none */
        return;
    }
    struct view_note *notes = task_array(v->t, json_array_size(j), sizeof *notes);
    json_array_foreach(j, i, s) notes[i].message = (struct span){json_string_value(s), json_string_length(s)};
    view->notes.at = notes;
    view->notes.n = json_array_size(j);
}

static struct view_pager *
pager(struct visit *v, struct span url, int64_t from, int64_t shown, int64_t total)
{
    struct view_pager *p = task_new(v->t, struct view_pager);
    p->noun = SPAN("rows");
    p->from = shown > 0 ? from + 1 : 0;
    p->to = from + shown;
    p->total = cell_count(v->t, total);
    if (from > 0) {
        p->first_url = url;
        p->previous_url = task_format(
            v->t, "%.*s?from=%lld", SPAN_ARG(url), (long long)(from > RESULT_ROWS ? from - RESULT_ROWS : 0));
    }
    if (p->to < total)
        p->next_url = task_format(v->t, "%.*s?from=%lld", SPAN_ARG(url), (long long)p->to);
    return p;
}

static void
put_provenance(struct visit *v, const struct work_result *r, struct span url, struct view_chat_result *view)
{
    json_t *catalogue = NULL;
    visit_catalogue(v, &catalogue);
    json_t *record = ask_dataset(catalogue, r->dataset);
    struct span title = json_text(record, "title");
    view->dataset_title = title.n > 0 ? title : r->dataset;
    view->dataset_url = link_dataset(v->t, r->dataset);
    view->revision = facts_short(r->revision);
    view->license = json_text(record, "license");
    view->when = facts_time(v->t, r->created_ms);
    view->sql_url = link_sql(v->t, r->dataset, r->sql);
    view->json_url = task_format(v->t, "%.*s.json", SPAN_ARG(url));
    view->csv_url = task_format(v->t, "%.*s.csv", SPAN_ARG(url));
}

static enum err
as_html(struct visit *v, const struct chat *chat, const struct work_result *r, const struct work_turn *turn)
{
    int64_t from;
    struct view_rowset *rows;
    struct span url = task_format(v->t, "%.*s/result/%.*s", SPAN_ARG(chat->url), SPAN_ARG(r->handle));
    char *label = task_printf(v->t, "Result %.*s", SPAN_ARG(r->handle));
    if (http_params_i64(v->t, &v->req->query, "from", 0, RESULT_ROWS_MOST, 0, &from) != E_OK ||
        turn_view_rows(v, chat->work, r->id, r->columns, (size_t)from, RESULT_ROWS, label, &rows) != E_OK)
        return v->t->err;
    struct view_chat_result view = {.page = visit_page(v, label),
        .handle = r->handle,
        .question = turn->question,
        .sql = sqltext_html(v->t, r->sql),
        .rows = rows};
    struct span count = rowset_count(v->t, r->row_count, false), took = rowset_time(v->t, r->took_us);
    view.rows_line = task_format(v->t, "%.*s, %.*s", SPAN_ARG(count), SPAN_ARG(took));
    if (r->truncated.n > 0)
        view.truncated_note = SPAN("The result was larger than this site keeps: these are its first rows.");
    struct view_crumb crumbs[] = {{SPAN("Conversations"), SPAN("/-/chat")}, {chat->row.title, chat->url}};
    view.crumbs.at = crumbs;
    view.crumbs.n = 2;
    view.page.body_class = SPAN("wide");
    view.page.noindex = true;
    view.pager = pager(v, url, from, (int64_t)rows->rows.n, r->row_count);
    put_notes(v, r, &view);
    put_provenance(v, r, url, &view);
    render_chat_result(v->out->body, &view);
    return v->t->err;
}

static enum err
as_data(struct visit *v, const struct chat *chat, const struct work_result *r)
{
    struct cells page;
    struct span *names;
    size_t n;
    if (work_result_page(v->t, chat->work, r->id, 0, RESULT_ROWS_MOST, &page) != E_OK ||
        turn_view_names(v->t, r->columns, &names, &n) != E_OK)
        return v->t->err;
    if (n != page.columns)
        return task_fail(v->t, E_CORRUPT, "A stored result has %zu columns and names for %zu.", page.columns, n);
    struct rowsout o = {.names = names,
        .columns = n,
        .cells = page.cells,
        .rows = page.rows,
        .truncated = r->truncated.n > 0 || page.rows < (size_t)r->row_count,
        .revision = r->revision,
        .took_us = r->took_us,
        .file_name = task_format(v->t, "%.*s-%.*s.csv", SPAN_ARG(r->dataset), SPAN_ARG(r->handle))};
    if (v->format == FORMAT_CSV)
        rowsout_csv(v->out, &o);
    else
        rowsout_json(v->out, &o);
    return E_OK;
}

enum err
chat_show_result(struct visit *v, const struct chat *chat, struct span handle)
{
    struct work_result r;
    struct work_turn turn;
    if (work_result_by_handle(v->t, chat->work, chat->row.id, handle, &r) != E_OK ||
        work_turn_get(v->t, chat->work, r.turn, &turn) != E_OK)
        return v->t->err;
    return v->format == FORMAT_HTML ? as_html(v, chat, &r, &turn) : as_data(v, chat, &r);
}

enum err
page_result(struct visit *v)
{
    struct chat chat;
    if (chat_open(v, "read", &chat) != E_OK)
        return v->t->err;
    return chat_show_result(v, &chat, v->arg[1]);
}
