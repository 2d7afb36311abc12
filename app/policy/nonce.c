/* nonce: a fixed table in shared memory; an entry is free again once its grant has expired. */
#include "policy/nonce.h"

#include "base/clock.h"
#include "base/must.h"
#include "policy/grant.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

enum { NONCE_WINDOW = 64 }; /* slots that one nonce may lie in */

struct nonce_slot {
    unsigned char nonce[GRANT_NONCE_BYTES];
    int64_t expires_ms; /* 0: never used */
};
struct nonce_set {
    pthread_mutex_t lock;
    int64_t began_ms;
    int64_t high_ms; /* the latest time seen: a clock that is set back frees nothing twice */
    size_t n;
    struct nonce_slot slots[];
};

enum err
nonce_open(struct task *t, size_t slots, struct nonce_set **out)
{
    must(slots > 0 && slots <= (size_t)1 << 24);
    size_t bytes = sizeof **out + slots * sizeof(struct nonce_slot);
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return task_fail(t, E_UNAVAILABLE, "There is no memory for the list of used grants.");
    struct nonce_set *set = p;
    pthread_mutexattr_t a;
    must(pthread_mutexattr_init(&a) == 0);
    must(pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED) == 0);
    must(pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST) == 0);
    must(pthread_mutex_init(&set->lock, &a) == 0);
    pthread_mutexattr_destroy(&a);
    set->n = slots;
    set->began_ms = clock_unix_ms();
    *out = set;
    return E_OK;
}

static void
lock(struct nonce_set *set)
{
    int r = pthread_mutex_lock(&set->lock);
    if (r == EOWNERDEAD) /* its owner was killed: a half-written slot is at worst a nonce that nobody has */
        r = pthread_mutex_consistent(&set->lock);
    must(r == 0);
}

/* The slot for a nonce: NULL when the window is full of live ones; *seen when it is there already. */
static struct nonce_slot *
find(struct nonce_set *set, struct span nonce, int64_t now_ms, bool *seen)
{
    size_t window = set->n < NONCE_WINDOW ? set->n : NONCE_WINDOW;
    uint64_t at = 0;
    struct nonce_slot *spare = NULL;
    memcpy(&at, nonce.p, sizeof at);
    at = (at * UINT64_C(0x9e3779b97f4a7c15)) >> 32; /* tests' nonces are not random */
    for (size_t i = 0; i < window; i++) {
        struct nonce_slot *s = &set->slots[(at + i) % set->n];
        bool live = s->expires_ms > now_ms;
        if (live && memcmp(s->nonce, nonce.p, GRANT_NONCE_BYTES) == 0) {
            *seen = true;
            return s;
        }
        if (!live && !spare)
            spare = s;
    }
    return spare;
}

enum err
nonce_use(struct task *t, struct nonce_set *set, struct span nonce, int64_t expires_ms, int64_t now_ms)
{
    bool seen = false;
    if (nonce.n != GRANT_NONCE_BYTES)
        return task_fail(t, E_DENIED, "The permission for this call is malformed.");
    lock(set);
    if (now_ms > set->high_ms)
        set->high_ms = now_ms;
    bool expired = expires_ms <= set->high_ms;
    struct nonce_slot *s = expired ? NULL : find(set, nonce, set->high_ms, &seen);
    if (s && !seen) {
        memcpy(s->nonce, nonce.p, GRANT_NONCE_BYTES);
        s->expires_ms = expires_ms;
    }
    pthread_mutex_unlock(&set->lock);
    if (expired)
        return task_fail(t, E_DENIED, "The permission for this call has expired. Try again.");
    if (seen)
        return task_fail(t, E_DENIED, "The permission for this call was used already.");
    if (!s)
        return task_fail(t, E_UNAVAILABLE, "Too many calls are under way. Try again in a moment.");
    return E_OK;
}

enum err
nonce_covers(struct task *t, const struct nonce_set *set, int64_t issued_ms, int64_t grace_ms)
{
    if (issued_ms > set->began_ms - grace_ms)
        return E_OK;
    return task_fail(
        t, E_UNAVAILABLE, "The permission for this call is older than the service, which has just started. Ask again.");
}
