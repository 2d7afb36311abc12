/* query_world: a state folder with one published dataset, gate's key, and a running query service, for tests and
 * benches. */
#ifndef SUPPORT_QUERY_WORLD_H
#define SUPPORT_QUERY_WORLD_H

#include "base/clock.h"
#include "base/conf.h"
#include "base/fsio.h"
#include "base/id.h"
#include "policy/grant.h"
#include "query/query_client.h"
#include "query/service.h"
#include "wire/sock.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORLD_NOBODY = 65534, WORLD_START_MS = 20000 };

static struct {
    char state[64];
    unsigned char secret[GRANT_SECRET_BYTES];
    char revision[HASH_HEX_BYTES];
    pid_t service;
} world;

static void
world_must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "set-up failed: %s\n", what);
    exit(1);
}

static char *
world_path(struct task *t, const char *rest)
{
    return task_printf(t, "%s/%s", world.state, rest);
}

static void
world_make_file(const char *path, const char *sql)
{
    sqlite3 *db;
    char *why = NULL;
    world_must(sqlite3_open(path, &db) == SQLITE_OK, path);
    bool ok = sqlite3_exec(db, sql, NULL, NULL, &why) == SQLITE_OK;
    world_must(ok, why ? why : sql);
    sqlite3_close(db);
}

static void
world_link(struct task *t, const char *folder, int variant, const char *extension)
{
    const char *number = variant > 0 ? task_printf(t, ".%d", variant) : "";
    const char *link = task_printf(t, "%s/current%s.%s", folder, number, extension);
    const char *tmp = task_printf(t, "%s.new", link);
    world_must(symlink(task_printf(t, "%s.%s", world.revision, extension), tmp) == 0 && rename(tmp, link) == 0, link);
}

/* Puts a database, by sql, and a sidecar, by side, into a folder, and links current[.variant] to them. */
static void
world_put(struct task *t, const char *folder, int variant, const char *sql, const char *side)
{
    const char *tmp = task_printf(t, "%s/new", folder);
    mkdir(folder, 0755);
    world_make_file(tmp, sql);
    int fd = open(tmp, O_RDONLY);
    world_must(fd >= 0 && hash_file_sha256(fd, world.revision), tmp);
    close(fd);
    const char *base = task_printf(t, "%s/%s", folder, world.revision);
    world_must(rename(tmp, task_printf(t, "%s.db", base)) == 0, base);
    world_link(t, folder, variant, "db");
    if (side) {
        world_make_file(task_printf(t, "%s.idx", base), side);
        world_link(t, folder, variant, "idx");
    }
}

/* Publishes a revision of a dataset, or (variant 1..3) what its readers of that clearance see. */
static inline void
world_publish_variant(const char *dataset, int variant, const char *sql, const char *side)
{
    struct task t;
    task_begin(&t, 0);
    world_put(&t, world_path(&t, task_printf(&t, "followers/%s", dataset)), variant, sql, side);
    task_end(&t);
}

static inline void
world_publish(const char *dataset, const char *sql, const char *side)
{
    world_publish_variant(dataset, 0, sql, side);
}

/* The scratch database of a conversation. */
static inline void
world_scratch(const char *conversation, const char *sql)
{
    struct task t;
    task_begin(&t, 0);
    world_put(&t, world_path(&t, task_printf(&t, "scratch/%s", conversation)), 0, sql, NULL);
    task_end(&t);
}

/* The service runs as one user (single-user mode); root becomes nobody first. */
static void
world_begin(void)
{
    struct task t;
    unsigned char public[GRANT_KEY_BYTES];
    id_init();
    if (geteuid() == 0)
        world_must(setgroups(0, NULL) == 0 && setresgid(WORLD_NOBODY, WORLD_NOBODY, WORLD_NOBODY) == 0 &&
                       setresuid(WORLD_NOBODY, WORLD_NOBODY, WORLD_NOBODY) == 0,
            "becoming nobody");
    snprintf(world.state, sizeof world.state, "/tmp/lyceum-query-XXXXXX");
    world_must(mkdtemp(world.state) != NULL, "a folder");
    setenv("LYCEUM_STATE", world.state, 1);
    task_begin(&t, 0);
    world_must(conf_load(&t) == E_OK, t.cause);
    static const char *const folders[] = {"run", "share", "followers", "scratch"};
    for (size_t i = 0; i < 4; i++)
        world_must(mkdir(world_path(&t, folders[i]), 0755) == 0, folders[i]);
    crypto_sign_keypair(public, world.secret);
    world_must(fsio_write_atomic(&t, world_path(&t, "share/gate.pub"),
                   (struct span){(const char *)public, sizeof public}, 0644) == E_OK,
        "gate.pub");
    task_end(&t);
}

static void
world_serve(void)
{
    struct task t;
    int fd = -1;
    world.service = fork();
    if (world.service == 0) {
        task_begin(&t, 0);
        int status = query_service_run(&t);
        if (t.err != E_OK)
            fprintf(stderr, "%s\n", t.cause);
        exit(status);
    }
    for (int64_t end = clock_mono_ms() + WORLD_START_MS; fd < 0 && clock_mono_ms() < end; poll(NULL, 0, 1)) {
        task_begin(&t, 0);
        if (sock_connect(&t, world_path(&t, "run/query-sql.sock"), "query", &fd) == E_OK)
            close(fd);
        task_end(&t);
    }
    world_must(fd >= 0, "the service");
}

/* True when it ended by itself, cleanly. */
static bool
world_end(void)
{
    int status = -1;
    kill(world.service, SIGTERM);
    waitpid(world.service, &status, 0);
    char command[96];
    snprintf(command, sizeof command, "rm -r %s", world.state);
    char *argv[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c", command, NULL};
    pid_t pid = fork();
    if (pid == 0)
        _exit(execv("/bin/sh", argv));
    waitpid(pid, NULL, 0);
    return status == 0;
}

/* A grant for the query service. args_hash empty: reusable. */
static inline struct span
world_grant(struct task *t, const char *capability, const char *dataset, struct span args_hash)
{
    struct grant g = {.audience = SPAN("query"),
        .subject = SPAN("operator"),
        .capability = span_of(capability),
        .dataset = span_of(dataset),
        .args_hash = args_hash,
        .expires_ms = clock_unix_ms() + 30000,
        .reusable = args_hash.n == 0};
    return grant_seal(t, world.secret, &g);
}

#endif
