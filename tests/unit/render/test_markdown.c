/* test_markdown: what becomes of a model's Markdown, and that hostile text costs little. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "render/markdown.h"

#include <string.h>

static const struct span LINKS[] = {{"https://example.org/a?b&c", 25}, {"javascript:x", 12}};
static const struct span RESULTS[] = {{"r1", 2}, {"r2", 2}};
static const struct markdown_options OPTIONS = {.links = LINKS, .link_count = 2, .results = RESULTS, .result_count = 2};

static void
each_construct_becomes_tags_of_ours(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        const char *want;
    } CASES[] = {
        {"", ""},
        {"a *b* **c** ~~d~~ `e<`", "<p>a <em>b</em> <strong>c</strong> <del>d</del> <code>e&lt;</code></p>\n"},
        {"a\nb  \nc", "<p>a\nb<br>\nc</p>\n"},
        {"# One", "<h3>One</h3>\n"},
        {"##### Five", "<h6>Five</h6>\n"},
        {"* a\n* b", "<ul>\n<li>a\n</li>\n<li>b\n</li>\n</ul>\n"},
        {"3. a\n\n4. b", "<ol start=\"3\">\n<li><p>a</p>\n</li>\n<li><p>b</p>\n</li>\n</ol>\n"},
        {"> q\n\n---", "<blockquote>\n<p>q</p>\n</blockquote>\n<hr>\n"},
        {"```\n<b>\n```", "<pre><code>&lt;b&gt;\n</code></pre>\n"},
        {"```sql\nSELECT 1\n```", "<pre class=\"sql\"><code><span class=\"sql-word\">SELECT</span> <span "
                                  "class=\"sql-num\">1</span>\n</code></pre>\n"},
        {"|a|b|\n|-|-:|\n|1|2|\n", "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table\"><table "
                                   "class=\"data\">\n<thead>\n"
                                   "<tr><th>a</th><th class=\"num\">b</th></tr>\n</thead>\n<tbody>\n<tr><td>1</td><td "
                                   "class=\"num\">2</td></tr>\n"
                                   "</tbody></table></div>\n"},
        /* HTML is text */
        {"a <b onclick=x>c</b>", "<p>a &lt;b onclick=x&gt;c&lt;/b&gt;</p>\n"},
        {"<script>\nx\n</script>", "<pre>&lt;script&gt;\nx\n&lt;/script&gt;\n</pre>\n"},
        {"&lt;script&gt; &#60;", "<p>&lt;script&gt; &lt;</p>\n"},
        /* images are their description */
        {"![a *b* <i>](https://evil.example/x.png)", "<p>a b &lt;i&gt;</p>\n"},
        /* links */
        {"[go](https://example.org/a?b&c)",
            "<p><a rel=\"noreferrer nofollow ugc\" href=\"https://example.org/a?b&amp;c\">go</a></p>\n"},
        {"[go](https://evil.example/?q=secret)", "<p>go (https://evil.example/?q=secret)</p>\n"},
        {"[go](javascript:x)", "<p>go</p>\n"},
        {"<https://evil.example>", "<p>https://evil.example</p>\n"},
        {"see https://evil.example", "<p>see https://evil.example</p>\n"},
        {"[go][x]\n\n[x]: https://evil.example", "<p>go (https://evil.example)</p>\n"},
        /* citations */
        {"as [r1] and [r2][r9]",
            "<p>as <a class=\"cite\" href=\"#r1\">r1</a> and <a class=\"cite\" href=\"#r2\">r2</a>[r9]</p>\n"},
        {"[[r1]] [r1", "<p>[<a class=\"cite\" href=\"#r1\">r1</a>] [r1</p>\n"},
        {"`[r1]`", "<p><code>[r1]</code></p>\n"},
        /* malformed UTF-8 */
        {"a\xff", "<p>a\xef\xbf\xbd</p>\n"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct task t;
        task_begin(&t, 0);
        struct safe_html h = markdown_html(&t, span_of(CASES[i].in), &OPTIONS);
        assert_string_equal(task_z(&t, h.made_by_render), CASES[i].want);
        task_end(&t);
    }
}

/* `unit` so many times after `head`; the result's length tells whether it was formatted. */
static struct span
render_repeated(struct task *t, const char *head, const char *unit, size_t times)
{
    struct buf *b = task_buf(t, 4 << 20);
    buf_puts(b, head);
    for (size_t i = 0; i < times; i++)
        buf_puts(b, unit);
    return markdown_html(t, buf_view(b), &OPTIONS).made_by_render;
}

static void
what_costs_too_much_is_shown_as_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        const char *unit;
        size_t times;
        bool plain;
    } CASES[] = {
        {"", "word ", 20000 / 5, true},      /* a block over 16 KB */
        {"", "word\n\n", 200000 / 6, false}, /* many small ones */
        {"|a|\n|-|\n", "|x|\n", 500, false}, /* a long table */
        {"|a|a|a|a|a|a|a|a|a|a|a|a|a|a|a|a|a|a|a|a|\n|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|\n", "|\n", 3000, true},
        {"", "a<?", 5000, true}, /* a long look for each tag's end */
        {"", "> ", 100, true},
        {"", "- ", 100, true},
        {"", "*", 100, false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct task t;
        task_begin(&t, 0);
        struct span out = render_repeated(&t, CASES[i].head, CASES[i].unit, CASES[i].times);
        assert_int_equal(span_starts(out, "<pre>"), CASES[i].plain);
        task_end(&t);
    }
}

static void
a_dear_block_does_not_spoil_its_neighbours(void **state)
{
    (void)state;
    struct task t;
    task_begin(&t, 0);
    struct buf *b = task_buf(&t, 1 << 20);
    buf_puts(b, "*one*\n\n");
    for (int i = 0; i < 5000; i++)
        buf_puts(b, "word ");
    buf_puts(b, "\n\n*two*\n");
    struct span out = markdown_html(&t, buf_view(b), &OPTIONS).made_by_render;
    assert_true(span_starts(out, "<p><em>one</em></p>\n<pre>word word"));
    assert_true(span_ends(out, "</pre>\n<p><em>two</em></p>\n"));
    task_end(&t);
}

static void
a_text_over_the_limit_is_cut_and_says_so(void **state)
{
    (void)state;
    struct task t;
    task_begin(&t, 0);
    struct span out = render_repeated(&t, "", "words of it\n\n", 30000);
    assert_true(out.n > 100000);
    assert_true(span_ends(out, "<p>The text goes on; this is where it was cut.</p>\n"));
    task_end(&t);
}

static void
deep_nesting_loses_tags_but_no_text(void **state)
{
    (void)state;
    struct task t;
    task_begin(&t, 0);
    struct buf *b = task_buf(&t, 1 << 20);
    for (int depth = 0; depth < 80; depth++)
        buf_printf(b, "%*s- x\n", depth * 2, "");
    buf_printf(b, "%*s`deep<`\n", 160, "");
    struct span out = markdown_html(&t, buf_view(b), &OPTIONS).made_by_render;
    size_t lists = 0;
    for (struct span rest = out; span_find(rest, SPAN("<ul>")) >= 0; lists++)
        rest = span_from(rest, (size_t)span_find(rest, SPAN("<ul>")) + 4);
    assert_true(lists > 10 && lists < 40);
    assert_true(span_find(out, SPAN("deep&lt;")) > 0);
    task_end(&t);
}

/* Only what it is told to let through leads to the page between; the address is one component behind it. */
static bool
lets_example(void *arg, struct span url)
{
    ++*(int *)arg;
    return span_starts(url, "https://example.org/");
}

static void
links_leave_by_a_page_between(void **state)
{
    (void)state;
    struct task t;
    int asked = 0;
    const struct span own[] = {SPAN("https://own.example/")};
    struct markdown_options o = {
        .links = own, .link_count = 1, .leave = "/-/leave?c=c_x&u=", .may_leave = lets_example, .arg = &asked};
    task_begin(&t, 0);
    struct span html = markdown_html(&t,
        SPAN("[a](https://example.org/?q=1&r=\"x) [b](https://evil.example/) [c](https://own.example/) "
             "[d](javascript:x) "
             "![e](https://example.org/i.png)"),
        &o)
                           .made_by_render;
    assert_true(
        span_find(html, SPAN("href=\"/-/leave?c=c_x&amp;u=https%3A%2F%2Fexample.org%2F%3Fq%3D1%26r%3D%22x\"")) >= 0);
    assert_true(span_find(html, SPAN("href=\"https://own.example/\"")) >= 0);
    assert_true(
        span_find(html, SPAN("href=\"https://evil")) < 0 && span_find(html, SPAN("b (https://evil.example/)")) >= 0);
    assert_true(span_find(html, SPAN("javascript")) < 0 && span_find(html, SPAN("<img")) < 0);
    assert_int_equal(asked, 2);
    o.may_leave = NULL;
    html = markdown_html(&t, SPAN("[a](https://example.org/)"), &o).made_by_render;
    assert_true(span_find(html, SPAN("<a")) < 0);
    task_end(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_construct_becomes_tags_of_ours),
        cmocka_unit_test(what_costs_too_much_is_shown_as_it_is),
        cmocka_unit_test(a_dear_block_does_not_spoil_its_neighbours),
        cmocka_unit_test(a_text_over_the_limit_is_cut_and_says_so),
        cmocka_unit_test(deep_nesting_loses_tags_but_no_text),
        cmocka_unit_test(links_leave_by_a_page_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
