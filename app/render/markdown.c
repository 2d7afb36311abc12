/* markdown: parses with libcmark-gfm within bounds and writes the tree with tags of our own. */
#include "render/markdown.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "render/markdown_priv.h"
#include "template/put.h"

#include <cmark-gfm-core-extensions.h>
#include <string.h>

enum {
    OUT_LIMIT_BYTES = 16 << 20,
    BUDGET_MS = 200,
    MAX_LINE_NESTING = 30, /* of quotes and lists that one line opens */
};

/* What libcmark-gfm may spend on a whole text where it is slow. */
struct budget {
    size_t cells; /* of tables: it fills short rows up to the header's width */
    size_t steps; /* of looking for an HTML tag's end: from each < on, to the end of the block */
};
static const struct budget BUDGET = {.cells = 20000, .steps = 40000000};

/* What one run of lines without a blank one among them would cost. */
struct run {
    size_t bytes;
    size_t lines;
    size_t pipes;   /* most in a line: a table has at most one column more */
    size_t angles;  /* how many < */
    size_t nesting; /* most markers that a line begins with */
};

static size_t
line_nesting(struct span line)
{
    size_t found = 0;
    for (size_t i = 0; i < line.n && strchr(" \t>-*+.)0123456789", line.p[i]) && line.p[i]; i++) {
        bool marker_end = i + 1 == line.n || line.p[i + 1] == ' ' || line.p[i + 1] == '\t';
        if (line.p[i] == '>' || (marker_end && strchr("-*+.)", line.p[i])))
            found++;
    }
    return found;
}

static void
run_add(struct run *r, struct span line)
{
    size_t pipes = 0;
    for (size_t i = 0; i < line.n; i++) {
        pipes += line.p[i] == '|';
        r->angles += line.p[i] == '<';
    }
    size_t nesting = line_nesting(line);
    r->bytes += line.n + 1;
    r->lines++;
    r->pipes = pipes > r->pipes ? pipes : r->pipes;
    r->nesting = nesting > r->nesting ? nesting : r->nesting;
}

/* libcmark-gfm ends a line at \n, \r and \r\n. Cuts one off *rest, without its end. */
static struct span
line_cut(struct span *rest)
{
    size_t n = 0;
    while (n < rest->n && rest->p[n] != '\n' && rest->p[n] != '\r')
        n++;
    struct span line = span_first(*rest, n);
    if (n + 1 < rest->n && rest->p[n] == '\r' && rest->p[n + 1] == '\n')
        n++;
    *rest = span_from(*rest, n + 1);
    return line;
}

/* Cuts the next run of lines with the blank lines behind it off *rest. */
static struct span
run_cut(struct span *rest, struct run *out)
{
    struct span all = *rest;
    bool blank = false;
    *out = (struct run){0};
    while (rest->n > 0) {
        struct span before = *rest;
        struct span line = line_cut(rest);
        bool empty = span_trim(line).n == 0;
        if (blank && !empty) {
            *rest = before;
            break;
        }
        blank = empty && out->lines > 0;
        if (!empty)
            run_add(out, line);
    }
    return span_first(all, all.n - rest->n);
}

static void
plain_put(struct buf *out, struct span text)
{
    buf_puts(out, "<pre>");
    template_put_text(out, text);
    buf_puts(out, "</pre>\n");
}

static cmark_parser *
parser_make(void)
{
    static const char *const EXTENSIONS[] = {"table", "strikethrough"};
    cmark_gfm_core_extensions_ensure_registered();
    cmark_parser *p = cmark_parser_new(CMARK_OPT_DEFAULT);
    for (size_t i = 0; i < sizeof EXTENSIONS / sizeof *EXTENSIONS; i++)
        cmark_parser_attach_syntax_extension(p, cmark_find_syntax_extension(EXTENSIONS[i]));
    return p;
}

/* Whether libcmark-gfm may have this run; takes its cost off the budget. */
static bool
budget_allows(struct budget *b, const struct run *r)
{
    size_t cells = r->pipes > 0 ? (r->pipes + 1) * r->lines : 0;
    if (r->bytes > MARKDOWN_BLOCK_BYTES || r->nesting > MAX_LINE_NESTING || cells > b->cells ||
        r->angles * r->bytes > b->steps)
        return false;
    b->cells -= cells;
    b->steps -= r->angles * r->bytes;
    return true;
}

/* Parses runs up to the first that costs too much, and writes them. Returns how many bytes it took. */
static size_t
piece_put(struct markdown_writer *w, struct span text, struct budget *budget, int64_t deadline_ms)
{
    cmark_parser *p = parser_make();
    struct span rest = text;
    size_t taken = 0;
    while (rest.n > 0 && clock_mono_ms() < deadline_ms) {
        struct run r;
        struct span run = run_cut(&rest, &r);
        if (!budget_allows(budget, &r))
            break;
        cmark_parser_feed(p, run.p, run.n);
        taken += run.n;
    }
    cmark_node *root = cmark_parser_finish(p);
    markdown_tree_put(w, root);
    cmark_node_free(root);
    cmark_parser_free(p);
    return taken;
}

struct safe_html
markdown_html(struct task *t, struct span text, const struct markdown_options *options)
{
    struct buf *clean = task_buf(t, (size_t)3 * MARKDOWN_LIMIT_BYTES);
    utf8_clean(clean, utf8_first(text, MARKDOWN_LIMIT_BYTES));
    struct markdown_writer w = {.t = t, .out = task_buf(t, OUT_LIMIT_BYTES), .options = options};
    struct span rest = buf_view(clean);
    struct budget budget = BUDGET;
    int64_t deadline_ms = clock_mono_ms() + BUDGET_MS;
    while (rest.n > 0 && clock_mono_ms() < deadline_ms) {
        rest = span_from(rest, piece_put(&w, rest, &budget, deadline_ms));
        struct run r;
        if (rest.n > 0)
            plain_put(w.out, run_cut(&rest, &r));
    }
    if (rest.n > 0)
        plain_put(w.out, rest);
    if (text.n > MARKDOWN_LIMIT_BYTES)
        buf_puts(w.out, "<p>The text goes on; this is where it was cut.</p>\n");
    if (w.out->failed) { /* tags made it too large: escaped text alone always fits */
        buf_clear(w.out);
        plain_put(w.out, buf_view(clean));
    }
    return (struct safe_html){.made_by_render = buf_view(w.out)};
}
