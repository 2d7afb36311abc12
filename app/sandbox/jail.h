/* jail: what a process can no longer do after it has entered its sandbox: Landlock, no network, seccomp, no root. */
#ifndef SANDBOX_JAIL_H
#define SANDBOX_JAIL_H

#include "base/task.h"

/* System calls that stay allowed; everything else fails with EPERM, or ends the process where only an attack would call
 * it (execve, ptrace, mount, bpf, io_uring, userfaultfd, keyctl, ...). Sockets are AF_UNIX unless `network` is set.
 * Sanitizer builds (LYCEUM_SANITIZED) turn the list around: the runtime needs calls of its own (its leak check clones
 * and attaches), so they keep everything but execution, other sockets and the attacker's calls, and may read /proc.
 * Tests of what is refused hold there too; the size of the list is judged on release builds. */
enum sandbox_seccomp {
    SECCOMP_SERVER,      /* files, unix sockets, threads, forks, sandboxing oneself further */
    SECCOMP_IMPORT,      /* a one-shot worker on files: no new sockets, no forks, no signals to others */
    SECCOMP_QUERY_CHILD, /* memory, reading and writing open descriptors; any other call ends the process */
    SECCOMP_PLUGIN,      /* somebody else's program: files, threads, its open descriptors; started once */
    SECCOMP_MAKER,       /* the process that starts those: namespaces and mounts, no other attack, no internet socket */
};

struct sandbox_profile {
    const char *user;         /* suffix of the system user ("web"), or NULL: stay who we are (one-shot children) */
    const char *const *read;  /* files and folders that may be read, ended by NULL; missing ones are left out */
    const char *const *run;   /* the same, and executed (a plugin's interpreter and libraries) */
    const char *const *write; /* files and folders that may be read, written, made and removed; must exist */
    bool network;             /* may open internet sockets (egress alone); adds what name look-up and TLS read */
    bool bare;                /* nothing beyond the lists: no time zones, no /dev, no /etc/passwd (one-shot children) */
    enum sandbox_seccomp seccomp;
};

/* For good, and for all children. Call with one thread, after listening, before opening databases. A process in a
 * sandbox may enter a narrower one. E_UNAVAILABLE with a sentence; then the process must exit. */
enum err sandbox_enter(struct task *t, const struct sandbox_profile *p);
/* The two halves, for children that open a file in between: Landlock, then seccomp. */
enum err sandbox_files(struct task *t, const struct sandbox_profile *p);
enum err sandbox_calls(struct task *t, enum sandbox_seccomp seccomp, bool network);
/* SECCOMP_PLUGIN, for a process that will execute one program and no other: whoever holds the listener must let the
 * first execveat through and close it, after which there is none. The same in sanitizer builds: what runs in it is not
 * ours. -1 with a sentence in the task. */
int sandbox_calls_once(struct task *t);
/* The holder's side: waits at most so long for the execveat, lets it through, closes the listener. */
bool sandbox_let_start(int listener, int64_t wait_ms);
/* Compiles a filter ahead (1 ms), so that sandbox_calls in a forked child only loads it. */
bool sandbox_calls_prepare(enum sandbox_seccomp seccomp, bool network);

/* Landlock's version in this kernel, 0 without. */
int sandbox_landlock_abi(void);
/* A sentence that says what is weaker where the kernel has no Landlock, for deploy/up's question and for the banner on
 * every page; empty where it has. */
struct span sandbox_weaker(struct task *t);
/* May this process make user namespaces, with mounts, process ids and a network inside? Forks to find out. */
bool sandbox_namespaces(void);
/* Sentences that say what this kernel's Landlock leaves to system call filters and namespaces (Debian 12's own kernel
 * is one such), for doctor; empty when nothing, or when there is no Landlock at all. */
struct span sandbox_gaps(struct task *t);

#endif
