/* test_spec: the published cases of Mustache's specification, through the compiler: a view is made from each case's
 * data, all are compiled to one program, and that program compares. What the compiler must refuse is compiled alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/fsio.h"
#include "base/json.h"
#include "base/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_BYTES = 4 << 20 };

enum claim {
    CLAIMED,
    REFUSED,       /* the build must fail: see the reason */
    INEXPRESSIBLE, /* no view can be written for such data */
};

/* All other cases are claimed. */
static const struct exception {
    const char *file;
    const char *name;
    enum claim claim;
    const char *reason;
} EXCEPTIONS[] = {
    {"interpolation", "Basic Context Miss Interpolation", REFUSED,
        "an unknown name is a mistake of ours, not an empty text"},
    {"interpolation", "Triple Mustache Context Miss Interpolation", REFUSED, "unknown name"},
    {"interpolation", "Ampersand Context Miss Interpolation", REFUSED, "unknown name"},
    {"interpolation", "Dotted Names - Broken Chains", REFUSED, "unknown name"},
    {"interpolation", "Dotted Names - Broken Chain Resolution", REFUSED, "unknown name"},
    {"interpolation", "Dotted Names - Context Precedence", REFUSED, "unknown name"},
    {"interpolation", "Dotted Names are never single keys", REFUSED, "unknown name"},
    {"interpolation", "Implicit Iterators - Basic Interpolation", INEXPRESSIBLE, "a view is a struct"},
    {"interpolation", "Implicit Iterators - HTML Escaping", INEXPRESSIBLE, "a view is a struct"},
    {"interpolation", "Implicit Iterators - Triple Mustache", INEXPRESSIBLE, "a view is a struct"},
    {"interpolation", "Implicit Iterators - Ampersand", INEXPRESSIBLE, "a view is a struct"},
    {"interpolation", "Implicit Iterators - Basic Integer Interpolation", INEXPRESSIBLE, "a view is a struct"},
    {"sections", "Context Misses", REFUSED, "unknown name"},
    {"sections", "Dotted Names - Broken Chains", REFUSED, "unknown name"},
    {"sections", "Implicit Iterator - Array", INEXPRESSIBLE, "lists of lists have no name"},
    {"sections", "Implicit Iterator - Root-level", INEXPRESSIBLE, "a view is a struct"},
    {"inverted", "Context Misses", REFUSED, "unknown name"},
    {"inverted", "Dotted Names - Broken Chains", REFUSED, "unknown name"},
    {"inverted", "Context", REFUSED, "the name is of the struct that is not there"},
    {"inverted", "List", REFUSED, "the name is of the items that are not there"},
    {"partials", "Failed Lookup", REFUSED, "a missing partial is a mistake of ours"},
    {"partials", "Recursion", REFUSED, "partials are compiled in: trees are lists with a depth"},
};

struct gen {
    struct task *t;
    const char *root;   /* the temporary folder */
    struct buf *view;   /* the case's .view */
    struct buf *driver; /* main.c: the data of all cases */
    struct buf *calls;  /* its calls */
    int number;         /* of the case */
    int structs;
    bool raw;    /* the case writes texts raw: they are html */
    bool failed; /* its data can't be expressed */
};

static const char *value_declare(struct gen *g, const char *key, const json_t *j, struct buf *fields);

static void
literal_put(struct buf *b, struct span s)
{
    buf_putc(b, '"');
    for (size_t i = 0; i < s.n; i++)
        buf_printf(b, "\\%03o", (unsigned)(unsigned char)s.p[i]);
    buf_putc(b, '"');
}

/* A scalar as text: what the specification expects of numbers too. */
static struct span
scalar_text(struct gen *g, const json_t *j)
{
    if (json_is_string(j))
        return (struct span){json_string_value(j), json_string_length(j)};
    if (json_is_real(j))
        return task_format(g->t, "%g", json_real_value(j));
    return json_is_null(j) ? SPAN_NONE : json_dump(g->t, j);
}

/* The C initialiser of a scalar; *kind is its word in a view. */
static const char *
scalar_value(struct gen *g, const json_t *j, const char **kind)
{
    if (json_is_boolean(j)) {
        *kind = "flag";
        return json_is_true(j) ? "true" : "false";
    }
    if (json_is_integer(j) && !g->raw) {
        *kind = "num";
        return task_printf(g->t, "%lld", (long long)json_integer_value(j));
    }
    *kind = g->raw ? "html" : "text";
    struct buf *b = task_buf(g->t, MAX_BYTES);
    struct span s = scalar_text(g, j);
    buf_puts(b, g->raw ? "{{" : "{");
    literal_put(b, s);
    buf_printf(b, ", %zu%s", s.n, g->raw ? "}}" : "}");
    return task_z(g->t, buf_view(b));
}

static bool
key_is_name(const char *key)
{
    return key[0] && strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(key);
}

/* Declares a struct for the object and gives the initialiser of one. */
static const char *
object_value(struct gen *g, const json_t *j, const char *name)
{
    struct buf *fields = task_buf(g->t, MAX_BYTES);
    struct buf *init = task_buf(g->t, MAX_BYTES);
    const char *key;
    json_t *item;
    buf_puts(init, "{");
    json_object_foreach((json_t *)(uintptr_t)j, key, item)
    {
        if (!key_is_name(key))
            continue; /* "! comment", "a.b": names that no template can say */
        const char *value = value_declare(g, key, item, fields);
        bool c_word = strcmp(key, "bool") == 0;
        buf_printf(init, ".%s%s = %s, ", key, c_word ? "_" : "", value);
    }
    if (fields->n == 0) {
        buf_puts(fields, "    flag nothing\n");
        buf_puts(init, ".nothing = false");
    }
    buf_puts(init, "}");
    if (name)
        buf_printf(g->view, "struct %s\n", name);
    else
        buf_puts(g->view, "view\n");
    buf_span(g->view, buf_view(fields));
    return task_z(g->t, buf_view(init));
}

/* Items of a list share the struct that the first one declares. */
static const char *
list_value(struct gen *g, const char *key, const json_t *j, struct buf *fields)
{
    struct buf *items = task_buf(g->t, MAX_BYTES);
    const json_t *first = json_array_get(j, 0);
    const char *name = task_printf(g->t, "c%d_s%d", g->number, g->structs++);
    const char *kind = "text";
    for (size_t i = 0; i < json_array_size(j); i++) {
        const json_t *item = json_array_get(j, i);
        size_t view_bytes = g->view->n;
        g->failed = g->failed || json_is_array(item);
        buf_printf(items, "%s, ", json_is_object(first) ? object_value(g, item, name) : scalar_value(g, item, &kind));
        if (i > 0)
            g->view->n = view_bytes;
    }
    buf_printf(fields, "    list %s %s\n", json_is_object(first) ? name : kind, key);
    if (json_array_size(j) == 0)
        return "{NULL, 0}";
    const char *type = json_is_object(first)       ? task_printf(g->t, "struct view_%s", name)
                       : strcmp(kind, "num") == 0  ? "int64_t"
                       : strcmp(kind, "html") == 0 ? "struct safe_html"
                                                   : "struct span";
    buf_printf(g->driver, "static const %s %s_items[] = {%.*s};\n", type, name, SPAN_ARG(buf_view(items)));
    return task_printf(g->t, "{%s_items, %zu}", name, json_array_size(j));
}

/* Adds the field's line and gives its initialiser. Objects are `maybe`, so that guards are tried too. */
static const char *
value_declare(struct gen *g, const char *key, const json_t *j, struct buf *fields)
{
    if (json_is_array(j))
        return list_value(g, key, j, fields);
    if (!json_is_object(j)) {
        const char *kind;
        const char *value = scalar_value(g, j, &kind);
        buf_printf(fields, "    %s %s\n", kind, key);
        return value;
    }
    const char *name = task_printf(g->t, "c%d_s%d", g->number, g->structs++);
    const char *value = object_value(g, j, name);
    buf_printf(g->driver, "static const struct view_%s %s = %s;\n", name, name, value);
    buf_printf(fields, "    maybe %s %s\n", name, key);
    return task_printf(g->t, "&%s", name);
}

static void
file_write(struct gen *g, const char *name, struct span bytes)
{
    assert_int_equal(fsio_write_atomic(g->t, task_printf(g->t, "%s/%s", g->root, name), bytes, 0600), E_OK);
}

/* Writes the case's folder: main.view, main.mustache and its partials. */
static void
case_write(struct gen *g, const json_t *test, const char *folder)
{
    assert_int_equal(fsio_mkdir(g->t, task_printf(g->t, "%s/%s", g->root, folder), 0700), E_OK);
    const char *key;
    json_t *item;
    struct span text = json_text(test, "template");
    g->raw = span_find(text, SPAN("{{{")) >= 0 || span_find(text, SPAN("{{&")) >= 0;
    json_object_foreach(json_object_get(test, "partials"), key, item)
    {
        struct span partial = span_of(json_string_value(item));
        g->raw = g->raw || span_find(partial, SPAN("{{{")) >= 0;
        file_write(g, task_printf(g->t, "%s/%s.mustache", folder, key), partial);
    }
    file_write(g, task_printf(g->t, "%s/main.mustache", folder), text);
    g->view = task_buf(g->t, MAX_BYTES);
    g->structs = 0;
    g->failed = !json_is_object(json_object_get(test, "data"));
    const char *init = g->failed ? "" : object_value(g, json_object_get(test, "data"), NULL);
    if (g->failed)
        return;
    file_write(g, task_printf(g->t, "%s/main.view", folder), buf_view(g->view));
    buf_printf(g->driver, "static const struct view_%s_main c%d = %s;\n", strrchr(folder, '/') + 1, g->number, init);
    buf_printf(g->calls, "    render_%s_main(fresh(&b), &c%d);\n    check(&b, ", strrchr(folder, '/') + 1, g->number);
    literal_put(g->calls, json_text(test, "expected"));
    buf_printf(g->calls, ", %zu, ", json_text(test, "expected").n);
    literal_put(g->calls, json_text(test, "name"));
    buf_puts(g->calls, ");\n");
}

/* Runs a program with its stderr shown only if that is wanted; gives its exit code. */
static int
program_run(char *const *argv, bool quiet)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (quiet && !freopen("/dev/null", "w", stderr))
            _exit(126);
        execvp(argv[0], argv);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int
templates_run(struct gen *g, const char *folder, bool quiet)
{
    char *argv[] = {task_z(g->t, SPAN(LYCEUM_TEMPLATES)), task_printf(g->t, "%s/%s", g->root, folder),
        task_z(g->t, span_of(g->root)), NULL};
    return program_run(argv, quiet);
}

static const struct exception *
exception_of(const char *file, struct span name)
{
    for (size_t i = 0; i < sizeof EXCEPTIONS / sizeof *EXCEPTIONS; i++) {
        if (strcmp(EXCEPTIONS[i].file, file) == 0 && span_is(name, EXCEPTIONS[i].name))
            return &EXCEPTIONS[i];
    }
    return NULL;
}

/* One case: claimed ones are gathered below all/, the others have to be refused by themselves. */
static int
case_take(struct gen *g, const char *file, const json_t *test)
{
    const struct exception *e = exception_of(file, json_text(test, "name"));
    struct buf keep_driver = *g->driver;
    struct buf keep_calls = *g->calls;
    g->number++;
    const char *top = e ? task_printf(g->t, "alone%d", g->number) : "all";
    if (e)
        assert_int_equal(fsio_mkdir(g->t, task_printf(g->t, "%s/%s", g->root, top), 0700), E_OK);
    case_write(g, test, task_printf(g->t, "%s/x%d", top, g->number));
    if (!e) {
        assert_false(g->failed);
        return 1;
    }
    g->driver->n = keep_driver.n;
    g->calls->n = keep_calls.n;
    assert_int_equal(g->failed, e->claim == INEXPRESSIBLE);
    if (!g->failed && templates_run(g, top, true) == 0)
        fail_msg("%s: \"%s\" has to be refused: %s", file, e->name, e->reason);
    return 0;
}

static const char DRIVER_HEAD[] =
    "#include \"views.h\"\n#include <stdio.h>\n#include <string.h>\nstatic int bad;\n"
    "static struct buf *fresh(struct buf *b)\n{\n    buf_clear(b);\n    return b;\n}\n"
    "static void check(struct buf *b, const char *want, size_t n, const char *name)\n{\n"
    "    if (b->n == n && (n == 0 || memcmp(b->p, want, n) == 0))\n        return;\n    bad++;\n"
    "    fprintf(stderr, \"%s:\\n--- want\\n%s\\n--- got\\n%.*s\\n\", name, want, (int)b->n, b->p ? b->p : \"\");\n}\n";

static void
driver_build_and_run(struct gen *g)
{
    struct buf *c = task_buf(g->t, MAX_BYTES);
    buf_printf(c, "%s%.*s", DRIVER_HEAD, SPAN_ARG(buf_view(g->driver)));
    buf_printf(c,
        "int main(void)\n{\n    struct buf b;\n    buf_init(&b, 1 << 20);\n%.*s    buf_reset(&b);\n    return bad != "
        "0;\n}\n",
        SPAN_ARG(buf_view(g->calls)));
    file_write(g, "main.c", buf_view(c));
    char *line = task_printf(g->t,
        "cd %s && %s -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Werror -O1 -I. -I%s/app main.c pages.c "
        "%s/app/template/put.c %s/app/base/buf.c %s/app/base/span.c %s/app/base/must.c -o driver -lm",
        g->root, LYCEUM_CC, LYCEUM_SOURCE_DIR, LYCEUM_SOURCE_DIR, LYCEUM_SOURCE_DIR, LYCEUM_SOURCE_DIR,
        LYCEUM_SOURCE_DIR);
    /* pages.c says "template/views.h" */
    assert_int_equal(fsio_mkdir(g->t, task_printf(g->t, "%s/template", g->root), 0700), E_OK);
    struct span views;
    assert_int_equal(fsio_read(g->t, task_printf(g->t, "%s/views.h", g->root), MAX_BYTES, &views), E_OK);
    file_write(g, "template/views.h", views);
    char *cc[] = {task_z(g->t, SPAN("sh")), task_z(g->t, SPAN("-c")), line, NULL};
    assert_int_equal(program_run(cc, false), 0);
    char *driver[] = {task_printf(g->t, "%s/driver", g->root), NULL};
    assert_int_equal(program_run(driver, false), 0);
}

static const char *
spec_folder(struct task *t)
{
    const char *shared = getenv("LYCEUM_SHARED");
    const char *at = shared ? shared : LYCEUM_SOURCE_DIR "/../shared";
    const char *folder = task_printf(t, "%s/mustache", at);
    return access(folder, R_OK) == 0 ? folder : NULL;
}

static void
the_specification_holds_where_we_claim_it(void **state)
{
    (void)state;
    static const char *const FILES[] = {"interpolation", "sections", "inverted", "comments", "delimiters", "partials"};
    struct task t;
    task_begin(&t, 0);
    const char *spec = spec_folder(&t);
    if (!spec) {
        puts("skipped: ../shared/mustache is not here");
        task_end(&t);
        skip();
    }
    char root[] = "/tmp/lyceum-spec-XXXXXX";
    assert_non_null(mkdtemp(root));
    struct gen g = {.t = &t, .root = root, .driver = task_buf(&t, MAX_BYTES), .calls = task_buf(&t, MAX_BYTES)};
    assert_int_equal(fsio_mkdir(&t, task_printf(&t, "%s/all", root), 0700), E_OK);
    int claimed = 0;
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        struct span text;
        json_t *j;
        assert_int_equal(fsio_read(&t, task_printf(&t, "%s/%s.json", spec, FILES[i]), MAX_BYTES, &text), E_OK);
        assert_int_equal(json_read(&t, text, &j), E_OK);
        json_t *tests = json_object_get(j, "tests");
        for (size_t k = 0; k < json_array_size(tests); k++)
            claimed += case_take(&g, FILES[i], json_array_get(tests, k));
    }
    assert_int_equal(templates_run(&g, "all", false), 0);
    driver_build_and_run(&g);
    printf("%d of %d cases of the specification hold; %zu are not claimed, as listed\n", claimed, g.number,
        sizeof EXCEPTIONS / sizeof *EXCEPTIONS);
    assert_int_equal(claimed + (int)(sizeof EXCEPTIONS / sizeof *EXCEPTIONS), g.number);
    char *rm[] = {task_z(&t, SPAN("rm")), task_z(&t, SPAN("-r")), root, NULL};
    assert_int_equal(program_run(rm, false), 0);
    task_end(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_specification_holds_where_we_claim_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
