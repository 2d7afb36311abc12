/* test_trace: conversations as lines, with the answer that each must give. */
#include "base/id.h"
#include "policy/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct row {
    const char *line, *want; /* "": no answer; "!": a failure */
};

#define OPEN(mode) "{\"op\":\"conversation\",\"mode\":\"" mode "\"}"
#define ATTACH(d, level, integrity)                                                                                    \
    "{\"op\":\"attach\",\"dataset\":\"" d "\",\"level\":\"" level "\",\"integrity\":" #integrity "}"
#define READ(d) "{\"op\":\"read\",\"dataset\":\"" d "\"}"
#define CALL(who, tool, effect, sink, clearance, args)                                                                 \
    "{\"op\":\"call\",\"proposer\":\"" who "\",\"tool\":\"" tool "\",\"effect\":\"" effect "\",\"sink\":\"" sink       \
    "\",\"clearance\":\"" clearance "\",\"args\":" args "}"
#define APPROVE(n) "{\"op\":\"approve\",\"n\":" #n "}"
#define IS(n, decision, reason, level, categories, integrity)                                                          \
    "{\"n\":" #n ",\"decision\":\"" decision "\",\"reason\":\"" reason "\",\"level\":\"" level                         \
    "\",\"categories\":" categories ",\"integrity\":" #integrity "}\n"
#define HR "[\"hr\"]"

static void
play(const struct row *rows, size_t n)
{
    struct task keep, t;
    id_init();
    task_begin(&keep, 0);
    struct trace *tr = trace_open(&keep, policy_decide);
    for (size_t i = 0; i < n; i++) {
        task_begin(&t, 0);
        struct buf *out = task_buf(&t, 1 << 20);
        bool failed = trace_line(&t, tr, span_of(rows[i].line), out) != E_OK;
        assert_int_equal(failed, strcmp(rows[i].want, "!") == 0);
        if (!failed)
            assert_string_equal(buf_z(out), rows[i].want);
        task_end(&t);
    }
    task_end(&keep);
}
#define PLAY(rows) play(rows, sizeof(rows) / sizeof(rows)[0])

static void
what_was_read_goes_nowhere_else(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {OPEN("private"), ""},
        {ATTACH("hr", "private", 4), ""},
        {ATTACH("open", "public", 4), ""},
        {READ("hr"), IS(1, "ALLOW", "read-within-clearance", "private", HR, 4)},
        {CALL("model", "fetch_url", "E3", "evil.example", "public", "\"x\""),
            IS(2, "REFUSE", "above-clearance", "private", HR, 4)},
        {CALL("model", "fetch_url", "E3", "evil.example", "secret", "\"x\""),
            IS(3, "REFUSE", "above-clearance", "private", HR, 4)},
        {CALL("model", "write_sql", "E2", "open", "public", "\"x\""),
            IS(4, "REFUSE", "above-clearance", "private", HR, 4)},
        {CALL("model", "write_sql", "E2", "hr", "private", "\"x\""),
            IS(5, "ASK", "effect-needs-approval", "private", HR, 4)},
        {CALL("model", "write_sql", "E4", "hr", "private", "\"x\""),
            IS(6, "REFUSE", "authority-is-for-people", "private", HR, 4)},
        {CALL("model", "scratch", "E1", "", "private", "\"x\""), IS(7, "ALLOW", "ephemeral", "private", HR, 4)},
        {CALL("model", "chat", "E0", "provider", "private", "\"x\""),
            IS(8, "ALLOW", "read-within-clearance", "private", HR, 4)},
        {CALL("model", "chat", "E0", "provider", "public", "\"x\""),
            IS(9, "REFUSE", "above-clearance", "private", HR, 4)},
        {CALL("user", "share", "E3", "link", "public", "\"x\""),
            IS(10, "ASK", "declassifying-needs-approval", "private", HR, 1)},
        {READ("pay"), IS(11, "REFUSE", "not-in-this-conversation", "private", HR, 4)},
    };
    PLAY(rows);
}

static void
a_public_conversation_reads_nothing_private(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {OPEN("public"), ""},
        {ATTACH("hr", "org", 2), ""},
        {ATTACH("open", "public", 2), ""},
        {READ("hr"), IS(1, "REFUSE", "above-clearance", "public", "[]", 1)},
        {READ("open"), IS(2, "ALLOW", "read-within-clearance", "public", "[]", 2)},
        {CALL("model", "fetch_url", "E3", "x.example", "public", "\"u\""),
            IS(3, "ASK", "effect-needs-approval", "public", "[]", 3)},
        {APPROVE(3), ""},
        {CALL("model", "fetch_url", "E3", "x.example", "public", "\"u\""),
            IS(4, "ALLOW", "approved", "public", "[]", 3)},
        {CALL("model", "note", "E1", "", "public", "\"u\""), IS(5, "ALLOW", "ephemeral", "public", "[]", 4)},
        {OPEN("strict"), ""},
        {CALL("model", "write_sql", "E2", "open", "private", "\"u\""),
            IS(6, "REFUSE", "strict-mode", "private", "[]", 3)},
    };
    PLAY(rows);
}

static void
an_approval_is_of_one_call_once(void **state)
{
    (void)state;
#define WRITE(args) CALL("model", "write_sql", "E2", "hr", "private", args)
#define ASKED(n) IS(n, "ASK", "effect-needs-approval", "private", HR, 3)
    static const struct row rows[] = {
        {OPEN("private"), ""},
        {ATTACH("hr", "private", 2), ""},
        {ATTACH("web", "org", 4), ""},
        {READ("hr"), IS(1, "ALLOW", "read-within-clearance", "private", HR, 2)},
        {APPROVE(2), ""}, /* before it was asked: worth nothing */
        {WRITE("{\"sql\":\"a\"}"), ASKED(2)},
        {WRITE("{\"sql\":\"a\"}"), ASKED(3)},
        {APPROVE(2), ""},
        {APPROVE(2), ""}, /* twice is once */
        {WRITE("{\"sql\":\"b\"}"), ASKED(4)},
        {CALL("plugin", "write_sql", "E2", "hr", "private", "{\"sql\":\"a\"}"), ASKED(5)},
        {CALL("model", "save_query", "E2", "hr", "private", "{\"sql\":\"a\"}"), ASKED(6)},
        {CALL("model", "write_sql", "E2", "hr", "secret", "{\"sql\":\"a\"}"), ASKED(7)},
        {WRITE("{\"sql\":\"a\"}"), IS(8, "ALLOW", "approved", "private", HR, 3)},
        {WRITE("{\"sql\":\"a\"}"), ASKED(9)},
        {APPROVE(9), ""},
        {READ("web"), IS(10, "ALLOW", "read-within-clearance", "private", HR, 4)}, /* the label rose */
        {WRITE("{\"sql\":\"a\"}"), IS(11, "ASK", "effect-needs-approval", "private", HR, 4)},
        {APPROVE(11), ""},
        {OPEN("private"), ""}, /* nothing is taken over */
        {ATTACH("hr", "private", 2), ""},
        {APPROVE(11), ""},
        {WRITE("{\"sql\":\"a\"}"), IS(12, "ASK", "effect-needs-approval", "private", "[]", 3)},
    };
    PLAY(rows);
}

static void
a_form_that_a_link_filled_is_a_machines(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {OPEN("private"), ""},
        {"{\"op\":\"call\",\"proposer\":\"user\",\"tool\":\"t\",\"effect\":\"E3\",\"sink\":\"x\",\"clearance\":"
         "\"public\","
         "\"args\":1,\"integrity\":4}",
            IS(1, "REFUSE", "above-clearance", "private", "[]", 4)},
        {CALL("user", "t", "E3", "x", "public", "1"), IS(2, "ASK", "declassifying-needs-approval", "private", "[]", 1)},
        {CALL("user", "t", "E4", "x", "secret", "1"), IS(3, "ASK", "authority-needs-step-up", "private", "[]", 1)},
    };
    PLAY(rows);
}

/* What a machine wrote taints what is read from there later. */
static void
integrity_travels_through_datasets(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {OPEN("private"), ""},
        {ATTACH("hr", "private", 2), ""},
        {CALL("model", "write_sql", "E2", "hr", "private", "1"),
            IS(1, "ASK", "effect-needs-approval", "private", "[]", 3)},
        {APPROVE(1), ""},
        {CALL("model", "write_sql", "E2", "hr", "private", "1"), IS(2, "ALLOW", "approved", "private", "[]", 3)},
        {READ("hr"), IS(3, "ALLOW", "read-within-clearance", "private", HR, 3)},
    };
    PLAY(rows);
}

static void
malformed_lines_are_told_and_change_nothing(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {READ("hr"), "!"},
        {APPROVE(1), "!"},
        {ATTACH("hr", "private", 2), "!"},
        {CALL("model", "t", "E1", "", "private", "1"), "!"},
        {"{", "!"},
        {"7", "!"},
        {"{}", "!"},
        {"{\"op\":\"wipe\"}", "!"},
        {OPEN("open"), "!"},
        {OPEN("private"), ""},
        {ATTACH("hr", "top", 2), "!"},
        {ATTACH("hr", "private", 5), "!"},
        {ATTACH("hr", "private", -1), "!"},
        {ATTACH("", "private", 1), "!"},
        {"{\"op\":\"attach\",\"dataset\":7,\"level\":\"public\",\"integrity\":1}", "!"},
        {"{\"op\":\"read\"}", "!"},
        {CALL("bot", "t", "E1", "", "private", "1"), "!"},
        {CALL("model", "t", "E5", "", "private", "1"), "!"},
        {CALL("model", "t", "E1", "", "", "1"), "!"},
        {"{\"op\":\"approve\"}", "!"},
        {"{\"op\":\"approve\",\"n\":\"1\"}", "!"},
        {CALL("model", "t", "E1", "", "private", "1"), IS(1, "ALLOW", "ephemeral", "private", "[]", 3)},
    };
    PLAY(rows);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_read_goes_nowhere_else),
        cmocka_unit_test(a_public_conversation_reads_nothing_private),
        cmocka_unit_test(an_approval_is_of_one_call_once),
        cmocka_unit_test(a_form_that_a_link_filled_is_a_machines),
        cmocka_unit_test(integrity_travels_through_datasets),
        cmocka_unit_test(malformed_lines_are_told_and_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
