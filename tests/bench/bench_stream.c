/* bench_stream: thousands of live streams through the real lyceum-stream, a fake agent, random disconnects and kills.
 *
 *   bench_stream LYCEUM_STREAM [turns=200] [viewers=2] [events=40] [rate=20] [drops=50] [kills=2] [agent_kills=1]
 *
 * turns; viewers of each; events of each turn and how many a second; viewers that are cut off a second; kill -9 of
 * stream and of the agent. Each viewer comes again with its last event id and obeys rewinds; at the end its bytes must
 * be the database's, byte for byte. Exit 0: they are. Prints latency from the agent to the viewer and memory per
 * viewer. */
#include "bench_stream.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/must.h"
#include "policy/grant.h"
#include "store/work_log.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534, SAMPLES = 4 << 20, PATIENCE_MS = 60000 };

struct client {
    const struct turn *turn;
    int fd; /* -1: comes again at retry_ms */
    int64_t retry_ms;
    char last[96];
    struct buf in;   /* bytes of records, then of events, that are not whole */
    struct buf text; /* of the response */
    struct buf got;  /* the log as it is known here */
    bool head, done;
};

struct options opt = {200, 2, 40, 20, 50, 2, 1};
static struct task run_task;
static const char *stream_program;
static struct client *clients;
static int n_clients, epoll_fd, live, finished;
static unsigned char gate_secret[GRANT_SECRET_BYTES];
static long reconnects, rewinds, refused;
static float *samples;
static size_t n_samples;

struct span
id_span(const char *id)
{
    return (struct span){id, ID_BYTES};
}

/* Set-up ----------------------------------------------------------------------------------------------------------- */

/* Single-user mode: all programs run as one plain user. */
static void
become_nobody(void)
{
    if (geteuid() == 0)
        must(setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
}

static void
make_state(void)
{
    static const char *const folders[] = {"public", "private", "share", "run", "authority"};
    char *root = task_printf(&run_task, "/tmp/lyceum-bench-stream.XXXXXX");
    must(mkdtemp(root));
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        must(mkdir(task_printf(&run_task, "%s/%s", root, folders[i]), 0700) == 0);
    setenv("LYCEUM_STATE", root, 1);
    setenv("LYCEUM_STREAM_VIEWERS", "100000", 1);
    setenv("LYCEUM_STREAM_VIEWERS_SESSION", "100000", 1);
    setenv("LYCEUM_JAIL_REQUIRE_LANDLOCK", "false", 0);
    must(conf_load(&run_task) == E_OK);
    must(grant_key_own(&run_task, "authority", "gate", gate_secret) == E_OK);
}

static pid_t
stream_start(void)
{
    pid_t pid = fork();
    must(pid >= 0);
    if (pid == 0) {
        execl(stream_program, stream_program, (char *)NULL);
        _exit(127);
    }
    return pid;
}

static void
stop(pid_t pid, int sig)
{
    kill(pid, sig);
    must(waitpid(pid, NULL, 0) == pid);
}

/* Viewers ---------------------------------------------------------------------------------------------------------- */

static void
param(struct buf *b, const char *name, struct span value)
{
    size_t n = strlen(name);
    must(n < 128);
    buf_putc(b, (char)n);
    if (value.n < 128)
        buf_putc(b, (char)value.n);
    else
        buf_put(b, (const char[]){(char)0x80, (char)(value.n >> 16), (char)(value.n >> 8), (char)value.n}, 4);
    buf_put(b, name, n);
    buf_span(b, value);
}

static void
record(struct buf *b, int type, struct span s)
{
    buf_put(b, (const char[]){1, (char)type, 0, 1, (char)(s.n >> 8), (char)s.n, 0, 0}, 8);
    buf_span(b, s);
}

static void
client_request(struct client *c)
{
    struct task t;
    task_begin(&t, 0);
    struct buf *p = task_buf(&t, 65536);
    struct buf *b = task_buf(&t, 65536);
    struct buf *viewer = task_buf(&t, 65536);
    struct grant g = {.audience = SPAN("stream"),
        .subject = SPAN("a_bench"),
        .capability = SPAN("view"),
        .conversation = id_span(c->turn->conversation),
        .turn = id_span(c->turn->id),
        .mode = SPAN("public"),
        .detail = SPAN("{\"session\":\"bench\"}"),
        .expires_ms = clock_unix_ms() + GRANT_LIFE_MS};
    base64url_put(viewer, grant_seal(&t, gate_secret, &g));
    param(p, "REQUEST_METHOD", SPAN("GET"));
    param(p, "DOCUMENT_URI", task_format(&t, "/-/chat/%s/stream/%s", c->turn->conversation, c->turn->id));
    param(p, "LYCEUM_VIEWER", buf_view(viewer));
    if (c->last[0])
        param(p, "HTTP_LAST_EVENT_ID", span_of(c->last));
    record(b, 1, (struct span){"\0\1\0\0\0\0\0\0", 8});
    record(b, 4, buf_view(p));
    record(b, 4, SPAN_NONE);
    record(b, 5, SPAN_NONE);
    must(send(c->fd, b->p, b->n, MSG_NOSIGNAL) == (ssize_t)b->n || errno == EPIPE || errno == ECONNRESET);
    task_end(&t);
}

static void
client_leave(struct client *c, int64_t wait_ms)
{
    if (c->fd >= 0) {
        close(c->fd);
        live--;
    }
    c->fd = -1;
    c->head = false;
    buf_reset(&c->in);
    buf_reset(&c->text);
    c->retry_ms = clock_mono_ms() + wait_ms;
}

static void
client_dial(struct client *c)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s/run/stream.sock", conf_text("state"));
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(c->fd >= 0);
    live++;
    if (connect(c->fd, (const struct sockaddr *)&a, sizeof a) != 0) {
        client_leave(c, 20 + rand() % 50);
        return;
    }
    reconnects += c->last[0] != '\0';
    client_request(c);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    must(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &e) == 0);
}

static struct span
field(struct span event, const char *name)
{
    struct span line;
    while (span_cut(&event, '\n', &line))
        if (span_starts(line, name))
            return span_from(line, strlen(name));
    return SPAN_NONE;
}

static void
measure(struct span data)
{
    ptrdiff_t at = span_find(data, SPAN("\"T\":"));
    int64_t sent = 0;
    if (at >= 0 && n_samples < SAMPLES &&
        span_i64(span_first(span_from(data, (size_t)at + 4), data.n - (size_t)at - 5), &sent))
        samples[n_samples++] = (float)(clock_mono_us() - sent);
}

/* One whole event, as a browser takes it; what the log holds is kept byte for byte. */
static void
client_event(struct client *c, struct span event)
{
    struct span id = field(event, "id: ");
    struct span kind = field(event, "event: ");
    int64_t to = 0;
    if (id.n == 0)
        return; /* heartbeat, retry */
    must(id.n < sizeof c->last);
    snprintf(c->last, sizeof c->last, "%.*s", SPAN_ARG(id));
    if (span_is(kind, "rewind")) {
        struct span data = field(event, "data: {\"to\":");
        must(span_i64(span_first(data, data.n - 1), &to) && to >= 0 && (size_t)to <= c->got.n);
        c->got.n = (size_t)to;
        rewinds++;
        return;
    }
    buf_span(&c->got, event);
    measure(field(event, "data: "));
    if (span_is(kind, "done")) {
        c->done = true;
        finished++;
    }
}

static void
client_text(struct client *c)
{
    if (!c->head) {
        ptrdiff_t end = span_find(buf_view(&c->text), SPAN("\r\n\r\n"));
        if (end < 0)
            return;
        if (!span_starts(buf_view(&c->text), "Content-Type: text/event-stream")) {
            refused++;
            if (refused < 4)
                fprintf(stderr, "refused: %.*s\n", SPAN_ARG(buf_view(&c->text)));
            client_leave(c, 50 + rand() % 100);
            return;
        }
        buf_drop(&c->text, (size_t)end + 4);
        c->head = true;
    }
    size_t at = 0;
    for (ptrdiff_t n; !c->done && (n = span_find(span_from(buf_view(&c->text), at), SPAN("\n\n"))) >= 0;
         at += (size_t)n + 2)
        client_event(c, span_first(span_from(buf_view(&c->text), at), (size_t)n + 2));
    buf_drop(&c->text, at);
}

static void
client_ready(struct client *c)
{
    char chunk[65536];
    ssize_t r = recv(c->fd, chunk, sizeof chunk, MSG_DONTWAIT);
    if (r < 0 && errno == EAGAIN)
        return;
    if (r > 0)
        buf_put(&c->in, chunk, (size_t)r);
    while (c->in.n >= 8) {
        const unsigned char *h = (const unsigned char *)c->in.p;
        size_t n = (size_t)h[4] << 8 | h[5];
        if (c->in.n < 8 + n + h[6])
            break;
        if (h[1] == 6)
            buf_put(&c->text, h + 8, n);
        buf_drop(&c->in, 8 + n + h[6]);
    }
    client_text(c);
    if (c->fd >= 0 && (r <= 0 || c->done))
        client_leave(c, 1 + rand() % 100);
}

/* The run ------------------------------------------------------------------------------------------------------------
 */

static void
clients_step(void)
{
    struct epoll_event e[512];
    int64_t now = clock_mono_ms();
    for (int i = 0; i < n_clients; i++)
        if (clients[i].fd < 0 && !clients[i].done && now >= clients[i].retry_ms)
            client_dial(&clients[i]);
    int n = epoll_wait(epoll_fd, e, 512, 5);
    for (int i = 0; i < n; i++)
        client_ready(e[i].data.ptr);
}

static void
cut_some(int64_t now)
{
    static int64_t cut_ms;
    if (cut_ms == 0)
        cut_ms = now;
    for (; opt.drops > 0 && cut_ms < now; cut_ms += 1000 / opt.drops + 1) {
        struct client *c = &clients[rand() % n_clients];
        if (c->fd >= 0)
            client_leave(c, rand() % 50);
    }
}

static long
resident_kb(pid_t pid)
{
    long pages = 0;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *f = fopen(path, "re");
    if (f && fscanf(f, "%*d %ld", &pages) != 1)
        pages = 0;
    if (f)
        fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static int
by_size(const void *a, const void *b)
{
    float x = *(const float *)a;
    float y = *(const float *)b;
    return (x > y) - (x < y);
}

static int
judge(void)
{
    struct task t;
    struct work *w;
    int wrong = 0;
    task_begin(&t, 0);
    must(work_open(&t, "public", &w) == E_OK);
    for (int i = 0; i < n_clients; i++) {
        struct task one;
        struct span log;
        int64_t epoch;
        task_begin(&one, 0);
        must(work_log_read(&one, w, id_span(clients[i].turn->id), 0, LOG_CAP, &log, &epoch) == E_OK);
        wrong += !clients[i].done || !span_eq(log, buf_view(&clients[i].got));
        task_end(&one);
    }
    task_end(&t);
    return wrong;
}

static void
report(int wrong, long idle_kb, long full_kb)
{
    qsort(samples, n_samples, sizeof *samples, by_size);
    printf("viewers %d, turns %d, events %d: finished %d, differing %d | reconnects %ld, rewinds %ld, refused %ld\n",
        n_clients, opt.turns, opt.events, finished, wrong, reconnects, rewinds, refused);
    if (n_samples > 0)
        printf(
            "latency us: p50 %.0f p99 %.0f max %.0f of %zu | stream: %ld KB idle, %ld KB with all, %.2f KB a viewer\n",
            (double)samples[n_samples / 2], (double)samples[n_samples * 99 / 100], (double)samples[n_samples - 1],
            n_samples, idle_kb, full_kb, (double)(full_kb - idle_kb) / n_clients);
    printf("%d passed, %d failed\n", finished - wrong, n_clients - finished + wrong); /* viewers */
}

/* Kills fall into the time in which events are made. */
static int
run(void)
{
    int generation = 0;
    int kills = 0;
    pid_t stream = stream_start();
    usleep(200000);
    long idle_kb = resident_kb(stream);
    long full_kb = 0;
    pid_t agent = agent_start(generation);
    int64_t begun = clock_mono_ms();
    int64_t span_ms = (int64_t)opt.events * 1000 / opt.rate;
    int64_t heard = begun;
    int before = -1;
    while (finished < n_clients && clock_mono_ms() - heard < PATIENCE_MS) {
        int64_t now = clock_mono_ms();
        clients_step();
        cut_some(now);
        if (kills == 0 && live == n_clients && full_kb == 0)
            full_kb = resident_kb(stream);
        if (kills < opt.kills && now - begun > span_ms * (kills + 1) / (opt.kills + 1)) {
            stop(stream, kills++ % 2 ? SIGTERM : SIGKILL);
            stream = stream_start();
        }
        if (generation < opt.agent_kills && now - begun > span_ms * (2 * generation + 1) / (2 * opt.agent_kills + 2)) {
            stop(agent, SIGKILL);
            agent = agent_start(++generation);
        }
        if (finished != before)
            heard = now;
        before = finished;
    }
    stop(agent, SIGKILL);
    stop(stream, SIGTERM);
    int wrong = judge();
    report(wrong, idle_kb, full_kb);
    return wrong == 0 && finished == n_clients ? 0 : 1;
}

static void
read_options(int argc, char **argv)
{
    int *const to[] = {&opt.turns, &opt.viewers, &opt.events, &opt.rate, &opt.drops, &opt.kills, &opt.agent_kills};
    must(argc >= 2);
    stream_program = argv[1];
    for (int i = 2; i < argc && i < 9; i++) {
        int64_t v;
        must(span_i64(span_of(argv[i]), &v) && v >= 0 && v < 1000000);
        *to[i - 2] = (int)v;
    }
    must(opt.turns > 0 && opt.viewers > 0 && opt.rate > 0);
}

static void
remove_state(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        execlp("rm", "rm", "-rf", conf_text("state"), (char *)NULL);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
}

int
main(int argc, char **argv)
{
    read_options(argc, argv);
    become_nobody();
    id_init();
    signal(SIGPIPE, SIG_IGN);
    task_begin(&run_task, 0);
    make_state();
    pid_t web = web_start();
    n_clients = opt.turns * opt.viewers;
    clients = task_array(&run_task, (size_t)n_clients, sizeof *clients);
    samples = malloc(SAMPLES * sizeof *samples);
    must(samples);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < n_clients; i++) {
        clients[i] = (struct client){.turn = &turns[i % opt.turns], .fd = -1};
        buf_init(&clients[i].in, LOG_CAP);
        buf_init(&clients[i].text, LOG_CAP);
        buf_init(&clients[i].got, LOG_CAP);
    }
    int result = run();
    stop(web, SIGKILL);
    remove_state();
    return result;
}
