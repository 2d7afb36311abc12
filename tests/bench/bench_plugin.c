/* bench_plugin: what a call of a plugin's tool costs: warm, and with a new process; beside the bare interpreters'
 * start. bench_plugin [warm calls] [cold calls]      prints one JSON line, microseconds */
#include "../support/plugin_world.h"

#include <spawn.h>

enum { WARM = 3000, COLD = 60, COLD_MOST = 80 };

static int64_t us[100000];

static int
by_size(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void
print(const char *name, int n, const char *end)
{
    qsort(us, (size_t)n, sizeof us[0], by_size);
    printf("\"%s\":{\"p50\":%lld,\"p99\":%lld,\"n\":%d}%s", name, (long long)us[n / 2], (long long)us[n * 99 / 100], n,
        end);
}

/* One call; the grant is sealed before the clock starts, as gate does elsewhere. */
static int64_t
timed_call(const char *digest, const char *subject)
{
    struct task t;
    char word[PLUGIN_WORD_BYTES];
    json_t *blocks;
    task_begin(&t, 30000);
    struct world_call c = {
        .digest = digest, .tool = "count_words", .args = "{\"text\":\"three small words\"}", .subject = subject};
    const struct plugin_call call = {
        .grant = world_grant(&t, &c), .tool = span_of(c.tool), .args = span_of(c.args), .wake_fd = -1};
    int64_t from = clock_mono_us();
    enum err e = plugin_call(&t, &call, word, &blocks);
    int64_t took = clock_mono_us() - from;
    world_must(e == E_OK, t.cause);
    task_end(&t);
    return took;
}

static int64_t
timed_start(const char *program, const char *flag, const char *script)
{
    extern char **environ;
    char *argv[] = {(char *)(uintptr_t)program, (char *)(uintptr_t)flag, (char *)(uintptr_t)script, NULL};
    pid_t pid;
    int status;
    int64_t from = clock_mono_us();
    world_must(posix_spawn(&pid, program, NULL, NULL, argv, environ) == 0 && waitpid(pid, &status, 0) == pid, program);
    return clock_mono_us() - from;
}

static void
bench_cold(const char *name, const char *digest, int n, const char *program, const char *flag)
{
    static int64_t bare[COLD_MOST];
    char key[64], subject[32];
    for (int i = 0; i < n; i++) { /* in turn, so that a drifting machine hits both */
        snprintf(subject, sizeof subject, "u_%s%d", name, i);
        us[i] = timed_call(digest, subject);
        bare[i] = program ? timed_start(program, flag, program[9] == 'p' ? "pass" : "0") : 0;
    }
    snprintf(key, sizeof key, "cold_%s", name);
    print(key, n, ",");
    memcpy(us, bare, (size_t)n * sizeof us[0]);
    snprintf(key, sizeof key, "bare_%s", name);
    if (program)
        print(key, n, ",");
}

int
main(int argc, char **argv)
{
    static const struct world_file c[] = {{"plugin", WORLD_C_PLUGIN, NULL, true},
        {"tools/count_words.json", "plugins/sdk/c/template/tools/count_words.json", NULL, false},
        {"manifest", "plugins/sdk/c/template/manifest", NULL, false}, {0}};
    static const struct world_file python[] = {{"plugin.py", "plugins/sdk/python/template/plugin.py", NULL, false},
        {"lyceum.py", "plugins/sdk/python/lyceum.py", NULL, false},
        {"tools/count_words.json", "plugins/sdk/python/template/tools/count_words.json", NULL, false},
        {"manifest", "plugins/sdk/python/template/manifest", NULL, false}, {0}};
    static const struct world_file node[] = {{"plugin.mjs", "plugins/sdk/js/template/plugin.mjs", NULL, false},
        {"lyceum.mjs", "plugins/sdk/js/lyceum.mjs", NULL, false},
        {"tools/count_words.json", "plugins/sdk/js/template/tools/count_words.json", NULL, false},
        {"manifest", "plugins/sdk/js/template/manifest", NULL, false}, {0}};
    char digest[3][HOST_DIGEST_BYTES];
    int warm = argc > 1 ? (int)strtol(argv[1], NULL, 10) : WARM,
        cold = argc > 2 ? (int)strtol(argv[2], NULL, 10) : COLD;
    world_must(warm > 0 && warm <= 100000 && cold > 0 && cold <= COLD_MOST, "how many calls");
    setenv("LYCEUM_PLUGIN_PROCESSES", "256", 1);
    world_begin();
    const char *python3 = conf_text("plugin.python3"), *node20 = conf_text("plugin.node");
    world_install(c, digest[0]);
    world_install(python, digest[1]);
    world_install(node, digest[2]);
    world_serve();
    for (int i = 0; i < 3; i++) /* the bundles' first load is not a process's start */
        if (i == 0 || access(i == 1 ? python3 : node20, X_OK) == 0)
            timed_call(digest[i], "u_first");
    putchar('{');
    for (int i = 0; i < warm; i++)
        us[i] = timed_call(digest[0], "u_first");
    print("warm_c", warm, ",");
    bench_cold("c", digest[0], cold, NULL, NULL);
    if (access(python3, X_OK) == 0)
        bench_cold("python3", digest[1], cold, python3, "-c");
    if (access(node20, X_OK) == 0)
        bench_cold("node", digest[2], cold, node20, "-e");
    puts("\"unit\":\"us\"}");
    return world_end() ? 0 : 1;
}
