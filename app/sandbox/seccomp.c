/* seccomp: a profile's filter, built with libseccomp. */
#include "sandbox/calls.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PROGRAM_STEPS = 4096 }; /* the kernel's own limit */

/* A rule on one argument of a call. */
static bool
rule(scmp_filter_ctx f, uint32_t act, int call, unsigned argument, enum scmp_compare op, uint64_t a, uint64_t b)
{
    struct scmp_arg_cmp cmp = {.arg = argument, .op = op, .datum_a = a, .datum_b = b};
    return seccomp_rule_add_array(f, act, call, 1, &cmp) == 0;
}

#ifdef LYCEUM_SANITIZED
/* The laxer filter of sanitizer builds (jail.h): attacks and foreign sockets are refused, the rest goes through. ptrace
 * is what their leak check uses. Execution is refused, not fatal, because the runtime tries its symbolizer. */
static uint32_t
unlisted_of(enum sandbox_seccomp profile)
{
    (void)profile;
    return SCMP_ACT_ALLOW;
}

static bool
fill(scmp_filter_ctx f, enum sandbox_seccomp profile, bool network)
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
#else
/* Groups of each profile. A query's child has its descriptors open and needs nothing else. */
static const struct {
    int groups;
    bool kill; /* whatever is not listed ends the process, in place of EPERM */
} profiles[] = {
    [SECCOMP_SERVER] = {CALLS_CORE | CALLS_EVENTS | CALLS_FILES | CALLS_SOCKETS | CALLS_PROCESS, false},
    [SECCOMP_IMPORT] = {CALLS_CORE | CALLS_EVENTS | CALLS_FILES, false},
    [SECCOMP_QUERY_CHILD] = {CALLS_CORE, true},
};

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
    const unsigned namespaces =
        CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP;
    bool ok = rule(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 0, SCMP_CMP_MASKED_EQ, namespaces, 0) &&
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

static uint32_t
unlisted_of(enum sandbox_seccomp profile)
{
    return profiles[profile].kill ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM);
}

static bool
add_rows(scmp_filter_ctx f, int groups, uint32_t unlisted)
{
    for (unsigned i = 0; i < call_rows_n; i++) {
        int number = seccomp_syscall_resolve_name(call_rows[i].name);
        uint32_t act = call_rows[i].groups & CALLS_ATTACK ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ALLOW;
        if (number < 0 || act == unlisted || (act == SCMP_ACT_ALLOW && !(call_rows[i].groups & groups)))
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
    return add_rows(f, groups, unlisted_of(profile)) && add_descriptors(f) &&
           (!(groups & CALLS_SOCKETS) || add_sockets(f, network)) && (!(groups & CALLS_PROCESS) || add_process(f));
}
#endif

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
    scmp_filter_ctx f = seccomp_init(unlisted_of(profile));
    bool ok = f && seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0 && fill(f, profile, network) && export(f, out);
    if (f)
        seccomp_release(f);
    return ok;
}

static struct program *
program_of(enum sandbox_seccomp profile, bool network)
{
    static struct program kept[SECCOMP_QUERY_CHILD + 1][2];
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
