/* attempt: slowing down who guesses passwords, without shutting out whose password is guessed. */
#include "gate/web_priv.h"

#include "base/id.h"
#include "store/auth_session.h"

#include <arpa/inet.h>

static const int64_t WINDOW_MS = 15 * 60 * 1000;
/* By (name, address): free attempts, then a pause that doubles. By address over all names: people behind one router. */
static const struct {
    bool with_name;
    int64_t free;
    int64_t most_s;
} limits[] = {{true, 5, 300}, {false, 60, 60}};
enum { N_LIMITS = sizeof limits / sizeof limits[0] };

/* Of an IPv6 address its /64: a household has the rest. */
static struct span
network(struct task *t, struct span address)
{
    unsigned char six[16];
    char *z = task_z(t, span_first(address, 64));
    if (inet_pton(AF_INET6, z, six) != 1)
        return span_of(z);
    return task_dup(t, (struct span){(const char *)six, 8});
}

/* Keyed, so that the database does not tell who signed in from where. */
static struct span
key(const struct turnstile *v, size_t limit, struct span name)
{
    struct span address = network(v->t, http_request_param(v->req, "REMOTE_ADDR"));
    struct span fields[] = {SPAN("signin"), {(const char *)v->gate->secret, sizeof v->gate->secret}, address,
        limits[limit].with_name ? name : SPAN_NONE};
    struct buf *hex = task_buf(v->t, HASH_HEX_BYTES);
    struct span h = grant_args_hash(v->t, fields, 4);
    hex_put(hex, h.p, h.n);
    return buf_view(hex);
}

enum err
attempt_allowed(struct turnstile *v, struct span name, int64_t *wait_s)
{
    *wait_s = 0;
    for (size_t i = 0; i < N_LIMITS; i++) {
        int64_t count = 0, last_ms = 0;
        if (auth_failure_count(v->t, &v->gate->db, key(v, i, name), v->now_ms - WINDOW_MS, &count, &last_ms) != E_OK)
            return v->t->err;
        if (count < limits[i].free)
            continue;
        int64_t over = count - limits[i].free, pause_s = over < 9 ? (int64_t)1 << over : limits[i].most_s;
        pause_s = pause_s > limits[i].most_s ? limits[i].most_s : pause_s;
        int64_t left_s = (last_ms + pause_s * 1000 - v->now_ms + 999) / 1000;
        *wait_s = left_s > *wait_s ? left_s : *wait_s;
    }
    return E_OK;
}

enum err
attempt_failed(struct turnstile *v, struct span name)
{
    enum err e = db_begin(v->t, &v->gate->db);
    if (e != E_OK)
        return e;
    for (size_t i = 0; i < N_LIMITS && e == E_OK; i++)
        e = auth_failure_add(v->t, &v->gate->db, key(v, i, name), v->now_ms - WINDOW_MS, v->now_ms);
    return db_end(v->t, &v->gate->db, e);
}

enum err
attempt_succeeded(struct turnstile *v, struct span name)
{
    return auth_failure_clear(v->t, &v->gate->db, key(v, 0, name));
}
