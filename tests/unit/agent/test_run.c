/* Whole turns: how they go, rest, end, and survive. */
#include "play.h"

static void
an_answer_at_once(void **state)
{
    (void)state;
    assert_int_equal(run((const struct reply[]){{200, "", "There are 42.", NULL, NULL, NULL, NOTHING}}), E_OK);
    struct work_turn turn = turn_now();
    assert_true(span_is(turn.state, "done") && span_is(turn.outcome, "done"));
    assert_int_equal(turn.tokens_in, 10);
    assert_int_equal(turn.tokens_out, 5);
    assert_string_equal(events(), "text usage done");
    assert_string_equal(messages(), "user assistant");
    assert_string_equal(log_kinds(), "state step text usage done");
    assert_true(request_has(0, "How many films?") && request_has(0, "\\\"name\\\":\\\"movie\\\""));
}

static void
errors_heal_and_rows_are_kept(void **state)
{
    (void)state;
    assert_int_equal(
        run((const struct reply[]){
            {200, "", "Let me look.", "sql\n{\"sql\":\"select cuont(*) from movie\"}", NULL, NULL, NOTHING},
            {200, "", NULL, "sql\n{\"sql\":\"select count(*) n from movie\"}", NULL, NULL, NOTHING},
            {200, "", "42 films [r1].", NULL, NULL, NULL, NOTHING},
        }),
        E_OK);
    assert_string_equal(events(), "text call result call result text usage done");
    assert_string_equal(messages(), "user assistant tool assistant tool assistant");
    assert_true(request_has(1, "no such function: cuont") && request_has(1, "Did you mean count?"));
    assert_true(request_has(2, "r1") && request_has(2, "[42]"));
    struct work_result r;
    struct cells page;
    assert_int_equal(work_result_by_handle(&fx.t, fx.w, SPAN("c_1"), SPAN("r1"), &r), E_OK);
    assert_true(span_is(r.sql, "select count(*) n from movie") && span_is(r.revision, "abc"));
    assert_int_equal(work_result_page(&fx.t, fx.w, r.id, 0, 10, &page), E_OK);
    assert_int_equal(page.cells[0].i, 42);
    assert_true(r.level == 2 && r.integrity == 3);
    assert_string_equal(log_kinds(), "state step text usage call result step usage call result step text usage done");
}

static void
parallel_calls_run_in_order(void **state)
{
    (void)state;
    assert_int_equal(
        run((const struct reply[]){
            {200, "", NULL, "sql\n{\"sql\":\"select 1\"}\n\nfind_tables\n{}\n\nsql\n{\"sql\":\"select 2\"}", NULL, NULL,
                NOTHING},
            {200, "", "Done.", NULL, NULL, NULL, NOTHING},
        }),
        E_OK);
    assert_int_equal(sh->queries, 2);
    assert_string_equal(messages(), "user assistant tool assistant");
    assert_string_equal(events(), "call result call result call result text usage done");
    assert_true(request_has(1, "call_1_0") && request_has(1, "call_1_1") && request_has(1, "call_1_2"));
}

static void
wrong_calls_go_back_as_errors(void **state)
{
    (void)state;
    assert_int_equal(run((const struct reply[]){
                         {200, "", NULL, "sql\n{\"sql\": \"select 1", NULL, NULL, NOTHING},
                         {200, "", NULL, "drop_everything\n{\"x\":1}", NULL, NULL, NOTHING},
                         {200, "", NULL, "sql\n{\"statement\":\"select 1\"}", NULL, NULL, NOTHING},
                         {200, "", "Recovered.", NULL, NULL, NULL, NOTHING},
                     }),
        E_OK);
    assert_int_equal(sh->queries, 0);
    assert_true(request_has(1, "not valid JSON"));
    assert_true(request_has(2, "nknown tool"));
    assert_true(request_has(3, "There is no argument"));
    assert_true(span_is(turn_now().outcome, "done"));
}

static void
a_call_that_was_cut_never_runs(void **state)
{
    (void)state;
    assert_int_equal(
        run((const struct reply[]){{200, "", NULL, "sql\n{\"sql\":\"delete from mov", "length", NULL, NOTHING}}), E_OK);
    assert_int_equal(sh->queries, 0);
    assert_true(span_is(turn_now().outcome, "limit") && span_is(turn_now().error_code, "length"));
    assert_string_equal(messages(), "user assistant tool");
}

static void
a_refusal_and_a_filter_are_told(void **state)
{
    (void)state;
    assert_int_equal(
        run((const struct reply[]){{200, "", NULL, NULL, NULL, "I can't help with that.", NOTHING}}), E_OK);
    assert_true(span_is(turn_now().outcome, "failed") && span_is(turn_now().error_code, "refused"));
    assert_string_equal(events(), "text usage error done");
    assert_string_equal(log_kinds(), "state step text usage error done");
}

static void
a_filter_is_told(void **state)
{
    (void)state;
    assert_int_equal(run((const struct reply[]){{200, "", "partial", NULL, "content_filter", NULL, NOTHING}}), E_OK);
    assert_true(span_is(turn_now().outcome, "failed"));
    assert_true(span_is(turn_now().error_code, "filter"));
    assert_string_equal(events(), "text usage error done");
}

static void
a_busy_provider_is_asked_again(void **state)
{
    (void)state;
    assert_int_equal(run((const struct reply[]){
                         {429, "retry-after-ms: 1\n", NULL, NULL, NULL, NULL, NOTHING},
                         {503, "Retry-After-Ms: 1\r\n", NULL, NULL, NULL, NULL, NOTHING},
                         {200, "", "finally", NULL, NULL, NULL, NOTHING},
                     }),
        E_OK);
    assert_int_equal(sh->replies, 3);
    assert_true(span_is(turn_now().outcome, "done"));
}

static void
a_dead_provider_fails_the_turn_with_a_sentence(void **state)
{
    (void)state;
    assert_int_equal(run((const struct reply[]){
                         {500, "retry-after-ms: 1\n", NULL, NULL, NULL, NULL, NOTHING},
                         {500, "retry-after-ms: 1\n", NULL, NULL, NULL, NULL, NOTHING},
                         {500, "retry-after-ms: 1\n", NULL, NULL, NULL, NULL, NOTHING},
                         {500, "retry-after-ms: 1\n", NULL, NULL, NULL, NULL, NOTHING},
                     }),
        E_OK);
    assert_int_equal(sh->replies, 4);
    assert_true(span_is(turn_now().state, "failed"));
    assert_true(span_ends(turn_now().error_text, "."));
    assert_string_equal(messages(), "user");
}

static void
nothing_is_asked_again_once_it_was_shown(void **state)
{
    (void)state;
    assert_int_equal(run((const struct reply[]){{200, "", "Half an answer", NULL, NULL, NULL, CUT}}), E_OK);
    assert_int_equal(sh->replies, 1);
    assert_true(span_is(turn_now().state, "failed"));
    assert_string_equal(events(), "text usage error done");
    assert_string_equal(messages(), "user assistant");
}

static void
a_question_rests_and_its_answer_goes_on(void **state)
{
    (void)state;
    static const struct reply REPLIES[] = {
        {200, "", NULL,
            "ask\n{\"question\":\"Which year?\",\"options\":[\"1999\",\"2000\"]}\n\nsql\n{\"sql\":\"select 1\"}", NULL,
            NULL, NOTHING},
        {200, "", "In 1999: 42.", NULL, NULL, NULL, NOTHING},
    };
    assert_int_equal(run(REPLIES), E_OK);
    struct work_turn turn = turn_now();
    assert_true(span_is(turn.state, "waiting"));
    assert_true(span_find(turn.waiting, SPAN("Which year?")) >= 0);
    assert_string_equal(events(), "call result question");
    assert_true(strstr(log_kinds(), "question wait") != NULL);
    assert_int_equal(work_turn_answer(&fx.t, fx.w, SPAN("t_1"), SPAN("ticket"), SPAN("1999")), E_OK);
    assert_int_equal(run(REPLIES), E_OK);
    assert_int_equal(sh->queries, 0);
    assert_true(request_has(1, "1999") && request_has(1, "was not run: a question"));
    assert_true(span_is(turn_now().outcome, "done"));
    assert_string_equal(events(), "call result question answer text usage done");
    assert_string_equal(messages(), "user assistant tool assistant");
}

static void
a_waiting_turn_can_be_stopped(void **state)
{
    (void)state;
    assert_int_equal(
        run((const struct reply[]){{200, "", NULL, "ask\n{\"question\":\"Which year?\"}", NULL, NULL, NOTHING}}), E_OK);
    assert_int_equal(work_turn_stop(&fx.t, fx.w, SPAN("t_1")), E_OK);
    assert_int_equal(run(NULL), E_OK);
    assert_true(span_is(turn_now().state, "stopped"));
    assert_string_equal(messages(), "user assistant tool"); /* the call has its result */
}

static void
stop_keeps_what_was_said(void **state)
{
    (void)state;
    assert_int_equal(run((const struct reply[]){
                         {200, "", "The first half", "sql\n{\"sql\":\"select 1\"}", NULL, NULL, STOP_THEN_WAIT}}),
        E_OK);
    assert_true(span_is(turn_now().state, "stopped") && span_is(turn_now().outcome, "stopped"));
    assert_int_equal(sh->queries, 0);
    assert_string_equal(events(), "text usage done");
    assert_string_equal(messages(), "user assistant");
}

static void
the_data_can_not_answer(void **state)
{
    (void)state;
    assert_int_equal(
        run((const struct reply[]){{200, "", NULL,
            "cannot_answer\n{\"reason\":\"There are no weights.\",\"nearest\":\"titles\"}", NULL, NULL, NOTHING}}),
        E_OK);
    assert_true(span_is(turn_now().outcome, "cannot_answer") && span_is(turn_now().state, "done"));
    assert_string_equal(events(), "call result text usage done");
    assert_string_equal(messages(), "user assistant tool assistant");
}

static void
a_loop_ends(void **state)
{
    (void)state;
    static struct reply loop[64];
    for (size_t i = 0; i < 64; i++)
        loop[i] = (struct reply){200, "", NULL, "find_tables\n{}", NULL, NULL, NOTHING};
    assert_int_equal(run(loop), E_OK);
    assert_true(span_is(turn_now().outcome, "limit"));
    assert_int_equal(sh->replies, conf_int("limits.turn_steps"));
    assert_true(request_has(sh->replies - 1, "\"tool_choice\":\"none\""));
}

/* The numbers of runs and queries that a turn takes when its runner is killed somewhere. */
static void
killed_in_the_first_answer(void **state)
{
    (void)state;
    run_and_die((const struct reply[]){{200, "", "There", NULL, NULL, NULL, DIE}});
    sh->replies = 0;
    assert_int_equal(run((const struct reply[]){{200, "", "There are 42.", NULL, NULL, NULL, NOTHING}}), E_OK);
    assert_string_equal(messages(), "user assistant");
    assert_string_equal(events(), "text usage done");
    assert_int_equal(turn_now().epoch, 2);
    assert_true(strstr(log_kinds(), "state step state step text usage done") ||
                strstr(log_kinds(), "state step text state step text usage done"));
}

static void
killed_in_a_statement(void **state)
{
    (void)state;
    static const struct reply REPLIES[] = {
        {200, "", NULL, "sql\n{\"sql\":\"select 1\"}\n\nsql\n{\"sql\":\"select 2\"}", NULL, NULL, NOTHING},
        {200, "", "Done.", NULL, NULL, NULL, NOTHING},
    };
    sh->die_in_query = true;
    run_and_die(REPLIES);
    assert_int_equal(sh->queries, 1);
    assert_int_equal(run(REPLIES), E_OK);
    assert_int_equal(sh->replies, 2); /* the first answer was durable */
    assert_int_equal(sh->queries, 3); /* the statement that was running ran again: it only reads */
    assert_string_equal(events(), "call result call result text usage done");
    assert_string_equal(messages(), "user assistant tool assistant");
}

static void
killed_after_a_statement(void **state)
{
    (void)state;
    run_and_die((const struct reply[]){
        {200, "", NULL, "sql\n{\"sql\":\"select 1\"}", NULL, NULL, NOTHING},
        {200, "", "So", NULL, NULL, NULL, DIE},
    });
    assert_int_equal(sh->queries, 1);
    sh->replies = 1;
    assert_int_equal(run((const struct reply[]){
                         {0, "", NULL, NULL, NULL, NULL, NOTHING},
                         {200, "", "So it is.", NULL, NULL, NULL, NOTHING},
                     }),
        E_OK);
    assert_int_equal(sh->queries, 1); /* finished calls are not run again */
    assert_string_equal(events(), "call result text usage done");
    assert_string_equal(messages(), "user assistant tool assistant");
    assert_int_equal(turn_now().steps, 2);
}

static void
a_lost_lease_writes_nothing_more(void **state)
{
    (void)state;
    assert_int_equal(run((const struct reply[]){{200, "", "Mine", NULL, NULL, NULL, LOSE_LEASE}}), E_CONFLICT);
    assert_string_equal(messages(), "user");
    assert_string_equal(events(), "");
    assert_true(span_is(turn_now().state, "running"));
    assert_int_equal(turn_now().epoch, 2);
}

static void
a_restart_of_gate_is_waited_for(void **state)
{
    (void)state;
    sh->gate_down = 2; /* the schema's proposals: find_tables asks again */
    assert_int_equal(run((const struct reply[]){
                         {200, "", NULL, "find_tables\n{}", NULL, NULL, NOTHING},
                         {200, "", "One table.", NULL, NULL, NULL, NOTHING},
                     }),
        E_OK);
    assert_true(span_is(turn_now().outcome, "done"));
    assert_true(request_has(1, "\\\"name\\\":\\\"movie\\\""));
    assert_true(sh->gate_down < 0);
}

static void
a_void_ticket_fails_the_turn(void **state)
{
    (void)state;
    assert_int_equal(work_turn_finish(&fx.t, fx.w, SPAN("t_1"), "done", "", SPAN_NONE), E_OK);
    struct work_question q = {SPAN("c_1"), SPAN("t_2"), SPAN("void"), SPAN(""), SPAN("And now?")};
    assert_int_equal(work_turn_queue(&fx.t, fx.w, &q), E_OK);
    struct task t;
    struct work_turn turn;
    const struct run_order order = {"public", fx.path, SPAN("t_2"), NULL};
    task_begin(&t, 0);
    assert_int_equal(run_turn(&t, &order), E_OK);
    task_end(&t);
    assert_int_equal(work_turn_get(&fx.t, fx.w, SPAN("t_2"), &turn), E_OK);
    assert_true(span_is(turn.state, "failed") && span_is(turn.error_text, "The ticket is void."));
    assert_string_equal(messages(), "user");
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(an_answer_at_once),
        CASE(errors_heal_and_rows_are_kept),
        CASE(parallel_calls_run_in_order),
        CASE(wrong_calls_go_back_as_errors),
        CASE(a_call_that_was_cut_never_runs),
        CASE(a_refusal_and_a_filter_are_told),
        CASE(a_filter_is_told),
        CASE(a_busy_provider_is_asked_again),
        CASE(a_dead_provider_fails_the_turn_with_a_sentence),
        CASE(nothing_is_asked_again_once_it_was_shown),
        CASE(a_question_rests_and_its_answer_goes_on),
        CASE(a_waiting_turn_can_be_stopped),
        CASE(stop_keeps_what_was_said),
        CASE(the_data_can_not_answer),
        CASE(a_loop_ends),
        CASE(killed_in_the_first_answer),
        CASE(killed_in_a_statement),
        CASE(killed_after_a_statement),
        CASE(a_lost_lease_writes_nothing_more),
        CASE(a_restart_of_gate_is_waited_for),
        CASE(a_void_ticket_fails_the_turn),
    };
    return cmocka_run_group_tests(tests, play_begin, play_end);
}
