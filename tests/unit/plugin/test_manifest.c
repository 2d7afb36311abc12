/* test_manifest: what a manifest may say; everything else is refused with its exact reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/id.h"
#include "plugin/lines.h"
#include "plugin/manifest.h"
#include "plugin/toolfile.h"

#include <stdlib.h>
#include <string.h>

#define HASH "sha256:0000000000000000000000000000000000000000000000000000000000000000"
#define HEAD                                                                                                           \
    "lyceum/plugin-manifest/v1\nid acme/geo\nserial 17\nversion 1.4.2\ntitle Geo\nabout Finds places.\n"               \
    "publisher acme.example/2026a\nprev " HASH "\nkind tool\napi 1\narch any\n"
#define RUNS "runtime python3 geo.py\n"
#define SETS "setting region string The region to look in\nsecret GEO_KEY api.acme.example\n"
#define FILES "file geo.py 8123 " HASH "\nfile tools/geo.json 100 " HASH "\n"
#define CAPS "cap net GET https://api.acme.example:443\ncap read.dataset public\n"
#define TOOL "tool geocode E3 file:tools/geo.json desc:" HASH " schema:" HASH " dry-run\n"
#define GOOD HEAD RUNS SETS FILES CAPS "effect E3\n" TOOL "abc 101\n"

static int
up(void **state)
{
    struct task *t = calloc(1, sizeof *t);
    id_init();
    task_begin(t, 0);
    *state = t;
    return 0;
}

static int
down(void **state)
{
    task_end(*state);
    free(*state);
    return 0;
}

static void
everything_that_it_says_is_read(void **state)
{
    struct task *t = *state;
    struct manifest m;
    assert_int_equal(manifest_parse(t, SPAN(GOOD), &m), E_OK);
    assert_true(span_is(m.id, "acme/geo") && span_is(m.namespace, "acme") && span_is(m.name, "geo"));
    assert_int_equal(m.serial, 17);
    assert_true(span_is(m.publisher, "acme.example") && span_is(m.signer, "acme.example/2026a"));
    assert_true(m.has_prev && m.kind == MANIFEST_TOOL && m.runtime == MANIFEST_PYTHON3);
    assert_true(span_is(m.entry, "geo.py") && m.args == 0);
    assert_int_equal(m.files, 2);
    assert_int_equal(m.bytes, 8223);
    assert_true(m.reads && m.read_level == LEVEL_PUBLIC && !m.ask && !m.artifact);
    assert_true(manifest_may_fetch(&m, SPAN("GET"), SPAN("https://api.acme.example:443")));
    assert_false(manifest_may_fetch(&m, SPAN("POST"), SPAN("https://api.acme.example:443")));
    assert_false(manifest_may_fetch(&m, SPAN("GET"), SPAN("https://api.acme.example:4433")));
    assert_int_equal(m.net[0].port, 443);
    assert_true(span_is(m.secret[0].host, "api.acme.example"));
    assert_true(span_is(m.setting[0].label, "The region to look in"));
    assert_true(m.tool[0].dry_run && m.tool[0].effect == EFFECT_OUTSIDE);
    assert_true(m.abc[0] && !m.abc[1] && m.abc[2]);
    assert_true(span_is(sha256_hex(t, SPAN(GOOD)), m.digest));
    assert_non_null(manifest_file_find(&m, SPAN("tools/geo.json")));
    assert_null(manifest_file_find(&m, SPAN("tools")));
}

static void
mcp_servers_name_their_interpreter(void **state)
{
    struct task *t = *state;
    struct manifest m;
    assert_int_equal(
        manifest_parse(t,
            SPAN(HEAD "runtime mcp-stdio node geo.py --stdio -v\n" SETS FILES CAPS "effect E3\n" TOOL "abc 101\n"), &m),
        E_OK);
    assert_true(span_is(m.interpreter, "node") && span_is(m.entry, "geo.py"));
    assert_int_equal(m.args, 2);
    assert_true(span_is(m.arg[0], "--stdio"));
}

/* Each row is the good text with one thing replaced. */
static const struct {
    const char *was, *is, *reason;
} faults[] = {
    {"lyceum/plugin-manifest/v1", "lyceum/plugin-manifest/v2", "line 1: it must read \"lyceum/plugin-manifest/v1\""},
    {"lyceum/plugin-manifest/v1", "lyceum/vet/v1", "line 1: it must read"},
    {"abc 101\n", "abc 101", "does not end in a line's end"},
    {"serial 17\n", "serial 17\r\n", "line 3: it ends in CR LF"},
    {"serial 17\n", "serial 17\n\n", "line 4: it is empty"},
    {"about Finds", "about F\tinds", "control character 0x09"},
    {"about Finds", "about F\xc3\xa9nds", "not ASCII"},
    {"title Geo\n", "title Geo\ncolour red\n", "\"colour\" is not a line that it may have"},
    {"serial 17\n", "serial 17\nserial 18\n", "\"serial\" stands there twice"},
    {"id acme/geo\nserial 17\n", "serial 17\nid acme/geo\n", "line 2: a line \"id\" must stand before it"},
    {"version 1.4.2\n", "", "line 4: a line \"version\" must stand before it"},
    {"kind tool\napi 1\n", "api 1\nkind tool\n", "a line \"kind\" must stand before it"},
    {"title Geo\nabout Finds places.\n", "about Finds places.\ntitle Geo\n", "\"title\" must stand before \"about\""},
    {"abc 101\n", "", "has no \"abc\" line"},
    {"id acme/geo", "id acme", "namespace/name"},
    {"id acme/geo", "id Acme/geo", "namespace/name"},
    {"id acme/geo", "id acme/geo/x", "namespace/name"},
    {"id acme/geo", "id acme/abcdefghijklmnopqrstuvwxyz-1234567", "namespace/name"},
    {"serial 17", "serial 017", "a serial is a number"},
    {"serial 17", "serial 0", "a serial is a number"},
    {"serial 17", "serial +17", "a serial is a number"},
    {"serial 17", "serial  17", "space too many"},
    {"serial 17", "serial 17 ", "space too many"},
    {"serial 17", "serial", "nothing, or a space too many"},
    {"serial 17", "serial 17 18", "more than 1 fields"},
    {"serial 17", "serial 99999999999", "a serial is a number"},
    {"serial 17", "serial 1", "nothing can be before it"},
    {"prev " HASH "\n", "", "it must name the one before it"},
    {"prev sha256:00", "prev sha256:0G", "a digest reads sha256:"},
    {"prev sha256:00", "prev sha256:0A", "a digest reads sha256:"},
    {"version 1.4.2", "version 1.4.2;rm", "a version has letters"},
    {"publisher acme.example/2026a", "publisher acme.example", "a publisher reads"},
    {"publisher acme.example/2026a", "publisher acme.example/2026a/b", "a publisher reads"},
    {"kind tool", "kind spoon", "a kind is"},
    {"api 1", "api 2", "knows api 1"},
    {"arch any", "arch z80", "an arch is"},
    {"runtime python3 geo.py", "runtime perl geo.py", "a runtime is"},
    {"runtime python3 geo.py", "runtime python3 other.py", "names other.py, which is none of its files"},
    {"runtime python3 geo.py", "runtime python3", "it has 1 of 2 fields"},
    {"setting region string The region to look in", "setting Region string x", "a setting reads"},
    {"setting region string The region to look in", "setting region list x", "a setting is a string"},
    {"setting region string The region to look in", "setting region string", "1 to 80"},
    {"secret GEO_KEY api.acme.example", "secret geo_key api.acme.example", "capitals"},
    {"secret GEO_KEY api.acme.example", "secret GEO_KEY other.example", "which no cap net names"},
    {"file geo.py 8123", "file /geo.py 8123", "begins in the bundle, not with /"},
    {"file geo.py 8123", "file ../geo.py 8123", "no . and no .."},
    {"file geo.py 8123", "file a/../../geo.py 8123", "no . and no .."},
    {"file geo.py 8123", "file ./geo.py 8123", "no . and no .."},
    {"file geo.py 8123", "file a//geo.py 8123", "empty part"},
    {"file geo.py 8123", "file geo.py/ 8123", "empty part"},
    {"file geo.py 8123", "file .geo.py 8123", "dot or a dash"},
    {"file geo.py 8123", "file -rf 8123", "dot or a dash"},
    {"file geo.py 8123", "file a\\b 8123", "letters, digits"},
    {"file geo.py 8123", "file a/b/c/d/e/f/g/h/geo.py 8123", "at most 8 parts"},
    {"file geo.py 8123", "file manifest.note 8123", "a name of the bundle's own"},
    {"file geo.py 8123", "file VET.note 8123", "a name of the bundle's own"},
    {"file geo.py 8123", "file geo.py -1", "a size is a number"},
    {"file geo.py 8123", "file geo.py 67108865", "a size is a number"},
    {"file geo.py 8123", "file geo.py 67108864", "bytes together"},
    {"file geo.py 8123 sha256", "file geo.py 8123 md5", "a hash reads"},
    {"file geo.py", "file zeo.py", "the \"file\" lines are not sorted"},
    {"file tools/geo.json 100 " HASH "\n", "file geo.py 8123 " HASH "\n", "it stands there twice"},
    {"file tools/geo.json 100", "file geo.py 9123", "the file geo.py stands there twice"},
    {"file geo.py 8123 ", "file Geo.py 1 " HASH "\nfile geo.py 8123 ", "differ in capitals alone"},
    {"file tools/geo.json", "file geo.py 8123x " HASH "\nfile tools/geo.json", "a size is a number"},
    {"file tools/geo.json", "file tools 1 " HASH "\nfile tools/geo.json", "tools is a folder too"},
    {"file tools/geo.json", "file TOOLS2 1 " HASH "\nfile tools/geo.json", "not sorted"},
    {"file geo.py", "file TOOLS 1 " HASH "\nfile geo.py", "TOOLS is a folder too"},
    {"cap read.dataset public", "cap read.dataset secret", "up to public, org or private"},
    {"cap read.dataset public", "cap read.dataset public\ncap ask", "the \"cap\" lines are not sorted"},
    {"cap read.dataset public", "cap read.dataset org\ncap read.dataset public", "stands there twice"},
    {"cap read.dataset public", "cap root", "\"root\" is not a capability"},
    {"cap net GET https://api.acme.example:443", "cap net CONNECT https://api.acme.example:443", "a method is"},
    {"cap net GET https://api.acme.example:443", "cap net GET ftp://api.acme.example:443", "named as https"},
    {"cap net GET https://api.acme.example:443", "cap net GET https://api.acme.example", "named as https"},
    {"cap net GET https://api.acme.example:443", "cap net GET https://api.acme.example:443/x", "named as https"},
    {"cap net GET https://api.acme.example:443", "cap net GET https://u@api.acme.example:443", "named as https"},
    {"cap net GET https://api.acme.example:443", "cap net GET https://*.acme.example:443", "named as https"},
    {"cap net GET https://api.acme.example:443", "cap net GET http://api.acme.example:80", "this machine alone"},
    {"cap net GET https://api.acme.example:443", "cap net GET https://api.acme.example:70000", "named as https"},
    {"effect E3", "effect E4", "an effect is E0 to E3"},
    {"effect E3", "effect E2", "the worst of its tools' is E3"},
    {"tool geocode E3", "tool geocode E0", "the worst of its tools' is E0"},
    {"tool geocode E3", "tool Geocode E3", "a tool's name"},
    {"tool geocode E3", "tool geocode E4", "an effect is E0 to E3"},
    {"file:tools/geo.json", "file:tools/none.json", "which is none of its files"},
    {"file:tools/geo.json", "tools/geo.json", "a tool reads"},
    {" dry-run", " wet-run", "is not dry-run"},
    {TOOL, "", "of kind tool and has no \"tool\" line"},
    {"abc 101", "abc 001", "says abc 001, and what it declares is abc 101"},
    {"abc 101", "abc 100", "says abc 100, and what it declares is abc 101"},
    {"abc 101", "abc 111", "says abc 111, and what it declares is abc 101"},
    {"cap read.dataset public", "cap read.dataset org", "says abc 101, and what it declares is abc 111"},
    {"abc 101", "abc 1o1", "three digits"},
};

static struct span
replaced(struct task *t, const char *was, const char *is)
{
    const char *at = strstr(GOOD, was);
    assert_non_null(at);
    return task_format(t, "%.*s%s%s", (int)(at - GOOD), GOOD, is, at + strlen(was));
}

static void
whatever_else_it_says_is_refused_with_the_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct task one;
        struct manifest m;
        task_begin(&one, 0);
        struct span text = replaced(&one, faults[i].was, faults[i].is);
        if (manifest_parse(&one, text, &m) == E_OK || !strstr(one.cause, faults[i].reason))
            fail_msg("row %zu (%s): \"%s\" does not say \"%s\"", i, faults[i].is, one.cause, faults[i].reason);
        task_end(&one);
    }
}

static void
effects_outside_are_needed_for_hosts(void **state)
{
    struct task *t = *state;
    struct manifest m;
    assert_int_equal(manifest_parse(t,
                         SPAN(HEAD RUNS FILES CAPS "effect E0\ntool geocode E0 file:tools/geo.json desc:" HASH
                                                   " schema:" HASH "\nabc 100\n"),
                         &m),
        E_INVALID);
    assert_non_null(strstr(t->cause, "which is effect E3"));
}

static void
limits_hold(void **state)
{
    struct task *t = *state;
    struct buf *b = task_buf(t, 1 << 20);
    struct manifest m;
    buf_puts(b, HEAD "runtime python3 f0000\n");
    for (int i = 0; i < MANIFEST_FILES; i++)
        buf_printf(b, "file f%04d 1 " HASH "\n", i);
    size_t files = b->n;
    buf_puts(b, "file g 1 " HASH "\neffect E0\nabc 100\n");
    assert_int_equal(manifest_parse(t, buf_view(b), &m), E_INVALID);
    assert_non_null(strstr(t->cause, "more than 512 \"file\" lines"));
    task_clear_error(t);
    b->n = files;
    buf_puts(b, "effect E0\n");
    for (int i = 0; i <= MANIFEST_TOOLS; i++)
        buf_printf(b, "tool t%02d E0 file:f0000 desc:" HASH " schema:" HASH "\n", i);
    assert_int_equal(manifest_parse(t, buf_view(b), &m), b->n > MANIFEST_BYTES ? E_LIMIT : E_INVALID);
    task_clear_error(t);
    char *big = task_alloc(t, MANIFEST_BYTES + 1);
    memset(big, 'a', MANIFEST_BYTES + 1);
    assert_int_equal(manifest_parse(t, (struct span){big, MANIFEST_BYTES + 1}, &m), E_LIMIT);
}

static void
some_powers_go_to_no_plugin(void **state)
{
    struct task *t = *state;
    struct manifest m;
    const char *reason;
    assert_int_equal(manifest_parse(t, SPAN(GOOD), &m), E_OK);
    assert_true(manifest_may_install(t, &m, &reason));
    assert_int_equal(manifest_parse(t, replaced(t, " dry-run", ""), &m), E_OK);
    assert_false(manifest_may_install(t, &m, &reason));
    assert_string_equal(reason, "no-dry-run");
    task_clear_error(t);
    struct span text = replaced(t, "cap read.dataset public", "cap read.dataset private");
    char *z = task_z(t, text);
    strstr(z, "abc 101")[5] = '1';
    assert_int_equal(manifest_parse(t, span_of(z), &m), E_OK);
    assert_false(manifest_may_install(t, &m, &reason));
    assert_string_equal(reason, "untrusted-private-outside");
}

/* Tools' files ------------------------------------------------------------------------------------------------------
 */

static void
tools_files_are_plain(void **state)
{
    static const struct {
        const char *json, *reason;
    } rows[] = {
        {"{\"name\":\"geo\",\"description\":\"Finds.\",\"input_schema\":{\"type\":\"object\"}}", NULL},
        {"[]", "not a JSON object"},
        {"{\"name\":\"Geo\",\"description\":\"x\",\"input_schema\":{\"type\":\"object\"}}", "name"},
        {"{\"name\":\"geo\",\"description\":\"\",\"input_schema\":{\"type\":\"object\"}}", "plain text"},
        {"{\"name\":\"geo\",\"description\":\"a\\u202eb\",\"input_schema\":{\"type\":\"object\"}}", "plain text"},
        {"{\"name\":\"geo\",\"description\":\"a\\u200bb\",\"input_schema\":{\"type\":\"object\"}}", "plain text"},
        {"{\"name\":\"geo\",\"description\":\"a\\nb\",\"input_schema\":{\"type\":\"object\"}}", "plain text"},
        {"{\"name\":\"geo\",\"description\":\"x\",\"input_schema\":{\"type\":\"array\"}}", "type object"},
        {"{\"name\":\"geo\",\"description\":\"x\"}", "input_schema"},
        {"{\"name\":\"geo\",\"description\":\"x\",\"hidden\":1,\"input_schema\":{\"type\":\"object\"}}",
            "no member \"hidden\""},
        {"{\"name\":\"geo\",\"name\":\"two\",\"description\":\"x\",\"input_schema\":{\"type\":\"object\"}}", ""},
        {"{\"name\":\"geo\",\"description\":\"x\",\"input_schema\":{\"type\":\"object\",\"$ref\":\"#\"}}", "$ref"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task one;
        struct toolfile f;
        task_begin(&one, 0);
        enum err e = toolfile_read(&one, span_of(rows[i].json), &f);
        if (rows[i].reason ? e == E_OK || !strstr(one.cause, rows[i].reason) : e != E_OK)
            fail_msg("row %zu: %s", i, one.cause);
        task_end(&one);
    }
}

/* A schema's hash is over what it says, not how it is written; the description's over its bytes. */
static void
hashes_follow_the_meaning(void **state)
{
    struct task *t = *state;
    struct toolfile a, b;
    assert_int_equal(
        toolfile_read(t,
            SPAN("{\"name\":\"geo\",\"description\":\"x\",\"input_schema\":{\"type\":\"object\",\"properties\":{}}}"),
            &a),
        E_OK);
    assert_int_equal(toolfile_read(t,
                         SPAN("{ \"input_schema\": {\"properties\": {}, \"type\": \"object\"}, \"description\":\"y\", "
                              "\"name\":\"geo\"}"),
                         &b),
        E_OK);
    assert_memory_equal(a.schema, b.schema, 32);
    assert_memory_not_equal(a.desc, b.desc, 32);
    assert_int_equal(toolfile_read(t,
                         SPAN("{\"name\":\"geo\",\"description\":\"x\",\"input_schema\":{\"type\":\"object\"},"
                              "\"output\":{\"type\":\"object\",\"properties\":{}}}"),
                         &b),
        E_OK);
    assert_memory_not_equal(a.schema, b.schema, 32);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything_that_it_says_is_read, up, down),
        cmocka_unit_test_setup_teardown(mcp_servers_name_their_interpreter, up, down),
        cmocka_unit_test_setup_teardown(whatever_else_it_says_is_refused_with_the_reason, up, down),
        cmocka_unit_test_setup_teardown(effects_outside_are_needed_for_hosts, up, down),
        cmocka_unit_test_setup_teardown(limits_hold, up, down),
        cmocka_unit_test_setup_teardown(some_powers_go_to_no_plugin, up, down),
        cmocka_unit_test_setup_teardown(tools_files_are_plain, up, down),
        cmocka_unit_test_setup_teardown(hashes_follow_the_meaning, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
