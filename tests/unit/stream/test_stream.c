/* test_stream: the real lyceum-stream: who may look, where a browser goes on, what a revocation and a SIGTERM do. Load
 * and kills are bench_stream's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/conf.h"
#include "base/id.h"
#include "base/must.h"
#include "gate/share_client.h"
#include "policy/grant.h"
#include "store/work_conversation.h"
#include "store/work_lease.h"
#include "store/work_log.h"
#include "store/work_step.h"
#include "wire/sock.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct task run_task;
static unsigned char gate_secret[GRANT_SECRET_BYTES];
static struct work *work;
static char conversation[ID_BYTES + 1], over[ID_BYTES + 1], other_conversation[ID_BYTES + 1], open_turn[ID_BYTES + 1];
static struct span over_log; /* of the turn that is over: two epochs, the second from byte `second` on */
static int64_t second;
static pid_t stream;

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
    strcpy(strrchr(path, '/'), "/lyceum-stream");
    return path;
}

static void
revoked_file(const unsigned char *key, uint64_t count)
{
    int fd = open(conf_path(&run_task, "share/revoked"), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    unsigned char head[SHARE_HEAD_BYTES] = SHARE_MAGIC;
    must(fd >= 0);
    head[8] = (unsigned char)count;
    if (key)
        must(pwrite(fd, key, SHARE_KEY_BYTES, SHARE_HEAD_BYTES + (off_t)(count - 1) * SHARE_KEY_BYTES) ==
             SHARE_KEY_BYTES);
    must(pwrite(fd, head, sizeof head, 0) == (ssize_t)sizeof head);
    close(fd);
}

static void
new_turn(const char *conv, char id[ID_BYTES + 1])
{
    struct work_conversation c = {.id = span_of(conv), .owner = SPAN("a_me"), .datasets = SPAN("[]")};
    struct work_turn row;
    id_new('t', id);
    struct work_question q = {.conversation = c.id, .turn = span_of(id), .ticket = SPAN("x"), .question = SPAN("?")};
    must(work_conversation_create(&run_task, work, &c) == E_OK && work_turn_queue(&run_task, work, &q) == E_OK);
    must(work_lease_claim(&run_task, work, span_of(id), SPAN("me"), &row) == E_OK);
}

static struct span
event(const char *turn, int epoch, int64_t at, const char *rest)
{
    int64_t end = at + (int64_t)(strlen("id: .0.") + ID_BYTES + 10 + strlen(rest));
    return task_format(&run_task, "id: %s.%d.%010lld%s", turn, epoch, (long long)end, rest);
}

static void
make_rows(void)
{
    id_new('c', conversation);
    id_new('c', other_conversation);
    must(work_open(&run_task, "public", &work) == E_OK);
    new_turn(conversation, over);
    new_turn(other_conversation, open_turn);
    struct span a = event(over, 1, 0, "\nevent: text\ndata: {\"d\":\"one\"}\n\n");
    second = (int64_t)a.n;
    struct span b = event(over, 2, second, "\nevent: done\ndata: {\"outcome\":\"done\"}\n\n");
    over_log = task_format(&run_task, "%.*s%.*s", SPAN_ARG(a), SPAN_ARG(b));
    must(work_log_append(&run_task, work, span_of(over), 1, 0, a) == E_OK);
    clock_shift_ms(60000); /* the first runner is dead */
    struct work_turn row;
    must(work_lease_claim(&run_task, work, span_of(over), SPAN("next"), &row) == E_OK && row.epoch == 2);
    clock_shift_ms(-60000);
    must(work_log_append(&run_task, work, span_of(over), 2, second, b) == E_OK && work_begin(&run_task, work) == E_OK);
    must(work_end(&run_task, work, work_turn_finish(&run_task, work, span_of(over), "done", "", SPAN(""))) == E_OK);
    must(work_log_append(&run_task, work, span_of(open_turn), 1, 0,
             event(open_turn, 1, 0, "\nevent: state\ndata: {\"state\":\"running\"}\n\n")) == E_OK);
}

static int
set_up(void **state)
{
    enum { NOBODY = 65534, TEST_SECONDS = 120, TRIES = 500 };
    static const char *const folders[] = {"share", "run", "public", "private", "authority"};
    char *root;
    (void)state;
    if (geteuid() == 0) /* single-user mode: one plain user for all */
        must(setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
    id_init();
    task_begin(&run_task, 0);
    root = task_printf(&run_task, "/tmp/lyceum-stream.XXXXXX");
    must(mkdtemp(root));
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        must(mkdir(task_printf(&run_task, "%s/%s", root, folders[i]), 0700) == 0);
    setenv("LYCEUM_STATE", root, 1);
    setenv("LYCEUM_STREAM_VIEWERS_SESSION", "3", 1);
    setenv("LYCEUM_JAIL_REQUIRE_LANDLOCK", "false", 0);
    must(conf_load(&run_task) == E_OK && grant_key_own(&run_task, "authority", "gate", gate_secret) == E_OK);
    if (access(program(), X_OK) != 0) {
        print_message("skipped: %s is not built\n", program());
        return 0;
    }
    alarm(TEST_SECONDS); /* a service that dies must not leave the test waiting */
    revoked_file(NULL, 0);
    make_rows();
    stream = fork();
    must(stream >= 0);
    if (stream == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl(program(), program(), (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < TRIES && access(conf_path(&run_task, "run/stream.sock"), F_OK) != 0; i++)
        usleep(10000);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    char *root = task_printf(&run_task, "%s", conf_text("state"));
    task_end(&run_task);
    pid_t pid = fork();
    if (pid == 0) {
        execlp("rm", "rm", "-rf", root, (char *)NULL);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
    return 0;
}

static void
need_stream(void)
{
    if (stream <= 0)
        skip();
}

/* Requests -----------------------------------------------------------------------------------------------------------
 */

struct visit {
    const char *method, *path, *conversation, *turn, *session, *capability, *mode, *audience, *last, *query;
    int64_t life_ms;
    bool no_grant, once, again; /* again: the last visit's grant */
};

static void
param(struct buf *b, const char *name, struct span value)
{
    const char length[4] = {(char)0x80, (char)(value.n >> 16), (char)(value.n >> 8), (char)value.n};
    if (!value.p)
        return;
    buf_putc(b, (char)strlen(name));
    buf_put(b, length, 4);
    buf_puts(b, name);
    buf_span(b, value);
}

static void
record(struct buf *b, int type, struct span s)
{
    const char h[8] = {1, (char)type, 0, 1, (char)(s.n >> 8), (char)s.n, 0, 0};
    buf_put(b, h, sizeof h);
    buf_span(b, s);
}

static struct span or (const char *z, const char *fallback)
{
    return span_of(z ? z : fallback);
}

/* Sends the request; the connection. */
static int
ask(struct task *t, const struct visit *v)
{
    struct buf *p = task_buf(t, 65536);
    struct buf *b = task_buf(t, 65536);
    struct buf *text = task_buf(t, 65536);
    int fd = -1;
    struct grant g = {.audience = or (v->audience, "stream"),
        .subject = SPAN("a_me"),
        .capability = or (v->capability, "view"),
        .conversation = or (v->conversation, conversation),
        .turn = or (v->turn, over),
        .mode = or (v->mode, "public"),
        .detail = task_format(t, "{\"session\":\"%s\"}", v->session ? v->session : "me"),
        .reusable = !v->once,
        .expires_ms = clock_unix_ms() + (v->life_ms ? v->life_ms : GRANT_LIFE_MS)};
    static struct span sealed; /* kept for `again` */
    static char kept[GRANT_SEAL_BYTES];
    if (!v->again) {
        struct span s = grant_seal(t, gate_secret, &g);
        memcpy(kept, s.p, s.n);
        sealed = (struct span){kept, s.n};
    }
    base64url_put(text, sealed);
    param(p, "REQUEST_METHOD", or (v->method, "GET"));
    param(p, "DOCUMENT_URI",
        v->path ? span_of(v->path)
                : task_format(t, "/-/chat/%s/stream/%s", v->conversation ? v->conversation : conversation,
                      v->turn ? v->turn : over));
    param(p, "LYCEUM_VIEWER", v->no_grant ? SPAN_NONE : buf_view(text));
    param(p, "HTTP_LAST_EVENT_ID", span_of(v->last));
    param(p, "QUERY_STRING", span_of(v->query));
    record(b, 1, (struct span){"\0\1\0\0\0\0\0\0", 8});
    record(b, 4, buf_view(p));
    record(b, 4, SPAN_NONE);
    record(b, 5, SPAN_NONE);
    assert_int_equal(sock_connect(t, conf_path(t, "run/stream.sock"), "stream", &fd), E_OK);
    assert_int_equal(sock_send(t, fd, buf_view(b)), E_OK);
    return fd;
}

/* Reads until the text has `until` (NULL: until the response has ended, which it must do whole). */
static const char *
read_text(struct task *t, int fd, const char *until)
{
    struct buf *in = task_buf(t, 1 << 20);
    struct buf *text = task_buf(t, 1 << 20);
    char chunk[4096];
    bool ended = false;
    while (!ended && !(until && strstr(buf_z(text), until))) {
        ssize_t r = recv(fd, chunk, sizeof chunk, 0);
        if (r <= 0)
            fail_msg("cut off after: %s", buf_z(text));
        buf_put(in, chunk, (size_t)r);
        while (in->n >= 8) {
            size_t n = (size_t)(unsigned char)in->p[4] << 8 | (unsigned char)in->p[5];
            if (in->n < 8 + n)
                break;
            if (in->p[1] == 6)
                buf_put(text, in->p + 8, n);
            ended = ended || in->p[1] == 3;
            buf_drop(in, 8 + n);
        }
    }
    return buf_z(text);
}

static void
expect(const struct visit *v, const char *begins, const char *has)
{
    struct task t;
    task_begin(&t, 20000);
    int fd = ask(&t, v);
    const char *text = read_text(&t, fd, NULL);
    if (strncmp(text, begins, strlen(begins)) != 0 || !strstr(text, has))
        fail_msg("not %s, %s: %s", begins, has, text);
    close(fd);
    task_end(&t);
}

/* Tests --------------------------------------------------------------------------------------------------------------
 */

static void
who_may_look(void **state)
{
    char unknown[ID_BYTES + 1];
    (void)state;
    need_stream();
    id_new('t', unknown);
    expect(&(struct visit){.no_grant = true}, "Status: 403", "viewer's grant");
    expect(&(struct visit){.capability = "llm"}, "Status: 403", "another stream");
    expect(&(struct visit){.mode = "strict"}, "Status: 403", "another stream");
    expect(&(struct visit){.audience = "query"}, "Status: 403", "");
    expect(&(struct visit){.life_ms = -1000}, "Status: 403", "");
    expect(&(struct visit){.turn = unknown}, "Status: 404", "");
    expect(&(struct visit){.mode = "private"}, "Status: 503", "");                  /* its database is not there */
    expect(&(struct visit){.turn = open_turn}, "Status: 404", "this conversation"); /* another conversation's turn */
    expect(&(struct visit){.path = task_printf(&run_task, "/-/chat/%s/stream/%s", conversation, open_turn)},
        "Status: 403", "another stream");
    expect(&(struct visit){.path = "/-/chat/../etc/stream/passwd"}, "Status: 404", "no such stream");
    expect(&(struct visit){.method = "POST"}, "Status: 405", "GET");
    expect(&(struct visit){.once = true}, "Content-Type: text/event-stream", "retry: 1000");
    expect(&(struct visit){.again = true}, "Status: 403", "");
}

static void
where_a_browser_goes_on(void **state)
{
    (void)state;
    need_stream();
    const char *all = task_printf(&run_task, "\r\n\r\nretry: 1000\n\n%.*s", SPAN_ARG(over_log));
    const char *tail = task_printf(&run_task, "retry: 1000\n\n%.*s", SPAN_ARG(span_from(over_log, (size_t)second)));
    const char *rewound =
        task_printf(&run_task, "retry: 1000\n\nid: %s.2.%010lld\nevent: rewind\ndata: {\"to\":%lld}\n\n%.*s", over,
            (long long)second, (long long)second, SPAN_ARG(span_from(over_log, (size_t)second)));
    const char *future = task_printf(&run_task, "data: {\"to\":0}\n\n%.*s", SPAN_ARG(over_log));
    const char *begun = task_printf(&run_task, "%s.1.%010lld", over, (long long)second);
    expect(&(struct visit){0}, "Content-Type: text/event-stream", all);
    expect(&(struct visit){.last = "nonsense"}, "Content-Type: text/event-stream", all);
    expect(&(struct visit){.last = begun}, "Content-Type: text/event-stream", tail);
    expect(&(struct visit){.query = task_printf(&run_task, "x=1&after=%s", begun)}, "Content-Type: text/event-stream",
        tail);
    expect(&(struct visit){.last = task_printf(&run_task, "%s.1.%010lld", over, (long long)second + 40)},
        "Content-Type: text/event-stream", rewound); /* saw what the first runner never saved */
    expect(&(struct visit){.last = task_printf(&run_task, "%s.9.0000000005", over)}, "Content-Type: text/event-stream",
        future);
    expect(&(struct visit){.last = task_printf(&run_task, "%s.2.%010zu", over, over_log.n)}, "Status: 204", "");
}

static void
sessions_are_limited_and_revoked(void **state)
{
    struct task t;
    struct visit v = {.conversation = other_conversation, .turn = open_turn, .session = "abc"};
    unsigned char key[SHARE_KEY_BYTES];
    int fd[4];
    (void)state;
    need_stream();
    task_begin(&t, 20000);
    for (int i = 0; i < 3; i++) {
        fd[i] = ask(&t, &v);
        read_text(&t, fd[i], "running");
    }
    expect(&v, "Status: 503", "Retry-After: 5");
    v.session = "another";
    fd[3] = ask(&t, &v);
    read_text(&t, fd[3], "running");
    share_key("session", SPAN("abc"), key);
    revoked_file(key, 1);
    for (int i = 0; i < 3; i++) {
        read_text(&t, fd[i], NULL); /* ends whole */
        close(fd[i]);
    }
    v.session = "abc";
    expect(&v, "Status: 401", "signed out");
    v.session = "third"; /* the other session's viewer is still served */
    must(work_log_append(&run_task, work, span_of(open_turn), 1,
             (int64_t)event(open_turn, 1, 0, "\nevent: state\ndata: {\"state\":\"running\"}\n\n").n,
             SPAN("id: x\nevent: text\ndata: {\"d\":\"on\"}\n\n")) == E_OK);
    read_text(&t, fd[3], "\"on\""); /* by the database: no agent has told of this turn */
    share_key("conversation", span_of(other_conversation), key);
    revoked_file(key, 2);
    read_text(&t, fd[3], NULL);
    close(fd[3]);
    task_end(&t);
}

static void
sigterm_ends_responses_whole(void **state)
{
    struct task t;
    char third[ID_BYTES + 1];
    char turn[ID_BYTES + 1];
    int status;
    (void)state;
    need_stream();
    task_begin(&t, 20000);
    id_new('c', third);
    new_turn(third, turn);
    int fd = ask(&t, &(struct visit){.conversation = third, .turn = turn});
    read_text(&t, fd, "retry");
    kill(stream, SIGTERM);
    read_text(&t, fd, NULL);
    assert_int_equal(waitpid(stream, &status, 0), stream);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(fd);
    task_end(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_may_look),
        cmocka_unit_test(where_a_browser_goes_on),
        cmocka_unit_test(sessions_are_limited_and_revoked),
        cmocka_unit_test(sigterm_ends_responses_whole),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
