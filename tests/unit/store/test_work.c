/* The work database: conversations, the queue, leases, the log, results: with real SQLite in a folder of its own. */
#include "base/clock.h"
#include "base/fsio.h"
#include "base/id.h"
#include "store/work_approval.h"
#include "store/work_artifact.h"
#include "store/work_conversation.h"
#include "store/work_event.h"
#include "store/work_lease.h"
#include "store/work_log.h"
#include "store/work_result.h"
#include "store/work_step.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct fixture {
    struct task t;
    struct work *w;
    char dir[32];
    char path[64];
} fx;

static int
begin(void **state)
{
    (void)state;
    fx = (struct fixture){.dir = "/tmp/lyc-work-XXXXXX"};
    task_begin(&fx.t, 0);
    assert_non_null(mkdtemp(fx.dir));
    snprintf(fx.path, sizeof fx.path, "%s/work.db", fx.dir);
    assert_int_equal(work_open_path(&fx.t, fx.path, &fx.w), E_OK);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    static const char *const tails[] = {"", "-wal", "-shm"};
    work_close(fx.w);
    for (size_t i = 0; i < 3; i++)
        unlink(task_printf(&fx.t, "%s%s", fx.path, tails[i]));
    rmdir(fx.dir);
    task_end(&fx.t);
    return 0;
}

static void
conversation(const char *id, const char *owner)
{
    struct work_conversation c = {.id = span_of(id), .owner = span_of(owner), .datasets = SPAN("[\"movies\"]")};
    assert_int_equal(work_conversation_create(&fx.t, fx.w, &c), E_OK);
}

static enum err
ask(const char *conversation_id, const char *turn)
{
    struct work_question q = {span_of(conversation_id), span_of(turn), SPAN("ticket\0x"), SPAN("guide"),
        SPAN("How many films were made in the year of the cat, and by whom, and why, and for how much money?\nmore")};
    enum err e = work_turn_queue(&fx.t, fx.w, &q);
    return e;
}

static void
asked(const char *conversation_id, const char *turn)
{
    assert_int_equal(ask(conversation_id, turn), E_OK);
}

static struct work_turn
turn_now(const char *id)
{
    struct work_turn turn;
    assert_int_equal(work_turn_get(&fx.t, fx.w, span_of(id), &turn), E_OK);
    return turn;
}

static bool
says(const char *words)
{
    bool found = strstr(fx.t.cause, words) != NULL;
    task_clear_error(&fx.t);
    return found;
}

static void
conversations_are_listed_by_owner_and_age(void **state)
{
    (void)state;
    conversation("c_1", "u_a");
    clock_shift_ms(10);
    conversation("c_2", "u_a");
    conversation("c_3", "u_b");
    struct work_conversation *list;
    size_t n;
    assert_int_equal(work_conversation_list(&fx.t, fx.w, SPAN("u_a"), 0, 10, &list, &n), E_OK);
    assert_int_equal(n, 2);
    assert_true(span_is(list[0].id, "c_2"));
    assert_true(span_is(list[1].id, "c_1"));
    assert_int_equal(work_conversation_list(&fx.t, fx.w, SPAN("u_a"), list[0].updated_ms, 10, &list, &n), E_OK);
    assert_int_equal(n, 1);
    assert_int_equal(work_conversation_rename(&fx.t, fx.w, SPAN("c_1"), SPAN("  Films ")), E_OK);
    struct work_conversation c;
    assert_int_equal(work_conversation_get(&fx.t, fx.w, SPAN("c_1"), &c), E_OK);
    assert_true(span_is(c.title, "Films"));
    assert_int_equal(work_conversation_rename(&fx.t, fx.w, SPAN("c_1"), SPAN("  ")), E_INVALID);
    assert_true(says("title"));
    assert_int_equal(work_conversation_get(&fx.t, fx.w, SPAN("c_9"), &c), E_NOTFOUND);
    assert_true(says("no such conversation"));
}

static void
one_turn_at_a_time(void **state)
{
    (void)state;
    conversation("c_1", "u_a");
    asked("c_1", "t_1");
    struct work_conversation c;
    assert_int_equal(work_conversation_get(&fx.t, fx.w, SPAN("c_1"), &c), E_OK);
    assert_true(span_starts(c.title, "How many films"));
    assert_true(c.title.n <= 80 && !span_ends(c.title, " "));
    assert_true(span_is(c.state, "queued"));
    assert_int_equal(ask("c_1", "t_2"), E_CONFLICT);
    assert_true(says("still being answered"));
    assert_int_equal(work_turn_finish(&fx.t, fx.w, SPAN("t_1"), "limit", "", SPAN_NONE), E_OK);
    assert_true(span_is(turn_now("t_1").state, "done"));
    assert_true(span_is(turn_now("t_1").outcome, "limit"));
    asked("c_1", "t_2");
    assert_int_equal(turn_now("t_2").seq, 2);
    assert_true(span_eq(turn_now("t_2").ticket, SPAN("ticket\0x")));
    assert_int_equal(ask("c_9", "t_3"), E_NOTFOUND);
    task_clear_error(&fx.t);
}

static void
an_empty_question_is_refused(void **state)
{
    (void)state;
    conversation("c_1", "u_a");
    struct work_question q = {SPAN("c_1"), SPAN("t_1"), SPAN("k"), SPAN(""), SPAN(" \n ")};
    assert_int_equal(work_turn_queue(&fx.t, fx.w, &q), E_INVALID);
    assert_true(says("empty"));
    q.question = SPAN("a\xff");
    assert_int_equal(work_turn_queue(&fx.t, fx.w, &q), E_INVALID);
    task_clear_error(&fx.t);
}

static size_t
ready(struct span **list)
{
    size_t n;
    assert_int_equal(work_lease_ready(&fx.t, fx.w, 10, list, &n), E_OK);
    return n;
}

static void
a_lease_is_held_by_one_and_expires(void **state)
{
    (void)state;
    struct span *list;
    struct work_turn turn;
    conversation("c_1", "u_a");
    asked("c_1", "t_1");
    assert_int_equal(ready(&list), 1);
    assert_int_equal(work_lease_claim(&fx.t, fx.w, SPAN("t_1"), SPAN("A"), &turn), E_OK);
    assert_int_equal(turn.epoch, 1);
    assert_true(span_is(turn.state, "running"));
    assert_int_equal(ready(&list), 0);
    assert_int_equal(work_lease_claim(&fx.t, fx.w, SPAN("t_1"), SPAN("B"), &turn), E_CONFLICT);
    task_clear_error(&fx.t);
    assert_int_equal(work_lease_renew(&fx.t, fx.w, SPAN("t_1"), SPAN("B")), E_CONFLICT);
    task_clear_error(&fx.t);

    clock_shift_ms(WORK_LEASE_MS - 1000);
    assert_int_equal(work_lease_renew(&fx.t, fx.w, SPAN("t_1"), SPAN("A")), E_OK);
    clock_shift_ms(2000);
    assert_int_equal(ready(&list), 0);

    clock_shift_ms(WORK_LEASE_MS);
    assert_int_equal(ready(&list), 1);
    assert_int_equal(work_lease_claim(&fx.t, fx.w, SPAN("t_1"), SPAN("B"), &turn), E_OK);
    assert_int_equal(turn.epoch, 2);
    assert_int_equal(work_begin(&fx.t, fx.w), E_OK);
    assert_int_equal(work_lease_hold(&fx.t, fx.w, SPAN("t_1"), SPAN("B")), E_OK);
    assert_int_equal(work_end(&fx.t, fx.w, work_lease_hold(&fx.t, fx.w, SPAN("t_1"), SPAN("A"))), E_CONFLICT);
    assert_true(says("taken this turn over"));
    assert_int_equal(work_lease_renew(&fx.t, fx.w, SPAN("t_1"), SPAN("A")), E_CONFLICT);
    task_clear_error(&fx.t);
    assert_int_equal(work_lease_release(&fx.t, fx.w, SPAN("t_1"), SPAN("B")), E_OK);
    assert_true(span_is(turn_now("t_1").state, "queued"));
}

static void
a_dead_runners_lease_ends_at_once(void **state)
{
    (void)state;
    struct span *list;
    struct work_turn turn;
    conversation("c_1", "u_a");
    asked("c_1", "t_1");
    assert_int_equal(work_lease_claim(&fx.t, fx.w, SPAN("t_1"), SPAN("12:abc"), &turn), E_OK);
    assert_int_equal(work_lease_expire(&fx.t, fx.w, SPAN("t_1"), 1), E_OK); /* another's */
    assert_int_equal(ready(&list), 0);
    assert_int_equal(work_lease_expire(&fx.t, fx.w, SPAN("t_1"), 12), E_OK);
    assert_int_equal(ready(&list), 1);
}

static void
a_question_waits_for_its_answer(void **state)
{
    (void)state;
    struct span *list;
    struct work_turn turn;
    conversation("c_1", "u_a");
    asked("c_1", "t_1");
    assert_int_equal(work_turn_answer(&fx.t, fx.w, SPAN("t_1"), SPAN("k2"), SPAN("yes")), E_CONFLICT);
    task_clear_error(&fx.t);
    assert_int_equal(work_lease_claim(&fx.t, fx.w, SPAN("t_1"), SPAN("A"), &turn), E_OK);
    assert_int_equal(work_turn_wait(&fx.t, fx.w, SPAN("t_1"), SPAN("{\"text\":\"Which?\"}"), SPAN_NONE), E_OK);
    assert_int_equal(ready(&list), 0);
    assert_int_equal(work_turn_answer(&fx.t, fx.w, SPAN("t_1"), SPAN("k2"), SPAN("yes")), E_OK);
    assert_int_equal(work_turn_answer(&fx.t, fx.w, SPAN("t_1"), SPAN("k3"), SPAN("no")), E_CONFLICT);
    assert_true(says("answered or stopped already"));
    assert_int_equal(ready(&list), 1);
    turn = turn_now("t_1");
    assert_true(
        span_is(turn.answer, "yes") && span_is(turn.ticket, "k2") && span_is(turn.waiting, "{\"text\":\"Which?\"}"));
}

/* A turn of a conversation of its own that waits for an approval. */
static void
awaits(const char *conversation_id, const char *turn_id, const char *approval)
{
    struct work_turn turn;
    conversation(conversation_id, "u_a");
    asked(conversation_id, turn_id);
    assert_int_equal(work_lease_claim(&fx.t, fx.w, span_of(turn_id), SPAN("A"), &turn), E_OK);
    assert_int_equal(work_turn_wait(&fx.t, fx.w, span_of(turn_id), SPAN("{}"), span_of(approval)), E_OK);
}

static void
an_approval_is_waited_for(void **state)
{
    (void)state;
    struct span *list;
    struct work_approval *waiting;
    size_t n;
    awaits("c_1", "t_1", "p_b");
    awaits("c_2", "t_2", "p_a");
    awaits("c_3", "t_3", "");
    assert_int_equal(ready(&list), 0);
    assert_int_equal(work_approval_list(&fx.t, fx.w, SPAN_NONE, 10, &waiting, &n), E_OK);
    assert_int_equal(n, 2);
    assert_true(span_is(waiting[0].approval, "p_a") && span_is(waiting[0].turn, "t_2"));
    assert_int_equal(work_approval_list(&fx.t, fx.w, SPAN("p_a"), 10, &waiting, &n), E_OK);
    assert_true(n == 1 && span_is(waiting[0].turn, "t_1"));
    assert_int_equal(work_turn_answer(&fx.t, fx.w, SPAN("t_1"), SPAN("k2"), SPAN("approve it")), E_CONFLICT);
    assert_true(says("waits for an approval"));
    assert_int_equal(ask("c_1", "t_9"), E_CONFLICT); /* no further question meanwhile */
    task_clear_error(&fx.t);
    assert_int_equal(work_approval_settled(&fx.t, fx.w, SPAN("p_b")), E_OK);
    assert_int_equal(work_approval_settled(&fx.t, fx.w, SPAN("p_unknown")), E_OK);
    assert_int_equal(work_approval_settled(&fx.t, fx.w, SPAN("")), E_OK);
    assert_int_equal(ready(&list), 1);
    assert_true(span_is(turn_now("t_1").state, "queued") && span_is(turn_now("t_1").approval, "p_b"));
    assert_true(span_is(turn_now("t_3").state, "waiting"));
    assert_int_equal(work_turn_answer_taken(&fx.t, fx.w, SPAN("t_1")), E_OK);
    assert_int_equal(turn_now("t_1").approval.n, 0);
}

static void
a_stopped_turn_is_not_woken_by_its_approval(void **state)
{
    (void)state;
    struct work_approval *waiting;
    size_t n;
    awaits("c_1", "t_1", "p_a");
    assert_int_equal(work_turn_stop(&fx.t, fx.w, SPAN("t_1")), E_OK);
    assert_int_equal(work_approval_list(&fx.t, fx.w, SPAN_NONE, 10, &waiting, &n), E_OK);
    assert_int_equal(n, 0);
    assert_int_equal(work_approval_settled(&fx.t, fx.w, SPAN("p_a")), E_OK);
    assert_true(span_is(turn_now("t_1").state, "waiting"));
}

static void
stop_reaches_waiting_and_running_turns(void **state)
{
    (void)state;
    struct span *list;
    struct work_turn turn;
    bool asked_to;
    conversation("c_1", "u_a");
    asked("c_1", "t_1");
    assert_int_equal(work_lease_claim(&fx.t, fx.w, SPAN("t_1"), SPAN("A"), &turn), E_OK);
    assert_int_equal(work_lease_stop_asked(&fx.t, fx.w, SPAN("t_1"), &asked_to), E_OK);
    assert_false(asked_to);
    assert_int_equal(work_turn_stop(&fx.t, fx.w, SPAN("t_1")), E_OK);
    assert_int_equal(work_lease_stop_asked(&fx.t, fx.w, SPAN("t_1"), &asked_to), E_OK);
    assert_true(asked_to);
    assert_int_equal(work_turn_wait(&fx.t, fx.w, SPAN("t_1"), SPAN("{}"), SPAN_NONE), E_OK);
    assert_int_equal(ready(&list), 1);
    assert_int_equal(work_turn_answer(&fx.t, fx.w, SPAN("t_1"), SPAN("k"), SPAN("late")), E_CONFLICT);
    task_clear_error(&fx.t);
    assert_int_equal(work_turn_finish(&fx.t, fx.w, SPAN("t_1"), "stopped", "", SPAN_NONE), E_OK);
    assert_int_equal(work_turn_stop(&fx.t, fx.w, SPAN("t_1")), E_OK);
    assert_int_equal(work_lease_stop_asked(&fx.t, fx.w, SPAN("t_none"), &asked_to), E_OK);
    assert_true(asked_to);
}

static void
a_running_conversation_is_not_deleted(void **state)
{
    (void)state;
    struct work_turn turn;
    struct work_event *events;
    size_t n;
    conversation("c_1", "u_a");
    asked("c_1", "t_1");
    assert_int_equal(work_event_put(&fx.t, fx.w, SPAN("t_1"), "text", SPAN("{}")), E_OK);
    assert_int_equal(work_lease_claim(&fx.t, fx.w, SPAN("t_1"), SPAN("A"), &turn), E_OK);
    assert_int_equal(work_conversation_delete(&fx.t, fx.w, SPAN("c_1")), E_CONFLICT);
    assert_true(says("Stop it"));
    assert_int_equal(work_turn_finish(&fx.t, fx.w, SPAN("t_1"), "done", "", SPAN_NONE), E_OK);
    assert_int_equal(work_conversation_delete(&fx.t, fx.w, SPAN("c_1")), E_OK);
    assert_int_equal(work_event_list(&fx.t, fx.w, SPAN("t_1"), &events, &n), E_OK);
    assert_int_equal(n, 0);
}

static void
the_log_is_read_from_any_offset(void **state)
{
    (void)state;
    struct span s;
    int64_t epoch, from;
    struct work_turn turn;
    struct work_log_state log;
    conversation("c_1", "u_a");
    asked("c_1", "t_1");
    assert_int_equal(work_lease_claim(&fx.t, fx.w, SPAN("t_1"), SPAN("A"), &turn), E_OK);
    assert_int_equal(work_log_append(&fx.t, fx.w, SPAN("t_1"), 1, 0, SPAN("hello ")), E_OK);
    assert_int_equal(work_log_append(&fx.t, fx.w, SPAN("t_1"), 1, 6, SPAN("world ")), E_OK);
    assert_int_equal(work_log_append(&fx.t, fx.w, SPAN("t_1"), 1, 6, SPAN("twice ")), E_CONFLICT);
    task_clear_error(&fx.t);
    assert_int_equal(work_log_append(&fx.t, fx.w, SPAN("t_1"), 2, 12, SPAN("again")), E_OK);
    for (int64_t at = 0; at <= 17; at++) {
        assert_int_equal(work_log_read(&fx.t, fx.w, SPAN("t_1"), at, 1000, &s, &epoch), E_OK);
        assert_true(span_is(s, &"hello world again"[at]));
        assert_int_equal(epoch, at == 17 ? 0 : at < 12 ? 1 : 2);
    }
    assert_int_equal(work_log_read(&fx.t, fx.w, SPAN("t_1"), 2, 1, &s, &epoch), E_OK);
    assert_true(span_is(s, "llo "));
    assert_int_equal(work_log_epoch_start(&fx.t, fx.w, SPAN("t_1"), 2, &from), E_OK);
    assert_int_equal(from, 12);
    assert_int_equal(work_log_epoch_start(&fx.t, fx.w, SPAN("t_1"), 3, &from), E_OK);
    assert_int_equal(from, 17);
    assert_int_equal(work_log_state(&fx.t, fx.w, SPAN("t_1"), &log), E_OK);
    assert_int_equal(log.bytes, 17);
    assert_int_equal(log.epoch, 1);
    assert_false(log.over);
    assert_int_equal(work_turn_finish(&fx.t, fx.w, SPAN("t_1"), "failed", "down", SPAN("It is down.")), E_OK);
    assert_int_equal(work_log_state(&fx.t, fx.w, SPAN("t_1"), &log), E_OK);
    assert_true(log.over);
}

static void
a_failed_step_leaves_nothing(void **state)
{
    (void)state;
    struct work_turn turn;
    struct work_event *events;
    size_t n;
    conversation("c_1", "u_a");
    asked("c_1", "t_1");
    assert_int_equal(work_lease_claim(&fx.t, fx.w, SPAN("t_1"), SPAN("A"), &turn), E_OK);
    assert_int_equal(work_begin(&fx.t, fx.w), E_OK);
    assert_int_equal(work_event_put(&fx.t, fx.w, SPAN("t_1"), "text", SPAN("{}")), E_OK);
    enum err e = work_log_append(&fx.t, fx.w, SPAN("t_1"), 1, 5, SPAN("x"));
    assert_int_equal(work_end(&fx.t, fx.w, e), E_CONFLICT);
    task_clear_error(&fx.t);
    assert_int_equal(work_event_list(&fx.t, fx.w, SPAN("t_1"), &events, &n), E_OK);
    assert_int_equal(n, 0);
}

static void
results_get_handles_and_pages(void **state)
{
    (void)state;
    struct cell cells[20];
    struct cells page;
    for (size_t i = 0; i < 10; i++) {
        cells[2 * i] = (struct cell){.kind = CELL_INT, .i = (int64_t)i};
        cells[2 * i + 1] = (struct cell){.kind = CELL_TEXT, .s = SPAN("row"), .full_bytes = 3};
    }
    conversation("c_1", "u_a");
    asked("c_1", "t_1");
    struct work_result r = {.conversation = SPAN("c_1"),
        .turn = SPAN("t_1"),
        .dataset = SPAN("movies"),
        .sql = SPAN("SELECT 1"),
        .columns = SPAN("[]"),
        .row_count = 10,
        .level = 3,
        .integrity = 1};
    struct work_result second = r, got;
    assert_int_equal(work_result_put(&fx.t, fx.w, &r, cells, 2), E_OK);
    assert_int_equal(work_result_put(&fx.t, fx.w, &second, cells, 2), E_OK);
    assert_true(span_is(r.handle, "r1") && span_is(second.handle, "r2"));
    assert_int_equal(work_result_by_handle(&fx.t, fx.w, SPAN("c_1"), SPAN("r2"), &got), E_OK);
    assert_true(span_eq(got.id, second.id) && got.level == 3 && got.integrity == 1);
    assert_int_equal(work_result_page(&fx.t, fx.w, r.id, 7, 5, &page), E_OK);
    assert_int_equal(page.rows, 3);
    assert_int_equal(page.total_rows, 10);
    assert_int_equal(page.cells[0].i, 7);
    assert_true(span_is(page.cells[5].s, "row"));
    assert_int_equal(work_result_page(&fx.t, fx.w, r.id, 50, 5, &page), E_OK);
    assert_int_equal(page.rows, 0);
    assert_int_equal(work_result_page(&fx.t, fx.w, SPAN("x_none"), 0, 5, &page), E_NOTFOUND);
    task_clear_error(&fx.t);
}

static void
calls_and_messages_keep_their_order(void **state)
{
    (void)state;
    struct work_call *calls;
    struct work_message *messages;
    size_t n;
    conversation("c_1", "u_a");
    asked("c_1", "t_1");
    struct work_call c = {.ordinal = 1,
        .step = 1,
        .call_id = SPAN("call_1"),
        .tool = SPAN("sql"),
        .args = SPAN("{}"),
        .state = SPAN("running")};
    assert_int_equal(work_call_put(&fx.t, fx.w, SPAN("t_1"), &c), E_OK);
    assert_int_equal(work_call_state(&fx.t, fx.w, SPAN("t_1"), 1, "done", SPAN("{\"rows\":[]}")), E_OK);
    assert_int_equal(work_call_state(&fx.t, fx.w, SPAN("t_1"), 2, "done", SPAN("")), E_CONFLICT);
    task_clear_error(&fx.t);
    assert_int_equal(work_call_list(&fx.t, fx.w, SPAN("t_1"), &calls, &n), E_OK);
    assert_int_equal(n, 1);
    assert_true(span_is(calls[0].state, "done") && span_is(calls[0].result, "{\"rows\":[]}"));
    for (int i = 0; i < 40; i++)
        assert_int_equal(work_message_put(&fx.t, fx.w, SPAN("c_1"), SPAN("t_1"), i % 2 ? "assistant" : "user",
                             task_format(&fx.t, "{\"i\":%d}", i)),
            E_OK);
    assert_int_equal(work_message_list(&fx.t, fx.w, SPAN("c_1"), &messages, &n), E_OK);
    assert_int_equal(n, 40);
    assert_true(span_is(messages[39].body, "{\"i\":39}"));
}

static void
picture(const char *conversation_id, const char *sha256, size_t bytes)
{
    struct work_artifact a = {.conversation = span_of(conversation_id),
        .sha256 = span_of(sha256),
        .type = SPAN("image/png"),
        .alt = SPAN("a cat"),
        .plugin = SPAN("acme/draw"),
        .bytes = {task_alloc(&fx.t, bytes), bytes}};
    assert_int_equal(work_artifact_put(&fx.t, fx.w, &a), E_OK);
}

static void
pictures_are_counted_and_go_with_their_conversation(void **state)
{
    (void)state;
    int64_t own, all;
    size_t n;
    struct span *where;
    struct work_artifact a;
    conversation("c_1", "u_1");
    conversation("c_2", "u_2");
    picture("c_1", "aa", 1000);
    picture("c_1", "bb", 3 << 20);
    picture("c_1", "bb", 3 << 20); /* once */
    picture("c_2", "bb", 3 << 20);
    assert_int_equal(work_artifact_used(&fx.t, fx.w, SPAN("c_1"), &own, &all), E_OK);
    assert_true(own == 1000 + (3 << 20) && all == 1000 + (6 << 20));
    assert_int_equal(work_artifact_where(&fx.t, fx.w, SPAN("bb"), &where, &n), E_OK);
    assert_int_equal(n, 2);
    assert_int_equal(work_conversation_delete(&fx.t, fx.w, SPAN("c_1")), E_OK);
    assert_int_equal(work_artifact_used(&fx.t, fx.w, SPAN("c_1"), &own, &all), E_OK);
    assert_true(own == 0 && all == 3 << 20);
    assert_int_equal(work_artifact_get(&fx.t, fx.w, SPAN("c_1"), SPAN("aa"), &a), E_NOTFOUND);
    task_clear_error(&fx.t);
    assert_int_equal(work_artifact_get(&fx.t, fx.w, SPAN("c_2"), SPAN("bb"), &a), E_OK);
    struct work_artifact big = {.conversation = SPAN("c_2"), .bytes = {"", WORK_ARTIFACT_BYTES + 1}};
    assert_int_equal(work_artifact_put(&fx.t, fx.w, &big), E_LIMIT);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(conversations_are_listed_by_owner_and_age, begin, end),
        cmocka_unit_test_setup_teardown(one_turn_at_a_time, begin, end),
        cmocka_unit_test_setup_teardown(an_empty_question_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(a_lease_is_held_by_one_and_expires, begin, end),
        cmocka_unit_test_setup_teardown(a_dead_runners_lease_ends_at_once, begin, end),
        cmocka_unit_test_setup_teardown(a_question_waits_for_its_answer, begin, end),
        cmocka_unit_test_setup_teardown(an_approval_is_waited_for, begin, end),
        cmocka_unit_test_setup_teardown(a_stopped_turn_is_not_woken_by_its_approval, begin, end),
        cmocka_unit_test_setup_teardown(stop_reaches_waiting_and_running_turns, begin, end),
        cmocka_unit_test_setup_teardown(a_running_conversation_is_not_deleted, begin, end),
        cmocka_unit_test_setup_teardown(the_log_is_read_from_any_offset, begin, end),
        cmocka_unit_test_setup_teardown(a_failed_step_leaves_nothing, begin, end),
        cmocka_unit_test_setup_teardown(results_get_handles_and_pages, begin, end),
        cmocka_unit_test_setup_teardown(calls_and_messages_keep_their_order, begin, end),
        cmocka_unit_test_setup_teardown(pictures_are_counted_and_go_with_their_conversation, begin, end),
    };
    id_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
