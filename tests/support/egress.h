/* egress: starts the real lyceum-egress in a state folder of its own, and calls it with grants sealed here. Included by
 * tests, once each. */
#ifndef SUPPORT_EGRESS_H
#define SUPPORT_EGRESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/conf.h"
#include "base/id.h"
#include "egress/egress_client.h"
#include "policy/grant.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>

#include "loopback.h"

static struct task run_task;
static unsigned char gate_secret[GRANT_SECRET_BYTES];
static struct loopback server;
static pid_t egress;

/* Set-up ------------------------------------------------------------------------------------------------------------
 */

static const char *
program(void)
{
    static char path[512];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 32);
    must(n > 0);
    path[n] = '\0';
    *strrchr(path, '/') = '\0';
    return strcpy(strrchr(path, '/'), "/lyceum-egress"), path;
}

static void
make_state(void)
{
    static const char *const folders[] = {"share", "run", "secrets", "authority"};
    static const char *const settings[][2] = {{"LYCEUM_EGRESS_FIRST_BYTE_MS", "500"}, {"LYCEUM_EGRESS_IDLE_MS", "500"},
        {"LYCEUM_EGRESS_CONNECT_MS", "4000"}, {"LYCEUM_JAIL_REQUIRE_LANDLOCK", "false"},
        {"OPENAI_API_KEY", "sk-environment"}, {"HTTP_PROXY", "http://127.0.0.1:9"},
        {"http_proxy", "http://127.0.0.1:9"}, {"all_proxy", "http://127.0.0.1:9"}};
    char *root = task_printf(&run_task, "/tmp/lyceum-egress.XXXXXX");
    must(mkdtemp(root));
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        must(mkdir(task_printf(&run_task, "%s/%s", root, folders[i]), 0700) == 0);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        setenv(settings[i][0], settings[i][1], 1);
    setenv("LYCEUM_STATE", root, 1);
    must(conf_load(&run_task) == E_OK);
    must(grant_key_own(&run_task, "authority", "gate", gate_secret) == E_OK);
}

static void
start_egress(void)
{
    enum { TRIES = 500 };
    egress = fork();
    must(egress >= 0);
    if (egress == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl(program(), program(), (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < TRIES && access(conf_path(&run_task, "run/egress.sock"), F_OK) != 0; i++)
        usleep(10000);
}

static int
set_up(void **state)
{
    enum { NOBODY = 65534, TEST_SECONDS = 180 };
    (void)state;
    if (geteuid() == 0) /* single-user mode: one plain user for all */
        must(setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
    id_init();
    task_begin(&run_task, 0);
    alarm(TEST_SECONDS); /* a service that dies must not leave the test waiting */
    make_state();
    if (access(program(), X_OK) != 0) {
        print_message("skipped: %s is not built\n", program());
        return 0;
    }
    loopback_start(&server);
    start_egress();
    unsetenv("OPENAI_API_KEY");
    return 0;
}

static int
tear_down(void **state)
{
    int status = 0;
    (void)state;
    if (egress > 0) {
        kill(egress, SIGTERM);
        waitpid(egress, &status, 0);
        loopback_stop(&server);
    }
    pid_t pid = fork();
    if (pid == 0) {
        execlp("rm", "rm", "-rf", conf_text("state"), (char *)NULL);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
    task_end(&run_task);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1; /* a clean end at SIGTERM is part of the test */
}

static void
need_egress(void)
{
    if (egress <= 0)
        skip();
}

/* Calls --------------------------------------------------------------------------------------------------------------
 */

struct reply {
    int status;
    char headers[4096];
    struct buf body;
    size_t stop_after; /* on_body says enough; 0: never */
};

static bool
on_head(void *arg, int status, struct span headers)
{
    struct reply *r = arg;
    r->status = status;
    snprintf(r->headers, sizeof r->headers, "%.*s", SPAN_ARG(headers));
    return true;
}

static bool
on_body(void *arg, struct span bytes)
{
    struct reply *r = arg;
    buf_span(&r->body, bytes);
    return r->stop_after == 0 || r->body.n < r->stop_after;
}

static struct span
seal(struct task *t, const char *capability, const struct span *hashed, size_t n, struct span detail)
{
    struct grant g = {.audience = SPAN("egress"),
        .subject = SPAN("u_test"),
        .capability = span_of(capability),
        .args_hash = grant_args_hash(t, hashed, n),
        .detail = detail,
        .expires_ms = clock_unix_ms() + GRANT_LIFE_MS};
    return grant_seal(t, gate_secret, &g);
}

static struct span
llm_grant(struct task *t, struct span body, struct span detail)
{
    return seal(t, "llm", (const struct span[]){SPAN("http"), body}, 2, detail);
}

static enum err
call(struct task *t, struct span detail, struct span headers, struct span body, struct reply *r)
{
    struct egress_call c = {.grant = llm_grant(t, body, detail),
        .headers = headers,
        .body = body,
        .on_head = on_head,
        .on_body = on_body,
        .arg = r,
        .wake_fd = -1};
    *r = (struct reply){.stop_after = r->stop_after};
    buf_init(&r->body, 64 << 20);
    return egress_call(t, &c);
}

#endif
