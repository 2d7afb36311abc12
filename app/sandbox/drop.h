/* drop: from root to the user of one program, and the hygiene that every program of ours starts with. */
#ifndef SANDBOX_DROP_H
#define SANDBOX_DROP_H

#include "base/task.h"

/* Was this program started as root, so that each program has a user of its own? False is single-user mode: weaker,
 * because all programs may do what that one user may (doctor says so). The answer stays the same after the drop. */
bool drop_users_apart(void);
/* "<prefix>ipc" for sock_listen and chown; NULL in single-user mode, where groups are left as they are. */
const char *drop_group(struct task *t, const char *suffix);
/* The web server's group (conf user.www), for FastCGI sockets; NULL in single-user mode. */
const char *drop_www_group(void);

/* umask 0007, no core dumps, no proxy variables in the environment, SIGPIPE ignored, no_new_privs, and (not under
 * sanitizers, whose leak check attaches to the process) not dumpable. sandbox_enter calls it. */
void drop_hygiene(void);
/* Becomes <prefix><suffix> with its groups, for good. A no-op in single-user mode. E_UNAVAILABLE with a sentence when
 * there is no such user. sandbox_enter calls it. */
enum err drop_to_user(struct task *t, const char *suffix);

#endif
