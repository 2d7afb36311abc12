/* host_jail: mounts, limits, identity, Landlock, filter, execution: in the order that works. */
#include "plugin/host_jail.h"

#include "sandbox/jail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    PLUGIN_FD = 3,
    HIGH_FD = 20,
    IDS = 65536,
    ARGV = HOST_ARGS + 12,
    RUN_LIST = 10,
    SCRATCH_TREE = 64,
    SCRATCH_LEVELS = 16
};
#define MB ((rlim_t)1 << 20)

/* Paths as a jailed process sees them. */
struct view {
    char plugin[HOST_PATH_BYTES], scratch[HOST_PATH_BYTES], entry[HOST_PATH_BYTES * 2];
};

/* The template ----------------------------------------------------------------------------------------------------- */

static bool
bind_to(const char *from, const char *to, unsigned long flags)
{
    return mount(from, to, NULL, MS_BIND | MS_REC, NULL) == 0 &&
           mount(NULL, to, NULL, MS_REMOUNT | MS_BIND | MS_NOSUID | flags, NULL) == 0;
}

/* Makes every folder on the way to root/path. */
static bool
make_way(const char *root, const char *path)
{
    char at[HOST_PATH_BYTES * 2];
    int n = snprintf(at, sizeof at, "%s%s", root, path);
    if (n < 0 || (size_t)n >= sizeof at)
        return false;
    for (char *c = at + strlen(root) + 1; *c; c++) {
        if (*c != '/')
            continue;
        *c = '\0';
        if (mkdir(at, 0755) != 0 && errno != EEXIST)
            return false;
        *c = '/';
    }
    return mkdir(at, 0755) == 0 || errno == EEXIST;
}

/* A folder of the machine, read-only; a link stays the link that it is (/lib -> usr/lib). What is not there is left
 * out. */
static bool
show_folder(const char *root, const char *path)
{
    char to[HOST_PATH_BYTES * 2], link[HOST_PATH_BYTES];
    struct stat st;
    snprintf(to, sizeof to, "%s%s", root, path);
    if (lstat(path, &st) != 0)
        return true;
    if (S_ISLNK(st.st_mode)) {
        ssize_t n = readlink(path, link, sizeof link - 1);
        if (n < 0)
            return false;
        link[n] = '\0';
        return symlink(link, to) == 0 || errno == EEXIST;
    }
    return make_way(root, path) && bind_to(path, to, MS_RDONLY | MS_NODEV);
}

static bool
show_file(const char *root, const char *path, unsigned long flags)
{
    char to[HOST_PATH_BYTES * 2];
    snprintf(to, sizeof to, "%s%s", root, path);
    if (access(path, F_OK) != 0)
        return true;
    int fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd >= 0)
        close(fd);
    return fd >= 0 && bind_to(path, to, flags);
}

/* "/opt/node" of "/opt/node/bin/node"; "" for what stands in /usr, which is shown anyway. */
static void
home_of(const char *interpreter, char out[HOST_PATH_BYTES])
{
    snprintf(out, HOST_PATH_BYTES, "%s", interpreter);
    for (int i = 0; i < 2; i++) {
        char *cut = strrchr(out, '/');
        *(cut ? cut : out) = '\0';
    }
    if (strcmp(out, "/usr") == 0)
        out[0] = '\0';
}

static bool
show_all(const struct host_place *p, const char *root)
{
    static const char *const folders[] = {"/usr", "/lib", "/lib64", "/lib32", NULL};
    static const char *const made[] = {"/dev", "/etc", "/plugin", "/scratch", NULL};
    bool ok = true;
    char home[HOST_PATH_BYTES];
    for (size_t i = 0; ok && folders[i]; i++)
        ok = show_folder(root, folders[i]);
    for (size_t i = 0; ok && made[i]; i++)
        ok = make_way(root, made[i]);
    for (int i = 0; ok && i < 2; i++) {
        home_of(i == 0 ? p->python : p->node, home);
        ok = home[0] == '\0' || show_folder(root, home);
    }
    return ok && show_file(root, "/dev/null", MS_NOEXEC) && show_file(root, "/dev/urandom", MS_NOEXEC) &&
           show_file(root, "/etc/ld.so.cache", MS_RDONLY | MS_NODEV | MS_NOEXEC);
}

enum err
host_jail_template(struct task *t, const struct host_place *p)
{
    const char *root = task_printf(t, "%s/root", p->work);
    umask(022); /* plugins are other users than we */
    bool ok = (mkdir(root, 0755) == 0 || errno == EEXIST) && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
              mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=0755") == 0 && show_all(p, root) &&
              mount(NULL, root, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) == 0;
    if (ok)
        return E_OK;
    return task_fail(t, E_UNAVAILABLE, "The root folder of plugins could not be made: %s.", strerror(errno));
}

int
host_jail_flags(const struct host_place *p)
{
    return SIGCHLD | (p->apart ? CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNET : 0);
}

/* Scratch without mounts ------------------------------------------------------------------------------------------- */

/* A folder that was closed to us, whose owner we are. */
static int
open_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)at;
    return kind == FTW_D || kind == FTW_DNR ? chmod(path, 0700) : 0;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path) == 0 ? 0 : 1;
}

void
host_jail_remove(const char *path)
{
    for (int i = 0; i < SCRATCH_LEVELS && nftw(path, remove_one, SCRATCH_TREE, FTW_DEPTH | FTW_PHYS) > 0; i++)
        nftw(path, open_one, SCRATCH_TREE, FTW_PHYS);
}

static void
scratch_path(const struct host_place *p, int64_t slot, char out[HOST_PATH_BYTES])
{
    snprintf(out, HOST_PATH_BYTES, "%.*s/scratch.%d", HOST_PATH_BYTES - 32, p->work, (int)slot);
}

bool
host_jail_scratch(const struct host_place *p, int64_t slot, bool make)
{
    char path[HOST_PATH_BYTES];
    if (p->apart)
        return true; /* it went with its process's mounts */
    scratch_path(p, slot, path);
    host_jail_remove(path);
    return !make || mkdir(path, 0700) == 0;
}

/* The child -------------------------------------------------------------------------------------------------------- */

static _Noreturn void
say_why(int control, const char *sentence)
{
    send(control, sentence, strlen(sentence), MSG_NOSIGNAL);
    _exit(1);
}

static _Noreturn void
give_up(int control, const char *what)
{
    char text[HOST_PATH_BYTES];
    snprintf(text, sizeof text, "%s: %s.", what, strerror(errno));
    say_why(control, text);
}

static bool
own_root(const struct host_place *p, const struct host_order *o, uid_t id)
{
    char from[HOST_PATH_BYTES * 2], to[HOST_PATH_BYTES * 2], options[128];
    snprintf(from, sizeof from, "%s/%s", p->work, o->digest);
    snprintf(to, sizeof to, "%s/root/plugin", p->work);
    if (!bind_to(from, to, MS_RDONLY | MS_NODEV))
        return false;
    snprintf(to, sizeof to, "%s/root/scratch", p->work);
    snprintf(options, sizeof options, "size=32m,nr_inodes=2048,mode=0700,uid=%u,gid=%u", id, id);
    if (!p->users)
        snprintf(options, sizeof options, "size=32m,nr_inodes=2048,mode=0700");
    if (mount("tmpfs", to, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options) != 0)
        return false;
    snprintf(to, sizeof to, "%s/root", p->work);
    return chdir(to) == 0 && syscall(SYS_pivot_root, ".", ".") == 0 && umount2(".", MNT_DETACH) == 0 && chdir("/") == 0;
}

static bool
write_file(int folder, const char *path, const char *text)
{
    int fd = openat(folder, path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    return ok;
}

/* Of our one user: a user namespace of its own, in which its threads are counted apart. */
static bool
own_count(int proc)
{
    char map[64];
    uid_t uid = geteuid();
    gid_t gid = getegid();
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    if (unshare(CLONE_NEWUSER) != 0 || !write_file(proc, "self/setgroups", "deny"))
        return false;
    snprintf(map, sizeof map, "%u %u 1\n", uid, uid);
    if (!write_file(proc, "self/uid_map", map))
        return false;
    snprintf(map, sizeof map, "%u %u 1\n", gid, gid);
    return write_file(proc, "self/gid_map", map);
}

static bool
own_identity(uid_t id)
{
    struct {
        uint32_t version;
        int pid;
    } head = {0x20080522, 0}; /* _LINUX_CAPABILITY_VERSION_3 */
    uint32_t none[6] = {0};
    return setgroups(0, NULL) == 0 && setresgid(id, id, id) == 0 && setresuid(id, id, id) == 0 &&
           syscall(SYS_capset, &head, none) == 0;
}

static bool
limit(int what, rlim_t most)
{
    const struct rlimit r = {most, most};
    return setrlimit((__rlimit_resource_t)what, &r) == 0;
}

/* V8 reserves far more than it uses: for node what counts is what can be written. */
static bool
set_limits(const struct host_place *p, const struct host_order *o)
{
    bool node = o->runtime == HOST_NODE;
    return (!p->apart || limit(RLIMIT_NPROC, 32)) && limit(RLIMIT_FSIZE, 16 * MB) && limit(RLIMIT_NOFILE, 64) &&
           limit(RLIMIT_CORE, 0) && limit(RLIMIT_MEMLOCK, 0) && limit(RLIMIT_MSGQUEUE, 0) &&
           limit(RLIMIT_STACK, 8 * MB) && limit(RLIMIT_DATA, node ? 512 * MB : 256 * MB) &&
           (node || limit(RLIMIT_AS, 256 * MB));
}

static const char *
interpreter_of(const struct host_place *p, const struct host_order *o)
{
    return o->runtime == HOST_PYTHON ? p->python : o->runtime == HOST_NODE ? p->node : NULL;
}

/* Out of the way of descriptors 0 to 3. */
static int
high(int fd)
{
    return fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FD);
}

/* The program that is executed, by descriptor: an interpreter of the machine, or the bundle's own file. */
static int
open_program(const struct host_place *p, const struct host_order *o, const struct view *v)
{
    const struct open_how how = {.flags = O_RDONLY | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    if (interpreter_of(p, o))
        return open(interpreter_of(p, o), O_RDONLY | O_CLOEXEC);
    int folder = open(v->plugin, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return folder < 0 ? -1 : (int)syscall(SYS_openat2, folder, o->entry, &how, sizeof how);
}

static enum err
close_in(struct task *t, const struct host_place *p, const struct host_order *o, const struct view *v)
{
    char home[HOST_PATH_BYTES], libraries[HOST_PATH_BYTES + 8];
    const char *run[RUN_LIST] = {"/usr/lib", "/lib", "/lib64", "/lib32"};
    const char *const read[] = {
        v->plugin, "/etc/ld.so.cache", "/dev/urandom", "/usr/share/nodejs", "/usr/share/zoneinfo", NULL};
    const char *const write[] = {v->scratch, "/dev/null", NULL};
    const char *interpreter = interpreter_of(p, o);
    run[4] = interpreter ? interpreter : v->entry;
    home_of(interpreter ? interpreter : "", home);
    snprintf(libraries, sizeof libraries, "%s/lib", home);
    run[5] = home[0] ? libraries : NULL;
    const struct sandbox_profile jail = {.read = read, .run = run, .write = write, .bare = true};
    return sandbox_files(t, &jail);
}

static void
own_descriptors(const struct host_order *o, int fd, int null)
{
    int in = o->stdio ? fd : null;
    dup2(in, STDIN_FILENO);
    dup2(in, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    if (!o->stdio)
        dup2(fd, PLUGIN_FD);
    /* All others, control among them, close when the program starts. */
    syscall(SYS_close_range, o->stdio ? PLUGIN_FD : PLUGIN_FD + 1, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
}

/* The listener's way out: with one byte, so that a failure's sentence can't be mistaken for it. */
static bool
send_listener(int control, int listener)
{
    union {
        struct cmsghdr h;
        char bytes[CMSG_SPACE(sizeof(int))];
    } u = {0};
    char byte = '\0';
    struct iovec v = {&byte, 1};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = u.bytes, .msg_controllen = sizeof u.bytes};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof listener);
    memcpy(CMSG_DATA(c), &listener, sizeof listener);
    return sendmsg(control, &m, MSG_NOSIGNAL) == 1 && close(listener) == 0;
}

static void
fill_argv(const struct host_place *p, const struct host_order *o, struct view *v, const char **argv)
{
    static const char *const python[] = {"-E", "-s", "-S", "-B", "-u", NULL};
    static const char *const node[] = {"--max-old-space-size=160", "--v8-pool-size=1", "--no-deprecation", NULL};
    const char *interpreter = interpreter_of(p, o);
    const char *const *flags = o->runtime == HOST_PYTHON ? python : node;
    size_t n = 0;
    if (interpreter)
        argv[n++] = interpreter;
    for (; interpreter && *flags; flags++)
        argv[n++] = *flags;
    argv[n++] = v->entry;
    for (size_t i = 0; i < o->args; i++)
        argv[n++] = o->arg[i];
    argv[n] = NULL;
}

static _Noreturn void
execute(const struct host_place *p, const struct host_order *o, struct view *v, int program, int control)
{
    char home[HOST_PATH_BYTES + 8], tmp[HOST_PATH_BYTES + 8], path[] = "PATH=/usr/bin", lang[] = "LANG=C.UTF-8";
    char zone[] = "TZ=UTC", openssl[] = "OPENSSL_CONF=/dev/null", fd[] = "LYCEUM_FD=3", arenas[] = "MALLOC_ARENA_MAX=2",
         threads[] = "UV_THREADPOOL_SIZE=2";
    const char *argv[ARGV];
    struct task t;
    snprintf(home, sizeof home, "HOME=%s", v->scratch);
    snprintf(tmp, sizeof tmp, "TMPDIR=%s", v->scratch);
    const char *env[] = {home, tmp, path, lang, zone, arenas, threads, openssl, o->stdio ? NULL : fd, NULL};
    fill_argv(p, o, v, argv);
    task_begin(&t, 0);
    int listener = sandbox_calls_once(&t);
    if (listener < 0)
        say_why(control, t.cause);
    if (!send_listener(control, listener))
        _exit(1);
    syscall(SYS_execveat, program, "", argv, env, AT_EMPTY_PATH);
    give_up(control, "The plugin's program could not be started");
}

static void
see(const struct host_place *p, const struct host_order *o, struct view *v)
{
    snprintf(v->plugin, sizeof v->plugin, "/plugin");
    snprintf(v->scratch, sizeof v->scratch, "/scratch");
    if (!p->apart) {
        snprintf(v->plugin, sizeof v->plugin, "%.*s/%s", HOST_PATH_BYTES - HOST_DIGEST_BYTES - 2, p->work, o->digest);
        scratch_path(p, o->slot, v->scratch);
    }
    snprintf(v->entry, sizeof v->entry, "%s/%s", v->plugin, o->entry);
}

_Noreturn void
host_jail_become(const struct host_place *p, const struct host_order *o, unsigned serial, int fd, int control)
{
    static struct view v;
    struct task t;
    uid_t id = p->first_id + serial % IDS;
    sigset_t none;
    task_begin(&t, 0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    fd = high(fd);
    control = high(control);
    int null = high(open("/dev/null", O_RDWR | O_CLOEXEC)), proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    see(p, o, &v);
    if (p->apart && !own_root(p, o, id))
        give_up(control, "The plugin's root folder could not be made");
    if ((p->users && !own_identity(id)) || (p->apart && !p->users && !own_count(proc)))
        give_up(control, "The plugin's identity could not be taken on");
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || chdir(v.scratch) != 0)
        give_up(control, "The plugin's folder could not be entered");
    int program = high(open_program(p, o, &v));
    if (program < 0)
        give_up(control, "The plugin's program could not be opened");
    if (close_in(&t, p, o, &v) != E_OK)
        say_why(control, t.cause);
    own_descriptors(o, fd, null);
    if (!set_limits(p, o)) /* last: what is ours needs more, under the sanitizers, and counts before own_count */
        give_up(control, "The plugin's limits could not be set");
    execute(p, o, &v, program, control);
}
