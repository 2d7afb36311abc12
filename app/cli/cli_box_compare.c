/* cli_box_compare: the same work done by what this machine has: python3 alone, in bubblewrap, in runc. */
#include "cli/cli_box_measure.h"

#include "base/clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_BYTES = 4096 };
#define PYTHON "/usr/bin/python3"

/* Runs a program and reads what it prints; its time in microseconds, or a sentence in s->t. */
static enum err
run_program(struct series *s, char *const argv[], char out[OUTPUT_BYTES], double *us)
{
    int pipes[2], status;
    size_t n = 0;
    if (access(argv[0], X_OK) != 0)
        return task_fail(s->t, E_NOTFOUND, "%s is not installed here.", argv[0]);
    if (pipe2(pipes, O_CLOEXEC) != 0)
        return task_fail(s->t, E_UNAVAILABLE, "There are no descriptors left.");
    int64_t began = clock_mono_us();
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        dup2(null, STDIN_FILENO);
        dup2(null, STDERR_FILENO);
        dup2(pipes[1], STDOUT_FILENO);
        execv(argv[0], argv);
        _exit(127);
    }
    close(pipes[1]);
    for (ssize_t got = 1; got > 0 && n + 1 < OUTPUT_BYTES; n += got > 0 ? (size_t)got : 0)
        got = read(pipes[0], out + n, OUTPUT_BYTES - 1 - n);
    out[n] = 0;
    close(pipes[0]);
    bool ok = child > 0 && waitpid(child, &status, 0) == child && status == 0;
    *us = (double)(clock_mono_us() - began);
    return ok ? E_OK : task_fail(s->t, E_UNAVAILABLE, "%s does not run here.", argv[0]);
}

static enum err
repeat_program(struct series *s, char *const argv[])
{
    char out[OUTPUT_BYTES];
    enum err e = E_OK;
    for (size_t i = 0; e == E_OK && i < s->n; i++)
        e = run_program(s, argv, out, &s->us[s->taken++]);
    return e;
}

/* argv wants char *; nobody writes to them. */
#define WORD(z) ((char *)(uintptr_t)(z))
static const char *const CODE = "print(sum(x * x for x in range(10)))";

enum err
measure_exec(struct series *s)
{
    char *argv[] = {WORD(PYTHON), WORD("-I"), WORD("-c"), WORD(CODE), NULL};
    return repeat_program(s, argv);
}

enum err
measure_bubblewrap(struct series *s)
{
    char *argv[] = {WORD("/usr/bin/bwrap"), WORD("--unshare-all"), WORD("--ro-bind"), WORD("/usr"), WORD("/usr"),
        WORD("--symlink"), WORD("usr/lib"), WORD("/lib"), WORD("--symlink"), WORD("usr/lib64"), WORD("/lib64"),
        WORD("--proc"), WORD("/proc"), WORD("--dev"), WORD("/dev"), WORD("--die-with-parent"), WORD(PYTHON), WORD("-I"),
        WORD("-c"), WORD(CODE), NULL};
    return repeat_program(s, argv);
}

/* runc wants a bundle: a folder with a configuration, here over this machine's own /usr. */
enum err
measure_runc(struct series *s)
{
    static const char config[] =
        "{\"ociVersion\":\"1.0.2\",\"process\":{\"cwd\":\"/\",\"args\":[\"/usr/bin/"
        "python3\",\"-I\",\"-c\",\"print(285)\"],"
        "\"env\":[\"PATH=/usr/bin\"],\"user\":{\"uid\":0,\"gid\":0}},\"root\":{\"path\":\"rootfs\",\"readonly\":true},"
        "\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},"
        "{\"destination\":\"/usr\",\"type\":\"bind\",\"source\":\"/usr\",\"options\":[\"rbind\",\"ro\"]},"
        "{\"destination\":\"/lib\",\"type\":\"bind\",\"source\":\"/usr/lib\",\"options\":[\"rbind\",\"ro\"]},"
        "{\"destination\":\"/lib64\",\"type\":\"bind\",\"source\":\"/usr/lib64\",\"options\":[\"rbind\",\"ro\"]}],"
        "\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"mount\"},{\"type\":\"network\"},{\"type\":\"ipc\"}]}"
        "}";
    char folder[] = "/tmp/lyceum-runc-XXXXXX";
    if (access("/usr/sbin/runc", X_OK) != 0)
        return task_fail(s->t, E_NOTFOUND, "runc is not installed here.");
    if (!mkdtemp(folder))
        return task_fail(s->t, E_UNAVAILABLE, "There is no room for a bundle in /tmp.");
    char *root = task_printf(s->t, "%s/rootfs", folder), *file = task_printf(s->t, "%s/config.json", folder);
    static const char *const inside[] = {"", "/proc", "/usr", "/lib", "/lib64"};
    for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++)
        mkdir(task_printf(s->t, "%s%s", root, inside[i]), 0755);
    int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, config, sizeof config - 1) == (ssize_t)sizeof config - 1;
    if (fd >= 0)
        close(fd);
    char *argv[] = {WORD("/usr/sbin/runc"), WORD("run"), WORD("--bundle"), folder, folder + sizeof "/tmp/" - 1, NULL};
    enum err e =
        ok ? repeat_program(s, argv) : task_fail(s->t, E_UNAVAILABLE, "There is no room for a bundle in /tmp.");
    unlink(file);
    for (size_t i = sizeof inside / sizeof inside[0]; i-- > 0;)
        rmdir(task_printf(s->t, "%s%s", root, inside[i]));
    rmdir(folder);
    return e;
}

/* Plain Python: loops, floats, dictionaries, strings, sorting. It prints its seconds. */
static const char *const WORK =
    "import time, json\n"
    "def nbody(n):\n"
    "    p = [[float(i), i * 0.5, i * 0.25, 0.0, 0.0, 0.0, 1.0 + i] for i in range(5)]\n"
    "    for _ in range(n):\n"
    "        for i in range(5):\n"
    "            a = p[i]\n"
    "            for j in range(i + 1, 5):\n"
    "                b = p[j]\n"
    "                dx, dy, dz = a[0] - b[0], a[1] - b[1], a[2] - b[2]\n"
    "                m = 0.001 / (dx * dx + dy * dy + dz * dz + 0.01) ** 1.5\n"
    "                a[3] -= dx * b[6] * m; a[4] -= dy * b[6] * m; a[5] -= dz * b[6] * m\n"
    "                b[3] += dx * a[6] * m; b[4] += dy * a[6] * m; b[5] += dz * a[6] * m\n"
    "        for a in p: a[0] += 0.001 * a[3]; a[1] += 0.001 * a[4]; a[2] += 0.001 * a[5]\n"
    "def group(n):\n"
    "    g = {}\n"
    "    for i in range(n):\n"
    "        k = 'key%d' % (i * 7919 % 997)\n"
    "        g.setdefault(k, []).append(i % 101)\n"
    "    return sorted((sum(v) / len(v), k) for k, v in g.items())\n"
    "began = time.perf_counter()\n"
    "nbody(12000); group(200000); json.loads(json.dumps([{'a': i, 'b': str(i)} for i in range(20000)]))\n"
    "print(time.perf_counter() - began)\n";

enum err
measure_cpu(struct series *s)
{
    char *argv[] = {WORD(PYTHON), WORD("-I"), WORD("-c"), WORD(WORK), NULL}, out[OUTPUT_BYTES];
    double here = 0, there = 0, us, best_here = 1e9, best_there = 1e9;
    struct box_result r;
    struct box b;
    enum err e = box_open(s->t, s->host, box_limits_default(), NULL, &b);
    if (e != E_OK)
        return e;
    for (size_t i = 0; e == E_OK && i < s->n; i++) { /* in turn: the machine's other load meets both */
        e = run_program(s, argv, out, &us);
        if (e == E_OK)
            e = box_run(s->t, &b, span_of(WORK), NULL, &r);
        if (e == E_OK && (!span_double(span_trim(span_of(out)), &there) || !span_double(span_trim(r.out), &here)))
            e = task_fail(s->t, E_INTERNAL, "The measured program said something else.");
        s->us[s->taken++] = here * 1e6;
        best_here = here < best_here ? here : best_here;
        best_there = there < best_there ? there : best_there;
    }
    box_close(&b);
    s->value = best_there / best_here * 100;
    s->unit = "us in the box; value: % of native speed (best of each)";
    return e;
}
