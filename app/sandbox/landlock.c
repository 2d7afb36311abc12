/* landlock: the three system calls, which glibc does not wrap. */
#include "sandbox/landlock.h"

#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CALL_CREATE = 444, CALL_ADD_RULE = 445, CALL_RESTRICT = 446 }; /* the same on every architecture */
enum { ASK_VERSION = 1, RULE_PATH = 1 };

/* linux/landlock.h of 6.10 and later; the size passed must be what the kernel's version knows. */
struct ruleset {
    uint64_t fs, net, scoped;
};
struct path_rule {
    uint64_t rights;
    int fd;
} __attribute__((packed));

/* What each version added. */
static const struct {
    uint64_t fs, net, scoped;
    size_t bytes;
} versions[LANDLOCK_NEWEST + 1] = {
    [1] = {(UINT64_C(1) << 13) - 1, 0, 0, 8},
    [2] = {LL_REFER, 0, 0, 8},
    [3] = {LL_TRUNCATE, 0, 0, 8},
    [4] = {0, 3, 0, 16},                 /* TCP: bind, connect */
    [5] = {UINT64_C(1) << 15, 0, 0, 16}, /* ioctl on devices */
    [6] = {0, 0, 3, 24},                 /* abstract unix sockets, signals to processes outside */
    [7] = {0, 0, 0, 24},                 /* audit records alone */
};

int
landlock_abi(void)
{
    long v = syscall(CALL_CREATE, NULL, 0, ASK_VERSION);
    return v < 1 ? 0 : v > LANDLOCK_NEWEST ? LANDLOCK_NEWEST : (int)v;
}

static struct ruleset
handled(int abi)
{
    struct ruleset r = {0};
    for (int v = 1; v <= abi; v++) {
        r.fs |= versions[v].fs;
        r.net |= versions[v].net;
        r.scoped |= versions[v].scoped;
    }
    return r;
}

int
landlock_open(int abi, bool network)
{
    struct ruleset r = handled(abi);
    if (network)
        r.net = 0;
    return (int)syscall(CALL_CREATE, &r, versions[abi].bytes, 0);
}

bool
landlock_allow(int ruleset, int abi, int fd, bool folder, uint64_t rights)
{
    uint64_t known = handled(abi).fs;
    struct path_rule rule = {rights & known & (folder ? ~UINT64_C(0) : LL_OF_A_FILE), fd};
    return syscall(CALL_ADD_RULE, ruleset, RULE_PATH, &rule, 0) == 0;
}

bool
landlock_enter(int ruleset)
{
    return syscall(CALL_RESTRICT, ruleset, 0) == 0;
}
