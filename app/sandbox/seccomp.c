/* seccomp: a profile's filter, built with libseccomp. */
#include "sandbox/calls.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PROGRAM_STEPS = 4096 }; /* the kernel's own limit */

/* A rule on one argument of a call. */
static bool
rule(scmp_filter_ctx f, uint32_t act, int call, unsigned argument, enum scmp_compare op, uint64_t a, uint64_t b)
{
    struct scmp_arg_cmp cmp = {.arg = argument, .op = op, .datum_a = a, .datum_b = b};
    return seccomp_rule_add_array(f, act, call, 1, &cmp) == 0;
}

/* No filter can look at clone3's flags; of clone's, these are never allowed. */
static const unsigned NAMESPACES =
    CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP;

#ifdef LYCEUM_SANITIZED
/* The laxer filter of sanitizer builds (jail.h): attacks and foreign sockets are refused, the rest goes through. ptrace
 * is what their leak check uses. Execution is refused, not fatal, because the runtime tries its symbolizer. */
static bool
fill_lax(scmp_filter_ctx f, enum sandbox_seccomp profile, bool network)
{
    bool ok = true;
    for (unsigned i = 0; ok && i < call_rows_n; i++) {
        int number = seccomp_syscall_resolve_name(call_rows[i].name);
        if (number >= 0 && call_rows[i].groups & CALLS_ATTACK && number != SCMP_SYS(ptrace) &&
            number != SCMP_SYS(personality))
            ok = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), number, 0) == 0;
    }
    if (!network)
        ok = ok && rule(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 0, SCMP_CMP_NE, AF_UNIX, 0);
    if (profile != SECCOMP_SERVER)
        ok = ok && seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(connect), 0) == 0;
    return ok;
}
#endif

/* Groups of each profile, and what is done with a call that is in none. A query's child has its descriptors open and
 * needs nothing else. */
static const struct {
    int groups;
    uint32_t unlisted;
} profiles[] = {
    [SECCOMP_SERVER] = {CALLS_CORE | CALLS_EVENTS | CALLS_FILES | CALLS_SOCKETS | CALLS_PROCESS, SCMP_ACT_ERRNO(EPERM)},
    [SECCOMP_IMPORT] = {CALLS_CORE | CALLS_EVENTS | CALLS_FILES, SCMP_ACT_ERRNO(EPERM)},
    [SECCOMP_QUERY_CHILD] = {CALLS_CORE, SCMP_ACT_KILL_PROCESS},
    [SECCOMP_PLUGIN] = {CALLS_CORE | CALLS_EVENTS | CALLS_FILES | CALLS_START, SCMP_ACT_ERRNO(EPERM)},
    [SECCOMP_MAKER] = {0, SCMP_ACT_ALLOW},
};
/* Calls that a plugin or its maker has on other terms than the table's. libuv asks for io_uring and lives without; an
 * interpreter that tries another program gets an error, not its end. */
static const struct {
    const char *name;
    uint32_t plugin, maker; /* 0: a rule of its own */
} terms[] = {
    {"execve", SCMP_ACT_ERRNO(EPERM), SCMP_ACT_ERRNO(EPERM)},
    {"execveat", SCMP_ACT_NOTIFY, SCMP_ACT_ALLOW},
    {"io_uring_setup", SCMP_ACT_ERRNO(ENOSYS), SCMP_ACT_ERRNO(ENOSYS)},
    {"io_uring_enter", SCMP_ACT_ERRNO(ENOSYS), SCMP_ACT_ERRNO(ENOSYS)},
    {"io_uring_register", SCMP_ACT_ERRNO(ENOSYS), SCMP_ACT_ERRNO(ENOSYS)},
    {"prlimit64", 0, SCMP_ACT_ALLOW},
    {"mount", SCMP_ACT_KILL_PROCESS, SCMP_ACT_ALLOW},
    {"umount2", SCMP_ACT_KILL_PROCESS, SCMP_ACT_ALLOW},
    {"pivot_root", SCMP_ACT_KILL_PROCESS, SCMP_ACT_ALLOW},
    {"unshare", SCMP_ACT_KILL_PROCESS, SCMP_ACT_ALLOW},
    {"setresuid", SCMP_ACT_KILL_PROCESS, SCMP_ACT_ALLOW},
    {"setresgid", SCMP_ACT_KILL_PROCESS, SCMP_ACT_ALLOW},
    {"setgroups", SCMP_ACT_KILL_PROCESS, SCMP_ACT_ALLOW},
    {"capset", SCMP_ACT_KILL_PROCESS, SCMP_ACT_ALLOW},
};
enum { N_TERMS = sizeof terms / sizeof terms[0] };

static bool
add_sockets(scmp_filter_ctx f, bool network)
{
    static const int inet[] = {AF_INET, AF_INET6, AF_NETLINK}; /* netlink: getaddrinfo sorts addresses by interface */
    bool ok = rule(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 0, SCMP_CMP_EQ, AF_UNIX, 0) &&
              rule(f, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 0, SCMP_CMP_EQ, AF_UNIX, 0);
    for (size_t i = 0; network && i < sizeof inet / sizeof inet[0]; i++)
        ok = ok && rule(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 0, SCMP_CMP_EQ, (unsigned)inet[i], 0);
    return ok && (!network || seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(bind), 0) == 0);
}

/* Threads and forks without namespaces of their own. clone3's flags stand in memory, where a filter can't look: it
 * "does not exist", and glibc then uses clone. */
static bool
add_process(scmp_filter_ctx f)
{
    static const int words[] = {PR_SET_NAME, PR_GET_NAME, PR_SET_PDEATHSIG, PR_GET_PDEATHSIG, PR_SET_NO_NEW_PRIVS,
        PR_GET_NO_NEW_PRIVS, PR_SET_DUMPABLE, PR_GET_DUMPABLE, PR_SET_SECCOMP, PR_SET_TIMERSLACK};
    bool ok = rule(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 0, SCMP_CMP_MASKED_EQ, NAMESPACES, 0) &&
              seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        ok = ok && rule(f, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 0, SCMP_CMP_EQ, (unsigned)words[i], 0);
    return ok;
}

static bool
add_descriptors(scmp_filter_ctx f)
{
    static const unsigned words[] = {FIONREAD, FIONBIO, FIOCLEX, FIONCLEX, TCGETS, TIOCGWINSZ};
    bool ok = true;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        ok = ok && rule(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_CMP_EQ, words[i], 0);
    /* glibc's fstat(fd) is newfstatat(fd, "", AT_EMPTY_PATH). */
    ok = ok && rule(f, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 3, SCMP_CMP_EQ, AT_EMPTY_PATH, 0);
    return ok && seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 0) == 0;
}

/* Threads and no forks; limits are looked at and not changed. */
static bool
add_plugin(scmp_filter_ctx f)
{
    static const int words[] = {PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, PR_GET_NO_NEW_PRIVS, PR_SET_TIMERSLACK};
    bool ok = rule(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 0, SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_VM | NAMESPACES,
                  CLONE_THREAD | CLONE_VM) &&
              seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
              rule(f, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2, SCMP_CMP_EQ, 0, 0);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        ok = ok && rule(f, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 0, SCMP_CMP_EQ, (unsigned)words[i], 0);
    return ok;
}

/* What is done with a row's call under that profile. */
static uint32_t
act_of(const struct call_row *row, enum sandbox_seccomp profile, bool *own_rule)
{
    *own_rule = false;
    for (size_t i = 0; profile >= SECCOMP_PLUGIN && i < N_TERMS; i++)
        if (strcmp(terms[i].name, row->name) == 0) {
            uint32_t act = profile == SECCOMP_PLUGIN ? terms[i].plugin : terms[i].maker;
            *own_rule = act == 0;
            return act;
        }
    if (row->groups & CALLS_ATTACK)
        return SCMP_ACT_KILL_PROCESS;
    return row->groups & profiles[profile].groups ? SCMP_ACT_ALLOW : profiles[profile].unlisted;
}

static bool
add_rows(scmp_filter_ctx f, enum sandbox_seccomp profile)
{
    for (unsigned i = 0; i < call_rows_n; i++) {
        bool own_rule;
        int number = seccomp_syscall_resolve_name(call_rows[i].name);
        uint32_t act = act_of(&call_rows[i], profile, &own_rule);
        if (number < 0 || own_rule || act == profiles[profile].unlisted)
            continue;
        if (seccomp_rule_add(f, act, number, 0) != 0)
            return false;
    }
    return true;
}

static bool
fill(scmp_filter_ctx f, enum sandbox_seccomp profile, bool network)
{
    int groups = profiles[profile].groups;
    if (profile == SECCOMP_MAKER)
        return add_rows(f, profile) && rule(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 0, SCMP_CMP_NE, AF_UNIX, 0);
    return add_rows(f, profile) && add_descriptors(f) && (profile != SECCOMP_PLUGIN || add_plugin(f)) &&
           (!(groups & CALLS_SOCKETS) || add_sockets(f, network)) && (!(groups & CALLS_PROCESS) || add_process(f));
}

/* A compiled filter: kept, so that a child forked for one statement loads it without compiling it. */
struct program {
    size_t n;
    struct sock_filter at[PROGRAM_STEPS];
};

static bool export(scmp_filter_ctx f, struct program *out)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    bool ok = seccomp_export_bpf(f, ends[1]) == 0; /* a few kilobytes: they fit into the pipe */
    close(ends[1]);
    ssize_t n = ok ? read(ends[0], out->at, sizeof out->at) : -1;
    close(ends[0]);
    out->n = n > 0 ? (size_t)n / sizeof out->at[0] : 0;
    return out->n > 0 && out->n < PROGRAM_STEPS;
}

static bool
compile(enum sandbox_seccomp profile, bool network, struct program *out)
{
    uint32_t unlisted = profiles[profile].unlisted;
    bool (*fill_in)(scmp_filter_ctx, enum sandbox_seccomp, bool) = fill;
#ifdef LYCEUM_SANITIZED
    unlisted = profile == SECCOMP_PLUGIN ? unlisted : SCMP_ACT_ALLOW;
    fill_in = profile >= SECCOMP_PLUGIN ? fill : fill_lax;
#endif
    scmp_filter_ctx f = seccomp_init(unlisted);
    bool ok =
        f && seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0 && fill_in(f, profile, network) && export(f, out);
    if (f)
        seccomp_release(f);
    return ok;
}

static struct program *
program_of(enum sandbox_seccomp profile, bool network)
{
    static struct program kept[SECCOMP_MAKER + 1][2];
    struct program *p = &kept[profile][network];
    return p->n > 0 || compile(profile, network, p) ? p : NULL;
}

bool
sandbox_calls_prepare(enum sandbox_seccomp profile, bool network)
{
    return program_of(profile, network) != NULL;
}

enum err
sandbox_calls(struct task *t, enum sandbox_seccomp profile, bool network)
{
    struct program *p = program_of(profile, network);
    struct sock_fprog prog = {p ? (unsigned short)p->n : 0, p ? p->at : NULL};
    if (!p || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) != 0)
        return task_fail(t, E_UNAVAILABLE, "This kernel does not filter system calls (seccomp), which Lyceum needs.");
    return E_OK;
}

int
sandbox_calls_once(struct task *t)
{
    struct program *p = program_of(SECCOMP_PLUGIN, false);
    struct sock_fprog prog = {p ? (unsigned short)p->n : 0, p ? p->at : NULL};
    int fd = p ? (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog) : -1;
    if (fd < 0)
        task_fail(
            t, E_UNAVAILABLE, "This kernel can't watch over the start of a program (seccomp's listeners, Linux 5.5).");
    return fd;
}

bool
sandbox_let_start(int listener, int64_t wait_ms)
{
    struct pollfd p = {.fd = listener, .events = POLLIN};
    struct seccomp_notif asked = {0};
    bool ok = poll(&p, 1, (int)wait_ms) == 1 && ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) == 0;
    struct seccomp_notif_resp yes = {.id = asked.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    ok = ok && ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &yes) == 0;
    close(listener);
    return ok;
}
