/* plugin_world: a state folder with gate's key, bundles in it, and a running plugin service, for tests and benches.
 * With LYCEUM_PLUGIN_STATE it is a deployment's that runs already, as root. */
#ifndef SUPPORT_PLUGIN_WORLD_H
#define SUPPORT_PLUGIN_WORLD_H

#include "base/clock.h"
#include "base/conf.h"
#include "base/fsio.h"
#include "base/id.h"
#include "base/json.h"
#include "base/stop.h"
#include "plugin/bundle.h"
#include "plugin/host.h"
#include "plugin/host_jail.h"
#include "plugin/note.h"
#include "plugin/pack.h"
#include "plugin/plugin_client.h"
#include "policy/grant.h"
#include "wire/sock.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORLD_NOBODY = 65534, WORLD_START_MS = 20000, WORLD_FILE_BYTES = 8 << 20 };

static struct {
    char state[128];
    unsigned char secret[GRANT_SECRET_BYTES];
    struct note_secret publisher;
    pid_t service; /* 0: a deployment's */
    bool deployed;
    int projects;
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

/* A folder of its own, under a user who is not root; or the deployment that was named. */
static void
world_begin(void)
{
    struct task t;
    unsigned char public[GRANT_KEY_BYTES];
    struct span key;
    const char *deployed = getenv("LYCEUM_PLUGIN_STATE");
    id_init();
    world.deployed = deployed != NULL;
    if (!deployed && geteuid() == 0)
        world_must(setgroups(0, NULL) == 0 && setresgid(WORLD_NOBODY, WORLD_NOBODY, WORLD_NOBODY) == 0 &&
                       setresuid(WORLD_NOBODY, WORLD_NOBODY, WORLD_NOBODY) == 0,
            "becoming nobody");
    snprintf(world.state, sizeof world.state, "%s", deployed ? deployed : "/tmp/lyceum-plugin-XXXXXX");
    world_must(deployed || mkdtemp(world.state) != NULL, "a folder");
    setenv("LYCEUM_STATE", world.state, 1);
    task_begin(&t, 0);
    world_must(conf_load(&t) == E_OK, t.cause);
    world_must(note_secret_new(&t, SPAN("acme.example/test"), &world.publisher) == E_OK, t.cause);
    if (deployed) {
        world_must(fsio_read(&t, world_path(&t, "authority/gate.key"), GRANT_SECRET_BYTES, &key) == E_OK &&
                       key.n == GRANT_SECRET_BYTES,
            "gate.key");
        memcpy(world.secret, key.p, key.n);
    } else {
        static const char *const folders[] = {"run", "share", "plugins"};
        for (size_t i = 0; i < 3; i++)
            world_must(mkdir(world_path(&t, folders[i]), 0755) == 0, folders[i]);
        crypto_sign_keypair(public, world.secret);
        world_must(fsio_write_atomic(&t, world_path(&t, "share/gate.pub"),
                       (struct span){(const char *)public, sizeof public}, 0644) == E_OK,
            "gate.pub");
    }
    task_end(&t);
}

static inline void
world_serve(void)
{
    struct task t;
    int fd = -1;
    world.service = world.deployed ? 0 : fork();
    if (!world.deployed && world.service == 0) {
        stop_block();
        task_begin(&t, 0);
        enum err e = host_service_run(&t);
        if (e != E_OK)
            fprintf(stderr, "%s\n", t.cause);
        task_end(&t);
        exit(e == E_OK ? 0 : 1);
    }
    for (int64_t end = clock_mono_ms() + WORLD_START_MS; fd < 0 && clock_mono_ms() < end; poll(NULL, 0, 1)) {
        task_begin(&t, 0);
        if (sock_connect(&t, world_path(&t, "run/plugin.sock"), "plugin", &fd) == E_OK)
            close(fd);
        task_end(&t);
    }
    world_must(fd >= 0, "the service");
}

/* True when it ended by itself, cleanly. */
static inline bool
world_end(void)
{
    int status = 0;
    if (world.deployed)
        return true;
    kill(world.service, SIGTERM);
    waitpid(world.service, &status, 0);
    host_jail_remove(world.state);
    return status == 0;
}

/* A file of the source tree, or text, into a project. */
struct world_file {
    const char *name, *from, *text; /* from: below the source folder */
    bool program;
};

static const char *
world_project(struct task *t, const struct world_file *files)
{
    const char *folder = task_printf(t, "/tmp/lyceum-project-%d-%d", (int)getpid(), world.projects++);
    world_must(mkdir(folder, 0755) == 0 && mkdir(task_printf(t, "%s/tools", folder), 0755) == 0, folder);
    for (; files->name; files++) {
        struct span bytes = span_of(files->text);
        if (files->from)
            world_must(
                fsio_read(t,
                    files->from[0] == '/' ? files->from : task_printf(t, "%s/%s", LYCEUM_SOURCE_DIR, files->from),
                    WORLD_FILE_BYTES, &bytes) == E_OK,
                files->from);
        world_must(fsio_write_atomic(
                       t, task_printf(t, "%s/%s", folder, files->name), bytes, files->program ? 0755 : 0644) == E_OK,
            files->name);
    }
    return folder;
}

/* Packs, signs and installs a project; digest gets its name. */
static void
world_install(const struct world_file *files, char digest[HOST_DIGEST_BYTES])
{
    struct task t;
    struct manifest m;
    struct span note;
    task_begin(&t, 0);
    const char *project = world_project(&t, files), *bundle = task_printf(&t, "%s.bundle", project);
    const struct pack_order o = {.project = project, .bundle = bundle};
    world_must(pack_project(&t, &o, &m) == E_OK, t.cause);
    world_must(note_sign(&t, m.text, &world.publisher, &note) == E_OK, t.cause);
    world_must(fsio_write_atomic(&t, task_printf(&t, "%s/manifest.note", bundle), note, 0644) == E_OK, "manifest.note");
    unlink(task_printf(&t, "%s/manifest", bundle));
    const char *code = "";
    const char *plugins = world_path(&t, "plugins");
    world_must(bundle_install(&t, bundle, plugins, &m, &code) == E_OK, t.cause);
    snprintf(digest, HOST_DIGEST_BYTES, "%s", m.digest);
    host_jail_remove(project);
    host_jail_remove(bundle);
    task_end(&t);
}

/* One call and how it ended. */
struct world_call {
    const char *digest, *tool, *args;
    const char *subject, *conversation; /* NULL: one of each */
    const char *settings;
    enum err (*on_ask)(struct task *t, void *arg, struct span method, const json_t *params, json_t **result);
    void (*on_progress)(void *arg, struct span text);
    void *arg;
    int64_t deadline_ms;
    char word[PLUGIN_WORD_BYTES];
    const char *text; /* of the first block, or the failure's sentence */
    json_t *blocks;
};

static inline struct span
world_grant(struct task *t, const struct world_call *c)
{
    struct grant g = {.audience = SPAN("plugin"),
        .subject = span_of(c->subject ? c->subject : "u_one"),
        .conversation = span_of(c->conversation ? c->conversation : "c_one"),
        .capability = SPAN("call"),
        .args_hash = plugin_call_hash(t, span_of(c->digest), span_of(c->tool), span_of(c->args)),
        .detail = task_format(t, "{\"digest\":\"%s\",\"id\":\"acme/test\",\"tool\":\"%s\",\"settings\":%s}", c->digest,
            c->tool, c->settings ? c->settings : "{}"),
        .expires_ms = clock_unix_ms() + 30000};
    return grant_seal(t, world.secret, &g);
}

static inline enum err
world_call(struct task *t, struct world_call *c)
{
    const struct plugin_call call = {.grant = world_grant(t, c),
        .tool = span_of(c->tool),
        .args = span_of(c->args),
        .deadline_ms = c->deadline_ms,
        .on_ask = c->on_ask,
        .on_progress = c->on_progress,
        .arg = c->arg,
        .wake_fd = -1};
    enum err e = plugin_call(t, &call, c->word, &c->blocks);
    const json_t *first = e == E_OK ? json_array_get(json_object_get(c->blocks, "blocks"), 0) : NULL;
    c->text = first ? json_string_value(json_object_get(first, "text")) : task_printf(t, "%s", t->cause);
    return e;
}

#endif
