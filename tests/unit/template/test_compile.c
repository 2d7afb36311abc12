/* test_compile: what the template compiler refuses, with which place and sentence, and what it writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/fsio.h"
#include "base/task.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define VIEW                                                                                                           \
    "struct item\n    text label\n    text url\nview\n    text name\n    num count\n    flag on\n    html body\n"      \
    "    one item first\n    maybe item other\n    list item items\n    list text tags\n"

struct fixture {
    struct task t;
    char root[32];
    struct span said; /* stderr of the last run */
    struct span pages;
    struct span views;
};

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    task_begin(&f->t, 0);
    f->t.limit_bytes = 64 << 20;
    strcpy(f->root, "/tmp/lyceum-tpl-XXXXXX");
    assert_non_null(mkdtemp(f->root));
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    char *argv[] = {task_z(&f->t, SPAN("rm")), task_z(&f->t, SPAN("-r")), f->root, NULL};
    pid_t pid = fork();
    if (pid == 0) {
        execvp(argv[0], argv);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
    task_end(&f->t);
    free(f);
    return 0;
}

static void
put(struct fixture *f, const char *name, const char *text)
{
    const char *path = task_printf(&f->t, "%s/%s", f->root, name);
    assert_int_equal(fsio_write_atomic(&f->t, path, span_of(text), 0600), E_OK);
}

static struct span
get(struct fixture *f, const char *name)
{
    struct span s = SPAN_NONE;
    if (fsio_read(&f->t, task_printf(&f->t, "%s/%s", f->root, name), 1 << 20, &s) != E_OK)
        task_clear_error(&f->t);
    return s;
}

/* Compiles the folder t/ of the fixture; gives the exit code. */
static int
compile(struct fixture *f)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (chdir(f->root) != 0 || !freopen("said", "w", stderr))
            _exit(126);
        execl(LYCEUM_TEMPLATES, LYCEUM_TEMPLATES, "t", ".", (char *)NULL);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    f->said = get(f, "said");
    f->pages = get(f, "pages.c");
    f->views = get(f, "views.h");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int
compile_page(struct fixture *f, const char *view, const char *template)
{
    assert_int_equal(fsio_mkdir(&f->t, task_printf(&f->t, "%s/t", f->root), 0700), E_OK);
    put(f, "t/page.view", view);
    put(f, "t/page.mustache", template);
    put(f, "t/part.mustache", "\n{{label}}");
    put(f, "t/self.mustache", "{{> self}}");
    return compile(f);
}

static bool
holds(struct span s, const char *want)
{
    return span_find(s, span_of(want)) >= 0;
}

static void
a_mistake_is_told_with_its_place(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *template;
        const char *said;
    } CASES[] = {
        {"a\nb {{nmae}}", "t/page.mustache:2: There is no \"nmae\" here: page has name, count, on"},
        {"{{#items}}\n\n{{lable}}{{/items}}",
            "t/page.mustache:3: There is no \"lable\" here: item has label, url; page has"},
        {"{{first.nope}}", "t/page.mustache:1: There is no \"nope\" there: item has label, url"},
        {"{{items.label}}", "What stands before \".label\" is not a single struct"},
        {"{{{name}}}", "\"name\" is not html, so it can't be written raw"},
        {"{{&count}}", "\"count\" is not html"},
        {"{{body}}", "\"body\" is html: write {{{body}}}"},
        {"<p title=\"{{{body}}}\">", "can't stand in an attribute"},
        {"{{on}}", "is no text, number or html; use a section"},
        {"{{items}}", "is no text, number or html"},
        {"{{.}}", "{{.}} is the whole page here"},
        {"{{^first}}x{{/first}}", "is always there, so this never shows"},
        {"\n{{#on}}\nx", "t/page.mustache:2: {{#on}} is never closed"},
        {"{{#on}}x{{/no}}", "{{/no}} closes nothing: {{#on}} of line 1 is open"},
        {"{{/on}}", "{{/on}} closes nothing."},
        {"x {{name", "This tag is never closed"},
        {"{{na me}}", "\"na me\" is no name"},
        {"{{=x=}}", "New delimiters are written"},
        {"{{> nothere}}", "There is no template \"nothere\""},
        {"{{> self}}", "does one include itself?"},
        {"\n{{> part}}", "t/part.mustache:2: There is no \"label\" here"},
        {"\n{{> part}}", "included at t/page.mustache:2"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        assert_int_equal(compile_page(f, VIEW, CASES[i].template), 1);
        if (!holds(f->said, CASES[i].said))
            fail_msg("%s\nsaid: %.*swant: %s", CASES[i].template, SPAN_ARG(f->said), CASES[i].said);
    }
}

static void
markup_that_would_be_unsafe_is_refused(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *template;
        const char *said;
    } CASES[] = {
        {"<a title={{name}}>", "can't stand here"},
        {"<a {{name}}=\"x\">", "can't stand here"},
        {"<{{name}}>", ""}, /* "<" without a letter begins no tag: escaped text */
        {"<p{{name}}>", "can't stand here"},
        {"<!-- {{name}} -->", "can't stand here"},
        {"<script src=\"/x\">{{name}}</script>", "can't stand here"},
        {"<script>go()</script>", "inline script"},
        {"<script src=\"/x\"><b>{{name}}</script>", "inline script"},
        {"<style>p{}</style>", "style element"},
        {"<p style=\"x\">", "Inline handlers, styles"},
        {"<p ONCLICK=\"x\">", "Inline handlers, styles"},
        {"<iframe srcdoc=\"{{name}}\">", "Inline handlers, styles"},
        {"{{#on}}<p title=\"{{/on}}x\">", "ends in another place of the markup"},
        {"<p title=\"x", "The page ends inside a tag"},
        {"<a href=\"{{#on}}/x{{/on}}{{name}}\">", "can't stand here"},
        {"<a href=\"{{#on}}/x{{/on}}{{^on}}/y{{/on}}\">", ""},
        {"<p{{#on}} class=\"x\"{{/on}}>{{name}}</p>", ""},
        {"<a{{#on}} class=\"x\"{{/on}}{{#on}} id=\"y\"{{/on}} href=\"{{name}}\">", ""},
        {"<a hr{{#on}}x {{/on}}ef=\"{{name}}\">", "Leave a space behind a section"},
        {"<!doctype html><!-- > {{! }} --><p>{{name}}", ""},
        {"<script type=\"module\" src=\"{{name}}\"></script>{{name}}", ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        int want = CASES[i].said[0] ? 1 : 0;
        if (compile_page(f, VIEW, CASES[i].template) != want || !holds(f->said, CASES[i].said))
            fail_msg("%s\nsaid: %.*swant: %s", CASES[i].template, SPAN_ARG(f->said), CASES[i].said);
    }
}

static void
a_view_is_checked_too(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *view;
        const char *said;
    } CASES[] = {
        {"view\n    txt name\n", "t/page.view:2: \"txt\" is no kind of field"},
        {"view\n    text\n", "t/page.view:2: A line here is \"text NAME\""},
        {"view\n    list name\n", "A line here is \"list STRUCT NAME\""},
        {"view\n    text Name\n", "\"Name\" can't be a field"},
        {"view\n    text a\n    num a\n", "t/page.view:3: \"a\" can't be a field"},
        {"view\n    one thing a\n", "t/page.view:2: There is no struct \"thing\""},
        {"struct a\n    one a b\nview\n    text x\n", "\"a\" holds itself; use maybe or list"},
        {"struct a\n    text b\nstruct a\n    text b\nview\n    text x\n",
            "There is a struct or view of that name at t/page.view:1"},
        {"view\n", "\"page\" has no field"},
        {"views\n", "Unindented lines are \"view\" or \"struct NAME\""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        assert_int_equal(compile_page(f, CASES[i].view, "x"), 1);
        if (!holds(f->said, CASES[i].said))
            fail_msg("%s\nsaid: %.*swant: %s", CASES[i].view, SPAN_ARG(f->said), CASES[i].said);
    }
}

static void
a_view_without_its_template_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(fsio_mkdir(&f->t, task_printf(&f->t, "%s/t", f->root), 0700), E_OK);
    put(f, "t/lost.view", "view\n    text x\n");
    assert_int_equal(compile(f), 1);
    assert_true(holds(f->said, "There is no template lost.mustache for this view."));
}

static void
structs_come_before_those_that_hold_them(void **state)
{
    struct fixture *f = *state;
    const char *view = "view\n    one outer o\n    text default # kept by C\nstruct outer\n    one inner i\nstruct "
                       "inner\n    text x\n";
    assert_int_equal(compile_page(f, view, "{{o.i.x}}{{default}}"), 0);
    ptrdiff_t inner = span_find(f->views, SPAN("struct view_inner {"));
    ptrdiff_t outer = span_find(f->views, SPAN("struct view_outer {"));
    ptrdiff_t page = span_find(f->views, SPAN("struct view_page {"));
    assert_true(inner > 0 && inner < outer && outer < page);
    assert_true(holds(f->views, "    struct span default_; /* kept by C */\n"));
    assert_true(holds(f->pages, "template_put_text(out, v->o.i.x);"));
    assert_true(holds(f->pages, "template_put_text(out, v->default_);"));
}

static void
each_place_gets_its_escaping_and_static_text_is_joined(void **state)
{
    struct fixture *f = *state;
    const char *page =
        "<p>\n{{! gone }}\n{{name}}</p>\n<a title=\"{{name}}\" href=\"{{name}}?q={{name}}\">{{{body}}}{{count}}</a>"
        "{{other.label}}{{#tags}}{{.}}{{/tags}}";
    assert_int_equal(compile_page(f, VIEW, page), 0);
    static const char *const WANT[] = {
        "    template_put_static(out, \"<p>\\n\", 4);\n    template_put_text(out, v->name);\n",
        "<a title=\\\"\", 15);\n    template_put_text(out, v->name);\n",
        "href=\\\"\", 8);\n    template_put_url(out, v->name);\n",
        "    template_put_static(out, \"\\?q=\", 3);\n    template_put_url_part(out, v->name);\n",
        "    buf_span(out, v->body.made_by_render);\n    buf_i64(out, v->count);\n",
        "    if (v->other) template_put_text(out, v->other->label);\n",
        "    for (size_t i1 = 0; i1 < v->tags.n; i1++) {\n        template_put_text(out, v->tags.at[i1]);\n    }\n",
    };
    for (size_t i = 0; i < sizeof WANT / sizeof *WANT; i++) {
        if (!holds(f->pages, WANT[i]))
            fail_msg("want: %s\nhave: %.*s", WANT[i], SPAN_ARG(f->pages));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_mistake_is_told_with_its_place, setup, teardown),
        cmocka_unit_test_setup_teardown(markup_that_would_be_unsafe_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_view_is_checked_too, setup, teardown),
        cmocka_unit_test_setup_teardown(a_view_without_its_template_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(structs_come_before_those_that_hold_them, setup, teardown),
        cmocka_unit_test_setup_teardown(each_place_gets_its_escaping_and_static_text_is_joined, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
