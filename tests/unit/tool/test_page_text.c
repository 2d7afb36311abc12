/* The words of HTML pages, whatever their bytes are. */
#include "tool/page_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *html, *text;
} ROWS[] = {
    {"", ""},
    {"plain", "plain"},
    {"<h1>Title</h1><p>One <b>bold</b> word.\n\n Two.</p>", "Title\nOne bold word. Two."},
    {"<ul><li>a<li>b</ul>", "a\nb"},
    {"a<br>b<br/>c", "a\nb\nc"},
    {"<script>var a = '<p>';</script>after", "after"},
    {"<SCRIPT src=x>no</ScRiPt >after", "after"},
    {"<style>p{}</style ><p>x", "x"},
    {"<script>never ends <p>x", ""},
    {"<script>no</scripts></script>yes", "yes"},
    {"<!-- hidden <p> -->shown", "shown"},
    {"<!-- hidden", ""},
    {"<!DOCTYPE html><?xml?>x", "x"},
    {"1 < 2 && 3 > 2", "1 < 2 && 3 > 2"},
    {"&lt;b&gt; &amp;amp; &quot;q&quot; &#39;s&apos; a&nbsp;&nbsp;b &unknown; &",
        "<b> &amp; \"q\" 's' a b &unknown; &"},
    {"<a href=\"https://evil.test/?q=1\">link</a>", "link"},
    {"unclosed <p", "unclosed"},
    {"<", "<"},
    {"</", "</"},
    {"tail<script", "tail"},
    {"\xC3\xA9t\xC3\xA9 <i>\xE2\x82\xAC</i>", "\xC3\xA9t\xC3\xA9 \xE2\x82\xAC"},
};

static void
every_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct task t;
        task_begin(&t, 0);
        struct span got = page_text(&t, span_of(ROWS[i].html));
        if (!span_is(got, ROWS[i].text) && (got.n > 0 || ROWS[i].text[0]))
            fail_msg("%s gave \"%.*s\", should give \"%s\"", ROWS[i].html, SPAN_ARG(got), ROWS[i].text);
        task_end(&t);
    }
}

/* Every beginning of every row ends, and is no longer than what it came from. */
static void
every_beginning(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        for (size_t n = 0; n <= strlen(ROWS[i].html); n++) {
            struct task t;
            task_begin(&t, 0);
            assert_true(page_text(&t, (struct span){ROWS[i].html, n}).n <= n);
            task_end(&t);
        }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row),
        cmocka_unit_test(every_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
