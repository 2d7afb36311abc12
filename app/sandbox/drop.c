/* drop: giving up root. */
#include "sandbox/drop.h"

#include "base/conf.h"
#include "base/must.h"

#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

bool
drop_users_apart(void)
{
    static int answer = -1;
    if (answer < 0)
        answer = geteuid() == 0;
    return answer == 1;
}

const char *
drop_group(struct task *t, const char *suffix)
{
    return drop_users_apart() ? task_printf(t, "%s%s", conf_text("user.prefix"), suffix) : NULL;
}

const char *
drop_www_group(void)
{
    return drop_users_apart() ? conf_text("user.www") : NULL;
}

void
drop_hygiene(void)
{
    /* libcurl, FastCGI's HTTP_* parameters and children must not meet a proxy that somebody else chose. */
    static const char *const proxies[] = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY", "NO_PROXY",
        "http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "no_proxy"};
    for (size_t i = 0; i < sizeof proxies / sizeof proxies[0]; i++)
        unsetenv(proxies[i]);
    drop_users_apart(); /* remembered before anything changes */
    umask(0007);
    signal(SIGPIPE, SIG_IGN);
    struct rlimit none = {0, 0};
    must(setrlimit(RLIMIT_CORE, &none) == 0);
    must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
#ifndef LYCEUM_SANITIZED
    must(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
#endif
}

enum err
drop_to_user(struct task *t, const char *suffix)
{
    if (!drop_users_apart())
        return E_OK;
    const char *name = task_printf(t, "%s%s", conf_text("user.prefix"), suffix);
    const struct passwd *p = getpwnam(name);
    if (!p)
        return task_fail(t, E_UNAVAILABLE, "There is no system user %s: run deploy/up, which makes it.", name);
    uid_t uid = p->pw_uid;
    gid_t gid = p->pw_gid;
    if (uid == 0)
        return task_fail(t, E_INVALID, "The system user %s must not be root.", name);
    if (initgroups(name, gid) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
        return task_fail(t, E_UNAVAILABLE, "Can't change to the system user %s.", name);
    must(setuid(0) != 0); /* there is no way back */
    return E_OK;
}
