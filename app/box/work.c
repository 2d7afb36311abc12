/* work: the box's own files: the tree of names, and descriptors. */
#include "box/work_priv.h"

#include "base/must.h"

#include <string.h>

static const uint64_t MAGIC = 0x316b726f7779424cULL;

static uint32_t
take_node(struct work *w, uint32_t parent, struct span name, enum work_kind kind)
{
    for (uint32_t i = 1; i < WORK_NODES; i++) {
        struct work_node *n = &w->node[i];
        if (n->kind != WORK_FREE || n->open_count > 0)
            continue;
        *n = (struct work_node){.kind = kind, .parent = parent, .first = WORK_NONE};
        memcpy(n->name, name.p, name.n);
        return i;
    }
    return WORK_NONE;
}

void
work_format(struct work *w)
{
    w->magic = MAGIC;
    w->free_block = WORK_NONE;
    w->node[WORK_ROOT] = (struct work_node){.kind = WORK_FOLDER, .first = WORK_NONE};
    must(take_node(w, WORK_ROOT, SPAN("work"), WORK_FOLDER) != WORK_NONE);
    must(take_node(w, WORK_ROOT, SPAN("tmp"), WORK_FOLDER) != WORK_NONE);
    for (uint32_t i = 0; i < 3; i++)
        w->fd[i].place = WORK_CONSOLE;
    w->fd[3].place = WORK_IN_TOP;
}

static bool
fd_sound(const struct work *w, uint32_t fd)
{
    const struct work_fd *f = &w->fd[fd];
    if (f->place > WORK_IN_WORK)
        return false;
    return f->place != WORK_IN_WORK || (f->node < WORK_NODES && (f->block == WORK_NONE || f->block < w->blocks_fresh));
}

static bool
node_sound(const struct work *w, uint32_t node)
{
    const struct work_node *n = &w->node[node];
    const struct work_node *parent = n->parent < WORK_NODES ? &w->node[n->parent] : NULL;
    bool name = memchr(n->name, 0, sizeof n->name) != NULL;
    if (n->kind == WORK_FREE)
        return true;
    bool tree = parent && (parent->kind == WORK_FOLDER || node == WORK_ROOT) && n->kind <= WORK_FOLDER;
    return tree && name && n->size <= (uint64_t)WORK_BLOCKS * WORK_BLOCK_BYTES &&
           (n->first == WORK_NONE || (n->first < WORK_BLOCKS && n->kind == WORK_FILE));
}

/* A folder inside itself would make every walk upwards endless. */
static bool
reaches_root(const struct work *w, uint32_t node)
{
    for (uint32_t steps = 0; node != WORK_ROOT; node = w->node[node].parent)
        if (++steps > WORK_NODES)
            return false;
    return true;
}

bool
work_sound(const struct work *w)
{
    bool ok = w->magic == MAGIC && w->node[WORK_ROOT].kind == WORK_FOLDER && w->node[WORK_ROOT].parent == WORK_ROOT;
    for (uint32_t i = 0; ok && i < WORK_FDS; i++)
        ok = fd_sound(w, i);
    for (uint32_t i = 0; ok && i < WORK_NODES; i++)
        ok = node_sound(w, i);
    for (uint32_t i = 0; ok && i < WORK_NODES; i++)
        ok = w->node[i].kind == WORK_FREE || reaches_root(w, i);
    return ok && work_chains_sound(w);
}

uint32_t
work_find(const struct work *w, uint32_t folder, struct span name)
{
    for (uint32_t i = 1; i < WORK_NODES; i++) {
        const struct work_node *n = &w->node[i];
        if (n->kind != WORK_FREE && n->parent == folder && span_is(name, n->name))
            return i;
    }
    return WORK_NONE;
}

enum wasi_errno
work_make(struct work *w, uint32_t folder, struct span name, enum work_kind kind, uint32_t *out)
{
    if (name.n == 0 || name.n > WORK_NAME_BYTES || memchr(name.p, 0, name.n))
        return WASI_NAMETOOLONG;
    if (folder == WORK_ROOT)
        return WASI_ROFS;
    if (w->node[folder].kind != WORK_FOLDER)
        return WASI_NOTDIR;
    if (work_find(w, folder, name) != WORK_NONE)
        return WASI_EXIST;
    *out = take_node(w, folder, name, kind);
    return *out == WORK_NONE ? WASI_NOSPC : WASI_OK;
}

enum wasi_errno
work_remove(struct work *w, uint32_t node, enum work_kind kind)
{
    struct work_node *n = &w->node[node];
    if (n->parent == WORK_ROOT)
        return WASI_ROFS;
    if (n->kind != kind)
        return kind == WORK_FOLDER ? WASI_NOTDIR : WASI_ISDIR;
    if (kind == WORK_FOLDER && work_child(w, node, 0) != WORK_NONE)
        return WASI_NOTEMPTY;
    n->kind = WORK_FREE;
    if (n->open_count == 0)
        work_blocks_free(w, n);
    return WASI_OK;
}

static bool
is_below(const struct work *w, uint32_t node, uint32_t folder)
{
    for (; node != WORK_ROOT; node = w->node[node].parent)
        if (node == folder)
            return true;
    return false;
}

enum wasi_errno
work_rename(struct work *w, uint32_t node, uint32_t folder, struct span name)
{
    if (name.n == 0 || name.n > WORK_NAME_BYTES || memchr(name.p, 0, name.n))
        return WASI_NAMETOOLONG;
    if (w->node[node].parent == WORK_ROOT || folder == WORK_ROOT)
        return WASI_ROFS;
    if (w->node[folder].kind != WORK_FOLDER)
        return WASI_NOTDIR;
    if (is_below(w, folder, node))
        return WASI_INVAL;
    uint32_t there = work_find(w, folder, name);
    if (there == node)
        return WASI_OK;
    if (there != WORK_NONE) {
        enum wasi_errno e = work_remove(w, there, (enum work_kind)w->node[node].kind);
        if (e != WASI_OK)
            return e;
    }
    struct work_node *n = &w->node[node];
    n->parent = folder;
    memset(n->name, 0, sizeof n->name);
    memcpy(n->name, name.p, name.n);
    return WASI_OK;
}

uint32_t
work_child(const struct work *w, uint32_t folder, uint64_t nth)
{
    for (uint32_t i = 1; i < WORK_NODES; i++)
        if (w->node[i].kind != WORK_FREE && w->node[i].parent == folder && nth-- == 0)
            return i;
    return WORK_NONE;
}

uint32_t
work_fd_open(struct work *w, enum work_place place, uint32_t node)
{
    for (uint32_t i = 4; i < WORK_FDS; i++) {
        if (w->fd[i].place != WORK_CLOSED)
            continue;
        w->fd[i] = (struct work_fd){.place = place, .node = node, .block = WORK_NONE};
        if (place == WORK_IN_WORK)
            w->node[node].open_count++;
        return i;
    }
    return WORK_NONE;
}

void
work_fd_close(struct work *w, uint32_t fd)
{
    struct work_fd *f = &w->fd[fd];
    if (f->place == WORK_IN_WORK) {
        struct work_node *n = &w->node[f->node];
        if (n->open_count > 0 && --n->open_count == 0 && n->kind == WORK_FREE)
            work_blocks_free(w, n);
    }
    f->place = WORK_CLOSED;
}
