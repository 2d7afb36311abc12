/* test_put: escaping, URLs, the frame of pages, and the fence around safe html. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "template/put.h"
#include "template/views.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

typedef void put_fn(struct buf *out, struct span s);

struct row {
    const char *in;
    const char *want;
};

static void
rows_hold(put_fn *put, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct buf b;
        buf_init(&b, 4096);
        put(&b, span_of(rows[i].in));
        assert_string_equal(buf_z(&b), rows[i].want);
        buf_reset(&b);
    }
}

static void
text_is_escaped(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        {"", ""},
        {"plain", "plain"},
        {"<script>", "&lt;script&gt;"},
        {"a&b\"c'd", "a&amp;b&quot;c&#39;d"},
        {"&&", "&amp;&amp;"},
        {"\xc3\xa4<\xc3\xa4", "\xc3\xa4&lt;\xc3\xa4"},
    };
    rows_hold(template_put_text, ROWS, sizeof ROWS / sizeof *ROWS);
}

static void
only_our_paths_and_http_are_urls(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        {"", ""},
        {"/", "/"},
        {"/a?b=1&c='", "/a?b=1&amp;c=&#39;"},
        {"?x=1", "?x=1"},
        {"#r1", "#r1"},
        {"https://example.org/", "https://example.org/"},
        {"HTTP://example.org/", "HTTP://example.org/"},
        {"javascript:alert(1)", "#"},
        {" javascript:alert(1)", "#"},
        {"data:text/html,x", "#"},
        {"//evil.example", "#"},
        {"/\\evil.example", "#"},
        {"/\t/evil.example", "#"},
        {"/\n\\evil.example", "#"},
        {"relative", "#"},
        {"https:evil", "#"},
    };
    rows_hold(template_put_url, ROWS, sizeof ROWS / sizeof *ROWS);
}

static void
a_part_of_a_url_is_one_component(void **state)
{
    (void)state;
    static const struct row ROWS[] = {
        {"movies", "movies"},
        {"a/b?c#d&e%f g", "a%2Fb%3Fc%23d%26e%25f%20g"},
        {"\xc3\xa4-_.~", "%C3%A4-_.~"},
        {"\"'<>", "%22%27%3C%3E"},
    };
    rows_hold(template_put_url_part, ROWS, sizeof ROWS / sizeof *ROWS);
}

static void
the_frame_escapes_what_it_shows(void **state)
{
    (void)state;
    struct view_nav_item nav[] = {{.label = SPAN("<Data>"), .url = SPAN("javascript:x"), .is_current = true}};
    struct view_layout_error v = {.status = 404, .heading = SPAN("No \"such\" page"), .sentence = SPAN("Gone & lost.")};
    v.page.title = SPAN("</title><script>");
    v.page.user_name = SPAN("<b>");
    v.page.nav.at = nav;
    v.page.nav.n = 1;
    struct buf b;
    buf_init(&b, 1 << 16);
    render_layout_error(&b, &v);
    static const char *const WANT[] = {"<!doctype html>\n<html lang=\"en\">",
        "<title>&lt;/title&gt;&lt;script&gt;</title>", "<li><a href=\"#\" aria-current=\"page\">&lt;Data&gt;</a></li>",
        "&lt;b&gt;</a>", "<p class=\"eyebrow\">404</p>", "<h1>No &quot;such&quot; page</h1>", "Gone &amp; lost.",
        "</html>\n"};
    for (size_t i = 0; i < sizeof WANT / sizeof *WANT; i++)
        assert_non_null(strstr(buf_z(&b), WANT[i]));
    assert_null(strstr(buf_z(&b), "<script>"));
    buf_reset(&b);
}

/* Only app/render makes safe html: the word of its member stands nowhere else among our sources. */
static void
folder_is_fenced(const char *path)
{
    DIR *d = opendir(path);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        char file[1024];
        size_t n = strlen(e->d_name);
        snprintf(file, sizeof file, "%s/%s", path, e->d_name);
        if (e->d_name[0] == '.' || n < 2)
            continue;
        if (e->d_type == DT_DIR && strcmp(e->d_name, "render") != 0)
            folder_is_fenced(file);
        if (strcmp(e->d_name + n - 2, ".c") != 0 || strcmp(e->d_name, "emit.c") == 0)
            continue;
        FILE *f = fopen(file, "r");
        assert_non_null(f);
        char line[4096];
        while (fgets(line, sizeof line, f)) {
            if (strstr(line, "made_by_render"))
                fail_msg("%s makes safe html: %s", file, line);
        }
        fclose(f);
    }
    closedir(d);
}

static void
only_render_makes_safe_html(void **state)
{
    (void)state;
    folder_is_fenced(LYCEUM_SOURCE_DIR "/app");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_escaped),
        cmocka_unit_test(only_our_paths_and_http_are_urls),
        cmocka_unit_test(a_part_of_a_url_is_one_component),
        cmocka_unit_test(the_frame_escapes_what_it_shows),
        cmocka_unit_test(only_render_makes_safe_html),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
