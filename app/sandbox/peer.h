/* peer: which program of ours is at the other end of a unix socket. */
#ifndef SANDBOX_PEER_H
#define SANDBOX_PEER_H

#include "base/task.h"

/* Looks up the users and groups that roles are made of; sandbox_enter calls it, because /etc can't be read later. */
void peer_load(void);

/* The role of a connected socket's peer by its user id: "web" "gate" "agentpub" "agentpriv" "stream" "query" "effect"
 * "egress"; "operator" for root and for members of the group <prefix>admin; "any" in single-user mode for our own user;
 * NULL for everybody else. */
const char *peer_role(int fd);

/* Is the peer's role in the list (ended by NULL)? "any" always is. E_DENIED with a sentence. */
enum err peer_check(struct task *t, int fd, const char *const *roles);

#endif
