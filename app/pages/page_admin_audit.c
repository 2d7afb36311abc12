/* page_admin_audit: the record of decisions, by filters and page by page; as JSON and CSV too. */
#include "base/clock.h"
#include "base/json.h"
#include "pages/admin.h"
#include "pages/all.h"
#include "pages/facts.h"
#include "pages/rowsout.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SHOWN = 50, EXPORTED = 500, URL_BYTES = 4000, DETAIL_BYTES = 65536, DAY_MS = 24 * 3600 * 1000 };
static const char *const filters[] = {"actor", "action", "object", "decision", "reason", "from", "to"};
enum { N_FILTERS = sizeof filters / sizeof filters[0] };

/* Midnight (UTC) of "2026-11-21"; 0 when it is no day. */
static int64_t
day_ms(struct task *t, struct span day)
{
    struct tm tm = {0};
    char *end = strptime(task_z(t, day), "%Y-%m-%d", &tm);
    return end && *end == '\0' && day.n > 0 ? (int64_t)timegm(&tm) * 1000 : 0;
}

static enum err
look(struct visit *v, int64_t most, json_t **out)
{
    json_t *in = json_object();
    struct span to = visit_field(v, "to");
    int64_t before = 0, from_ms = day_ms(v->t, visit_field(v, "from")), to_ms = day_ms(v->t, to);
    for (size_t i = 0; i < N_FILTERS; i++) {
        struct span s = span_trim(visit_field(v, filters[i]));
        if (s.n > 0)
            json_object_set_new(in, filters[i], json_stringn(s.p, s.n));
    }
    if (span_i64(visit_field(v, "before"), &before) && before > 0)
        json_object_set_new(in, "before", json_integer(before));
    json_object_set_new(in, "from_ms", json_integer(from_ms));
    json_object_set_new(in, "to_ms", json_integer(to_ms > 0 ? to_ms + DAY_MS - 1 : 0));
    json_object_set_new(in, "n", json_integer(most));
    return visit_admin(v, "audit.search", in, out);
}

static void
put_escaped(struct buf *b, struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || strchr("._-", c);
        if (plain && c)
            buf_putc(b, (char)c);
        else
            buf_printf(b, "%%%02X", c);
    }
}

/* This search again: in another format, or from another row on. */
static struct span
address(struct visit *v, const char *format, int64_t before)
{
    struct buf *b = task_buf(v->t, URL_BYTES);
    char sep = '?';
    buf_printf(b, "/-/admin/audit%s", format);
    for (size_t i = 0; i < N_FILTERS; i++) {
        struct span s = span_trim(visit_field(v, filters[i]));
        if (s.n == 0)
            continue;
        buf_printf(b, "%c%s=", sep, filters[i]);
        put_escaped(b, s);
        sep = '&';
    }
    if (before > 0)
        buf_printf(b, "%cbefore=%lld", sep, (long long)before);
    return buf_view(b);
}

static struct span
indented(struct task *t, const json_t *detail)
{
    struct buf *b = task_buf(t, DETAIL_BYTES);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)detail, key, value)
    {
        buf_printf(b, "%s: ", key);
        if (json_is_string(value))
            buf_puts(b, json_string_value(value));
        else
            buf_span(b, json_dump(t, value));
        buf_putc(b, '\n');
    }
    return buf_view(b);
}

static void
put_rows(struct visit *v, const json_t *list, struct view_admin_audit *view)
{
    struct view_audit_entry *at = task_array(v->t, json_array_size(list), sizeof *at);
    size_t i;
    json_t *a;
    json_array_foreach(list, i, a)
    {
        const json_t *detail = json_object_get(a, "detail");
        struct span decision = json_text(detail, "decision");
        at[i] = (struct view_audit_entry){.seq = task_format(v->t, "%lld", (long long)json_int(a, "seq", 0)),
            .when = facts_time(v->t, json_int(a, "at_ms", 0)),
            .actor = json_text(a, "actor"),
            .name = json_text(a, "name"),
            .action = json_text(a, "action"),
            .object = json_text(a, "object"),
            .decision = decision,
            .reason = json_text(detail, "reason"),
            .is_refused = span_is(decision, "REFUSE"),
            .is_asked = span_is(decision, "ASK"),
            .detail = indented(v->t, detail)};
    }
    view->rows.at = at;
    view->rows.n = json_array_size(list);
    view->is_empty = view->rows.n == 0;
}

static void
put_filters(struct visit *v, struct view_admin_audit *view)
{
    static const char *const decisions[][2] = {
        {"", "any"}, {"ALLOW", "allowed"}, {"ASK", "asked a person"}, {"REFUSE", "refused"}};
    enum { N = sizeof decisions / sizeof decisions[0] };
    struct view_choice *at = task_array(v->t, N, sizeof *at);
    for (size_t i = 0; i < N; i++)
        at[i] = (struct view_choice){
            span_of(decisions[i][0]), span_of(decisions[i][1]), span_is(visit_field(v, "decision"), decisions[i][0])};
    view->decisions.at = at;
    view->decisions.n = N;
    view->actor = visit_field(v, "actor");
    view->action = visit_field(v, "action");
    view->object = visit_field(v, "object");
    view->reason = visit_field(v, "reason");
    view->from = visit_field(v, "from");
    view->to = visit_field(v, "to");
}

/* The whole chain is walked when somebody looks at the record from its end. */
static enum err
put_chain(struct visit *v, struct view_admin_audit *view)
{
    json_t *out = NULL;
    if (visit_field(v, "before").n > 0)
        return E_OK;
    if (visit_admin(v, "audit.verify", NULL, &out) != E_OK)
        return v->t->err;
    long long bad = json_int(out, "bad", 0), head = json_int(out, "bad_head", 0), rows = json_int(out, "rows", 0);
    view->chain_ok = bad == 0 && head == 0;
    if (view->chain_ok)
        view->chain = task_format(v->t,
            "%lld rows, each chained to the one before. The newest is signed once a minute: last row %lld.", rows,
            (long long)json_int(out, "head_seq", 0));
    else if (bad)
        view->chain = task_format(v->t, "The chain is broken at row %lld: the record was changed.", bad);
    else
        view->chain =
            task_format(v->t, "The signed head of row %lld does not fit: rows were changed or cut off.", head);
    return E_OK;
}

static enum err
as_html(struct visit *v)
{
    json_t *reply;
    if (look(v, SHOWN, &reply) != E_OK)
        return v->t->err;
    struct admin_frame f = admin_frame(v, "Audit");
    struct view_admin_audit view = {
        .page = f.page, .json_url = address(v, ".json", 0), .csv_url = address(v, ".csv", 0)};
    int64_t next = json_int(reply, "next", 0);
    if (put_chain(v, &view) != E_OK)
        return v->t->err;
    view.tabs.at = f.tabs.at;
    view.tabs.n = f.tabs.n;
    if (next > 0)
        view.older_url = address(v, "", next);
    if (visit_field(v, "before").n > 0)
        view.latest_url = address(v, "", 0);
    put_filters(v, &view);
    put_rows(v, json_object_get(reply, "rows"), &view);
    admin_notes(v, &view.notes.at, &view.notes.n);
    render_admin_audit(v->out->body, &view);
    return E_OK;
}

static struct cell
text_cell(struct span s)
{
    return (struct cell){.kind = CELL_TEXT, .s = s, .full_bytes = (int64_t)s.n};
}

static enum err
as_rows(struct visit *v)
{
    static const struct span names[] = {{"seq", 3}, {"at", 2}, {"actor", 5}, {"action", 6}, {"object", 6},
        {"decision", 8}, {"reason", 6}, {"detail", 6}, {"hash", 4}};
    enum { COLUMNS = sizeof names / sizeof names[0] };
    json_t *reply, *a;
    size_t i;
    if (look(v, EXPORTED, &reply) != E_OK)
        return v->t->err;
    const json_t *list = json_object_get(reply, "rows");
    struct cell *cells = task_array(v->t, json_array_size(list) * COLUMNS, sizeof *cells);
    json_array_foreach(list, i, a)
    {
        const json_t *detail = json_object_get(a, "detail");
        struct cell *c = cells + i * COLUMNS;
        char at[21];
        clock_iso(json_int(a, "at_ms", 0), at);
        c[0] = (struct cell){.kind = CELL_INT, .i = json_int(a, "seq", 0)};
        c[1] = text_cell(task_dup(v->t, span_of(at)));
        c[2] = text_cell(json_text(a, "actor"));
        c[3] = text_cell(json_text(a, "action"));
        c[4] = text_cell(json_text(a, "object"));
        c[5] = text_cell(json_text(detail, "decision"));
        c[6] = text_cell(json_text(detail, "reason"));
        c[7] = text_cell(json_dump(v->t, detail));
        c[8] = text_cell(json_text(a, "hash"));
    }
    int64_t next = json_int(reply, "next", 0);
    struct rowsout r = {.names = names,
        .columns = COLUMNS,
        .cells = cells,
        .rows = json_array_size(list),
        .truncated = next > 0,
        .pages = true,
        .file_name = SPAN("audit.csv")};
    if (next > 0) {
        r.next = task_format(v->t, "%lld", (long long)next);
        r.next_url = address(v, v->format == FORMAT_CSV ? ".csv" : ".json", next);
    }
    if (v->format == FORMAT_CSV)
        rowsout_csv(v->out, &r);
    else
        rowsout_json(v->out, &r);
    return E_OK;
}

enum err
page_admin_audit(struct visit *v)
{
    return v->format == FORMAT_HTML ? as_html(v) : as_rows(v);
}
