/* test_jail: a jailed child really can't do what its profile takes away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/conf.h"
#include "base/id.h"
#include "sandbox/drop.h"
#include "sandbox/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DONE = 0, REFUSED = 3, NO_JAIL = 4, WRONG = 5 };

static char folder[64]; /* the world of the tests */
static char inside[96], outside[96];

/* What a child tries; true when it could. errno tells why not. */
typedef bool attempt(void);

static bool
can_open(const char *path, int flags)
{
    int fd = open(path, flags, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool
read_inside(void)
{
    return can_open(inside, O_RDONLY);
}
static bool
read_outside(void)
{
    return can_open(outside, O_RDONLY);
}
static bool
read_password_file(void)
{
    return can_open("/etc/passwd", O_RDONLY);
}
static bool
write_inside(void)
{
    return can_open(inside, O_WRONLY);
}
static bool
truncate_inside(void)
{
    return truncate(inside, 0) == 0;
}
static bool
make_beside(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s/new", folder);
    return can_open(path, O_WRONLY | O_CREAT);
}
static bool
remove_inside(void)
{
    return unlink(inside) == 0;
}
static bool
socket_inet(void)
{
    return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}
static bool
socket_inet6(void)
{
    return socket(AF_INET6, SOCK_DGRAM, 0) >= 0;
}
static bool
socket_packet(void)
{
    return socket(AF_PACKET, SOCK_RAW, 0) >= 0;
}
static bool
socket_unix(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}
static bool
run_program(void)
{
    char path[] = "/bin/true";
    char *argv[] = {path, NULL};
    execv(path, argv);
    return false;
}
static bool
become_root(void)
{
    return setuid(0) == 0 && geteuid() == 0 && getuid() == 0 && syscall(SYS_setresuid, 0, 0, 0) == 0;
}
static bool
trace_parent(void)
{
    return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0;
}
static bool
use_io_uring(void)
{
    return syscall(SYS_io_uring_setup, 1, NULL) >= 0;
}
#ifndef LYCEUM_SANITIZED
static bool
new_namespace(void)
{
    return syscall(SYS_clone, 0x10000000 | SIGCHLD, 0, 0, 0, 0) >= 0; /* CLONE_NEWUSER */
}
#endif
static void *
nothing_thread(void *arg)
{
    return arg;
}
static bool
make_thread(void)
{
    pthread_t th;
    return pthread_create(&th, NULL, nothing_thread, NULL) == 0 && pthread_join(th, NULL) == 0;
}
static bool
make_child(void)
{
    int status;
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}
static bool
share_memory(void)
{
    int fd = open(inside, O_RDONLY);
    void *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    return p != MAP_FAILED;
}
static bool
lock_inside(void)
{
    struct flock l = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
    int fd = open(inside, O_RDONLY);
    return fd >= 0 && fcntl(fd, F_SETLK, &l) == 0;
}
static bool
signal_parent(void)
{
    return kill(getppid(), 0) == 0;
}
static bool
dump_core(void)
{
    struct rlimit r;
    return getrlimit(RLIMIT_CORE, &r) == 0 && r.rlim_cur > 0;
}

/* Runs one attempt in a child with that profile: DONE, REFUSED (also when the kernel ended it), or NO_JAIL. */
static int
outcome(const struct sandbox_profile *p, attempt *fn)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct task t;
        task_begin(&t, 0);
        if (sandbox_enter(&t, p) != E_OK) {
            fprintf(stderr, "%s\n", t.cause);
            _exit(NO_JAIL);
        }
        _exit(fn() ? DONE : REFUSED);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGSYS ? REFUSED : WRONG;
    return WEXITSTATUS(status);
}

struct row {
    const char *what;
    attempt *fn;
    bool allowed;
};

static void
check_rows(const struct sandbox_profile *p, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int got = outcome(p, rows[i].fn);
        int want = rows[i].allowed ? DONE : REFUSED;
        if (got != want)
            fail_msg("%s: outcome %d, not %d", rows[i].what, got, want);
    }
}

static void
without_a_jail_each_attempt_succeeds_or_needs_root(void **state)
{
    (void)state;
    /* The tests below mean something only because these work here when nothing forbids them. */
    assert_true(read_inside() && read_outside() && read_password_file() && write_inside());
    assert_true(socket_inet() && socket_unix() && share_memory() && signal_parent());
}

static void
a_server_reads_and_writes_its_own_folders_alone(void **state)
{
    (void)state;
    const char *const read[] = {inside, NULL};
    struct sandbox_profile p = {.read = read, .seccomp = SECCOMP_SERVER};
    const struct row rows[] = {
        {"read what is listed", read_inside, true},
        {"map what is listed", share_memory, true},
        {"lock what is listed", lock_inside, true},
        {"read another file", read_outside, false},
        {"write what may only be read", write_inside, false},
        {"truncate it", truncate_inside, false},
        {"make a file beside it", make_beside, false},
        {"remove it", remove_inside, false},
        {"an internet socket", socket_inet, false},
        {"an internet 6 socket", socket_inet6, false},
        {"a raw socket", socket_packet, false},
        {"a unix socket", socket_unix, true},
        {"another program", run_program, false},
        {"root again", become_root, false},
        {"io_uring", use_io_uring, false},
#ifndef LYCEUM_SANITIZED
        {"a user namespace", new_namespace, false},
#endif
        {"a thread", make_thread, true},
        {"a child", make_child, true},
        {"a core dump", dump_core, false},
    };
    check_rows(&p, rows, sizeof rows / sizeof rows[0]);
}

static void
a_folder_that_may_be_written_is_written(void **state)
{
    (void)state;
    const char *const write[] = {folder, NULL};
    struct sandbox_profile p = {.write = write, .seccomp = SECCOMP_IMPORT};
    const struct row rows[] = {
        {"write inside", write_inside, true},
        {"make a file", make_beside, true},
        {"read outside", read_outside, false},
        {"an internet socket", socket_inet, false},
#ifndef LYCEUM_SANITIZED
        {"a unix socket", socket_unix, false},
        {"a child", make_child, false},
#endif
        {"another program", run_program, false},
    };
    check_rows(&p, rows, sizeof rows / sizeof rows[0]);
}

static void
egress_opens_internet_sockets_and_no_files(void **state)
{
    (void)state;
    struct sandbox_profile p = {.network = true, .seccomp = SECCOMP_SERVER};
    const struct row rows[] = {
        {"an internet socket", socket_inet, true},
        {"an internet 6 socket", socket_inet6, true},
#ifndef LYCEUM_SANITIZED
        {"a raw socket", socket_packet, false},
#endif
        {"read another file", read_outside, false},
        {"a thread", make_thread, true},
        {"another program", run_program, false},
    };
    check_rows(&p, rows, sizeof rows / sizeof rows[0]);
}

static void
a_query_child_can_open_nothing(void **state)
{
    (void)state;
#ifdef LYCEUM_SANITIZED
    skip(); /* sanitizers keep open(2): jail.h */
#endif
    struct sandbox_profile p = {.bare = true, .seccomp = SECCOMP_QUERY_CHILD};
    const struct row rows[] = {
        {"read a file", read_inside, false},
        {"read another file", read_outside, false},
        {"read the users", read_password_file, false},
        {"write", write_inside, false},
        {"any socket", socket_unix, false},
        {"another program", run_program, false},
        {"a child", make_child, false},
        {"a thread", make_thread, false},
        {"a signal", signal_parent, false},
        {"attach to its parent", trace_parent, false},
    };
    check_rows(&p, rows, sizeof rows / sizeof rows[0]);
}

/* Landlock by itself, without the filter: each of the two must hold alone. */
static int
files_alone(attempt *fn)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct task t;
        const char *const read[] = {inside, NULL};
        struct sandbox_profile p = {.read = read, .bare = true};
        task_begin(&t, 0);
        drop_hygiene();
        _exit(sandbox_files(&t, &p) != E_OK ? NO_JAIL : fn() ? DONE : REFUSED);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : WRONG;
}

static void
landlock_holds_without_seccomp(void **state)
{
    (void)state;
    if (sandbox_landlock_abi() == 0)
        skip();
    assert_int_equal(files_alone(read_inside), DONE);
    assert_int_equal(files_alone(read_outside), REFUSED);
    assert_int_equal(files_alone(read_password_file), REFUSED);
    assert_int_equal(files_alone(write_inside), REFUSED);
    assert_int_equal(files_alone(remove_inside), REFUSED);
    assert_int_equal(files_alone(run_program), REFUSED);
    if (sandbox_landlock_abi() >= 3)
        assert_int_equal(files_alone(truncate_inside), REFUSED);
    if (sandbox_landlock_abi() >= 6)
        assert_int_equal(files_alone(signal_parent), REFUSED);
}

static void
a_missing_folder_is_named(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        struct task t;
        const char *const write[] = {"/nowhere/at/all", NULL};
        struct sandbox_profile p = {.write = write};
        task_begin(&t, 0);
        _exit(sandbox_enter(&t, &p) == E_UNAVAILABLE && strstr(t.cause, "/nowhere/at/all") ? DONE : WRONG);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static bool
no_proxy_is_left(void)
{
    return !getenv("HTTP_PROXY") && !getenv("https_proxy");
}

static void
proxies_are_forgotten(void **state)
{
    (void)state;
    setenv("HTTP_PROXY", "http://example.invalid", 1);
    setenv("https_proxy", "http://example.invalid", 1);
    struct sandbox_profile p = {.seccomp = SECCOMP_SERVER};
    assert_int_equal(outcome(&p, no_proxy_is_left), DONE);
    unsetenv("HTTP_PROXY");
    unsetenv("https_proxy");
}

static void
write_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "content", 7), 7);
    close(fd);
}

static int
set_up(void **state)
{
    (void)state;
    struct task t;
    id_init();
    task_begin(&t, 0);
    enum err e = conf_load_file(&t, NULL);
    task_end(&t);
    snprintf(folder, sizeof folder, "/tmp/lyceum-jail-XXXXXX");
    if (e != E_OK || !mkdtemp(folder))
        return -1;
    snprintf(inside, sizeof inside, "%s/inside", folder);
    snprintf(outside, sizeof outside, "%s.outside", folder);
    write_file(inside);
    write_file(outside);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/new", folder);
    unlink(path);
    unlink(inside);
    unlink(outside);
    return rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_jail_each_attempt_succeeds_or_needs_root),
        cmocka_unit_test(a_server_reads_and_writes_its_own_folders_alone),
        cmocka_unit_test(a_folder_that_may_be_written_is_written),
        cmocka_unit_test(egress_opens_internet_sockets_and_no_files),
        cmocka_unit_test(a_query_child_can_open_nothing),
        cmocka_unit_test(landlock_holds_without_seccomp),
        cmocka_unit_test(a_missing_folder_is_named),
        cmocka_unit_test(proxies_are_forgotten),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
