/* block_view: one function for each type of block; what is none of them is said to be there. */
#include "pages/block_view.h"

#include "base/json.h"
#include "pages/artifact.h"
#include "pages/chart_view.h"
#include "pages/link.h"
#include "pages/rowset.h"
#include "render/markdown.h"
#include "render/visible.h"

/* A block while its view is made. */
struct making {
    struct task *t;
    const json_t *block;
    const struct block_place *place;
    struct view_block *out;
};

static struct cell
cell_of(const json_t *v)
{
    if (json_is_integer(v))
        return (struct cell){.kind = CELL_INT, .i = json_integer_value(v)};
    if (json_is_boolean(v))
        return (struct cell){.kind = CELL_INT, .i = json_is_true(v)};
    if (json_is_real(v))
        return (struct cell){.kind = CELL_REAL, .r = json_real_value(v)};
    if (json_is_string(v)) {
        struct span s = {json_string_value(v), json_string_length(v)};
        return (struct cell){.kind = CELL_TEXT, .s = s, .full_bytes = (int64_t)s.n};
    }
    return (struct cell){.kind = CELL_NULL};
}

static struct span
column_name(const json_t *c)
{
    return json_is_string(c) ? span_of(json_string_value(c)) : json_text(c, "name");
}

static void
put_rows(struct making *m)
{
    const json_t *columns = json_object_get(m->block, "columns"), *rows = json_object_get(m->block, "rows");
    size_t width = json_array_size(columns), n = json_array_size(rows);
    if (n > BLOCK_VIEW_ROWS)
        n = BLOCK_VIEW_ROWS;
    if (width == 0)
        return;
    struct span *names = task_array(m->t, width, sizeof *names);
    struct cell *cells = task_array(m->t, n * width, sizeof *cells);
    for (size_t i = 0; i < width; i++)
        names[i] = column_name(json_array_get(columns, i));
    for (size_t i = 0; i < n * width; i++)
        cells[i] = cell_of(json_array_get(json_array_get(rows, i / width), i % width));
    struct span title = json_text(m->block, "title");
    m->out->rows = rowset_make(
        m->t, names, width, cells, n, task_printf(m->t, "%.*s", SPAN_ARG(title.n > 0 ? title : SPAN("Rows"))));
    if (json_array_size(rows) > n)
        m->out->more = task_format(m->t, "The first %zu of %zu rows.", n, json_array_size(rows));
}

/* Without addresses that may be clicked. */
static void
on_text(struct making *m)
{
    const struct markdown_options plain = {0};
    m->out->html = markdown_html(m->t, json_text(m->block, "text"), &plain);
}

/* Its title and note are the figure's. */
static void
on_chart(struct making *m)
{
    struct span dataset = json_text(m->block, "dataset"), sql = json_text(m->block, "sql");
    struct span address = dataset.n > 0 && sql.n > 0 ? link_sql(m->t, dataset, sql) : SPAN_NONE;
    struct span figure = task_format(m->t, "%.*s-chart", SPAN_ARG(m->out->id));
    if (chart_view(m->t, m->block, figure, address, &m->out->chart) == E_OK) {
        m->out->title = m->out->note = SPAN_NONE;
        return;
    }
    task_clear_error(m->t); /* without rows there is nothing but its words */
    m->out->text = visible_text(m->t, json_text(m->block, "summary"));
}

/* So that the page does not jump when the picture is there. */
static struct span
pixels(struct making *m, const char *key)
{
    enum { PIXELS_MOST = 16384 };
    int64_t n = json_int(m->block, key, 0);
    return n > 0 && n <= PIXELS_MOST ? task_format(m->t, "%lld", (long long)n) : SPAN_NONE;
}

static void
on_image(struct making *m)
{
    struct span artifact = json_text(m->block, "artifact");
    m->out->alt = visible_text(m->t, json_text(m->block, "alt"));
    if (!artifact_is(artifact))
        return;
    m->out->src = task_format(m->t, "%s/%.*s", m->place->artifacts, SPAN_ARG(artifact));
    m->out->width = pixels(m, "width");
    m->out->height = pixels(m, "height");
    m->out->caption = m->out->note;
    m->out->note = SPAN_NONE;
}

static void
on_code(struct making *m)
{
    m->out->code = visible_text(m->t, json_text(m->block, "text"));
}

static void
on_link(struct making *m)
{
    m->out->text = visible_text(m->t, json_text(m->block, "text"));
    m->out->code = visible_text(m->t, json_text(m->block, "url"));
}

static void
on_html(struct making *m)
{
    m->out->text = SPAN("The plugin answered with a page of its own, which is not shown here.");
}

static const struct {
    const char *type;
    void (*make)(struct making *m);
} types[] = {
    {"text", on_text},
    {"table", put_rows},
    {"chart", on_chart},
    {"image", on_image},
    {"code", on_code},
    {"link", on_link},
    {"html", on_html},
};

enum err
block_view(struct task *t, struct span blocks, const struct block_place *place, struct view_block **out, size_t *n)
{
    json_t *list = NULL, *block;
    size_t i;
    *n = 0;
    *out = NULL;
    if (blocks.n == 0)
        return E_OK;
    if (json_read(t, blocks, &list) != E_OK)
        return t->err;
    *out = task_array(t, json_array_size(list), sizeof **out);
    json_array_foreach(list, i, block)
    {
        struct making m = {.t = t, .block = block, .place = place, .out = &(*out)[(*n)++]};
        m.out->id = task_format(t, "%.*s-%zu", SPAN_ARG(place->id), i + 1);
        m.out->type = json_text(block, "type");
        m.out->title = visible_text(t, json_text(block, "title"));
        m.out->note = visible_text(t, json_text(block, "note"));
        for (size_t k = 0; k < sizeof types / sizeof types[0]; k++)
            if (span_is(m.out->type, types[k].type))
                types[k].make(&m);
    }
    return t->err;
}
