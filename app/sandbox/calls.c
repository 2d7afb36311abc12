/* calls: one row per system call; what has no row is refused. */
#include "sandbox/calls.h"

#define C CALLS_CORE
#define F CALLS_FILES
#define S CALLS_SOCKETS
#define P CALLS_PROCESS
#define E CALLS_EVENTS
#define X CALLS_ATTACK
#define N CALLS_START

/* socket, socketpair, clone, prctl, ioctl and fcntl with conditions stand in seccomp.c. Names that this libseccomp or
 * architecture does not know are passed over. */
/* clang-format off */
const struct call_row call_rows[] = {
    {"read", C}, {"write", C}, {"readv", C}, {"writev", C}, {"pread64", C}, {"preadv", C}, {"preadv2", C},
    {"close", C}, {"lseek", C}, {"fstat", C}, {"mmap", C}, {"munmap", C}, {"mprotect", C}, {"mremap", C},
    {"madvise", C}, {"brk", C}, {"futex", C}, {"rt_sigaction", C}, {"rt_sigprocmask", C}, {"rt_sigreturn", C},
    {"sigaltstack", C}, {"clock_gettime", C}, {"clock_getres", C}, {"gettimeofday", C}, {"time", C}, {"getpid", C},
    {"gettid", C}, {"getrandom", C}, {"exit", C}, {"exit_group", C}, {"sched_yield", C}, {"restart_syscall", C},
    {"recvmsg", C}, {"sendmsg", C}, {"recvfrom", C}, {"sendto", C}, {"poll", C}, {"ppoll", C}, {"fadvise64", C},
    {"tgkill", C}, {"getrusage", C}, {"times", C}, {"rseq", C}, {"membarrier", C}, {"getcpu", C},

    {"getuid", E}, {"geteuid", E}, {"getgid", E}, {"getegid", E}, {"getppid", E}, {"getgroups", E}, {"getresuid", E},
    {"getresgid", E}, {"uname", E}, {"sysinfo", E}, {"getrlimit", E}, {"prlimit64", E}, {"sched_getaffinity", E},
    {"clock_nanosleep", E}, {"nanosleep", E}, {"rt_sigtimedwait", E}, {"rt_sigpending", E}, {"rt_sigsuspend", E},
    {"select", E}, {"pselect6", E}, {"epoll_create", E}, {"epoll_create1", E}, {"epoll_ctl", E}, {"epoll_wait", E},
    {"epoll_pwait", E}, {"epoll_pwait2", E}, {"eventfd2", E}, {"signalfd4", E}, {"timerfd_create", E},
    {"timerfd_settime", E}, {"timerfd_gettime", E}, {"pipe", E}, {"pipe2", E}, {"dup", E}, {"dup2", E}, {"dup3", E},
    {"alarm", E}, {"setitimer", E}, {"getitimer", E}, {"pause", E}, {"getcwd", E}, {"set_robust_list", E},
    {"get_robust_list", E}, {"set_tid_address", E}, {"mincore", E}, {"mlock", E}, {"mlock2", E}, {"munlock", E},

    {"open", F}, {"openat", F}, {"openat2", F}, {"creat", F}, {"access", F}, {"faccessat", F}, {"faccessat2", F}, {"stat", F},
    {"lstat", F}, {"newfstatat", F}, {"statx", F}, {"statfs", F}, {"fstatfs", F}, {"getdents", F}, {"getdents64", F},
    {"readlink", F}, {"readlinkat", F}, {"unlink", F}, {"unlinkat", F}, {"rename", F}, {"renameat", F},
    {"renameat2", F}, {"link", F}, {"linkat", F}, {"symlink", F}, {"symlinkat", F}, {"mkdir", F}, {"mkdirat", F},
    {"rmdir", F}, {"chmod", F}, {"fchmod", F}, {"fchmodat", F}, {"chown", F}, {"lchown", F}, {"fchown", F},
    {"fchownat", F}, {"utimensat", F}, {"umask", F}, {"truncate", F}, {"ftruncate", F}, {"fallocate", F}, {"fsync", F},
    {"fdatasync", F}, {"sync_file_range", F}, {"flock", F}, {"copy_file_range", F}, {"sendfile", F}, {"pwrite64", F},
    {"pwritev", F}, {"pwritev2", F}, {"msync", F}, {"chdir", F}, {"fchdir", F}, {"syncfs", F},

    {"connect", S}, {"accept", S}, {"accept4", S}, {"shutdown", S | N}, {"getsockname", S | N}, {"getpeername", S | N},
    {"getsockopt", S | N}, {"setsockopt", S}, {"sendmmsg", S}, {"recvmmsg", S},

    {"fork", P}, {"vfork", P}, {"wait4", P}, {"waitid", P}, {"kill", P}, {"pidfd_open", P}, {"pidfd_send_signal", P},
    {"getpgid", P}, {"getpgrp", P | N}, {"setpgid", P}, {"setsid", P}, {"getpriority", P}, {"setpriority", P},
    {"sched_setscheduler", P}, {"sched_getparam", P | N}, {"sched_getscheduler", P | N}, {"landlock_create_ruleset", P},
    {"landlock_add_rule", P}, {"landlock_restrict_self", P}, {"seccomp", P}, {"setrlimit", P},

    {"arch_prctl", N}, {"set_mempolicy", N}, {"get_mempolicy", N}, {"capget", N}, {"close_range", N},

    {"execve", X}, {"execveat", X}, {"ptrace", X}, {"process_vm_readv", X}, {"process_vm_writev", X}, {"kcmp", X},
    {"mount", X}, {"umount2", X}, {"pivot_root", X}, {"chroot", X}, {"move_mount", X}, {"open_tree", X}, {"fsopen", X},
    {"fsmount", X}, {"setns", X}, {"unshare", X}, {"bpf", X}, {"perf_event_open", X}, {"io_uring_setup", X},
    {"io_uring_enter", X}, {"io_uring_register", X}, {"userfaultfd", X}, {"keyctl", X}, {"add_key", X},
    {"request_key", X}, {"init_module", X}, {"finit_module", X}, {"delete_module", X}, {"kexec_load", X},
    {"kexec_file_load", X}, {"reboot", X}, {"swapon", X}, {"swapoff", X}, {"personality", X}, {"acct", X},
    {"open_by_handle_at", X}, {"name_to_handle_at", X}, {"iopl", X}, {"ioperm", X}, {"modify_ldt", X},
    {"setuid", X}, {"setgid", X}, {"setreuid", X}, {"setregid", X}, {"setresuid", X}, {"setresgid", X},
    {"setgroups", X}, {"capset", X}, {"sethostname", X}, {"settimeofday", X}, {"clock_settime", X}, {"adjtimex", X},
    {"clock_adjtime", X}, {"mknod", X}, {"mknodat", X}, {"quotactl", X}, {"syslog", X}, {"vhangup", X},
    {"pidfd_getfd", X}, {"process_madvise", X}, {"fanotify_init", X}, {"lookup_dcookie", X}, {"mbind", X},
    {"migrate_pages", X}, {"move_pages", X}, {"nfsservctl", X}, {"ioprio_set", X},
};
/* clang-format on */
const unsigned call_rows_n = sizeof call_rows / sizeof call_rows[0];
