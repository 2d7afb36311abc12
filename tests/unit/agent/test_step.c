/* The turn's state machine: a table of what happens and what must be done. */
#include "agent/step.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* What happens (one letter each) and what is done (one letter each):
 * b begin                       M ask the model       L ask it for the last time
 * 1 2 3  a reply with so many calls, all different
 * t a reply of text, e an empty one
 * q a reply with the one statement that every q has
 * l cut by length with a call, f filter, r refused, x the model broke
 * o the call went well, n it failed as "syntax", m it failed as "other", a it asks the person, c it declines
 * w it waits for an approval, d the person declined it, z gate froze the turn, y its budget is used up
 * s the person says stop
 * T run the call, S skip it, W wait, D done, C cannot_answer, F failed, I limit, P stopped */
struct row {
    const char *about, *in, *out;
    int64_t steps, tokens, ms; /* limits; 0: plenty */
};

static const struct row ROWS[] = {
    {"an answer at once", "bt", "MD", 0, 0, 0},
    {"a tool, then an answer", "b1ot", "MTMD", 0, 0, 0},
    {"parallel calls run in order", "b3ooot", "MTTTMD", 0, 0, 0},
    {"errors go back to the model", "b1n1ot", "MTMTMD", 0, 0, 0},
    {"an empty answer is a failure", "be", "MF", 0, 0, 0},
    {"a call cut by length never runs", "bl", "MI", 0, 0, 0},
    {"a content filter is told", "bf", "MF", 0, 0, 0},
    {"a refusal is told", "br", "MF", 0, 0, 0},
    {"a dead provider fails the turn", "bx", "MF", 0, 0, 0},
    {"a dead provider in the middle", "b1ox", "MTMF", 0, 0, 0},
    {"stop while thinking", "bs", "MP", 0, 0, 0},
    {"stop while working", "b3os", "MTTP", 0, 0, 0},
    {"stop before anything", "s", "P", 0, 0, 0},
    {"a question rests the turn", "b1a", "MTW", 0, 0, 0},
    {"a question among others", "b3oa", "MTTW", 0, 0, 0},
    {"an approval rests the turn", "b1w", "MTW", 0, 0, 0},
    {"an approval among others", "b3ow", "MTTW", 0, 0, 0},
    {"one declined proposal goes on", "b1d1ot", "MTMTMD", 0, 0, 0},
    {"two declined proposals freeze the turn", "b1d1d", "MTMTI", 0, 0, 0},
    {"two with other calls between", "b1d1o1n1d", "MTMTMTMTI", 0, 0, 0},
    {"gate froze the turn", "b3z", "MTI", 0, 0, 0},
    {"gate counts the turn's calls", "b1y", "MTI", 0, 0, 0},
    {"declining ends the turn", "b1c", "MTC", 0, 0, 0},
    {"declining among others", "b3c", "MTC", 0, 0, 0},
    {"the same statement twice: the last word", "bqoqot", "MTMSLD", 0, 0, 0},
    {"the same statement twice, and again", "bqoqoq", "MTMSLI", 0, 0, 0},
    {"the same statement twice, failing too", "bqnqot", "MTMSLD", 0, 0, 0},
    {"three failures of a kind", "b1n1n1nt", "MTMTMTLD", 0, 0, 0},
    {"three failures of a kind in one reply", "b3nnnt", "MTTTLD", 0, 0, 0},
    {"three failures of a kind, and more calls", "b1n1n1n1", "MTMTMTLI", 0, 0, 0},
    {"failures of different kinds go on", "b1n1m1n1m1ot", "MTMTMTMTMTMD", 0, 0, 0},
    {"a success between failures goes on", "b1n1n1o1n1n1ot", "MTMTMTMTMTMTMD", 0, 0, 0},
    {"the last step is without tools", "b1o1ot", "MTMTLI", 3, 0, 0},
    {"calls in the last step are not run", "b1o1o1", "MTMTLI", 3, 0, 0},
    {"one step alone", "bt", "LI", 1, 0, 0},
    {"tokens are over", "b1o", "MTI", 0, 10, 0},
    {"an answer that uses the last tokens counts", "bt", "MD", 0, 10, 0},
    {"time is over before the model", "b1o", "MTI", 0, 0, 2},
    {"time is over between calls", "b3o", "MTI", 0, 0, 2},
    {"the model takes all the time", "bx", "MI", 0, 0, 1},
};

static uint64_t numbers = 1000;

static struct agent_input
input_of(char c, uint64_t same[3])
{
    struct agent_input in = {.ms = 1, .same = same};
    for (int i = 0; i < 3; i++)
        same[i] = ++numbers;
    switch (c) {
    case 'b':
        in.event = AGENT_BEGIN;
        in.ms = 0;
        return in;
    case 's': in.event = AGENT_STOPPED; return in;
    case 'x': in.event = AGENT_BROKE; return in;
    case 'o':
    case 'n':
    case 'm':
    case 'a':
    case 'c':
    case 'w':
    case 'd':
    case 'z':
    case 'y':
        in.event = AGENT_RAN;
        in.failed = strchr("nmdzy", c) != NULL;
        in.kind = c == 'n'   ? SPAN("syntax")
                  : c == 'm' ? SPAN("other")
                  : c == 'd' ? SPAN("declined")
                  : c == 'z' ? SPAN("turn-frozen")
                  : c == 'y' ? SPAN("turn-budget")
                             : SPAN_NONE;
        in.ending = c == 'a' ? TOOL_ASKS : c == 'c' ? TOOL_DECLINES : c == 'w' ? TOOL_WAITS : TOOL_GOES_ON;
        return in;
    default: break;
    }
    in.event = AGENT_REPLIED;
    in.tokens = 10;
    in.ms = 1;
    in.text = c == 't' || c == 'r' || c == 'f';
    in.calls = c >= '1' && c <= '3' ? (size_t)(c - '0') : c == 'q' || c == 'l' ? 1 : 0;
    if (c == 'q')
        same[0] = 7;
    in.stop = c == 'l'   ? AGENT_STOP_LENGTH
              : c == 'f' ? AGENT_STOP_FILTER
              : c == 'r' ? AGENT_STOP_REFUSED
                         : AGENT_STOP_END;
    return in;
}

static char
letter_of(const struct agent_action *a)
{
    static const struct {
        const char *outcome;
        char letter;
    } ENDS[] = {{"done", 'D'}, {"cannot_answer", 'C'}, {"failed", 'F'}, {"limit", 'I'}, {"stopped", 'P'}};
    switch (a->act) {
    case AGENT_CALL_MODEL: return a->last ? 'L' : 'M';
    case AGENT_CALL_TOOL: return 'T';
    case AGENT_SKIP_TOOL: return 'S';
    case AGENT_REST: return 'W';
    case AGENT_FINISH: break;
    }
    for (size_t i = 0; i < 5; i++)
        if (strcmp(ENDS[i].outcome, a->outcome) == 0)
            return ENDS[i].letter;
    return '?';
}

static void
every_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        const struct row *row = &ROWS[i];
        struct agent a = {.limit_steps = row->steps ? row->steps : 100,
            .limit_tokens = row->tokens ? row->tokens : 9999,
            .limit_ms = row->ms ? row->ms : 9999};
        char got[32] = "";
        struct agent_action act = {0};
        for (size_t k = 0; row->in[k]; k++) {
            uint64_t same[3];
            struct agent_input in = input_of(row->in[k], same);
            in.skipped = act.act == AGENT_SKIP_TOOL && in.event == AGENT_RAN;
            /* Time: the rows with a limit on it use one per input. */
            act = agent_step(&a, &in);
            got[k] = letter_of(&act);
            assert_non_null(act.why);
        }
        if (strcmp(got, row->out) != 0)
            fail_msg("%s: %s gave %s, should give %s", row->about, row->in, got, row->out);
    }
}

static void
a_resumed_turn_goes_on_with_the_next_call(void **state)
{
    (void)state;
    const uint64_t same[3] = {0, 5, 6};
    struct agent a = {.limit_steps = 5, .limit_tokens = 999, .limit_ms = 999, .steps = 2};
    agent_remember(&a, 5, true, SPAN("syntax"));
    agent_remember(&a, 6, true, SPAN("syntax"));
    struct agent_input in = {.event = AGENT_BEGIN, .same = same, .calls = 3, .next = 1};
    struct agent_action act = agent_step(&a, &in);
    assert_int_equal(act.act, AGENT_SKIP_TOOL); /* 5 was run before */
    assert_int_equal(act.call, 1);
    in = (struct agent_input){.event = AGENT_RAN, .skipped = true};
    act = agent_step(&a, &in);
    assert_int_equal(act.call, 2);
    assert_int_equal(a.failures, 2);
}

static void
a_resumed_turn_without_calls_asks_the_model(void **state)
{
    (void)state;
    struct agent a = {.limit_steps = 5, .limit_tokens = 999, .limit_ms = 999, .steps = 3};
    struct agent_input in = {.event = AGENT_BEGIN};
    struct agent_action act = agent_step(&a, &in);
    assert_int_equal(act.act, AGENT_CALL_MODEL);
    assert_false(act.last);
    assert_int_equal(a.steps, 4);
}

static void
questions_have_an_end(void **state)
{
    (void)state;
    uint64_t same[3];
    struct agent a = {.limit_steps = 50, .limit_tokens = 999, .limit_ms = 999, .questions = AGENT_QUESTIONS};
    struct agent_input in = input_of('b', same);
    agent_step(&a, &in);
    in = input_of('1', same);
    agent_step(&a, &in);
    in = input_of('a', same);
    struct agent_action act = agent_step(&a, &in);
    assert_int_equal(letter_of(&act), 'I');
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row),
        cmocka_unit_test(a_resumed_turn_goes_on_with_the_next_call),
        cmocka_unit_test(a_resumed_turn_without_calls_asks_the_model),
        cmocka_unit_test(questions_have_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
