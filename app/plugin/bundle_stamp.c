/* bundle_stamp: has a folder that was hashed a moment ago been touched since? Sizes, numbers and times tell. */
#include "plugin/bundle_priv.h"

#include "base/id.h"
#include "base/must.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err
put(struct task *t, int folder, struct span path, struct buf *b)
{
    struct stat st;
    const char *name = path.n > 0 ? task_z(t, path) : ".";
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return task_fail(t, E_UNAVAILABLE, "%.200s of the bundle can't be looked at: %s.", name, strerror(errno));
    const int64_t facts[] = {(int64_t)st.st_dev, (int64_t)st.st_ino, (int64_t)st.st_mode, (int64_t)st.st_size,
        st.st_mtim.tv_sec, st.st_mtim.tv_nsec, st.st_ctim.tv_sec, st.st_ctim.tv_nsec};
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        buf_u64le(b, (uint64_t)facts[i]);
    return E_OK;
}

/* A file, and each folder above it: another name in one changes its times. */
static enum err
put_file(struct task *t, int folder, struct span path, struct buf *b)
{
    for (size_t i = 0; i < path.n && t->err == E_OK; i++)
        if (path.p[i] == '/')
            put(t, folder, span_first(path, i), b);
    return t->err == E_OK ? put(t, folder, path, b) : t->err;
}

enum err
bundle_stamp(struct task *t, const char *folder, const struct manifest *m, struct span *out)
{
    enum { ENTRY_BYTES = 64 };
    unsigned char h[HASH_BYTES];
    const char *code = "";
    struct buf *b = task_buf(t, (size_t)ENTRY_BYTES * (BUNDLE_DEPTH + 1) * (m->files + 1)),
               *hex = task_buf(t, HASH_HEX_BYTES);
    int fd = bundle_open(t, folder, &code);
    if (fd < 0)
        return t->err;
    put(t, fd, SPAN_NONE, b);
    for (size_t i = 0; i < m->files && t->err == E_OK; i++)
        put_file(t, fd, m->file[i].path, b);
    close(fd);
    must(!b->failed || t->err != E_OK);
    hash_bytes(buf_view(b), h);
    hex_put(hex, h, sizeof h);
    *out = buf_view(hex);
    return t->err;
}
