/* fuzz: lyc_render */
/* fuzz_markdown: whatever the Markdown, the markup holds only whole tags of a short list, each
 * closed in its turn. */
#include "base/must.h"
#include "render/markdown.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_OPEN = 400 };

/* clang-format off */
/* All tags that may be written. "x" opens until "/x"; void ones don't. */
static const struct tag {
    const char *text; /* whole, or up to a value that ends with `">` */
    const char *name;
    enum { OPENS, CLOSES, VOID } kind;
} TAGS[] = {
    {"<p>", "p", OPENS}, {"</p>", "p", CLOSES}, {"<h3>", "h3", OPENS}, {"</h3>", "h3", CLOSES},
    {"<h4>", "h4", OPENS}, {"</h4>", "h4", CLOSES}, {"<h5>", "h5", OPENS}, {"</h5>", "h5", CLOSES},
    {"<h6>", "h6", OPENS}, {"</h6>", "h6", CLOSES}, {"<em>", "em", OPENS}, {"</em>", "em", CLOSES},
    {"<strong>", "strong", OPENS}, {"</strong>", "strong", CLOSES}, {"<del>", "del", OPENS}, {"</del>", "del", CLOSES},
    {"<code>", "code", OPENS}, {"</code>", "code", CLOSES}, {"<pre>", "pre", OPENS},
    {"<pre class=\"sql\">", "pre", OPENS}, {"</pre>", "pre", CLOSES}, {"<ul>", "ul", OPENS}, {"</ul>", "ul", CLOSES},
    {"<ol>", "ol", OPENS}, {"<ol start=\"", "ol", OPENS}, {"</ol>", "ol", CLOSES}, {"<li>", "li", OPENS},
    {"</li>", "li", CLOSES}, {"<blockquote>", "blockquote", OPENS}, {"</blockquote>", "blockquote", CLOSES},
    {"<br>", "", VOID}, {"<hr>", "", VOID}, {"<table class=\"data\">", "table", OPENS}, {"</table>", "table", CLOSES},
    {"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table\">", "div", OPENS}, {"</div>", "div", CLOSES},
    {"<thead>", "thead", OPENS}, {"</thead>", "thead", CLOSES}, {"<tbody>", "tbody", OPENS},
    {"</tbody>", "tbody", CLOSES}, {"<tr>", "tr", OPENS}, {"</tr>", "tr", CLOSES}, {"<th>", "th", OPENS},
    {"<th class=\"num\">", "th", OPENS}, {"</th>", "th", CLOSES}, {"<td>", "td", OPENS},
    {"<td class=\"num\">", "td", OPENS}, {"</td>", "td", CLOSES}, {"<a class=\"cite\" href=\"#r1\">", "a", OPENS},
    {"<a rel=\"noreferrer nofollow ugc\" href=\"https://example.org/\">", "a", OPENS}, {"</a>", "a", CLOSES},
    {"<span class=\"sql-word\">", "span", OPENS}, {"<span class=\"sql-name\">", "span", OPENS},
    {"<span class=\"sql-call\">", "span", OPENS}, {"<span class=\"sql-text\">", "span", OPENS},
    {"<span class=\"sql-num\">", "span", OPENS}, {"<span class=\"sql-param\">", "span", OPENS},
    {"<span class=\"sql-note\">", "span", OPENS}, {"</span>", "span", CLOSES},
};
/* clang-format on */

static const struct tag *
tag_at(struct span s)
{
    for (size_t i = 0; i < sizeof TAGS / sizeof *TAGS; i++) {
        if (span_starts(s, TAGS[i].text))
            return &TAGS[i];
    }
    return NULL;
}

static void
markup_holds(struct span s)
{
    const char *open[MAX_OPEN];
    size_t depth = 0;
    while (s.n > 0) {
        must(s.p[0] != '>' && s.p[0] != '"' && s.p[0] != '\'');
        if (s.p[0] != '<') {
            s = span_from(s, 1);
            continue;
        }
        const struct tag *tag = tag_at(s);
        must(tag);
        if (tag->kind == OPENS) {
            must(depth < MAX_OPEN);
            open[depth++] = tag->name;
        } else if (tag->kind == CLOSES) {
            must(depth > 0 && strcmp(open[--depth], tag->name) == 0);
        }
        ptrdiff_t end = span_find(s, SPAN(">"));
        must(end > 0);
        s = span_from(s, (size_t)end + 1);
    }
    must(depth == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct span LINKS[] = {{"https://example.org/", 20}, {"javascript:alert(1)", 19}};
    static const struct span RESULTS[] = {{"r1", 2}};
    const struct markdown_options options = {.links = LINKS, .link_count = 2, .results = RESULTS, .result_count = 1};
    struct task t;
    task_begin(&t, 0);
    markup_holds(markdown_html(&t, (struct span){(const char *)data, size}, &options).made_by_render);
    task_end(&t);
    return 0;
}
