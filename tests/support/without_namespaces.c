/* without_namespaces: runs a program as nobody where no user namespace can be made, as on some hardened machines. As
 * root: without_namespaces PROGRAM [ARGUMENT...]      its exit status, 2 when it could not be tried */
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534, COULD_NOT = 2 };

static bool
put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool
map(pid_t pid, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return put(path, "0 0 100000\n");
}

/* In a user namespace that has all ids and room for no other one. */
static _Noreturn void
be_child(int told, int tell, char **argv)
{
    char byte = 'x';
    bool ok = unshare(CLONE_NEWUSER) == 0 && write(tell, &byte, 1) == 1 && read(told, &byte, 1) == 1 &&
              put("/proc/sys/user/max_user_namespaces", "0") && setgroups(0, NULL) == 0 &&
              setresgid(NOBODY, NOBODY, NOBODY) == 0 && setresuid(NOBODY, NOBODY, NOBODY) == 0;
    close(told);
    close(tell);
    if (ok)
        execv(argv[0], argv);
    perror("without_namespaces");
    _exit(COULD_NOT);
}

int
main(int argc, char **argv)
{
    int down[2], up[2], status = 0;
    char byte;
    if (argc < 2 || pipe(down) != 0 || pipe(up) != 0)
        return COULD_NOT;
    pid_t pid = fork();
    if (pid == 0)
        be_child(down[0], up[1], argv + 1);
    close(up[1]);
    if (pid > 0 && read(up[0], &byte, 1) == 1 && map(pid, "uid_map") && map(pid, "gid_map"))
        status = write(down[1], &byte, 1) == 1 ? 0 : COULD_NOT;
    close(down[1]);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return COULD_NOT;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
