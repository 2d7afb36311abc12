/* host_maker: its namespaces, its loop, and the master's side of it. */
#include "plugin/host_maker.h"

#include "base/conf.h"
#include "base/fsio.h"
#include "base/log.h"
#include "base/must.h"
#include "sandbox/drop.h"
#include "sandbox/jail.h"
#include "wire/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SLOTS = 256, PACKET_BYTES = 16384, START_MS = 5000, IDS = 65536 };

struct maker {
    struct host_place place;
    int fd, children; /* orders; SIGCHLD */
    unsigned serial;
    pid_t at[SLOTS];
};

/* Packets: one frame each, perhaps with a descriptor --------------------------------------------------------------- */

static bool
send_packet(int fd, const struct buf *b, int passed, int flags)
{
    union {
        struct cmsghdr h;
        char bytes[CMSG_SPACE(sizeof(int))];
    } u = {0};
    struct iovec v = {b->p, b->n};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
    if (passed >= 0) {
        m.msg_control = u.bytes;
        m.msg_controllen = sizeof u.bytes;
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof passed);
        memcpy(CMSG_DATA(c), &passed, sizeof passed);
    }
    return !b->failed && sendmsg(fd, &m, MSG_NOSIGNAL | flags) == (ssize_t)b->n;
}

/* Bytes of the packet; 0: the other side has gone; -1: none now. */
static ssize_t
take_packet(int fd, char *to, size_t room, int *passed)
{
    union {
        struct cmsghdr h;
        char bytes[CMSG_SPACE(sizeof(int))];
    } u;
    struct iovec v = {to, room};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = u.bytes, .msg_controllen = sizeof u.bytes};
    ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
    *passed = -1;
    if (c && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof *passed))
        memcpy(passed, CMSG_DATA(c), sizeof *passed);
    return n;
}

static bool
wait_for(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int r;
    while ((r = poll(&p, 1, ms)) < 0 && errno == EINTR)
        continue;
    return r > 0;
}

/* The maker's loop ---------------------------------------------------------------------------------------------------
 */

static void
tell(const struct maker *m, const char *kind, int64_t slot, const char *name, int64_t value, int64_t memory_kb,
    const char *sentence)
{
    struct task t;
    task_begin(&t, 0);
    struct buf *b = task_buf(&t, PACKET_BYTES);
    size_t mark = frame_begin(b, kind);
    frame_put_i64(b, "slot", slot);
    frame_put_i64(b, name, value);
    frame_put_i64(b, "memory", memory_kb);
    frame_put_z(b, "sentence", sentence);
    frame_end(b, mark);
    send_packet(m->fd, b, -1, 0); /* the master reads, or it has gone */
    task_end(&t);
}

static void
reap(struct maker *m)
{
    struct signalfd_siginfo info;
    struct rusage used;
    pid_t pid;
    int status;
    while (read(m->children, &info, sizeof info) > 0)
        continue;
    while ((pid = wait4(-1, &status, WNOHANG, &used)) > 0)
        for (int slot = 0; slot < SLOTS; slot++)
            if (m->at[slot] == pid) {
                m->at[slot] = 0;
                host_jail_scratch(&m->place, slot, false);
                tell(m, "ended", slot, "status", status, used.ru_maxrss, "");
            }
}

/* Lets the program start once its filter is in force. NULL, or a sentence. */
static const char *
see_start(int control, char *text, size_t room)
{
    int listener = -1;
    ssize_t n = wait_for(control, START_MS) ? take_packet(control, text, room - 1, &listener) : 0;
    if (n > 0 && listener < 0) {
        text[n] = '\0';
        return text;
    }
    if (listener < 0 || !sandbox_let_start(listener, START_MS))
        return "The plugin's process did not come up.";
    n = wait_for(control, START_MS) ? take_packet(control, text, room - 1, &listener) : 1;
    text[n > 0 ? n : 0] = '\0';
    return n == 0 ? NULL : text[0] ? text : "The plugin's program did not start.";
}

static void
make(struct maker *m, const struct host_order *o, int fd)
{
    int ends[2];
    char text[HOST_PATH_BYTES];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        tell(m, "failed", o->slot, "status", 0, 0, "No socket could be made for a plugin.");
        return;
    }
    host_jail_scratch(&m->place, o->slot, true);
    pid_t pid = (pid_t)syscall(SYS_clone, host_jail_flags(&m->place), NULL, NULL, NULL, NULL);
    if (pid == 0)
        host_jail_become(&m->place, o, m->serial, fd, ends[1]);
    m->serial++;
    close(ends[1]);
    const char *why = pid > 0 ? see_start(ends[0], text, sizeof text) : "No process could be made for a plugin.";
    close(ends[0]);
    if (!why) {
        m->at[o->slot] = pid;
        tell(m, "started", o->slot, "pid", pid, 0, "");
        return;
    }
    if (pid > 0 && kill(pid, SIGKILL) == 0)
        waitpid(pid, NULL, 0);
    tell(m, "failed", o->slot, "status", 0, 0, why);
}

static void
copy(char *to, size_t room, struct span s)
{
    must(s.n < room); /* the master checked it */
    memcpy(to, s.n > 0 ? s.p : "", s.n);
    to[s.n] = '\0';
}

static void
obey(struct maker *m, const struct frame *f, int fd)
{
    static struct host_order o;
    int64_t slot = frame_i64(f, "slot", -1);
    must(slot >= 0 && slot < SLOTS);
    if (frame_is(f, "kill") && m->at[slot] > 0)
        kill(m->at[slot], SIGKILL);
    if (!frame_is(f, "start") || fd < 0 || m->at[slot] > 0)
        return;
    struct span rest = frame_get(f, "args"), one;
    o = (struct host_order){
        .slot = slot, .runtime = (enum host_runtime)frame_i64(f, "runtime", 0), .stdio = frame_i64(f, "stdio", 0) == 1};
    copy(o.digest, sizeof o.digest, frame_get(f, "digest"));
    copy(o.entry, sizeof o.entry, frame_get(f, "entry"));
    must(strlen(o.digest) == HOST_DIGEST_BYTES - 1 && span_only(span_of(o.digest), "0123456789abcdef"));
    while (rest.n > 0 && o.args < HOST_ARGS && span_cut(&rest, '\0', &one))
        copy(o.arg[o.args++], HOST_WORD_BYTES, one);
    make(m, &o, fd);
}

/* false: the master has gone. */
static bool
take_order(struct maker *m)
{
    static char bytes[PACKET_BYTES];
    struct task t;
    struct frame f;
    int fd;
    ssize_t n = take_packet(m->fd, bytes, sizeof bytes, &fd);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0)
        return false;
    task_begin(&t, 0);
    if (frame_parse(&t, (struct span){bytes, (size_t)n}, &f) == E_OK)
        obey(m, &f, fd);
    task_end(&t);
    if (fd >= 0)
        close(fd);
    return true;
}

static _Noreturn void
loop(struct maker *m)
{
    struct pollfd p[2] = {{.fd = m->fd, .events = POLLIN}, {.fd = m->children, .events = POLLIN}};
    for (;;) {
        if (poll(p, 2, -1) < 0 && errno != EINTR)
            _exit(1);
        if (p[1].revents)
            reap(m);
        if (p[0].revents && !take_order(m))
            _exit(0); /* its children's parent-death signal ends them */
    }
}

/* Its start ----------------------------------------------------------------------------------------------------------
 */

static void
real_path(const char *key, char out[HOST_PATH_BYTES])
{
    char *real = realpath(conf_text(key), NULL);
    out[0] = '\0';
    if (real && strlen(real) < HOST_PATH_BYTES && access(real, X_OK) == 0)
        snprintf(out, HOST_PATH_BYTES, "%s", real);
    free(real);
}

static bool
put_map(struct task *t, pid_t pid, const char *name, unsigned own, unsigned first, unsigned n)
{
    const char *path = task_printf(t, "/proc/%d/%s", (int)pid, name);
    const char *map = n > 0 ? task_printf(t, "%u %u 1\n%u %u %u\n", own, own, first, first, n)
                            : task_printf(t, "%u %u 1\n", own, own);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, map, strlen(map)) == (ssize_t)strlen(map);
    if (fd >= 0)
        close(fd);
    return ok;
}

/* Its own maps in single-user mode: one user, no groups. */
static bool
map_self(struct task *t, uid_t uid, gid_t gid)
{
    int fd = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, "deny", 4) == 4;
    if (fd >= 0)
        close(fd);
    return ok && put_map(t, getpid(), "uid_map", uid, 0, 0) && put_map(t, getpid(), "gid_map", gid, 0, 0);
}

/* Namespaces: true when there are some. The one who is root outside writes the maps when asked to. */
static bool
go_apart(struct task *t, struct maker *m)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    char byte = '\0';
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* else /proc/self is root's */
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWNET) != 0)
        return false;
    m->place.users = drop_users_apart();
    bool ok = m->place.users ? send(m->fd, "m", 1, MSG_NOSIGNAL) == 1 && recv(m->fd, &byte, 1, 0) == 1 && byte == 'y'
                             : map_self(t, uid, gid);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    return ok;
}

static _Noreturn void
be_maker(const char *work, int fd, pid_t parent)
{
    static struct maker m;
    struct task t;
    sigset_t child;
    task_begin(&t, 0);
    drop_hygiene();
    m.fd = fd;
    m.place.first_id = (uid_t)conf_int("plugin.uid_base");
    snprintf(m.place.work, sizeof m.place.work, "%s", work);
    real_path("plugin.python3", m.place.python);
    real_path("plugin.node", m.place.node);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    m.children = signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC);
    bool ok = drop_to_user(&t, "plugin") == E_OK;
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    m.place.apart = ok && getppid() == parent && go_apart(&t, &m);
    m.place.users = m.place.users && m.place.apart;
    ok = ok && (!m.place.apart || host_jail_template(&t, &m.place) == E_OK) &&
         sandbox_calls_prepare(SECCOMP_PLUGIN, false) && sandbox_calls(&t, SECCOMP_MAKER, false) == E_OK;
    if (!ok) {
        log_line(NULL, "%s", t.err ? t.cause : "The system call filter of plugins could not be made.");
        _exit(1);
    }
    send(fd, m.place.users ? "u" : m.place.apart ? "a" : "p", 1, MSG_NOSIGNAL);
    loop(&m);
}

/* As root: the maker's user and the range, inside its namespace. */
static bool
map_range(struct task *t, pid_t pid)
{
    const struct passwd *p = getpwnam(task_printf(t, "%splugin", conf_text("user.prefix")));
    unsigned first = (unsigned)conf_int("plugin.uid_base");
    return p && put_map(t, pid, "uid_map", p->pw_uid, first, IDS) && put_map(t, pid, "gid_map", p->pw_gid, first, IDS);
}

enum err
host_maker_folder(struct task *t, const char *work)
{
    host_jail_remove(work);
    if (fsio_mkdir(t, work, 0711) != E_OK)
        return t->err;
    if (!drop_users_apart())
        return E_OK;
    const struct passwd *p = getpwnam(task_printf(t, "%splugin", conf_text("user.prefix")));
    if (!p || chown(work, p->pw_uid, p->pw_gid) != 0)
        return task_fail(t, E_UNAVAILABLE, "There is no system user %splugin: run deploy/up, which makes it.",
            conf_text("user.prefix"));
    return E_OK;
}

enum err
host_maker_start(struct task *t, const char *work, struct host_maker *out)
{
    int pair[2];
    char byte = '\0';
    pid_t self = getpid();
    if (strlen(work) >= HOST_PATH_BYTES - HOST_DIGEST_BYTES - 2)
        return task_fail(t, E_INVALID, "The folder %s has too long a name for plugins.", work);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return task_fail(t, E_UNAVAILABLE, "No socket pair could be made: %s.", strerror(errno));
    *out = (struct host_maker){.fd = pair[0], .pid = fork()};
    if (out->pid == 0) {
        close(pair[0]);
        be_maker(work, pair[1], self);
    }
    close(pair[1]);
    bool ok = out->pid > 0 && recv(out->fd, &byte, 1, 0) == 1;
    if (ok && byte == 'm')
        ok = send(out->fd, map_range(t, out->pid) ? "y" : "n", 1, MSG_NOSIGNAL) == 1 && recv(out->fd, &byte, 1, 0) == 1;
    out->users = byte == 'u';
    out->apart = out->users || byte == 'a';
    return ok ? E_OK
              : task_fail(t, E_UNAVAILABLE, "The process that starts plugins did not come up; its log says why.");
}

struct span
host_maker_gaps(struct task *t, const struct host_maker *m)
{
    (void)t;
    if (m->apart)
        return SPAN("");
    return SPAN("This machine does not let us make user namespaces: plugins are kept apart by Landlock and system call "
                "filters alone, all under one user, and may fill the disk with scratch files.");
}

/* The master's side ---------------------------------------------------------------------------------------------------
 */

bool
host_maker_order(const struct host_maker *m, const struct host_order *o, int plugin_fd)
{
    struct task t;
    task_begin(&t, 0);
    struct buf *b = task_buf(&t, PACKET_BYTES), *args = task_buf(&t, PACKET_BYTES);
    for (size_t i = 0; i < o->args; i++)
        buf_put(args, o->arg[i], strlen(o->arg[i]) + (i + 1 < o->args));
    size_t mark = frame_begin(b, "start");
    frame_put_i64(b, "slot", o->slot);
    frame_put_i64(b, "runtime", o->runtime);
    frame_put_i64(b, "stdio", o->stdio);
    frame_put_z(b, "digest", o->digest);
    frame_put_z(b, "entry", o->entry);
    frame_put(b, "args", buf_view(args));
    frame_end(b, mark);
    bool ok = send_packet(m->fd, b, plugin_fd, MSG_DONTWAIT);
    task_end(&t);
    return ok;
}

bool
host_maker_kill(const struct host_maker *m, int64_t slot)
{
    struct task t;
    task_begin(&t, 0);
    struct buf *b = task_buf(&t, PACKET_BYTES);
    size_t mark = frame_begin(b, "kill");
    frame_put_i64(b, "slot", slot);
    frame_end(b, mark);
    bool ok = send_packet(m->fd, b, -1, MSG_DONTWAIT);
    task_end(&t);
    return ok;
}

static void
read_news(const struct frame *f, struct host_news *out)
{
    struct span sentence = span_first(frame_get(f, "sentence"), sizeof out->sentence - 1);
    out->what = frame_is(f, "started") ? NEWS_STARTED : frame_is(f, "failed") ? NEWS_FAILED : NEWS_ENDED;
    out->slot = frame_i64(f, "slot", -1);
    out->pid = frame_i64(f, "pid", 0);
    out->status = frame_i64(f, "status", 0);
    out->memory_kb = frame_i64(f, "memory", 0);
    copy(out->sentence, sizeof out->sentence, sentence);
}

void
host_maker_news(const struct host_maker *m, struct host_news *out)
{
    static char bytes[PACKET_BYTES];
    struct task t;
    struct frame f;
    int fd;
    *out = (struct host_news){.what = NEWS_NONE};
    ssize_t n = take_packet(m->fd, bytes, sizeof bytes, &fd);
    if (fd >= 0)
        close(fd);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        out->what = NEWS_GONE;
    if (n <= 0)
        return;
    task_begin(&t, 0);
    if (frame_parse(&t, (struct span){bytes, (size_t)n}, &f) == E_OK)
        read_news(&f, out);
    task_end(&t);
}
