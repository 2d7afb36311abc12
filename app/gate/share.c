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

struct share {
    pthread_mutex_t lock; /* of the ring's writers */
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

enum err
share_make(struct task *t, struct share **out)
{
    void *epoch = NULL, *ring = NULL;
    void *p = mmap(NULL, sizeof **out, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return task_fail(t, E_UNAVAILABLE, "There is no memory for the list of revocations.");
    if (map_file(t, "share/epoch", sizeof(uint64_t), &epoch) != E_OK ||
        map_file(t, "share/revoked", sizeof(struct ring), &ring) != E_OK)
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
    if (memcmp(s->ring->magic, SHARE_MAGIC, 8) != 0) {
        memset(s->ring, 0, sizeof *s->ring);
        memcpy(s->ring->magic, SHARE_MAGIC, 8);
    }
    share_epoch_bump(s); /* never 0, and a restart voids what was cached */
    *out = s;
    return E_OK;
}

void
share_epoch_bump(struct share *s)
{
    atomic_fetch_add(s->epoch, 1);
}

void
share_revoke(struct share *s, const char *kind, struct span id)
{
    unsigned char key[SHARE_KEY_BYTES];
    share_key(kind, id, key);
    int r = pthread_mutex_lock(&s->lock);
    must(r == 0 || (r == EOWNERDEAD && pthread_mutex_consistent(&s->lock) == 0));
    uint64_t n = atomic_load(&s->ring->count);
    memcpy(s->ring->slot[n % SHARE_RING], key, sizeof key);
    atomic_store(&s->ring->count, n + 1); /* the slot is whole before it counts */
    pthread_mutex_unlock(&s->lock);
    share_epoch_bump(s);
}
