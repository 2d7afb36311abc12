/* test_visible: nothing of a foreign address or text hides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "render/visible.h"

/* Hosts after RFC 3492 and what registrars publish; NULL: refused. */
static const struct {
    const char *url, *host, *href;
} urls[] = {
    {"https://example.org/a?b=c#d", "example.org", "https://example.org/a?b=c#d"},
    {"HTTP://EXAMPLE.org:8080", "example.org", "http://example.org:8080"},
    {"https://m\xc3\xbcnchen.de/x", "xn--mnchen-3ya.de", "https://xn--mnchen-3ya.de/x"},
    {"https://b\xc3\xbc"
     "cher.example",
        "xn--bcher-kva.example", "https://xn--bcher-kva.example"},
    {"https://\xd0\xb0pple.com/", "xn--pple-43d.com", "https://xn--pple-43d.com/"},
    {"https://\xe4\xbe\x8b\xe3\x81\x88.jp", "xn--r8jz45g.jp", "https://xn--r8jz45g.jp"},
    {"https://[2001:db8::1]:443/", "[2001:db8::1]", "https://[2001:db8::1]:443/"},
    {"https://bank.example@evil.example/", NULL, NULL},
    {"https://ev%69l.example/", NULL, NULL},
    {"https://evil.example\\@bank.example/", NULL, NULL},
    {"https://a b.example/", NULL, NULL},
    {"https://a\t.example/", NULL, NULL},
    {"https://a\xe2\x80\x8b.example/", NULL, NULL},
    {"https://a..example/", NULL, NULL},
    {"https:///x", NULL, NULL},
    {"javascript:alert(1)", NULL, NULL},
    {"//example.org", NULL, NULL},
    {"https://example.org:99999999/", NULL, NULL},
};

static void
hosts_are_told_as_they_are(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct task t;
        struct visible_url u;
        task_begin(&t, 0);
        bool ok = visible_url(&t, span_of(urls[i].url), &u);
        if (ok != (urls[i].host != NULL))
            fail_msg("%s", urls[i].url);
        if (ok) {
            assert_string_equal(task_z(&t, u.host), urls[i].host);
            assert_string_equal(task_z(&t, u.href), urls[i].href);
        }
        task_end(&t);
    }
}

static const struct {
    const char *text, *shown;
} texts[] = {
    {"plain \xc3\xa9 text\nnext", "plain \xc3\xa9 text\nnext"},
    {"a\xe2\x80\xae"
     "b",
        "a[U+202E]b"},
    {"a\xe2\x80\x8b"
     "b\xef\xbb\xbf",
        "a[U+200B]b[U+FEFF]"},
    {"\x01\x7f\t", "[U+0001][U+007F][U+0009]"},
    {"\xf3\xa0\x81\x81", "[U+E0041]"},
    {"\xff\xc3", "[0xFF][0xC3]"},
};

static void
nothing_is_invisible(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct task t;
        task_begin(&t, 0);
        assert_string_equal(task_z(&t, visible_text(&t, span_of(texts[i].text))), texts[i].shown);
        task_end(&t);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_are_told_as_they_are),
        cmocka_unit_test(nothing_is_invisible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
