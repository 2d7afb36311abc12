/* fsio: reading and atomically replacing small files. */
#include "base/fsio.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err
fail_errno(struct task *t, const char *what, const char *path)
{
    int e = errno;
    enum err code = e == ENOENT ? E_NOTFOUND : e == EACCES || e == EPERM ? E_DENIED : E_UNAVAILABLE;
    if (e == ENOSPC || e == EDQUOT)
        return task_fail(t, E_UNAVAILABLE, "The disk is full: %s could not be written. Nothing was changed.", path);
    return task_fail(t, code, "%s %s: %s", what, path, strerror(e));
}

enum err
fsio_read(struct task *t, const char *path, size_t cap, struct span *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat st;
    enum err e = E_OK;
    char *p = NULL;
    size_t n = 0;
    if (fd < 0)
        return fail_errno(t, "Can't open", path);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        e = task_fail(t, E_INVALID, "%s is not a regular file.", path);
        goto out;
    }
    if ((uint64_t)st.st_size > cap) {
        e = task_fail(t, E_LIMIT, "%s is larger than %zu bytes.", path, cap);
        goto out;
    }
    p = task_alloc(t, (size_t)st.st_size + 1);
    while (n < (size_t)st.st_size) {
        ssize_t r = read(fd, p + n, (size_t)st.st_size - n);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0) {
            e = fail_errno(t, "Can't read", path);
            goto out;
        }
        if (r == 0)
            break;
        n += (size_t)r;
    }
    *out = (struct span){p, n};
out:
    close(fd);
    return e;
}

bool
fsio_write_all(int fd, struct span bytes)
{
    while (bytes.n > 0) {
        ssize_t w = write(fd, bytes.p, bytes.n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0)
            return false;
        bytes = span_from(bytes, (size_t)w);
    }
    return true;
}

enum err
fsio_sync_dir(struct task *t, const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0) {
        enum err e = fail_errno(t, "Can't sync", path);
        if (fd >= 0)
            close(fd);
        return e;
    }
    close(fd);
    return E_OK;
}

enum err
fsio_write_atomic(struct task *t, const char *path, struct span bytes, mode_t mode)
{
    const char *tmp = task_printf(t, "%s.%s.tmp", path, t->id);
    int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return fail_errno(t, "Can't create", tmp);
    bool ok = fchmod(fd, mode) == 0 && fsio_write_all(fd, bytes) && fsync(fd) == 0;
    int saved = errno;
    ok = close(fd) == 0 && ok;
    if (!ok || rename(tmp, path) != 0) {
        if (!ok)
            errno = saved;
        enum err e = fail_errno(t, "Can't write", path);
        unlink(tmp);
        return e;
    }
    return fsio_sync_dir(t, dirname(task_z(t, span_of(path))));
}

enum err
fsio_mkdir(struct task *t, const char *path, mode_t mode)
{
    if (mkdir(path, mode & 0777) != 0) {
        if (errno == EEXIST)
            return E_OK;
        return fail_errno(t, "Can't create the folder", path);
    }
    if (chmod(path, mode) != 0)
        return fail_errno(t, "Can't set the mode of", path);
    return E_OK;
}
