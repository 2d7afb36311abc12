/* service: a state folder with effect serving on it, and gate's grants, for effect's tests. */
#ifndef TESTS_UNIT_EFFECT_SERVICE_H
#define TESTS_UNIT_EFFECT_SERVICE_H

#include "support.h"

#include "base/clock.h"
#include "effect/effect.h"
#include "effect/effect_client.h"
#include "policy/grant.h"
#include "sandbox/peer.h"
#include "wire/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

struct service {
    struct task t;
    char folder[64];
    unsigned char key[GRANT_SECRET_BYTES];
    pid_t pid;
};

static inline void
service_start(struct service *s)
{
    int fd = -1;
    must(sock_listen(&s->t, conf_path(&s->t, "run/effect.sock"), 0600, NULL, false, &fd) == E_OK);
    must(symlink("effect.sock", conf_path(&s->t, "run/effect-try.sock")) == 0 || errno == EEXIST);
    s->pid = fork();
    if (s->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) {
            int c = accept(fd, NULL, NULL);
            if (c >= 0)
                effect_serve(c);
        }
    }
    close(fd);
}

static inline void
service_stop(struct service *s)
{
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
}

/* A single user is every program at once; root would be the operator alone. */
static inline void
service_become_anybody(void)
{
    enum { NOBODY = 65534 };
    if (geteuid() == 0)
        must(setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
}

static inline void
service_begin(struct service *s)
{
    static const char *const folders[] = {"leaders", "followers", "scratch", "share", "run", "authority"};
    *s = (struct service){.pid = -1};
    service_become_anybody();
    id_init();
    strcpy(s->folder, "/tmp/lyceum-effect-XXXXXX");
    must(mkdtemp(s->folder) != NULL);
    setenv("LYCEUM_STATE", s->folder, 1);
    unsetenv("LYCEUM_CONF");
    task_begin(&s->t, 120000);
    must(conf_load(&s->t) == E_OK);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        must(fsio_mkdir(&s->t, conf_path(&s->t, folders[i]), 0755) == E_OK);
    must(grant_key_own(&s->t, "authority", "gate", s->key) == E_OK && effect_start(&s->t) == E_OK);
    peer_load();
    service_start(s);
}

static inline void
service_end(struct service *s)
{
    service_stop(s);
    remove_folder(s->folder);
    task_end(&s->t);
}

/* What a call may do: the fields of its grant that differ from call to call. */
struct pass {
    const char *capability, *dataset, *conversation, *detail;
    int64_t level;
};

static inline struct span
service_grant(struct service *s, const struct pass *p, const struct span *bound, size_t n)
{
    struct grant g = {.audience = SPAN("effect"),
        .subject = SPAN("u_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
        .capability = span_of(p->capability),
        .dataset = span_of(p->dataset),
        .conversation = span_of(p->conversation),
        .detail = span_of(p->detail),
        .level = p->level,
        .args_hash = grant_args_hash(&s->t, bound, n),
        .expires_ms = clock_unix_ms() + 30000};
    return grant_seal(&s->t, s->key, &g);
}

/* Publishes a CSV text as the dataset. */
static inline enum err
service_publish(struct service *s, const char *dataset, const char *csv, const char *detail)
{
    const struct span bound[] = {SPAN("publish"), span_of(dataset), SPAN("csv")};
    const struct pass pass = {.capability = "publish", .dataset = dataset, .detail = detail};
    const char *path = task_printf(&s->t, "%s/upload", s->folder);
    struct span receipt;
    json_t *report;
    must(fsio_write_atomic(&s->t, path, span_of(csv), 0600) == E_OK);
    struct effect_publish p = {.grant = service_grant(s, &pass, bound, 3),
        .dataset = span_of(dataset),
        .format = SPAN("csv"),
        .fd = open(path, O_RDONLY | O_CLOEXEC)};
    enum err e = effect_publish(&s->t, &p, &receipt, &report);
    close(p.fd);
    return e;
}

/* A receipt's detail, once its seal was looked at. */
static inline json_t *
service_receipt(struct service *s, struct span sealed)
{
    unsigned char key[GRANT_KEY_BYTES];
    struct grant g;
    json_t *detail = NULL;
    must(grant_key_read_public(&s->t, "effect", key) == E_OK &&
         grant_open(&s->t, key, sealed, "gate", clock_unix_ms(), &g) == E_OK &&
         json_read(&s->t, g.detail, &detail) == E_OK && span_is(g.capability, "receipt"));
    return detail;
}

/* First column of the first row of a query on a file under the state folder. */
static inline const char *
service_ask(struct service *s, const char *file, const char *sql)
{
    struct trial x = {.e = E_OK};
    if (sqlite3_open_v2(conf_path(&s->t, file), &x.made, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
        sqlite3_close(x.made);
        return "(no file)";
    }
    task_begin(&x.t, 0);
    const char *out = task_printf(&s->t, "%s", trial_ask(&x, sql));
    sqlite3_close(x.made);
    task_end(&x.t);
    return out;
}

#endif
