/* test_plugin_halt: what must not run on is ended by gate itself, whoever decided it; what can't be ended is told. */
#include "bundles.h"

#include "plugin/plugin_client.h"
#include "wire/sock.h"

#include <pthread.h>
#include <sys/socket.h>

static struct note_secret acme;
static const struct version WORDS = {"acme/words", 1, "tool count_words E0 count_words.json\n", {"count_words"}, NULL};

/* Stands for lyceum-plugin: notes which bundles it is told to stop. */
static struct {
    int listener;
    pthread_t thread;
    pthread_mutex_t lock;
    char seen[8][MANIFEST_DIGEST_BYTES];
    size_t n;
    bool fails;
    unsigned char key[GRANT_KEY_BYTES];
} host;

static enum err
take_stop(struct task *t, const struct frame *f)
{
    struct grant g;
    struct span digest = frame_get(f, "digest");
    if (grant_open(t, host.key, frame_get(f, "grant"), "plugin", clock_unix_ms(), &g) != E_OK)
        return t->err;
    if (!span_is(g.capability, "stop") || !span_eq(g.args_hash, plugin_stop_hash(t, digest)) || !frame_is(f, "stop"))
        return task_fail(t, E_DENIED, "not such a grant");
    if (host.fails || host.n == sizeof host.seen / sizeof host.seen[0])
        return task_fail(t, E_INTERNAL, "It is stuck.");
    snprintf(host.seen[host.n++], MANIFEST_DIGEST_BYTES, "%.*s", SPAN_ARG(digest));
    return E_OK;
}

static void *
serve(void *arg)
{
    int fd;
    (void)arg;
    while ((fd = accept(host.listener, NULL, NULL)) >= 0) {
        struct task t;
        struct frame f;
        task_begin(&t, 5000);
        struct buf *in = task_buf(&t, 1 << 16), *out = task_buf(&t, 1 << 12);
        pthread_mutex_lock(&host.lock);
        if (sock_recv(&t, fd, in, 1 << 16, &f, NULL) == E_OK && take_stop(&t, &f) == E_OK)
            frame_end(out, frame_begin(out, "ok"));
        else
            frame_put_error(out, t.err, t.cause);
        pthread_mutex_unlock(&host.lock);
        task_clear_error(&t);
        sock_send(&t, fd, buf_view(out));
        close(fd);
        task_end(&t);
    }
    return NULL;
}

static int
halt_world(void **state)
{
    if (world(state) != 0)
        return -1;
    struct rig *r = *state;
    host.n = 0;
    host.fails = false;
    memcpy(host.key, r->g.key, sizeof host.key);
    pthread_mutex_init(&host.lock, NULL);
    if (note_secret_new(&r->t, SPAN("acme.example/2026a"), &acme) != E_OK ||
        sock_listen(&r->t, conf_path(&r->t, "run/plugin.sock"), 0600, NULL, false, &host.listener) != E_OK)
        return -1;
    return pthread_create(&host.thread, NULL, serve, NULL);
}

static int
halt_down(void **state)
{
    shutdown(host.listener, SHUT_RDWR);
    pthread_join(host.thread, NULL);
    close(host.listener);
    return rig_down(state);
}

/* Were exactly these stopped since the last time? In that order; "" : none. */
static void
stopped(struct span a, struct span b)
{
    const struct span want[] = {a, b};
    size_t n = (a.n > 0) + (size_t)(b.n > 0);
    pthread_mutex_lock(&host.lock);
    assert_int_equal(host.n, n);
    for (size_t i = 0; i < n; i++)
        assert_true(span_is(want[i], host.seen[i]));
    host.n = 0;
    pthread_mutex_unlock(&host.lock);
}

static struct span
version(struct rig *r, int serial, const char *more)
{
    struct version v = WORDS;
    v.serial = serial;
    assert_non_null(install(r, &acme, &v, more));
    return span_of(made[n_made - 1].digest);
}

static void
run(struct rig *r, const char *operation, const char *more)
{
    rig_admin(r, operation, task_printf(&r->t, "{\"id\":\"acme/words\"%s}", more));
    if (r->code != E_OK)
        fail_msg("%s: %.*s", operation, SPAN_ARG(rig_get(r, "message")));
}

static struct span
notices(struct rig *r)
{
    return json_dump(&r->t, json_object_get(rig_admin(r, "plugin.list", "{}"), "notices"));
}

static void
whatever_ends_a_version_ends_its_processes(void **state)
{
    struct rig *r = *state;
    struct span none = SPAN_NONE, one = version(r, 1, ",\"enable\":true");
    stopped(none, none);
    run(r, "plugin.set", ",\"mode\":\"public\""); /* it runs on */
    stopped(none, none);
    run(r, "plugin.disable", "");
    stopped(one, none);
    run(r, "plugin.enable", "");
    host.n = 0;
    struct span two = version(r, 2, "");
    stopped(one, none);
    run(r, "plugin.rollback", "");
    stopped(two, none);
    struct span three = version(r, 3, ",\"group\":\"admins\"");
    stopped(none, none); /* both run */
    run(r, "plugin.stage", ",\"finish\":false");
    stopped(three, none);
    struct span four = version(r, 4, ",\"group\":\"admins\"");
    run(r, "plugin.stage", ",\"finish\":true");
    stopped(one, none);
    struct span five = version(r, 5, ",\"group\":\"admins\"");
    run(r, "plugin.revoke", task_printf(&r->t, ",\"digest\":\"%.*s\"", SPAN_ARG(five)));
    stopped(five, none);
    struct span six = version(r, 6, ",\"group\":\"admins\"");
    run(r, "plugin.revoke", "");
    stopped(four, six);
    run(r, "plugin.remove", "");
    stopped(four, none);
    assert_true(span_is(notices(r), "[]"));
}

static void
a_web_page_ends_them_too(void **state)
{
    struct rig *r = *state;
    rig_user(r, "root2", "admin");
    struct span one = version(r, 1, ",\"enable\":true"), admin = rig_session(r, "root2");
    assert_int_equal(ASK(r, "web", "admin", SPAN("session"), admin, SPAN("operation"), SPAN("plugin.disable"),
                         SPAN("in"), SPAN("{\"id\":\"acme/words\"}")),
        E_OK);
    stopped(one, SPAN_NONE);
}

static void
what_could_not_be_ended_is_told_and_fails_nothing(void **state)
{
    struct rig *r = *state;
    version(r, 1, ",\"enable\":true");
    host.fails = true;
    run(r, "plugin.disable", "");
    assert_true(span_find(notices(r), SPAN("may still run: It is stuck.")) > 0);
    json_t *tail = rig_admin(r, "audit.tail", "{\"n\":3}");
    assert_true(span_find(json_dump(&r->t, tail), SPAN("\"plugin.halt\"")) > 0);
    host.fails = false;
    run(r, "plugin.disable", "");
    assert_true(span_is(notices(r), "[]"));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, halt_world, halt_down)
    const struct CMUnitTest tests[] = {
        T(whatever_ends_a_version_ends_its_processes),
        T(a_web_page_ends_them_too),
        T(what_could_not_be_ended_is_told_and_fails_nothing),
    };
    return cmocka_run_group_tests_name("plugin_halt", tests, NULL, NULL);
}
