/* harness: a gate on a state folder of its own, asked as its programs ask. */
#ifndef TESTS_GATE_HARNESS_H
#define TESTS_GATE_HARNESS_H

#include "base/clock.h"
#include "base/conf.h"
#include "base/id.h"
#include "base/json.h"
#include "gate/gate.h"
#include "gate/server.h"
#include "store/auth_dataset.h"
#include "store/auth_session.h"
#include "store/auth_user.h"

#include <ftw.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct rig {
    struct task t;
    struct gate g;
    char folder[64];
    enum err code;      /* of the last answer */
    struct frame reply; /* the last answer */
};

static inline int
rig_unlink(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static inline int
rig_up(void **state)
{
    static const char *const folders[] = {"share", "authority", "leaders", "run"};
    struct rig *r = calloc(1, sizeof *r);
    id_init();
    task_begin(&r->t, 0);
    snprintf(r->folder, sizeof r->folder, "/tmp/lyceum-gate-XXXXXX");
    if (!mkdtemp(r->folder))
        return -1;
    setenv("LYCEUM_STATE", r->folder, 1);
    unsetenv("LYCEUM_CONF");
    if (conf_load(&r->t) != E_OK)
        return -1;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        mkdir(conf_path(&r->t, folders[i]), 0755);
    *state = r;
    if (gate_prepare(&r->t, &r->g) == E_OK && gate_open(&r->t, &r->g) == E_OK)
        return 0;
    fprintf(stderr, "%s\n", r->t.cause);
    return -1;
}

static inline int
rig_down(void **state)
{
    struct rig *r = *state;
    gate_close(&r->g);
    task_end(&r->t);
    nftw(r->folder, rig_unlink, 16, FTW_DEPTH | FTW_PHYS);
    free(r);
    return 0;
}

/* Name and value pairs, NULL at the end: asks as a program of that role; r->code and r->reply say what came. */
static inline enum err
rig_ask(struct rig *r, const char *role, const char *kind, const struct span *pairs, size_t n)
{
    struct task *t = &r->t;
    struct frame in;
    struct buf *b = task_buf(t, 1 << 20), *out = task_buf(t, 1 << 22);
    task_clear_error(t);
    size_t mark = frame_begin(b, kind);
    for (size_t i = 0; i + 1 < n; i += 2)
        frame_put(b, task_z(t, pairs[i]), pairs[i + 1]);
    frame_end(b, mark);
    if (frame_parse(t, buf_view(b), &in) != E_OK)
        abort();
    server_answer(t, &r->g, role, &in, out);
    task_clear_error(t);
    if (frame_parse(t, task_dup(t, buf_view(out)), &r->reply) != E_OK)
        abort();
    r->code = frame_is(&r->reply, "ok") ? E_OK : err_from_word(task_z(t, frame_get(&r->reply, "code")));
    return r->code;
}
#define ASK(r, role, kind, ...)                                                                                        \
    rig_ask(r, role, kind, (const struct span[]){__VA_ARGS__},                                                         \
        sizeof((const struct span[]){__VA_ARGS__}) / sizeof(struct span))

static inline struct span
rig_get(const struct rig *r, const char *name)
{
    return frame_get(&r->reply, name);
}

#define OPERATOR SPAN("operator"), ((struct span){"\1\0\0\0\0\0\0\0", 8})

/* An admin operation as the operator; the reply's JSON or NULL. */
static inline json_t *
rig_admin(struct rig *r, const char *operation, const char *in)
{
    json_t *j = NULL;
    if (ASK(r, "operator", "admin", OPERATOR, SPAN("operation"), span_of(operation), SPAN("in"), span_of(in)) != E_OK)
        return NULL;
    struct span body = rig_get(r, "body");
    if (body.n > 0 && json_read(&r->t, body, &j) != E_OK)
        abort();
    return j;
}

/* A session of the account, without the page. */
static inline struct span
rig_session(struct rig *r, const char *name)
{
    char value[44], hex[HASH_HEX_BYTES];
    struct auth_user u;
    secret_new(value);
    hash_hex(span_of(value), hex);
    if (auth_user_by_name(&r->t, &r->g.db, span_of(name), &u) != E_OK || u.id.n == 0)
        abort();
    struct auth_session s = {.hash = span_of(hex),
        .user = u.id,
        .agent = SPAN("test"),
        .created_ms = clock_unix_ms(),
        .used_ms = clock_unix_ms()};
    if (auth_session_add(&r->t, &r->g.db, &s) != E_OK)
        abort();
    return task_dup(&r->t, span_of(value));
}

/* A dataset with a published revision. */
static inline void
rig_dataset(struct rig *r, const char *name, const char *visibility, struct span owner)
{
    static const char sha[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    struct auth_dataset d = {.name = span_of(name),
        .owner = owner,
        .visibility = span_of(visibility),
        .meta = SPAN("{}"),
        .revision = span_of(sha)};
    struct auth_revision v = {.sha = span_of(sha),
        .rows = 5,
        .bytes = 4096,
        .tables = 1,
        .at_ms = 1,
        .by_who = SPAN("test"),
        .report = SPAN("{}")};
    if (auth_dataset_put(&r->t, &r->g.db, &d, 1) != E_OK || auth_revision_add(&r->t, &r->g.db, d.name, &v) != E_OK)
        abort();
}

static inline struct span
rig_user(struct rig *r, const char *name, const char *role)
{
    struct auth_user u;
    rig_admin(r, "user.add", task_printf(&r->t, "{\"name\":\"%s\",\"role\":\"%s\"}", name, role));
    if (r->code != E_OK || auth_user_by_name(&r->t, &r->g.db, span_of(name), &u) != E_OK)
        abort();
    return u.id;
}

#endif
