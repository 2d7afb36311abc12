/* turn_items: a row of the table `event` becomes a step on the page; a call and its result are one line. */
#include "pages/turn_items.h"

#include "base/json.h"
#include "pages/link.h"
#include "pages/own.h"
#include "pages/rowset.h"
#include "pages/turn_view.h"
#include "render/markdown.h"
#include "render/sqltext.h"

enum { ITEM_ROWS = 10, ITEM_LINKS = 16, ITEM_ARGS_BYTES = 8192 };

/* What an item is made with: the turn, the items so far, and the event's body. */
struct making {
    struct visit *v;
    const struct turn_items *in;
    struct markdown_options markdown;
    struct view_turn_item *items;
    size_t n;
    int64_t *ordinals; /* of tool items, for their results */
    const json_t *body;
};

static void
on_text(struct making *m)
{
    struct span text = json_text(m->body, "text");
    if (text.n == 0)
        text = json_text(m->body, "d");
    if (span_trim(text).n == 0)
        return;
    struct view_turn_item *i = &m->items[m->n++];
    i->is_text = true;
    i->text = markdown_html(m->v->t, text, &m->markdown);
}

/* The statement apart, marked; other arguments as they are. */
static void
put_args(struct making *m, const json_t *args, struct view_turn_item *i)
{
    struct span sql = json_text(args, "sql");
    if (sql.n > 0) {
        i->sql = sqltext_html(m->v->t, sql);
        i->sql_url = link_sql(m->v->t, json_text(m->body, "dataset"), sql);
    } else if (json_object_size(args) > 0) {
        i->args = span_first(json_dump(m->v->t, args), ITEM_ARGS_BYTES);
    }
}

static void
on_call(struct making *m)
{
    struct view_turn_item *i = &m->items[m->n];
    struct span line = json_text(m->body, "line");
    i->is_tool = true;
    i->tool_class = m->in->is_over ? SPAN("") : SPAN("running");
    i->line = line.n > 0 ? line : json_text(m->body, "tool");
    put_args(m, json_object_get(m->body, "args"), i);
    m->ordinals[m->n++] = json_int(m->body, "n", 0);
}

static struct view_turn_item *
item_of(const struct making *m, int64_t ordinal)
{
    for (size_t i = m->n; i-- > 0;)
        if (m->items[i].is_tool && m->ordinals[i] == ordinal)
            return &m->items[i];
    return NULL;
}

static void
put_rows(struct making *m, struct span handle, struct view_turn_item *i)
{
    struct view_rowset *rows = NULL;
    for (size_t k = 0; k < m->in->n_results; k++) {
        const struct work_result *r = &m->in->results[k];
        if (!span_eq(r->handle, handle) || r->plugin.n > 0) /* what a plugin made stands open below */
            continue;
        turn_view_rows(m->v, m->in->work, r->id, r->columns, 0, ITEM_ROWS,
            task_printf(m->v->t, "First rows of %.*s", SPAN_ARG(handle)), &rows);
        i->rows = rows;
        i->result_url = task_format(m->v->t, "%.*s/result/%.*s", SPAN_ARG(m->in->base_url), SPAN_ARG(handle));
    }
}

static void
on_result(struct making *m)
{
    struct view_turn_item *i = item_of(m, json_int(m->body, "n", 0));
    struct span handle = json_text(m->body, "handle");
    const json_t *error = json_object_get(m->body, "error");
    if (!i)
        return;
    i->tool_class = json_flag(m->body, "ok", true) ? SPAN("") : SPAN("failed");
    i->result_line = json_text(m->body, "line");
    i->error = json_text(error, "message");
    i->hint = json_text(error, "hint");
    if (own_code(json_text(error, "code")).n > 0) { /* what became of a decision: in our words, with nothing added */
        i->error = own_code(json_text(error, "code"));
        i->hint = SPAN_NONE;
    }
    if (handle.n > 0)
        put_rows(m, handle, i);
}

static void
on_note(struct making *m)
{
    struct view_turn_item *i = &m->items[m->n++];
    i->is_note = true;
    i->note = json_text(m->body, "text");
}

static void
on_question(struct making *m)
{
    struct view_turn_item *i = &m->items[m->n++];
    i->is_question = true;
    i->question = json_text(m->body, "text");
}

static void
on_answer(struct making *m)
{
    struct view_turn_item *i = &m->items[m->n++];
    i->is_reply = true;
    i->reply = json_text(m->body, "text");
}

static void
on_approval(struct making *m)
{
    struct view_turn_item *i = &m->items[m->n++];
    i->is_approval = true;
    i->approval = task_format(m->v->t, "Asked for your decision: %.*s", SPAN_ARG(own_kind(json_text(m->body, "kind"))));
}

static const struct {
    const char *kind;
    void (*make)(struct making *m);
    bool counts; /* the log has such an event too: see view_turn.covered */
} kinds[] = {
    {"text", on_text, false},
    {"call", on_call, true},
    {"result", on_result, true},
    {"note", on_note, false},
    {"question", on_question, false},
    {"answer", on_answer, false},
    {"approval", on_approval, false},
};

static enum err
put_event(struct making *m, const struct work_event *e, int64_t *covered)
{
    json_t *body;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!span_is(e->kind, kinds[i].kind))
            continue;
        if (json_read(m->v->t, e->body, &body) != E_OK)
            return m->v->t->err;
        m->body = body;
        kinds[i].make(m);
        *covered += kinds[i].counts;
    }
    return m->v->t->err;
}

/* Addresses in the person's own words: the only ones that may be clicked in an answer. */
static void
put_links(struct visit *v, struct span question, struct markdown_options *o)
{
    struct span *links = task_array(v->t, ITEM_LINKS, sizeof *links);
    struct span rest = question, word;
    size_t n = 0;
    while (n < ITEM_LINKS && span_cut(&rest, ' ', &word))
        if (span_starts(span_trim(word), "https://") || span_starts(span_trim(word), "http://"))
            links[n++] = span_trim(word);
    o->links = links;
    o->link_count = n;
}

static void
put_handles(struct visit *v, const struct turn_items *in, struct markdown_options *o)
{
    struct span *handles = task_array(v->t, in->n_results, sizeof *handles);
    for (size_t i = 0; i < in->n_results; i++)
        handles[i] = in->results[i].handle;
    o->results = handles;
    o->result_count = in->n_results;
}

/* The last text of a turn that ended is its answer. */
static void
mark_answer(struct making *m)
{
    for (size_t i = m->n; m->in->is_over && i-- > 0;)
        if (m->items[i].is_text) {
            m->items[i].is_answer = true;
            return;
        }
}

enum err
turn_items_put(struct visit *v, const struct turn_items *in, struct view_turn *out)
{
    struct making m = {.v = v, .in = in};
    put_links(v, in->question, &m.markdown);
    put_handles(v, in, &m.markdown);
    leave_put(in->leave, &m.markdown);
    m.items = task_array(v->t, in->n_events, sizeof *m.items);
    m.ordinals = task_array(v->t, in->n_events, sizeof *m.ordinals);
    for (size_t i = 0; i < in->n_events; i++)
        if (put_event(&m, &in->events[i], &out->covered) != E_OK)
            return v->t->err;
    mark_answer(&m);
    if (in->waits && m.n > 0 && m.items[m.n - 1].is_question)
        m.n--;
    out->items.at = m.items;
    out->items.n = m.n;
    return E_OK;
}
