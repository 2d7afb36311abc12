/* share: two mapped files that gate writes and everybody reads. */
#include "gate/share.h"

#include "base/conf.h"
#include "base/must.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the counters in the files are mapped as they stand");

struct ring {
    char magic[8];
    _Atomic uint64_t count;
    unsigned char slot[SHARE_RING][SHARE_KEY_BYTES];
};
_Static_assert(offsetof(struct ring, slot) == SHARE_HEAD_BYTES, "share_client.h reads the same layout");

enum { EPOCH_BITS = 6 }; /* as many as deploy/nginx/settings/epoch.conf asks for */

struct share {
    pthread_mutex_t lock; /* of the ring's and the marks' writers */
    int marks;            /* the folder share/epoch.d */
    _Atomic uint64_t *epoch;
    struct ring *ring;
};

/* The same inode as long as the folder lives: readers keep it open. */
static enum err
map_file(struct task *t, const char *name, size_t bytes, void **out)
{
    const char *path = conf_path(t, name);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0 || fchmod(fd, 0644) != 0 || ftruncate(fd, (off_t)bytes) != 0) {
        int e = errno;
        if (fd >= 0)
            close(fd);
        return task_fail(t, E_UNAVAILABLE, "%s can't be made: %s.", path, strerror(e));
    }
    /* Real blocks: a write into a hole of a full disk would kill the process. */
    int r = posix_fallocate(fd, 0, (off_t)bytes);
    void *p = r == 0 ? mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
    close(fd);
    if (p == MAP_FAILED)
        return task_fail(t, E_UNAVAILABLE, "%s can't be made: there is no room for it.", path);
    *out = p;
    return E_OK;
}

/* Where nginx can see it: files 0..5 in share/epoch.d exist as the epoch's Gray code says, in which neighbours differ
 * by one bit: a bump makes or removes exactly one file, so that nginx's cache keys never pass through a third epoch. */
static enum err
open_marks(struct task *t, int *out)
{
    const char *path = conf_path(t, "share/epoch.d");
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        return task_fail(t, E_UNAVAILABLE, "%s can't be made: %s.", path, strerror(errno));
    *out = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (*out < 0 || fchmod(*out, 0755) != 0)
        return task_fail(t, E_UNAVAILABLE, "%s can't be opened: %s.", path, strerror(errno));
    return E_OK;
}

static void
show_marks(const struct share *s)
{
    uint64_t n = atomic_load(s->epoch) % (1U << EPOCH_BITS), gray = n ^ n >> 1;
    for (int i = 0; i < EPOCH_BITS; i++) {
        const char name[2] = {(char)('0' + i), '\0'};
        if ((gray >> i & 1) == 0) {
            unlinkat(s->marks, name, 0);
            continue;
        }
        int fd = openat(s->marks, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (fd >= 0) /* on a full disk cached pages may be some seconds old; the next bump mends it */
            close(fd);
    }
}

static void
lock(struct share *s)
{
    int r = pthread_mutex_lock(&s->lock);
    must(r == 0 || (r == EOWNERDEAD && pthread_mutex_consistent(&s->lock) == 0));
}

enum err
share_make(struct task *t, struct share **out)
{
    int marks = -1;
    void *epoch = NULL, *ring = NULL;
    void *p = mmap(NULL, sizeof **out, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return task_fail(t, E_UNAVAILABLE, "There is no memory for the list of revocations.");
    if (map_file(t, "share/epoch", sizeof(uint64_t), &epoch) != E_OK ||
        map_file(t, "share/revoked", sizeof(struct ring), &ring) != E_OK || open_marks(t, &marks) != E_OK)
        return t->err;
    struct share *s = p;
    pthread_mutexattr_t a;
    must(pthread_mutexattr_init(&a) == 0);
    must(pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED) == 0);
    must(pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST) == 0);
    must(pthread_mutex_init(&s->lock, &a) == 0);
    pthread_mutexattr_destroy(&a);
    s->epoch = epoch;
    s->ring = ring;
    s->marks = marks;
    if (memcmp(s->ring->magic, SHARE_MAGIC, 8) != 0) {
        memset(s->ring, 0, sizeof *s->ring);
        memcpy(s->ring->magic, SHARE_MAGIC, 8);
    }
    /* The last run may have been killed between a commit and its revocation: every reader must ask again. */
    atomic_fetch_add(&s->ring->count, SHARE_RING + 1);
    share_epoch_bump(s); /* never 0, and a restart voids what was cached */
    *out = s;
    return E_OK;
}

void
share_epoch_bump(struct share *s)
{
    lock(s);
    atomic_fetch_add(s->epoch, 1);
    show_marks(s);
    pthread_mutex_unlock(&s->lock);
}

void
share_revoke(struct share *s, const char *kind, struct span id)
{
    unsigned char key[SHARE_KEY_BYTES];
    share_key(kind, id, key);
    lock(s);
    uint64_t n = atomic_load(&s->ring->count);
    memcpy(s->ring->slot[n % SHARE_RING], key, sizeof key);
    atomic_store(&s->ring->count, n + 1); /* the slot is whole before it counts */
    pthread_mutex_unlock(&s->lock);
    share_epoch_bump(s);
}
