/* guest_path: calls on names: one tree out of the library (/lib) and the box's own files (/work, /tmp). */
#include "box/guest_priv.h"

#include <string.h>

enum { PATH_BYTES = 1024 };

bool
guest_is_folder(const struct guest *g, struct guest_node n)
{
    switch (n.place) {
    case WORK_IN_TOP: return true;
    case WORK_IN_PACK: return pack_at(&g->pack, n.node).folder;
    case WORK_IN_WORK: return g->work->node[n.node].kind == WORK_FOLDER;
    default: return false;
    }
}

uint64_t
guest_size(const struct guest *g, struct guest_node n)
{
    if (n.place == WORK_IN_PACK)
        return pack_at(&g->pack, n.node).content.n;
    return n.place == WORK_IN_WORK ? g->work->node[n.node].size : 0;
}

uint64_t
guest_inode(struct guest_node n)
{
    return ((uint64_t)n.place << 32) + n.node + 1;
}

/* The top's folders: the pack's root stands in it as "lib", the work tree's folders by their own names. */
static bool
top_find(const struct guest *g, struct span name, struct guest_node *out)
{
    if (span_is(name, "lib")) {
        *out = (struct guest_node){WORK_IN_PACK, 0};
        return true;
    }
    *out = (struct guest_node){WORK_IN_WORK, work_find(g->work, WORK_ROOT, name)};
    return out->node != WORK_NONE;
}

static bool
child_of(const struct guest *g, struct guest_node folder, struct span name, struct guest_node *out)
{
    if (folder.place == WORK_IN_TOP)
        return top_find(g, name, out);
    out->place = folder.place;
    out->node =
        folder.place == WORK_IN_PACK ? pack_find(&g->pack, folder.node, name) : work_find(g->work, folder.node, name);
    return out->node != WORK_NONE;
}

static struct guest_node
parent_of(const struct guest *g, struct guest_node n)
{
    struct guest_node top = {WORK_IN_TOP, 0};
    if (n.place == WORK_IN_PACK)
        return n.node == 0 ? top : (struct guest_node){WORK_IN_PACK, pack_at(&g->pack, n.node).parent};
    if (n.place != WORK_IN_WORK || g->work->node[n.node].parent == WORK_ROOT)
        return top;
    return (struct guest_node){WORK_IN_WORK, g->work->node[n.node].parent};
}

/* One step down the path. At the end of it a missing name is let the caller know. */
static enum wasi_errno
step(const struct guest *g, struct span name, bool at_end, struct guest_node *here, struct span *last)
{
    struct guest_node next;
    if (name.n == 0 || span_is(name, "."))
        return guest_is_folder(g, *here) ? WASI_OK : WASI_NOTDIR;
    if (!guest_is_folder(g, *here))
        return WASI_NOTDIR;
    if (span_is(name, "..")) {
        *here = parent_of(g, *here);
        return WASI_OK;
    }
    if (child_of(g, *here, name, &next)) {
        *here = next;
        *last = name;
        return WASI_OK;
    }
    *last = at_end ? name : SPAN_NONE;
    return WASI_NOENT;
}

enum wasi_errno
guest_resolve(
    struct guest *g, uint64_t fd, uint64_t path, uint64_t path_bytes, struct guest_node *out, struct span *last)
{
    const struct work_fd *from = guest_fd(g, fd);
    const unsigned char *p = guest_at(g, path, path_bytes);
    struct span rest = {(const char *)p, path_bytes}, name;
    *last = SPAN_NONE;
    if (!p)
        return WASI_FAULT;
    if (!from || from->place == WORK_CONSOLE)
        return from ? WASI_NOTDIR : WASI_BADF;
    if (path_bytes > PATH_BYTES)
        return WASI_NAMETOOLONG;
    *out = (struct guest_node){(enum work_place)from->place, from->node};
    enum wasi_errno e = WASI_OK;
    while (e == WASI_OK && span_cut(&rest, '/', &name))
        e = step(g, name, span_only(rest, "/"), out, last);
    return e;
}

bool
guest_entry(const struct guest *g, struct guest_node folder, uint64_t nth, struct span *name, struct guest_node *out)
{
    out->place = folder.place;
    if (folder.place == WORK_IN_PACK) {
        struct pack_node n = pack_at(&g->pack, folder.node);
        if (nth >= n.children)
            return false;
        out->node = n.first + (uint32_t)nth;
        *name = pack_at(&g->pack, out->node).name;
        return true;
    }
    if (folder.place == WORK_IN_TOP && nth-- == 0) {
        *name = SPAN("lib");
        *out = (struct guest_node){WORK_IN_PACK, 0};
        return true;
    }
    out->place = WORK_IN_WORK;
    out->node = work_child(g->work, folder.place == WORK_IN_TOP ? WORK_ROOT : folder.node, nth);
    if (out->node == WORK_NONE)
        return false;
    *name = span_of(g->work->node[out->node].name);
    return true;
}

uint32_t
guest_shim_fd_prestat_get(struct guest *g, const uint64_t *a)
{
    if (a[0] != 3)
        return WASI_BADF;
    return guest_put32(g, a[1], 0) && guest_put32(g, a[1] + 4, 1) ? WASI_OK : WASI_FAULT;
}

uint32_t
guest_shim_fd_prestat_dir_name(struct guest *g, const uint64_t *a)
{
    unsigned char *p = guest_at(g, a[1], 1);
    if (a[0] != 3)
        return WASI_BADF;
    if (!p || a[2] < 1)
        return WASI_FAULT;
    p[0] = '/';
    return WASI_OK;
}

/* As much of one entry as fits behind `used` bytes; how many bytes that were. */
static uint64_t
put_entry(unsigned char *into, uint64_t room, uint64_t next, struct span name, struct guest_node n, bool folder)
{
    unsigned char head[24] = {0};
    uint64_t inode = guest_inode(n);
    uint32_t bytes = (uint32_t)name.n;
    memcpy(head, &next, 8);
    memcpy(head + 8, &inode, 8);
    memcpy(head + 16, &bytes, 4);
    head[20] = folder ? WASI_DIRECTORY : WASI_REGULAR_FILE;
    uint64_t first = room < sizeof head ? room : sizeof head;
    memcpy(into, head, first);
    uint64_t second = room - first < name.n ? room - first : name.n;
    memcpy(into + first, name.p, second);
    return first + second;
}

/* (fd, into, bytes, cookie, out used) */
uint32_t
guest_shim_fd_readdir(struct guest *g, const uint64_t *a)
{
    const struct work_fd *f = guest_fd(g, a[0]);
    unsigned char *into = guest_at(g, a[1], a[2]);
    if (!f || !into || !guest_at(g, a[4], 4))
        return f ? WASI_FAULT : WASI_BADF;
    struct guest_node folder = {(enum work_place)f->place, f->node}, n;
    if (!guest_is_folder(g, folder))
        return WASI_NOTDIR;
    struct span name;
    uint64_t used = 0;
    for (uint64_t i = a[3]; used < a[2] && guest_entry(g, folder, i, &name, &n); i++)
        used += put_entry(into + used, a[2] - used, i + 1, name, n, guest_is_folder(g, n));
    guest_put32(g, a[4], (uint32_t)used);
    return WASI_OK;
}

/* Where a new name is to be made: the folder and the name. OK when it exists already. */
static enum wasi_errno
place_for(struct guest *g, uint64_t fd, uint64_t path, uint64_t n, struct guest_node *folder, struct span *name)
{
    enum wasi_errno e = guest_resolve(g, fd, path, n, folder, name);
    if (e != WASI_NOENT || name->n == 0)
        return e;
    return folder->place == WORK_IN_WORK ? WASI_NOENT : WASI_ROFS;
}

uint32_t
guest_shim_path_create_directory(struct guest *g, const uint64_t *a)
{
    struct guest_node folder;
    struct span name;
    uint32_t node;
    enum wasi_errno e = place_for(g, a[0], a[1], a[2], &folder, &name);
    if (e == WASI_OK)
        return WASI_EXIST;
    if (e != WASI_NOENT || name.n == 0)
        return e;
    return work_make(g->work, folder.node, name, WORK_FOLDER, &node);
}

/* What must hold before something that exists is opened. */
static enum wasi_errno
may_open(struct guest *g, struct guest_node n, uint64_t oflags, bool write)
{
    bool folder = guest_is_folder(g, n);
    if (oflags & WASI_O_EXCL)
        return WASI_EXIST;
    if ((oflags & WASI_O_DIRECTORY) && !folder)
        return WASI_NOTDIR;
    if (folder)
        return oflags & WASI_O_TRUNC ? WASI_ISDIR : WASI_OK;
    if (n.place == WORK_IN_PACK && (write || (oflags & WASI_O_TRUNC)))
        return WASI_ROFS;
    return oflags & WASI_O_TRUNC ? work_truncate(g->work, n.node, 0) : WASI_OK;
}

/* (folder, look-up flags, path, bytes, oflags, rights, rights inherited, fdflags, out fd). libc asks for the right to
 * write only when it will; of a file in the library it may ask in vain. */
uint32_t
guest_shim_path_open(struct guest *g, const uint64_t *a)
{
    struct guest_node n;
    struct span name;
    bool write = (a[5] & WASI_RIGHT_WRITE) != 0, create = (a[4] & WASI_O_CREAT) != 0;
    if (!guest_at(g, a[8], 4))
        return WASI_FAULT;
    enum wasi_errno e = place_for(g, a[0], a[2], a[3], &n, &name);
    if (e == WASI_OK)
        e = may_open(g, n, a[4], write && create);
    else if (e == WASI_NOENT && create && name.n > 0 && !(a[4] & WASI_O_DIRECTORY))
        e = work_make(g->work, n.node, name, WORK_FILE, &n.node);
    else if (e == WASI_ROFS && !create)
        e = WASI_NOENT;
    if (e != WASI_OK)
        return e;
    uint32_t fd = work_fd_open(g->work, n.place, n.node);
    if (fd == WORK_NONE)
        return WASI_MFILE;
    g->work->fd[fd].append = (a[7] & WASI_FD_APPEND) != 0;
    g->work->fd[fd].may_write = write;
    guest_put32(g, a[8], fd);
    return WASI_OK;
}

static uint32_t
remove_one(struct guest *g, const uint64_t *a, enum work_kind kind)
{
    struct guest_node n;
    struct span name;
    enum wasi_errno e = guest_resolve(g, a[0], a[1], a[2], &n, &name);
    if (e != WASI_OK)
        return e;
    return n.place == WORK_IN_WORK ? work_remove(g->work, n.node, kind) : WASI_ROFS;
}

uint32_t
guest_shim_path_remove_directory(struct guest *g, const uint64_t *a)
{
    return remove_one(g, a, WORK_FOLDER);
}

uint32_t
guest_shim_path_unlink_file(struct guest *g, const uint64_t *a)
{
    return remove_one(g, a, WORK_FILE);
}

/* (folder, path, bytes, to folder, to path, bytes) */
uint32_t
guest_shim_path_rename(struct guest *g, const uint64_t *a)
{
    struct guest_node from, to;
    struct span name, to_name;
    enum wasi_errno e = guest_resolve(g, a[0], a[1], a[2], &from, &name);
    if (e != WASI_OK)
        return e;
    e = place_for(g, a[3], a[4], a[5], &to, &to_name);
    if (e == WASI_OK) {
        to_name = to.place == WORK_IN_WORK ? span_of(g->work->node[to.node].name) : SPAN_NONE;
        to = parent_of(g, to);
    } else if (e != WASI_NOENT || to_name.n == 0) {
        return e;
    }
    if (from.place != WORK_IN_WORK || to.place != WORK_IN_WORK)
        return WASI_ROFS;
    char kept[WORK_NAME_BYTES + 1]; /* the replaced file's name goes with it */
    if (to_name.n > WORK_NAME_BYTES)
        return WASI_NAMETOOLONG;
    memcpy(kept, to_name.p, to_name.n);
    return work_rename(g->work, from.node, to.node, (struct span){kept, to_name.n});
}

uint32_t
guest_shim_path_filestat_set_times(struct guest *g, const uint64_t *a)
{
    struct guest_node n;
    struct span name;
    return guest_resolve(g, a[0], a[2], a[3], &n, &name);
}

/* No links of any kind in a box. */
uint32_t
guest_shim_path_link(struct guest *g, const uint64_t *a)
{
    (void)g;
    (void)a;
    return WASI_NOSYS;
}

uint32_t
guest_shim_path_symlink(struct guest *g, const uint64_t *a)
{
    (void)g;
    (void)a;
    return WASI_NOSYS;
}

uint32_t
guest_shim_path_readlink(struct guest *g, const uint64_t *a)
{
    struct guest_node n;
    struct span name;
    enum wasi_errno e = guest_resolve(g, a[0], a[1], a[2], &n, &name);
    return e == WASI_OK ? WASI_INVAL : e;
}
