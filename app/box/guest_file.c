/* guest_file: calls on open files. */
#include "box/guest_priv.h"

#include <string.h>

enum { PARTS_MOST = 1024 }; /* pieces of one read or write */

struct work_fd *
guest_fd(struct guest *g, uint64_t fd)
{
    struct work_fd *f = fd < WORK_FDS ? &g->work->fd[fd] : NULL;
    if (!f || f->place == WORK_CLOSED || (f->place == WORK_IN_PACK && f->node >= g->pack.nodes))
        return NULL;
    return f;
}

static struct guest_node
node_of(const struct work_fd *f)
{
    return (struct guest_node){(enum work_place)f->place, f->node};
}

/* The regular file behind a descriptor: errno when it is none. */
static enum wasi_errno
file_of(struct guest *g, uint64_t fd, struct work_fd **out)
{
    *out = guest_fd(g, fd);
    if (!*out)
        return WASI_BADF;
    if ((*out)->place == WORK_CONSOLE)
        return WASI_SPIPE;
    if ((*out)->place == WORK_IN_TOP)
        return WASI_ISDIR;
    /* A file that was removed while it was open has no kind any more; folders keep theirs. */
    return guest_is_folder(g, node_of(*out)) ? WASI_ISDIR : WASI_OK;
}

static enum wasi_errno
writable_of(struct guest *g, uint64_t fd, struct work_fd **out)
{
    enum wasi_errno e = file_of(g, fd, out);
    if (e != WASI_OK)
        return e;
    if ((*out)->place != WORK_IN_WORK)
        return WASI_ROFS;
    return (*out)->may_write ? WASI_OK : WASI_BADF;
}

uint32_t
guest_shim_fd_advise(struct guest *g, const uint64_t *a)
{
    return guest_fd(g, a[0]) ? WASI_OK : WASI_BADF;
}

uint32_t
guest_shim_fd_allocate(struct guest *g, const uint64_t *a)
{
    (void)g;
    (void)a;
    return WASI_NOSYS;
}

uint32_t
guest_shim_fd_close(struct guest *g, const uint64_t *a)
{
    if (!guest_fd(g, a[0]))
        return WASI_BADF;
    if (a[0] > 3) /* the console and "/" stay */
        work_fd_close(g->work, (uint32_t)a[0]);
    return WASI_OK;
}

uint32_t
guest_shim_fd_datasync(struct guest *g, const uint64_t *a)
{
    return guest_fd(g, a[0]) ? WASI_OK : WASI_BADF;
}

uint32_t
guest_shim_fd_sync(struct guest *g, const uint64_t *a)
{
    return guest_fd(g, a[0]) ? WASI_OK : WASI_BADF;
}

static unsigned char
type_of(const struct guest *g, struct guest_node n)
{
    if (n.place == WORK_CONSOLE)
        return WASI_CHARACTER_DEVICE;
    return guest_is_folder(g, n) ? WASI_DIRECTORY : WASI_REGULAR_FILE;
}

uint32_t
guest_shim_fd_fdstat_get(struct guest *g, const uint64_t *a)
{
    const struct work_fd *f = guest_fd(g, a[0]);
    unsigned char *out = guest_at(g, a[1], 24);
    if (!f || !out)
        return f ? WASI_FAULT : WASI_BADF;
    memset(out, 0, 8);
    out[0] = type_of(g, node_of(f));
    out[2] = f->append ? WASI_FD_APPEND : 0;
    memset(out + 8, 0xff, 16); /* rights: libc asks for them and only narrows */
    return WASI_OK;
}

uint32_t
guest_shim_fd_fdstat_set_flags(struct guest *g, const uint64_t *a)
{
    struct work_fd *f = guest_fd(g, a[0]);
    if (!f)
        return WASI_BADF;
    f->append = (a[1] & WASI_FD_APPEND) != 0;
    return WASI_OK;
}

/* Times are not kept: a file's is always the same, and the checkpoint of a quiet box does not change. */
static void
put_filestat(const struct guest *g, unsigned char *out, struct guest_node n)
{
    uint64_t inode = guest_inode(n), links = 1, size = guest_size(g, n);
    memset(out, 0, 64);
    memcpy(out + 8, &inode, 8);
    out[16] = type_of(g, n);
    memcpy(out + 24, &links, 8);
    memcpy(out + 32, &size, 8);
}

uint32_t
guest_shim_fd_filestat_get(struct guest *g, const uint64_t *a)
{
    const struct work_fd *f = guest_fd(g, a[0]);
    unsigned char *out = guest_at(g, a[1], 64);
    if (!f || !out)
        return f ? WASI_FAULT : WASI_BADF;
    put_filestat(g, out, node_of(f));
    return WASI_OK;
}

uint32_t
guest_shim_path_filestat_get(struct guest *g, const uint64_t *a)
{
    struct guest_node n;
    struct span last;
    unsigned char *out = guest_at(g, a[4], 64);
    enum wasi_errno e = guest_resolve(g, a[0], a[2], a[3], &n, &last);
    if (e == WASI_OK && !out)
        e = WASI_FAULT;
    if (e == WASI_OK)
        put_filestat(g, out, n);
    return e;
}

uint32_t
guest_shim_fd_filestat_set_size(struct guest *g, const uint64_t *a)
{
    struct work_fd *f;
    enum wasi_errno e = writable_of(g, a[0], &f);
    return e == WASI_OK ? work_truncate(g->work, f->node, a[1]) : e;
}

uint32_t
guest_shim_fd_filestat_set_times(struct guest *g, const uint64_t *a)
{
    return guest_fd(g, a[0]) ? WASI_OK : WASI_BADF;
}

static size_t
read_one(struct guest *g, struct work_fd *f, unsigned char *into, size_t n)
{
    if (f->place == WORK_IN_WORK)
        return work_read(g->work, f, into, n);
    struct span left = pack_at(&g->pack, f->node).content;
    left = f->at < left.n ? span_first(span_from(left, (size_t)f->at), n) : SPAN_NONE;
    if (left.n > 0)
        memcpy(into, left.p, left.n);
    f->at += left.n;
    return left.n;
}

/* (pieces, count) of the guest's: each {u32 at, u32 bytes}. */
static enum wasi_errno
piece(const struct guest *g, uint64_t pieces, uint64_t i, unsigned char **at, uint32_t *n)
{
    uint32_t where;
    if (!guest_get32(g, pieces + 8 * i, &where) || !guest_get32(g, pieces + 8 * i + 4, n))
        return WASI_FAULT;
    *at = guest_at(g, where, *n);
    return *at ? WASI_OK : WASI_FAULT;
}

static uint32_t
read_pieces(struct guest *g, struct work_fd *f, uint64_t pieces, uint64_t count, uint64_t out)
{
    uint32_t total = 0, n;
    unsigned char *at;
    if (count > PARTS_MOST)
        return WASI_INVAL;
    for (uint64_t i = 0; i < count; i++) {
        enum wasi_errno e = piece(g, pieces, i, &at, &n);
        if (e != WASI_OK)
            return e;
        size_t got = read_one(g, f, at, n);
        total += (uint32_t)got;
        if (got < n)
            break;
    }
    return guest_put32(g, out, total) ? WASI_OK : WASI_FAULT;
}

uint32_t
guest_shim_fd_read(struct guest *g, const uint64_t *a)
{
    struct work_fd *f;
    enum wasi_errno e = file_of(g, a[0], &f);
    if (e == WASI_SPIPE) /* standard input: at its end */
        return guest_put32(g, a[3], 0) ? WASI_OK : WASI_FAULT;
    return e == WASI_OK ? read_pieces(g, f, a[1], a[2], a[3]) : e;
}

uint32_t
guest_shim_fd_pread(struct guest *g, const uint64_t *a)
{
    struct work_fd *f;
    enum wasi_errno e = file_of(g, a[0], &f);
    if (e != WASI_OK)
        return e;
    struct work_fd here = *f; /* the file's own position stays */
    here.at = a[3];
    here.block = WORK_NONE;
    return read_pieces(g, &here, a[1], a[2], a[4]);
}

static uint32_t
write_pieces(struct guest *g, struct work_fd *f, uint64_t pieces, uint64_t count, uint64_t out)
{
    uint32_t total = 0, n;
    unsigned char *at;
    if (count > PARTS_MOST)
        return WASI_INVAL;
    for (uint64_t i = 0; i < count; i++) {
        enum wasi_errno e = piece(g, pieces, i, &at, &n);
        if (e == WASI_OK)
            e = work_write(g->work, f, at, n);
        if (e != WASI_OK)
            return e;
        total += n;
    }
    return guest_put32(g, out, total) ? WASI_OK : WASI_FAULT;
}

static uint32_t
print_pieces(struct guest *g, uint32_t fd, uint64_t pieces, uint64_t count, uint64_t out)
{
    uint32_t total = 0, n;
    unsigned char *at;
    if (count > PARTS_MOST)
        return WASI_INVAL;
    for (uint64_t i = 0; i < count; i++) {
        enum wasi_errno e = piece(g, pieces, i, &at, &n);
        if (e != WASI_OK)
            return e;
        g->ends.print(g->ends.env, fd, (struct span){(const char *)at, n});
        total += n;
    }
    return guest_put32(g, out, total) ? WASI_OK : WASI_FAULT;
}

uint32_t
guest_shim_fd_write(struct guest *g, const uint64_t *a)
{
    struct work_fd *f;
    enum wasi_errno e = writable_of(g, a[0], &f);
    if (e == WASI_SPIPE)
        return a[0] == 0 ? WASI_BADF : print_pieces(g, (uint32_t)a[0], a[1], a[2], a[3]);
    if (e != WASI_OK)
        return e;
    if (f->append)
        f->at = g->work->node[f->node].size;
    return write_pieces(g, f, a[1], a[2], a[3]);
}

uint32_t
guest_shim_fd_pwrite(struct guest *g, const uint64_t *a)
{
    struct work_fd *f;
    enum wasi_errno e = writable_of(g, a[0], &f);
    if (e != WASI_OK)
        return e;
    struct work_fd here = *f;
    here.at = a[3];
    here.block = WORK_NONE;
    return write_pieces(g, &here, a[1], a[2], a[4]);
}

uint32_t
guest_shim_fd_seek(struct guest *g, const uint64_t *a)
{
    struct work_fd *f;
    enum wasi_errno e = file_of(g, a[0], &f);
    if (e != WASI_OK)
        return e;
    if (a[2] > WASI_SEEK_END)
        return WASI_INVAL;
    int64_t from = a[2] == WASI_SEEK_CUR   ? (int64_t)f->at
                   : a[2] == WASI_SEEK_END ? (int64_t)guest_size(g, node_of(f))
                                           : 0;
    int64_t to;
    if (__builtin_add_overflow(from, (int64_t)a[1], &to) || to < 0)
        return WASI_INVAL;
    if (!guest_put64(g, a[3], (uint64_t)to))
        return WASI_FAULT;
    f->at = (uint64_t)to;
    return WASI_OK;
}

uint32_t
guest_shim_fd_tell(struct guest *g, const uint64_t *a)
{
    struct work_fd *f;
    enum wasi_errno e = file_of(g, a[0], &f);
    if (e != WASI_OK)
        return e;
    return guest_put64(g, a[1], f->at) ? WASI_OK : WASI_FAULT;
}
