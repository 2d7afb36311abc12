/* test_publish: revisions, grants, receipts, and a kill at any moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "support.h"

#include "base/clock.h"
#include "effect/effect.h"
#include "effect/effect_client.h"
#include "effect/follower.h"
#include "effect/ledger.h"
#include "effect/publish.h"
#include "policy/grant.h"
#include "sandbox/peer.h"
#include "wire/sock.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

static char state_folder[64];
static unsigned char gate_key[GRANT_SECRET_BYTES];

static int
set_up(void **unused)
{
    static const char *const folders[] = {"leaders", "followers", "share", "run", "authority"};
    struct task t;
    (void)unused;
    id_init();
    strcpy(state_folder, "/tmp/lyceum-effect-XXXXXX");
    must(mkdtemp(state_folder) != NULL);
    setenv("LYCEUM_STATE", state_folder, 1);
    unsetenv("LYCEUM_CONF");
    task_begin(&t, 0);
    must(conf_load(&t) == E_OK);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        must(fsio_mkdir(&t, conf_path(&t, folders[i]), 0755) == E_OK);
    must(grant_key_own(&t, "authority", "gate", gate_key) == E_OK && effect_start(&t) == E_OK);
    peer_load();
    task_end(&t);
    return 0;
}

static int
tear_down(void **unused)
{
    (void)unused;
    remove_folder(state_folder);
    return 0;
}

/* A server of one process, as lyceum-effect's workers are. */
static pid_t
serve(struct task *t)
{
    int fd = -1;
    assert_int_equal(sock_listen(t, conf_path(t, "run/effect.sock"), 0600, NULL, false, &fd), E_OK);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) {
            int c = accept(fd, NULL, NULL);
            if (c >= 0)
                effect_serve(c);
        }
    }
    close(fd);
    return pid;
}

static void
stop(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static struct span
grant_for(struct task *t, const char *capability, const char *dataset, struct span third)
{
    const struct span bound[] = {span_of(capability), span_of(dataset), third};
    struct grant g = {.audience = SPAN("effect"),
        .subject = SPAN("operator"),
        .capability = span_of(capability),
        .dataset = span_of(dataset),
        .args_hash = grant_args_hash(t, bound, third.p ? 3 : 2),
        .expires_ms = clock_unix_ms() + 30000};
    return grant_seal(t, gate_key, &g);
}

static int
file_of(struct task *t, struct span bytes)
{
    const char *path = task_printf(t, "%s/upload", state_folder);
    must(fsio_write_atomic(t, path, bytes, 0600) == E_OK);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static enum err
publish_csv(struct task *t, struct span grant, struct span text, struct span *receipt, json_t **report)
{
    struct effect_publish p = {.grant = grant, .dataset = SPAN("d"), .format = SPAN("csv"), .fd = file_of(t, text)};
    enum err e = effect_publish(t, &p, receipt, report);
    close(p.fd);
    return e;
}

static size_t
entries(struct task *t, const char *folder)
{
    DIR *d = opendir(conf_path(t, folder));
    size_t n = 0;
    assert_non_null(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2;
}

static void
a_dataset_is_published_rolled_back_and_withdrawn(void **unused)
{
    struct task t;
    struct span receipt, sha[2];
    json_t *report = NULL;
    struct grant g;
    unsigned char key[GRANT_KEY_BYTES];
    (void)unused;
    task_begin(&t, 60000);
    pid_t server = serve(&t);
    const char *texts[] = {"a\n1\n", "a\n1\n2\n"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(
            publish_csv(&t, grant_for(&t, "publish", "d", SPAN("csv")), span_of(texts[i]), &receipt, &report), E_OK);
        sha[i] = json_text(report, "sha");
        assert_true(span_eq(follower_current(&t, SPAN("d")), sha[i]) && follower_has(&t, SPAN("d"), sha[i]));
        assert_false(json_flag(report, "unchanged", true));
    }
    assert_int_equal(grant_key_read_public(&t, "effect", key), E_OK);
    assert_int_equal(grant_open(&t, key, receipt, "gate", clock_unix_ms(), &g), E_OK);
    assert_true(span_is(g.capability, "receipt") && span_eq(g.revision, sha[1]) && span_is(g.subject, "operator"));
    assert_non_null(strstr(task_z(&t, g.detail), "\"rows\":2"));
    /* The same again is no change. */
    assert_int_equal(
        publish_csv(&t, grant_for(&t, "publish", "d", SPAN("csv")), SPAN("a\n1\n2\n"), &receipt, &report), E_OK);
    assert_true(json_flag(report, "unchanged", false));
    /* Bad input leaves it as it is. */
    assert_int_equal(
        publish_csv(&t, grant_for(&t, "publish", "d", SPAN("csv")), SPAN("a\n1,2\n"), &receipt, &report), E_INVALID);
    task_clear_error(&t);
    assert_true(span_eq(follower_current(&t, SPAN("d")), sha[1]));
    assert_int_equal(effect_rollback(&t, grant_for(&t, "rollback", "d", sha[0]), SPAN("d"), sha[0], &receipt), E_OK);
    assert_true(span_eq(follower_current(&t, SPAN("d")), sha[0]));
    assert_int_equal(effect_unpublish(&t, grant_for(&t, "unpublish", "d", SPAN_NONE), SPAN("d")), E_OK);
    assert_int_equal(follower_current(&t, SPAN("d")).n, 0);
    assert_int_equal(access(conf_path(&t, "leaders/d.db"), F_OK), 0);
    assert_int_equal(
        effect_rollback(&t, grant_for(&t, "rollback", "d", sha[0]), SPAN("d"), sha[0], &receipt), E_NOTFOUND);
    task_clear_error(&t);
    assert_int_equal(entries(&t, "leaders/tmp"), 0);
    stop(server);
    task_end(&t);
}

static void
a_grant_is_for_one_call_and_for_one_time(void **unused)
{
    struct task t;
    struct span receipt;
    json_t *report;
    (void)unused;
    task_begin(&t, 60000);
    pid_t server = serve(&t);
    struct span grant = grant_for(&t, "publish", "d", SPAN("csv"));
    assert_int_equal(publish_csv(&t, grant, SPAN("a\n1\n"), &receipt, &report), E_OK);
    assert_int_equal(publish_csv(&t, grant, SPAN("a\n1\n"), &receipt, &report), E_DENIED);
    task_clear_error(&t);
    stop(server);
    server = serve(&t); /* a restart forgets nothing */
    const struct span wrong[] = {grant, grant_for(&t, "publish", "other", SPAN("csv")),
        grant_for(&t, "rollback", "d", SPAN("csv")), grant_for(&t, "publish", "d", SPAN("db")), SPAN("nonsense"),
        SPAN_NONE};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(publish_csv(&t, wrong[i], SPAN("a\n1\n"), &receipt, &report), E_DENIED);
        task_clear_error(&t);
    }
    assert_int_equal(effect_unpublish(&t, grant_for(&t, "unpublish", "d", SPAN_NONE), SPAN("../x")), E_INVALID);
    stop(server);
    task_end(&t);
}

/* Its name is that of effect's own database. */
static void
a_dataset_may_be_called_ledger(void **unused)
{
    struct task t;
    struct db ledger;
    (void)unused;
    task_begin(&t, 60000);
    for (int i = 0; i < 2; i++) {
        struct published out;
        struct publish p = {.dataset = SPAN("ledger"),
            .format = SPAN("csv"),
            .client = -1,
            .fd = file_of(&t, task_format(&t, "a\n%d\n", i))};
        assert_int_equal(ledger_open(&t, &ledger), E_OK);
        assert_int_equal(publish_run(&t, &ledger, &p, &out), E_OK);
        assert_true(span_eq(follower_current(&t, SPAN("ledger")), out.sha));
        close(p.fd);
        db_close(&ledger);
    }
    assert_int_equal(effect_start(&t), E_OK);
    task_end(&t);
}

static void
old_revisions_go_and_the_current_one_stays(void **unused)
{
    struct task t;
    struct db ledger;
    struct span first = SPAN_NONE;
    (void)unused;
    task_begin(&t, 60000);
    assert_int_equal(ledger_open(&t, &ledger), E_OK);
    for (int i = 0; i < 14; i++) {
        struct published out;
        struct publish p = {.dataset = SPAN("many"),
            .format = SPAN("csv"),
            .client = -1,
            .fd = file_of(&t, task_format(&t, "a\n%d\n", i))};
        assert_int_equal(publish_run(&t, &ledger, &p, &out), E_OK);
        close(p.fd);
        if (i == 0)
            first = out.sha;
    }
    assert_int_equal(follower_prune(&t, &ledger, SPAN("many")), E_OK);
    assert_true(follower_has(&t, SPAN("many"), first)); /* young */
    assert_int_equal(follower_point(&t, SPAN("many"), first), E_OK);
    clock_shift_ms((int64_t)40 * 24 * 3600 * 1000);
    assert_int_equal(follower_prune(&t, &ledger, SPAN("many")), E_OK);
    clock_shift_ms((int64_t)-40 * 24 * 3600 * 1000);
    assert_true(follower_has(&t, SPAN("many"), first));
    assert_int_equal(entries(&t, "followers/many"), 2 + 2 * 11);
    db_close(&ledger);
    task_end(&t);
}

/* The publisher leaves in the middle: the import ends, nothing is changed, nothing is left. */
static void
a_client_that_leaves_stops_its_import(void **unused)
{
    struct task t;
    struct db ledger;
    struct published out;
    int pair[2];
    (void)unused;
    task_begin(&t, 60000);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(ledger_open(&t, &ledger), E_OK);
    close(pair[0]);
    struct publish p = {
        .dataset = SPAN("left"), .format = SPAN("csv"), .client = pair[1], .fd = file_of(&t, SPAN("a\n1\n"))};
    assert_int_equal(publish_run(&t, &ledger, &p, &out), E_CONFLICT);
    assert_int_equal(follower_current(&t, SPAN("left")).n, 0);
    assert_int_equal(entries(&t, "leaders/tmp"), 0);
    close(p.fd);
    close(pair[1]);
    db_close(&ledger);
    task_end(&t);
}

enum { KILLS = 60, TO_ITS_END = -1 };

/* Publishes one of two texts in a process of its own and kills it after so many microseconds, or lets it end; how long
 * it took. */
static int64_t
publish_and_kill(struct span text, int64_t after_us)
{
    struct task t;
    task_begin(&t, 60000);
    int fd = file_of(&t, text);
    pid_t pid = fork();
    if (pid == 0) {
        struct db ledger;
        struct published out;
        struct publish p = {.dataset = SPAN("crash"), .format = SPAN("csv"), .client = -1, .fd = fd};
        if (ledger_open(&t, &ledger) == E_OK)
            publish_run(&t, &ledger, &p, &out);
        _exit(0);
    }
    int64_t begun_us = clock_mono_us();
    while (after_us != TO_ITS_END && clock_mono_us() < begun_us + after_us)
        continue;
    if (after_us != TO_ITS_END)
        kill(pid, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0) /* its own child too: see the subreaper below */
        continue;
    int64_t took_us = clock_mono_us() - begun_us;
    close(fd);
    task_end(&t);
    return took_us;
}

static void
a_kill_at_any_moment_leaves_a_whole_revision_and_no_garbage(void **unused)
{
    int seen[2] = {0, 0};
    (void)unused;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    int64_t whole_us = publish_and_kill(SPAN("a\n0\n"), TO_ITS_END); /* on this machine, as it is */
    for (int i = 0; i < KILLS + 2; i++) {
        struct task t;
        struct db ledger;
        struct trial x = {.e = E_OK};
        int64_t after_us = i < KILLS ? whole_us * 3 / 2 * i / KILLS : TO_ITS_END;
        publish_and_kill(i % 2 ? SPAN("a\n0\n") : SPAN("a\n1\n"), after_us);
        task_begin(&t, 0);
        assert_int_equal(effect_start(&t), E_OK);
        assert_int_equal(entries(&t, "leaders/tmp"), 0);
        struct span sha = follower_current(&t, SPAN("crash"));
        assert_true(sha.n == 64 && follower_has(&t, SPAN("crash"), sha));
        task_begin(&x.t, 0);
        assert_int_equal(
            sqlite3_open_v2(conf_path(&t, "followers/crash/current.db"), &x.made, SQLITE_OPEN_READONLY, NULL),
            SQLITE_OK);
        const char *value = trial_ask(&x, "SELECT a FROM crash");
        assert_true(strcmp(value, "0") == 0 || strcmp(value, "1") == 0);
        seen[value[0] - '0']++;
        sqlite3_close(x.made);
        task_end(&x.t);
        /* What is there is current or known. */
        assert_int_equal(ledger_open(&t, &ledger), E_OK);
        DIR *d = opendir(conf_path(&t, "followers/crash"));
        struct dirent *e;
        while ((e = readdir(d))) {
            struct ledger_revision r;
            struct span name = span_of(e->d_name);
            if (e->d_name[0] == '.' || span_starts(name, "current."))
                assert_true(strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || name.n <= 11);
            else if (!span_eq(span_first(name, 64), sha))
                assert_int_equal(ledger_find(&t, &ledger, SPAN("crash"), span_first(name, 64), &r), E_OK);
        }
        closedir(d);
        db_close(&ledger);
        task_end(&t);
    }
    assert_true(seen[0] > 0 && seen[1] > 0); /* after all the kills both can still be published */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dataset_is_published_rolled_back_and_withdrawn),
        cmocka_unit_test(a_grant_is_for_one_call_and_for_one_time),
        cmocka_unit_test(a_dataset_may_be_called_ledger),
        cmocka_unit_test(old_revisions_go_and_the_current_one_stays),
        cmocka_unit_test(a_client_that_leaves_stops_its_import),
        cmocka_unit_test(a_kill_at_any_moment_leaves_a_whole_revision_and_no_garbage),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
