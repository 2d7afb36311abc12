/* test_taken_back: undo at the service: once, wholly or not at all, within its days; and what is kept for it. */
#include "service.h"

#include "effect/change_clean.h"
#include "effect/ledger.h"

#include <sys/time.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DETAIL "{\"level\":1,\"labels\":[],\"undo_days\":7}"
#define HOLD "{\"level\":1,\"labels\":[],\"undo_days\":7,\"hold\":true}"
#define SUM "SELECT sum(n) FROM d"
#define CURRENT "followers/d/current.db"

enum { DAY_MS = 24 * 3600 * 1000 };

static int
set_up(void **state)
{
    struct service *s = calloc(1, sizeof *s);
    must(s);
    *state = s;
    service_begin(s);
    return service_publish(s, "d", "id,n\n1,10\n2,20\n3,30\n", "{\"level\":1,\"labels\":[]}") == E_OK ? 0 : 1;
}

static int
tear_down(void **state)
{
    service_end(*state);
    free(*state);
    return 0;
}

static struct span
new_id(struct service *s, char kind)
{
    char id[ID_BYTES + 1];
    id_new(kind, id);
    return task_dup(&s->t, span_of(id));
}

/* Tried, approved, done: the change's id. */
static struct span
change(struct service *s, const char *sql, const char *detail)
{
    struct span approval = new_id(s, 'p'), receipt;
    const struct span tried[] = {SPAN("dryrun"), SPAN("d"), span_of(sql)};
    const struct pass dryrun = {.capability = "dryrun", .dataset = "d", .detail = DETAIL, .level = 1};
    if (effect_dryrun(&s->t, service_grant(s, &dryrun, tried, 3), SPAN("d"), span_of(sql), &receipt) != E_OK)
        fail_msg("%s: %s", sql, s->t.cause);
    const json_t *told = service_receipt(s, receipt);
    const struct span proposal = json_text(told, "proposal"), digest = json_text(told, "digest");
    const struct span bound[] = {SPAN("apply"), SPAN("d"), proposal, digest, approval};
    const struct pass apply = {.capability = "apply", .dataset = "d", .detail = detail, .level = 1};
    if (effect_apply(&s->t, service_grant(s, &apply, bound, 5), SPAN("d"), proposal, digest, approval, &receipt) !=
        E_OK)
        fail_msg("%s: %s", sql, s->t.cause);
    return json_text(service_receipt(s, receipt), "change");
}

static enum err
undo_with(struct service *s, struct span id, struct span approval, const char *dataset, json_t **out)
{
    struct span receipt;
    const struct span bound[] = {SPAN("undo"), span_of(dataset), id, approval};
    const struct pass pass = {.capability = "undo", .dataset = dataset, .detail = DETAIL, .level = 1};
    task_clear_error(&s->t);
    enum err e = effect_undo(&s->t, service_grant(s, &pass, bound, 4), span_of(dataset), id, approval, &receipt);
    if (e == E_OK && out)
        *out = service_receipt(s, receipt);
    return e;
}

static enum err
undo(struct service *s, struct span id, json_t **out)
{
    return undo_with(s, id, new_id(s, 'p'), "d", out);
}

static json_t *
changes(struct service *s)
{
    const struct span bound[] = {SPAN("changes"), SPAN("d")};
    const struct pass pass = {.capability = "changes", .dataset = "d", .level = 1};
    json_t *out = NULL;
    task_clear_error(&s->t);
    assert_int_equal(effect_changes(&s->t, service_grant(s, &pass, bound, 2), SPAN("d"), &out), E_OK);
    return out;
}

static enum err
status(struct service *s, struct span approval, json_t **out)
{
    struct span receipt;
    const struct span bound[] = {SPAN("status"), approval};
    const struct pass pass = {.capability = "status", .dataset = "", .level = 0};
    task_clear_error(&s->t);
    enum err e = effect_status(&s->t, service_grant(s, &pass, bound, 2), approval, &receipt);
    *out = e == E_OK ? service_receipt(s, receipt) : NULL;
    return e;
}

static void
a_change_is_listed_and_taken_back_once(void **state)
{
    struct service *s = *state;
    json_t *done, *again;
    struct span approval = new_id(s, 'p');
    struct span id = change(s, "UPDATE d SET n = 0 WHERE id < 3; INSERT INTO d VALUES (4, 1)", DETAIL);
    const json_t *row = json_array_get(changes(s), 0);
    assert_true(span_eq(json_text(row, "change"), id) && json_flag(row, "undoable", false));
    assert_true(
        json_int(row, "updated", 0) == 2 && json_int(row, "inserted", 0) == 1 && json_int(row, "deleted", 9) == 0);
    assert_int_equal(json_int(row, "expires_ms", 0) - json_int(row, "at_ms", 0), (int64_t)7 * DAY_MS);
    assert_int_equal(undo_with(s, id, approval, "d", &done), E_OK);
    assert_true(span_is(json_text(done, "operation"), "undo") && span_eq(json_text(done, "change"), id) &&
                span_eq(json_text(done, "approval"), approval));
    assert_true(
        json_int(done, "updated", 0) == 2 && json_int(done, "inserted", 9) == 0 && json_int(done, "deleted", 0) == 1);
    assert_string_equal(service_ask(s, CURRENT, SUM), "60");
    row = json_array_get(changes(s), 0);
    assert_true(json_flag(row, "undone", false) && !json_flag(row, "undoable", true));
    assert_int_equal(status(s, approval, &again), E_OK);
    assert_true(json_equal(done, again));
    assert_int_equal(undo(s, id, NULL), E_CONFLICT);
    assert_int_equal(json_array_size(changes(s)), 1);
}

static void
what_is_refused_changes_nothing_and_uses_the_approval_up(void **state)
{
    struct service *s = *state;
    json_t *out;
    struct span approval = new_id(s, 'p'), first = change(s, "UPDATE d SET n = n + 1", DETAIL);
    struct span second = change(s, "UPDATE d SET n = 5 WHERE id = 3", DETAIL);
    const char *was = service_ask(s, CURRENT, SUM);
    assert_int_equal(undo_with(s, first, approval, "d", NULL), E_CONFLICT);
    assert_string_equal(effect_word(), "conflict");
    assert_string_equal(service_ask(s, CURRENT, SUM), was);
    assert_string_equal(service_ask(s, "leaders/d.db", SUM), was);
    assert_int_equal(status(s, approval, &out), E_NOTFOUND);
    assert_int_equal(undo_with(s, second, approval, "d", NULL), E_CONFLICT);
    assert_int_equal(undo(s, new_id(s, 'g'), NULL), E_NOTFOUND);
    assert_int_equal(undo(s, SPAN("g_../../x"), NULL), E_INVALID);
    assert_int_equal(service_publish(s, "e", "id,n\n1,10\n", "{\"level\":1,\"labels\":[]}"), E_OK);
    assert_int_equal(undo_with(s, first, new_id(s, 'p'), "e", NULL), E_NOTFOUND); /* another dataset's */
    assert_int_equal(undo(s, second, NULL), E_OK);
    assert_int_equal(undo(s, first, NULL), E_OK);
    assert_string_equal(service_ask(s, CURRENT, SUM), "60");
}

/* Definitions go back by the file of before, and so only as the last change. */
static void
a_change_of_the_tables_goes_back_as_a_whole(void **state)
{
    struct service *s = *state;
    json_t *done;
    struct span added = change(s, "ALTER TABLE d ADD COLUMN more; UPDATE d SET more = n", DETAIL);
    struct span later = change(s, "DELETE FROM d WHERE id = 1", DETAIL);
    assert_int_equal(undo(s, added, NULL), E_CONFLICT);
    assert_string_equal(effect_word(), "conflict");
    assert_int_equal(undo(s, later, NULL), E_OK);
    assert_string_equal(service_ask(s, CURRENT, "SELECT sum(more) FROM d"), "60");
    struct span dropped = change(s, "DROP TABLE d; CREATE TABLE other (x)", DETAIL);
    assert_string_equal(service_ask(s, CURRENT, SUM), "(no such table: d)");
    assert_int_equal(undo(s, dropped, &done), E_OK);
    assert_string_equal(service_ask(s, CURRENT, "SELECT sum(more) FROM d"), "60");
    assert_string_equal(service_ask(s, CURRENT, "SELECT count(*) FROM sqlite_schema WHERE name = 'other'"), "0");
}

static void
what_is_held_is_taken_back_unseen(void **state)
{
    struct service *s = *state;
    json_t *done;
    struct span id = change(s, "UPDATE d SET n = 0", HOLD);
    assert_string_equal(service_ask(s, CURRENT, SUM), "60");
    assert_string_equal(service_ask(s, "leaders/d.db", SUM), "0");
    assert_int_equal(undo(s, id, &done), E_OK);
    assert_true(json_flag(done, "held", false));
    assert_string_equal(service_ask(s, "leaders/d.db", SUM), "60");
}

static void
set_age(const char *path, int64_t ms)
{
    struct timeval at[2] = {{.tv_sec = (clock_unix_ms() - ms) / 1000}, {.tv_sec = (clock_unix_ms() - ms) / 1000}};
    assert_int_equal(utimes(path, at), 0);
}

static void
after_its_days_nothing_is_kept(void **state)
{
    struct service *s = *state;
    struct db ledger;
    struct span old = change(s, "UPDATE d SET n = 1", DETAIL);
    const char *rows = conf_path(&s->t, task_printf(&s->t, "leaders/changes/%.*s", SPAN_ARG(old)));
    const char *lost = conf_path(&s->t, task_printf(&s->t, "leaders/changes/%.*s", SPAN_ARG(new_id(s, 'g'))));
    const char *tried = conf_path(&s->t, task_printf(&s->t, "leaders/dryruns/%.*s", SPAN_ARG(new_id(s, 'w'))));
    assert_int_equal(fsio_mkdir(&s->t, lost, 0700), E_OK);
    assert_int_equal(fsio_mkdir(&s->t, tried, 0700), E_OK);
    set_age(rows, 2 * 3600 * 1000);
    set_age(tried, DAY_MS - 60000);
    assert_int_equal(ledger_open(&s->t, &ledger), E_OK);
    change_clean(&s->t, &ledger);
    assert_true(access(rows, F_OK) == 0 && access(lost, F_OK) == 0 && access(tried, F_OK) == 0);
    set_age(lost, 2 * 3600 * 1000);
    set_age(tried, DAY_MS + 60000);
    change_clean(&s->t, &ledger);
    assert_true(access(rows, F_OK) == 0 && access(lost, F_OK) != 0 && access(tried, F_OK) != 0);
    service_stop(s);
    clock_shift_ms((int64_t)7 * DAY_MS + 60000);
    service_start(s);
    assert_false(json_flag(json_array_get(changes(s), 0), "undoable", true));
    assert_int_equal(undo(s, old, NULL), E_NOTFOUND);
    change_clean(&s->t, &ledger);
    assert_int_equal(access(rows, F_OK), -1);
    clock_shift_ms(-((int64_t)7 * DAY_MS + 60000));
    db_close(&ledger);
}

/* Killed at any moment: afterwards it was taken back wholly or not at all, and the list says which. */
static void
a_kill_at_any_moment_takes_it_back_or_not(void **state)
{
    enum { KILLS = 30 };
    struct service *s = *state;
    int64_t whole_us = 0, seen[2] = {0, 0};
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    for (int i = 0; i <= KILLS; i++) {
        json_t *out;
        struct span approval = new_id(s, 'p'), id = change(s, "UPDATE d SET n = n + 1", DETAIL);
        int64_t begun_us = clock_mono_us();
        pid_t caller = fork();
        if (caller == 0)
            _exit(undo_with(s, id, approval, "d", NULL) != E_OK);
        while (i > 0 && clock_mono_us() < begun_us + whole_us * 5 / 4 * i / KILLS)
            continue;
        if (i > 0)
            kill(s->pid, SIGKILL);
        while (i == 0 ? waitpid(caller, NULL, 0) > 0 : waitpid(-1, NULL, 0) > 0)
            continue;
        whole_us = i == 0 ? clock_mono_us() - begun_us : whole_us;
        if (i > 0) {
            task_clear_error(&s->t);
            assert_int_equal(effect_start(&s->t), E_OK);
            service_start(s);
        }
        bool was_done = status(s, approval, &out) == E_OK;
        seen[was_done]++;
        assert_int_equal(json_flag(json_array_get(changes(s), 0), "undone", !was_done), was_done);
        const char *expected = was_done ? "60" : "63";
        assert_string_equal(service_ask(s, CURRENT, SUM), expected);
        assert_string_equal(service_ask(s, "leaders/d.db", SUM), expected);
        if (!was_done)
            assert_int_equal(undo(s, id, NULL), E_OK);
    }
    assert_true(seen[0] > 0 && seen[1] > 0);
}

int
main(void)
{
#define SERVED(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        SERVED(a_change_is_listed_and_taken_back_once),
        SERVED(what_is_refused_changes_nothing_and_uses_the_approval_up),
        SERVED(a_change_of_the_tables_goes_back_as_a_whole),
        SERVED(what_is_held_is_taken_back_unseen),
        SERVED(after_its_days_nothing_is_kept),
        SERVED(a_kill_at_any_moment_takes_it_back_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
