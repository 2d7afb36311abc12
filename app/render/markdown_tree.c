/* markdown_tree: one row per kind of node says which tags it gets; text is escaped and its citations are linked. */
#include "render/markdown_priv.h"

#include "render/sqltext.h"
#include "render/visible.h"
#include "template/put.h"

#include <cmark-gfm-core-extensions.h>
#include <string.h>

enum { MAX_DEPTH = 60 /* deeper nodes lose their tags, not their text */ };

typedef void put_fn(struct markdown_writer *w, cmark_node *n);

struct node_row {
    const char *kind; /* as libcmark-gfm calls it */
    const char *open; /* tags before and behind the children */
    const char *close;
    put_fn *enter; /* or functions that write them */
    put_fn *leave;
    bool leaf;  /* is not left */
    int levels; /* of nodes below that belong to it: a table's rows and cells */
};

static struct span
literal(cmark_node *n)
{
    return span_of(cmark_node_get_literal(n));
}

static bool
spans_hold(const struct span *list, size_t count, struct span s)
{
    for (size_t i = 0; i < count; i++) {
        if (span_eq(list[i], s))
            return true;
    }
    return false;
}

/* Text, in which [r1] becomes a link when there is a result of that name. */
static void
text_put(struct markdown_writer *w, cmark_node *n)
{
    struct span rest = literal(n);
    bool cite = w->options->result_count > 0;
    for (ptrdiff_t from; cite && (from = span_find(rest, SPAN("["))) >= 0;) {
        struct span inside = span_from(rest, (size_t)from + 1);
        ptrdiff_t n_inside = span_find(inside, SPAN("]"));
        if (n_inside < 0)
            break;
        struct span name = span_first(inside, (size_t)n_inside);
        if (!spans_hold(w->options->results, w->options->result_count, name)) {
            template_put_text(w->out, span_first(rest, (size_t)from + 1));
            rest = inside;
            continue;
        }
        template_put_text(w->out, span_first(rest, (size_t)from));
        buf_puts(w->out, "<a class=\"cite\" href=\"#");
        template_put_url_part(w->out, name);
        buf_puts(w->out, "\">");
        template_put_text(w->out, name);
        buf_puts(w->out, "</a>");
        rest = span_from(inside, name.n + 1);
    }
    template_put_text(w->out, rest);
}

static void
code_put(struct markdown_writer *w, cmark_node *n)
{
    buf_puts(w->out, "<code>");
    template_put_text(w->out, literal(n));
    buf_puts(w->out, "</code>");
}

static void
code_block_put(struct markdown_writer *w, cmark_node *n)
{
    struct span info = span_of(cmark_node_get_fence_info(n));
    bool is_sql = span_is_nocase(span_trim(info), "sql") || span_is_nocase(span_trim(info), "sqlite");
    buf_puts(w->out, is_sql ? "<pre class=\"sql\"><code>" : "<pre><code>");
    if (is_sql)
        buf_span(w->out, sqltext_html(w->t, literal(n)).made_by_render);
    else
        template_put_text(w->out, literal(n));
    buf_puts(w->out, "</code></pre>\n");
}

/* HTML of a model's or a person's is text. */
static void
html_put(struct markdown_writer *w, cmark_node *n)
{
    template_put_text(w->out, literal(n));
}

static void
html_block_put(struct markdown_writer *w, cmark_node *n)
{
    buf_puts(w->out, "<pre>");
    template_put_text(w->out, literal(n));
    buf_puts(w->out, "</pre>\n");
}

/* In a tight list the paragraphs have no tags. */
static bool
paragraph_is_tight(cmark_node *n)
{
    cmark_node *item = cmark_node_parent(n);
    cmark_node *list = item ? cmark_node_parent(item) : NULL;
    return list && cmark_node_get_type(list) == CMARK_NODE_LIST && cmark_node_get_list_tight(list);
}

static void
paragraph_enter(struct markdown_writer *w, cmark_node *n)
{
    if (!paragraph_is_tight(n))
        buf_puts(w->out, "<p>");
}

static void
paragraph_leave(struct markdown_writer *w, cmark_node *n)
{
    buf_puts(w->out, paragraph_is_tight(n) ? "\n" : "</p>\n");
}

/* A heading of the text stands below those of the page. */
static int
heading_level(cmark_node *n)
{
    int level = cmark_node_get_heading_level(n) + 2;
    return level > 6 ? 6 : level;
}

static void
heading_enter(struct markdown_writer *w, cmark_node *n)
{
    buf_printf(w->out, "<h%d>", heading_level(n));
}

static void
heading_leave(struct markdown_writer *w, cmark_node *n)
{
    buf_printf(w->out, "</h%d>\n", heading_level(n));
}

static void
list_enter(struct markdown_writer *w, cmark_node *n)
{
    int start = cmark_node_get_list_start(n);
    if (cmark_node_get_list_type(n) != CMARK_ORDERED_LIST)
        buf_puts(w->out, "<ul>\n");
    else if (start == 1)
        buf_puts(w->out, "<ol>\n");
    else
        buf_printf(w->out, "<ol start=\"%d\">\n", start);
}

static void
list_leave(struct markdown_writer *w, cmark_node *n)
{
    buf_puts(w->out, cmark_node_get_list_type(n) == CMARK_ORDERED_LIST ? "</ol>\n" : "</ul>\n");
}

static bool
url_is_far(struct span url)
{
    return span_is_nocase(span_first(url, 8), "https://") || span_is_nocase(span_first(url, 7), "http://");
}

static bool
link_may_be_followed(const struct markdown_writer *w, struct span url)
{
    return url_is_far(url) && spans_hold(w->options->links, w->options->link_count, url);
}

static void
link_enter(struct markdown_writer *w, cmark_node *n)
{
    struct span url = span_of(cmark_node_get_url(n));
    const struct markdown_options *o = w->options;
    w->in_link = true;
    if (link_may_be_followed(w, url)) {
        buf_puts(w->out, "<a rel=\"noreferrer nofollow ugc\" href=\"");
        template_put_url(w->out, url);
    } else if (url_is_far(url) && o->may_leave && o->may_leave(o->arg, url)) {
        buf_puts(w->out, "<a class=\"leaves\" rel=\"nofollow ugc\" href=\"");
        template_put_url(w->out, span_of(o->leave));
        template_put_url_part(w->out, url);
    } else {
        w->in_link = false;
        return;
    }
    buf_puts(w->out, "\">");
}

/* A link tells where it leads or would have led, unless its text says so already or a person wrote it. */
static void
link_leave(struct markdown_writer *w, cmark_node *n)
{
    struct span url = span_of(cmark_node_get_url(n));
    cmark_node *child = cmark_node_first_child(n);
    bool same = child && !cmark_node_next(child) && span_eq(literal(child), url);
    if (w->in_link)
        buf_puts(w->out, "</a>");
    w->in_link = false;
    if (url_is_far(url) && !same && !link_may_be_followed(w, url)) {
        struct visible_url seen;
        buf_puts(w->out, " (");
        template_put_text(w->out, visible_url(w->t, url, &seen) ? seen.shown : visible_text(w->t, url));
        buf_puts(w->out, ")");
    }
}

static void
row_enter(struct markdown_writer *w, cmark_node *n)
{
    (void)n;
    w->column = 0;
    buf_puts(w->out, "<tr>");
}

static void
header_enter(struct markdown_writer *w, cmark_node *n)
{
    buf_puts(w->out, "<thead>\n");
    row_enter(w, n);
}

static bool
cell_is_header(cmark_node *n)
{
    return cmark_gfm_extensions_get_table_row_is_header(cmark_node_parent(n));
}

static void
cell_enter(struct markdown_writer *w, cmark_node *n)
{
    cmark_node *table = cmark_node_parent(cmark_node_parent(n));
    int columns = cmark_gfm_extensions_get_table_columns(table);
    const uint8_t *align = cmark_gfm_extensions_get_table_alignments(table);
    bool right = align && w->column < columns && align[w->column] == 'r';
    w->column++;
    buf_printf(w->out, "<t%c%s>", cell_is_header(n) ? 'h' : 'd', right ? " class=\"num\"" : "");
}

static void
cell_leave(struct markdown_writer *w, cmark_node *n)
{
    buf_puts(w->out, cell_is_header(n) ? "</th>" : "</td>");
}

static const struct node_row ROWS[] = {
    {.kind = "text", .enter = text_put, .leaf = true},
    {.kind = "softbreak", .open = "\n", .leaf = true},
    {.kind = "linebreak", .open = "<br>\n", .leaf = true},
    {.kind = "code", .enter = code_put, .leaf = true},
    {.kind = "html_inline", .enter = html_put, .leaf = true},
    {.kind = "emph", .open = "<em>", .close = "</em>"},
    {.kind = "strong", .open = "<strong>", .close = "</strong>"},
    {.kind = "strikethrough", .open = "<del>", .close = "</del>"},
    {.kind = "link", .enter = link_enter, .leave = link_leave},
    {.kind = "paragraph", .enter = paragraph_enter, .leave = paragraph_leave},
    {.kind = "heading", .enter = heading_enter, .leave = heading_leave},
    {.kind = "thematic_break", .open = "<hr>\n", .leaf = true},
    {.kind = "code_block", .enter = code_block_put, .leaf = true},
    {.kind = "html_block", .enter = html_block_put, .leaf = true},
    {.kind = "block_quote", .open = "<blockquote>\n", .close = "</blockquote>\n"},
    {.kind = "list", .enter = list_enter, .leave = list_leave},
    {.kind = "item", .open = "<li>", .close = "</li>\n"},
    {.kind = "table",
        .open = "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table\"><table class=\"data\">\n",
        .close = "</tbody></table></div>\n",
        .levels = 2},
    {.kind = "table_header", .enter = header_enter, .close = "</tr>\n</thead>\n<tbody>\n"},
    {.kind = "table_row", .enter = row_enter, .close = "</tr>\n"},
    {.kind = "table_cell", .enter = cell_enter, .leave = cell_leave},
};

/* NULL for nodes without tags: the document, and images, whose description is all that is left. */
static const struct node_row *
node_row(cmark_node *n)
{
    const char *kind = cmark_node_get_type_string(n);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        if (strcmp(kind, ROWS[i].kind) == 0)
            return &ROWS[i];
    }
    return NULL;
}

static void
node_enter(struct markdown_writer *w, cmark_node *n, const struct node_row *row)
{
    w->depth++;
    if (w->flat_depth == 0 && (!row || w->depth + row->levels > MAX_DEPTH) && w->depth > 1)
        w->flat_depth = w->depth;
    if (w->flat_depth > 0) {
        template_put_text(w->out, literal(n));
        return;
    }
    if (row && row->open)
        buf_puts(w->out, row->open);
    if (row && row->enter)
        row->enter(w, n);
}

static void
node_leave(struct markdown_writer *w, cmark_node *n, const struct node_row *row)
{
    if (w->flat_depth == 0 && row && row->close)
        buf_puts(w->out, row->close);
    if (w->flat_depth == 0 && row && row->leave)
        row->leave(w, n);
    if (w->flat_depth == w->depth)
        w->flat_depth = 0;
    w->depth--;
}

void
markdown_tree_put(struct markdown_writer *w, cmark_node *root)
{
    cmark_iter *it = cmark_iter_new(root);
    for (cmark_event_type ev; (ev = cmark_iter_next(it)) != CMARK_EVENT_DONE;) {
        cmark_node *n = cmark_iter_get_node(it);
        const struct node_row *row = node_row(n);
        if (ev == CMARK_EVENT_ENTER)
            node_enter(w, n, row);
        else
            node_leave(w, n, row);
        if (row && row->leaf) { /* libcmark-gfm doesn't say that it leaves one */
            if (w->flat_depth == w->depth)
                w->flat_depth = 0;
            w->depth--;
        }
    }
    cmark_iter_free(it);
}
