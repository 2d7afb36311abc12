/* hasher: argon2id behind a few locks that all workers share. */
#include "gate/hasher.h"

#include "base/must.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { WAIT_MS = 8000 };

struct hasher {
    pthread_mutex_t place[HASHER_AT_ONCE]; /* robust: a killed worker gives its place back */
    char nobody[crypto_pwhash_STRBYTES];   /* of a random password: what unknown names are compared with */
};

static int
stretch(char out[crypto_pwhash_STRBYTES], struct span password)
{
    return crypto_pwhash_str(
        out, password.p, password.n, crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE);
}

enum err
hasher_make(struct task *t, struct hasher **out)
{
    void *p = mmap(NULL, sizeof **out, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return task_fail(t, E_UNAVAILABLE, "There is no memory for checking passwords.");
    struct hasher *h = p;
    pthread_mutexattr_t a;
    unsigned char random[32];
    must(pthread_mutexattr_init(&a) == 0);
    must(pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED) == 0);
    must(pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST) == 0);
    for (size_t i = 0; i < HASHER_AT_ONCE; i++)
        must(pthread_mutex_init(&h->place[i], &a) == 0);
    pthread_mutexattr_destroy(&a);
    randombytes_buf(random, sizeof random);
    if (stretch(h->nobody, (struct span){(const char *)random, sizeof random}) != 0)
        return task_fail(t, E_UNAVAILABLE, "There is no memory for checking passwords.");
    *out = h;
    return E_OK;
}

static bool
took(pthread_mutex_t *m, int r)
{
    return r == 0 || (r == EOWNERDEAD && pthread_mutex_consistent(m) == 0);
}

/* A free place, or the wait for one; NULL when it took too long. */
static pthread_mutex_t *
enter(struct task *t, struct hasher *h)
{
    struct timespec until;
    int left = task_left_ms(t), wait_ms = left < WAIT_MS ? left : WAIT_MS;
    for (size_t i = 0; i < HASHER_AT_ONCE; i++)
        if (took(&h->place[i], pthread_mutex_trylock(&h->place[i])))
            return &h->place[i];
    pthread_mutex_t *m = &h->place[randombytes_uniform(HASHER_AT_ONCE)];
    must(clock_gettime(CLOCK_REALTIME, &until) == 0);
    until.tv_sec += wait_ms / 1000;
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    if (took(m, pthread_mutex_timedlock(m, &until)))
        return m;
    task_fail(t, E_UNAVAILABLE, "Many people are signing in at this moment. Try again in a few seconds.");
    return NULL;
}

enum err
password_check(struct task *t, struct span password)
{
    if (password.n < PASSWORD_LOW_BYTES)
        return task_fail(t, E_INVALID, "A password needs at least %d characters.", PASSWORD_LOW_BYTES);
    if (password.n > PASSWORD_BYTES || memchr(password.p, '\0', password.n))
        return task_fail(t, E_INVALID, "A password may have at most %d bytes.", PASSWORD_BYTES);
    return E_OK;
}

enum err
password_hash(struct task *t, struct hasher *h, struct span password, struct span *out)
{
    char text[crypto_pwhash_STRBYTES];
    if (password_check(t, password) != E_OK)
        return t->err;
    pthread_mutex_t *place = enter(t, h);
    if (!place)
        return t->err;
    int r = stretch(text, password);
    pthread_mutex_unlock(place);
    if (r != 0)
        return task_fail(t, E_UNAVAILABLE, "There is not enough memory to set a password. Try again in a moment.");
    *out = task_dup(t, span_of(text));
    return E_OK;
}

enum err
password_fits(struct task *t, struct hasher *h, struct span stored, struct span password, bool *out)
{
    char text[crypto_pwhash_STRBYTES] = {0};
    bool real = stored.n > 0 && stored.n < sizeof text;
    *out = false;
    if (real)
        memcpy(text, stored.p, stored.n);
    if (password.n > PASSWORD_BYTES)
        password.n = 0; /* nobody's, at the usual price */
    pthread_mutex_t *place = enter(t, h);
    if (!place)
        return t->err;
    bool fits = crypto_pwhash_str_verify(real ? text : h->nobody, password.p ? password.p : "", password.n) == 0;
    pthread_mutex_unlock(place);
    *out = fits && real;
    return E_OK;
}
