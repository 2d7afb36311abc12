/* peer: user ids to roles, by SO_PEERCRED. */
#include "sandbox/peer.h"

#include "base/conf.h"
#include "base/must.h"
#include "sandbox/drop.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const programs[] = {"web", "gate", "agentpub", "agentpriv", "stream", "query", "effect", "egress"};
enum { N_PROGRAMS = sizeof programs / sizeof programs[0], NAME_BYTES = 128, PEER_GROUPS = 256 };

static struct {
    bool loaded, has_admin;
    bool known[N_PROGRAMS];
    uid_t uid[N_PROGRAMS];
    gid_t admin;
} users;

void
peer_load(void)
{
    char name[NAME_BYTES];
    if (users.loaded)
        return;
    users.loaded = true;
    for (size_t i = 0; i < N_PROGRAMS; i++) {
        snprintf(name, sizeof name, "%s%s", conf_text("user.prefix"), programs[i]);
        const struct passwd *p = getpwnam(name);
        users.known[i] = p != NULL;
        users.uid[i] = p ? p->pw_uid : 0;
    }
    snprintf(name, sizeof name, "%sadmin", conf_text("user.prefix"));
    const struct group *g = getgrnam(name);
    users.has_admin = g != NULL;
    users.admin = g ? g->gr_gid : 0;
}

/* Membership as the kernel saw it when the peer connected: no look-up, and no /etc, at this moment. */
static bool
is_admin(int fd, gid_t primary)
{
    gid_t groups[PEER_GROUPS];
    socklen_t n = sizeof groups;
    if (!users.has_admin)
        return false;
    if (primary == users.admin)
        return true;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &n) != 0)
        return false;
    for (size_t i = 0; i < n / sizeof groups[0]; i++)
        if (groups[i] == users.admin)
            return true;
    return false;
}

const char *
peer_role(int fd)
{
    struct ucred c;
    socklen_t n = sizeof c;
    must(users.loaded);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &n) != 0)
        return NULL;
    if (!drop_users_apart())
        return c.uid == geteuid() ? "any" : NULL;
    if (c.uid == 0)
        return "operator";
    for (size_t i = 0; i < N_PROGRAMS; i++)
        if (users.known[i] && users.uid[i] == c.uid)
            return programs[i];
    return is_admin(fd, c.gid) ? "operator" : NULL;
}

enum err
peer_check(struct task *t, int fd, const char *const *roles)
{
    const char *role = peer_role(fd);
    if (role && strcmp(role, "any") == 0)
        return E_OK;
    for (size_t i = 0; role && roles[i]; i++)
        if (strcmp(role, roles[i]) == 0)
            return E_OK;
    return task_fail(
        t, E_DENIED, "This program may not use that service (it runs as %s).", role ? role : "another user");
}
