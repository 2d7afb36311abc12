/* confine: namespaces, limits and system calls of the sandbox's processes. */
#include "box/confine.h"

#include "box/work.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    USER_FIRST = 1700000000, /* workers' users: far from any account, one for each session in turn */
    USER_COUNT = 1000000,
    CPU_SECONDS = 3600,     /* a worker's whole life; each run has its own time */
    SLACK_BYTES = 48 << 20, /* memory beside the guest's and its files': our own heap, the mapped program */
};

/* 1. The zygote. */

static bool
write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    return ok;
}

/* As nobody in a user namespace of one user: what a plain user may do. */
static bool
own_user_namespace(struct task *t)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    if (unshare(CLONE_NEWUSER) != 0)
        return false;
    write_file("/proc/self/setgroups", "deny");
    return write_file("/proc/self/uid_map", task_printf(t, "65534 %u 1", (unsigned)uid)) &&
           write_file("/proc/self/gid_map", task_printf(t, "65534 %u 1", (unsigned)gid));
}

/* An empty, read-only file system in place of this one. */
static bool
empty_root(void)
{
    static const char *const at = "/proc"; /* a folder that is there on every machine */
    unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", at, "tmpfs", flags, "size=4k,mode=755") == 0 && chdir(at) == 0 &&
           syscall(SYS_pivot_root, ".", ".") == 0 && umount2(".", MNT_DETACH) == 0 && chdir("/") == 0 &&
           mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | flags, NULL) == 0;
}

/* All capabilities but those that give each worker a user of its own. */
static void
drop_capabilities(bool keep_setuid)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    uint32_t kept = keep_setuid ? 1u << CAP_SETUID | 1u << CAP_SETGID : 0;
    for (unsigned long i = 0; i < 64; i++)
        prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
    data[0].effective = data[0].permitted = kept;
    syscall(SYS_capset, &head, data);
}

/* The process that goes on is number one of the new process namespace: with it end all workers. */
static enum err
enter_process_namespace(struct task *t)
{
    pid_t child = fork();
    if (child < 0)
        return task_fail(t, E_UNAVAILABLE, "The sandbox's zygote can't fork: %s.", strerror(errno));
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        return E_OK;
    }
    int status;
    close_range(0, ~0U, 0); /* the other side must see the child's end */
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    _exit(0);
}

enum err
confine_zygote(struct task *t, struct span *words)
{
    bool root = geteuid() == 0;
    struct rlimit none = {0, 0}, few = {64, 64}, cpu = {CPU_SECONDS, CPU_SECONDS};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!root && !own_user_namespace(t)) {
        *words = SPAN("no namespaces: this user may make none");
    } else if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWPID) != 0 || !empty_root()) {
        return task_fail(
            t, E_UNAVAILABLE, "The sandbox can't leave this machine's files and network behind: %s.", strerror(errno));
    } else {
        *words = root ? SPAN("namespaces, an empty root, a user for each box") : SPAN("namespaces, an empty root");
        enum err e = enter_process_namespace(t);
        if (e != E_OK)
            return e;
    }
    if (root && (setgroups(0, NULL) != 0 || setresgid(65534, 65534, 65534) != 0))
        return task_fail(t, E_UNAVAILABLE, "The sandbox can't leave its groups: %s.", strerror(errno));
    drop_capabilities(root);
    setrlimit(RLIMIT_NOFILE, &few);
    setrlimit(RLIMIT_FSIZE, &none);
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_MEMLOCK, &none);
    setrlimit(RLIMIT_CPU, &cpu);
    prctl(PR_SET_DUMPABLE, 1); /* the supervisor reads a worker's memory for checkpoints */
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
               ? E_OK
               : task_fail(t, E_UNAVAILABLE, "The sandbox can't give up new privileges: %s.", strerror(errno));
}

/* 2. A worker's system calls. All else kills the process. */

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (field))
#define ARGUMENT(n) (offsetof(struct seccomp_data, args) + 8 * (n))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define KILL BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
#define IF_EQUAL(v, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (v), (yes), (no))
#define IF_ANY(bits, yes, no) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), (yes), (no))
#define CALL(nr) IF_EQUAL(nr, 0, 1), ALLOW

static const struct sock_filter filter[] = {
    LOAD(offsetof(struct seccomp_data, arch)),
    IF_EQUAL(AUDIT_ARCH_X86_64, 1, 0),
    KILL,
    LOAD(offsetof(struct seccomp_data, nr)),
    CALL(SYS_read),
    CALL(SYS_write),
    CALL(SYS_madvise),
    CALL(SYS_munmap),
    CALL(SYS_brk),
    CALL(SYS_getrandom),
    CALL(SYS_clock_gettime),
    CALL(SYS_rt_sigreturn),
    CALL(SYS_rt_sigprocmask),
    CALL(SYS_restart_syscall),
    CALL(SYS_exit_group),
    /* mprotect: never executable */
    IF_EQUAL(SYS_mprotect, 0, 4),
    LOAD(ARGUMENT(2)),
    IF_ANY(PROT_EXEC, 0, 1),
    KILL,
    ALLOW,
    /* mmap: private and anonymous, never executable */
    IF_EQUAL(SYS_mmap, 0, 6),
    LOAD(ARGUMENT(2)),
    IF_ANY(PROT_EXEC, 4, 0),
    LOAD(ARGUMENT(3)),
    IF_ANY(MAP_SHARED, 2, 0),
    IF_ANY(MAP_ANONYMOUS, 0, 1),
    ALLOW,
    KILL,
};

static bool
own_user(uint64_t number)
{
    uid_t uid = (uid_t)(USER_FIRST + number % USER_COUNT);
    return setresgid(uid, uid, uid) == 0 && setresuid(uid, uid, uid) == 0;
}

void
confine_worker(uint64_t number, uint64_t memory_bytes)
{
    struct rlimit data = {memory_bytes + sizeof(struct work) + SLACK_BYTES, 0};
    struct sock_fprog program = {
        .len = sizeof filter / sizeof filter[0], .filter = (struct sock_filter *)(uintptr_t)filter};
    data.rlim_max = data.rlim_cur;
    /* Root lost all but two capabilities; leaving root takes those too. */
    if (geteuid() == 0 && !own_user(number))
        _exit(71);
    if (setrlimit(RLIMIT_DATA, &data) != 0 || prctl(PR_SET_DUMPABLE, 1) != 0 ||
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
        _exit(72);
}
