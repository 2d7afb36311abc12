/* image_file: checkpoints on disk, sealed so that one which was changed, or is somebody else's, is refused. */
#include "box/image.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SALT_AT = 64, SEAL_AT = 96, CHUNK_BYTES = 1 << 20 };
_Static_assert(crypto_onetimeauth_BYTES == IMAGE_MAC_BYTES, "the seal's size");

/* Poly1305 under a key that only this file's salt gives: several times as fast as a hash. */
static void
seal_of(const unsigned char *file, size_t n, const unsigned char key[IMAGE_KEY_BYTES],
    const unsigned char salt[HASH_BYTES], unsigned char out[IMAGE_MAC_BYTES])
{
    unsigned char once[crypto_onetimeauth_KEYBYTES];
    static const unsigned char none[HASH_BYTES + IMAGE_MAC_BYTES];
    crypto_onetimeauth_state state;
    crypto_generichash(once, sizeof once, salt, HASH_BYTES, key, IMAGE_KEY_BYTES);
    crypto_onetimeauth_init(&state, once);
    crypto_onetimeauth_update(&state, file, SALT_AT);
    crypto_onetimeauth_update(&state, none, sizeof none); /* salt and seal stand here on disk */
    crypto_onetimeauth_update(&state, file + SALT_AT + sizeof none, n - SALT_AT - sizeof none);
    crypto_onetimeauth_final(&state, out);
    sodium_memzero(once, sizeof once);
}

static bool
write_all(int fd, const unsigned char *p, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, p, n < CHUNK_BYTES ? n : CHUNK_BYTES);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}

static bool
write_sealed(int fd, const unsigned char *file, size_t n, const unsigned char key[IMAGE_KEY_BYTES])
{
    unsigned char stamp[HASH_BYTES + IMAGE_MAC_BYTES];
    randombytes_buf(stamp, HASH_BYTES);
    seal_of(file, n, key, stamp, stamp + HASH_BYTES);
    return write_all(fd, file, SALT_AT) && write_all(fd, stamp, sizeof stamp) &&
           write_all(fd, file + SALT_AT + sizeof stamp, n - SALT_AT - sizeof stamp) && fsync(fd) == 0;
}

enum err
image_save(struct task *t, const struct image *im, const unsigned char key[IMAGE_KEY_BYTES], const char *path)
{
    char *fresh = task_printf(t, "%s.%d.new", path, (int)getpid());
    const unsigned char *file = mmap(NULL, im->bytes, PROT_READ, MAP_SHARED, im->fd, 0);
    if (file == MAP_FAILED)
        return task_fail(t, E_UNAVAILABLE, "A checkpoint of the sandbox can't be read: %s.", strerror(errno));
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok = fd >= 0 && write_sealed(fd, file, im->bytes, key);
    if (fd >= 0)
        ok = close(fd) == 0 && ok;
    ok = ok && rename(fresh, path) == 0;
    int why = errno;
    munmap((void *)(uintptr_t)file, im->bytes);
    if (ok)
        return E_OK;
    unlink(fresh);
    return task_fail(t, E_UNAVAILABLE, "A checkpoint of the sandbox can't be written: %s.", strerror(why));
}

static bool
read_all(int fd, unsigned char *p, size_t n)
{
    while (n > 0) {
        ssize_t done = read(fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}

/* Into the memory file, where the stamp is blanked once it was found right. */
static enum err
copy_in(struct task *t, int from, size_t n, const unsigned char key[IMAGE_KEY_BYTES], int to)
{
    unsigned char stamp[HASH_BYTES + IMAGE_MAC_BYTES], seal[IMAGE_MAC_BYTES];
    void *at = MAP_FAILED;
    if (ftruncate(to, (off_t)n) == 0)
        at = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, to, 0);
    if (at == MAP_FAILED)
        return task_fail(t, E_UNAVAILABLE, "There is no memory to load the checkpoint: %s.", strerror(errno));
    unsigned char *file = at;
    bool ok = read_all(from, file, n);
    if (ok) {
        memcpy(stamp, file + SALT_AT, sizeof stamp);
        memset(file + SALT_AT, 0, sizeof stamp);
        seal_of(file, n, key, stamp, seal);
        ok = sodium_memcmp(seal, stamp + HASH_BYTES, sizeof seal) == 0;
    }
    munmap(at, n);
    return ok ? E_OK
              : task_fail(t, E_CORRUPT, "The checkpoint was changed since it was made, or is not of this place.");
}

static enum err
load(struct task *t, int from, const unsigned char key[IMAGE_KEY_BYTES], struct image *out)
{
    struct stat st;
    if (fstat(from, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < IMAGE_PAGE_BYTES || st.st_size > ((off_t)5 << 30))
        return task_fail(t, E_CORRUPT, "This file can't be a checkpoint of the sandbox.");
    int fd = memfd_create("box", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return task_fail(t, E_UNAVAILABLE, "There is no memory to load the checkpoint: %s.", strerror(errno));
    enum err e = copy_in(t, from, (size_t)st.st_size, key, fd);
    if (e == E_OK && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
        e = task_fail(t, E_INTERNAL, "A loaded checkpoint can't be sealed: %s.", strerror(errno));
    /* Nothing in it is believed before image_read: that is the caller's, who knows what is allowed. */
    *out = (struct image){.fd = fd, .bytes = (uint64_t)st.st_size};
    if (e != E_OK)
        image_close(out);
    return e;
}

enum err
image_load(struct task *t, const char *path, const unsigned char key[IMAGE_KEY_BYTES], struct image *out)
{
    *out = (struct image){.fd = -1};
    int from = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (from < 0)
        return task_fail(
            t, errno == ENOENT ? E_NOTFOUND : E_UNAVAILABLE, "The checkpoint can't be opened: %s.", strerror(errno));
    enum err e = load(t, from, key, out);
    close(from);
    return e;
}
