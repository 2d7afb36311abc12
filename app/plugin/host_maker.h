/* host_maker: the process that makes plugins' processes. It sees no message of a plugin and no request of a caller:
 * only which bundle is to run in which slot. It has no right on the machine but inside a user namespace of its own. */
#ifndef PLUGIN_HOST_MAKER_H
#define PLUGIN_HOST_MAKER_H

#include "plugin/host_jail.h"

struct host_maker {
    int fd;    /* SOCK_SEQPACKET: orders there, news back */
    pid_t pid; /* it ends when fd closes, and all plugins with it */
    bool apart, users;
};

/* Makes an empty folder for it, its user's own; what an earlier one left there goes. */
enum err host_maker_folder(struct task *t, const char *work);
/* Forks it: while we are root still (then it changes to the user "plugin" and gets the range of user ids), or as the
 * one user that we are. work: a folder of that user's. E_UNAVAILABLE with a sentence. */
enum err host_maker_start(struct task *t, const char *work, struct host_maker *out);
/* Why its processes are less apart than they could be, or empty. For doctor and the log. */
struct span host_maker_gaps(struct task *t, const struct host_maker *m);

/* Asks for a process with that socket; false when the maker is behind or gone. */
bool host_maker_order(const struct host_maker *m, const struct host_order *o, int plugin_fd);
bool host_maker_kill(const struct host_maker *m, int64_t slot);

struct host_news {
    enum { NEWS_NONE, NEWS_STARTED, NEWS_FAILED, NEWS_ENDED, NEWS_GONE } what; /* GONE: the maker itself */
    int64_t slot;
    int64_t pid;                    /* started: for its clock of processor time */
    int64_t status;                 /* ended: as of wait(2) */
    int64_t memory_kb;              /* ended: the most that it held */
    char sentence[HOST_PATH_BYTES]; /* failed */
};
/* The next news without waiting; every order ends in FAILED or in STARTED and ENDED. */
void host_maker_news(const struct host_maker *m, struct host_news *out);

#endif
