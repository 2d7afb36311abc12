/* jail: entering a sandbox, in the order that works. */
#include "sandbox/jail.h"

#include "base/conf.h"
#include "base/log.h"
#include "sandbox/drop.h"
#include "sandbox/landlock.h"
#include "sandbox/leaks.h"
#include "sandbox/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What glibc and OpenSSL read after their start. Loading a library (name services, libgcc) is reading a file. */
static const char *const common[] = {"/dev/urandom", "/etc/localtime", "/usr/share/zoneinfo", "/etc/passwd",
    "/etc/group", "/etc/nsswitch.conf", "/etc/ld.so.cache", "/lib", "/lib64", "/usr/lib",
#ifdef LYCEUM_SANITIZED
    "/proc", "/sys",
#endif
    NULL};
static const char *const for_network[] = {"/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/gai.conf",
    "/etc/services", "/etc/ssl", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates",
    "/run/systemd/resolve", "/run/resolvconf", NULL};
static const char *const devices[] = {"/dev/null", NULL};
static const char *const nothing[] = {NULL};

int
sandbox_landlock_abi(void)
{
    return landlock_abi();
}

static enum err
allow(struct task *t, int ruleset, int abi, const char *path, uint64_t rights, bool needed)
{
    struct stat st;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0 && !needed)
        return E_OK;
    bool ok = fd >= 0 && fstat(fd, &st) == 0 && landlock_allow(ruleset, abi, fd, S_ISDIR(st.st_mode), rights);
    int e = errno;
    if (fd >= 0)
        close(fd);
    if (ok)
        return E_OK;
    return task_fail(
        t, E_UNAVAILABLE, "%s can't be let into the sandbox: %s. deploy/up makes the folders.", path, strerror(e));
}

static enum err
allow_list(struct task *t, int ruleset, int abi, const char *const *list, uint64_t rights, bool needed)
{
    for (; list && *list; list++)
        if (allow(t, ruleset, abi, *list, rights, needed) != E_OK)
            return t->err;
    return E_OK;
}

static enum err
allow_profile(struct task *t, int ruleset, int abi, const struct sandbox_profile *p)
{
    if (allow_list(t, ruleset, abi, p->bare ? nothing : common, LL_READ, false) != E_OK ||
        allow_list(t, ruleset, abi, p->bare ? nothing : devices, LL_READ | LL_WRITE_FILE, false) != E_OK ||
        allow_list(t, ruleset, abi, p->network ? for_network : nothing, LL_READ, false) != E_OK ||
        allow_list(t, ruleset, abi, p->read, LL_READ, false) != E_OK ||
        allow_list(t, ruleset, abi, p->run, LL_RUN, false) != E_OK)
        return t->err;
    return allow_list(t, ruleset, abi, p->write, LL_WRITE, true);
}

/* Makes the ruleset while the paths can still be reached (as root); -1 in *out where the kernel has none and conf lets
 * that pass. */
static enum err
make_ruleset(struct task *t, const struct sandbox_profile *p, int *out)
{
    int abi = landlock_abi();
    *out = -1;
    if (abi == 0 && conf_flag("jail.require_landlock"))
        return task_fail(t, E_UNAVAILABLE,
            "This kernel has no Landlock, so programs can't be kept to their own files. Boot a kernel with it (5.13 or "
            "later, "
            "\"landlock\" among its lsm), or set jail.require_landlock to false and live with less.");
    if (abi == 0)
        return E_OK;
    int fd = landlock_open(abi, p->network);
    if (fd < 0)
        return task_fail(t, E_UNAVAILABLE, "Landlock refused a ruleset: %s.", strerror(errno));
    if (allow_profile(t, fd, abi, p) != E_OK) {
        close(fd);
        return t->err;
    }
    *out = fd;
    return E_OK;
}

static enum err
enter_ruleset(struct task *t, int ruleset)
{
    if (ruleset < 0)
        return E_OK;
    bool ok = landlock_enter(ruleset);
    int e = errno;
    close(ruleset);
    return ok ? E_OK : task_fail(t, E_UNAVAILABLE, "Landlock could not be entered: %s.", strerror(e));
}

enum err
sandbox_files(struct task *t, const struct sandbox_profile *p)
{
    int ruleset;
    return make_ruleset(t, p, &ruleset) == E_OK ? enter_ruleset(t, ruleset) : t->err;
}

enum err
sandbox_enter(struct task *t, const struct sandbox_profile *p)
{
    int ruleset;
    drop_hygiene();
    peer_load();
    if (make_ruleset(t, p, &ruleset) != E_OK)
        return t->err;
    /* An empty network namespace where we may: seccomp and Landlock refuse internet sockets without it too. Unix
     * sockets in the file system are not touched by it. */
    if (!p->network && p->user && drop_users_apart() && unshare(CLONE_NEWNET) != 0)
        log_line(t, "no network namespace of its own here (%s): seccomp and Landlock keep this program off the network",
            strerror(errno));
    if (p->user && drop_to_user(t, p->user) != E_OK) {
        if (ruleset >= 0)
            close(ruleset);
        return t->err;
    }
    drop_hygiene(); /* changing users makes a process dumpable or not as the system likes */
    if (enter_ruleset(t, ruleset) != E_OK)
        return t->err;
    if (p->user)
        leaks_apart();
    return sandbox_calls(t, p->seccomp, p->network);
}

struct span
sandbox_weaker(struct task *t)
{
    (void)t;
    if (landlock_abi() > 0)
        return SPAN("");
    return SPAN(
        "This kernel has no Landlock: a program that is taken over can read every file that its system user may read.");
}

bool
sandbox_namespaces(void)
{
    int status = 1;
    pid_t pid = fork();
    if (pid == 0)
        _exit(unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET) == 0 ? 0 : 1);
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

struct span
sandbox_gaps(struct task *t)
{
    static const struct {
        int since;
        const char *says;
    } rows[] = {
        {3, "This kernel's Landlock does not cover truncation (Linux 6.2 does)."},
        {4, "This kernel's Landlock does not cover TCP (Linux 6.7 does); system call filters alone keep programs off "
            "the "
            "network."},
        {6, "This kernel's Landlock does not cover signals and abstract sockets (Linux 6.12 does)."},
    };
    int abi = landlock_abi();
    struct buf *b = task_buf(t, 4096);
    for (size_t i = 0; abi > 0 && i < sizeof rows / sizeof rows[0]; i++) {
        if (abi >= rows[i].since)
            continue;
        buf_puts(b, b->n ? " " : "");
        buf_puts(b, rows[i].says);
    }
    if (!sandbox_namespaces()) {
        buf_puts(b, b->n ? " " : "");
        buf_puts(b,
            "User namespaces can't be made here: plugins are kept apart by Landlock and system call filters alone, "
            "under one user.");
    }
    return buf_view(b);
}
