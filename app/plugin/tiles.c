/* tiles: the log's files read and grown. Full tiles never change; a partial one is written beside the one before. */
#include "plugin/tiles.h"

#include "base/fsio.h"
#include "base/must.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CACHES = 4, ENTRIES_BYTES = TILE_HASHES * (TILE_ENTRY_BYTES + 2) };

void
tiles_open(const char *folder, int64_t size, struct tiles *out)
{
    memset(out, 0, sizeof *out);
    out->folder = folder;
    out->size = size;
}

const char *
tiles_path(struct task *t, const char *level, int64_t n, size_t width)
{
    char name[64];
    size_t used = 0;
    int64_t above = n / 1000, scale = 1;
    while (above / scale >= 1000)
        scale *= 1000;
    for (; above > 0 && scale > 0; scale /= 1000)
        used += (size_t)snprintf(name + used, sizeof name - used, "x%03d/", (int)(above / scale % 1000));
    snprintf(name + used, sizeof name - used, "%03d", (int)(n % 1000));
    if (width == TILE_HASHES)
        return task_printf(t, "tile/%s/%s", level, name);
    return task_printf(t, "tile/%s/%s.p/%zu", level, name, width);
}

/* How many hashes tile n of a level holds in a log of this size. */
static size_t
width_of(int64_t size, unsigned level, int64_t n)
{
    int64_t all = size >> (8 * level), left = all - n * TILE_HASHES;
    return left >= TILE_HASHES ? TILE_HASHES : left > 0 ? (size_t)left : 0;
}

/* A tile, or the full one that came after it. */
static enum err
read_tile(struct task *t, const char *folder, const char *level, int64_t n, size_t width, size_t cap, struct span *out)
{
    const char *path = task_printf(t, "%s/%s", folder, tiles_path(t, level, n, width));
    enum err e = fsio_read(t, path, cap, out);
    if (e != E_NOTFOUND || width == TILE_HASHES)
        return e;
    task_clear_error(t);
    return fsio_read(t, task_printf(t, "%s/%s", folder, tiles_path(t, level, n, TILE_HASHES)), cap, out);
}

static enum err
load(struct task *t, const struct tiles *x, unsigned level, int64_t n, size_t width, struct tile_cache *c)
{
    struct task read; /* what is read is copied: a long walk must not fill the task */
    struct span bytes;
    task_begin(&read, 0);
    enum err e = read_tile(&read, x->folder, task_printf(&read, "%u", level), n, width, TILE_BYTES, &bytes);
    if (e == E_OK && bytes.n < width * TREE_HASH_BYTES)
        e = task_fail(&read, E_CORRUPT, "A tile of the log is too short.");
    if (e == E_OK) {
        memcpy(c->bytes, bytes.p, width * TREE_HASH_BYTES);
        c->level = level;
        c->index = n;
        c->n = width;
    } else {
        c->n = 0;
        task_fail(t, e, "The log lacks a part: %s", read.cause);
    }
    task_end(&read);
    return t->err;
}

/* The root of n hashes, a power of two of them. */
static void
fold(const unsigned char *bytes, size_t n, struct tree_hash *out)
{
    struct tree_hash row[TILE_HASHES];
    memcpy(row, bytes, n * TREE_HASH_BYTES);
    for (; n > 1; n /= 2)
        for (size_t i = 0; i < n / 2; i++)
            tree_node(&row[2 * i], &row[2 * i + 1], &row[i]);
    *out = row[0];
}

static enum err
node(struct task *t, void *arg, unsigned level, int64_t index, struct tree_hash *out)
{
    struct tiles *x = arg;
    unsigned row = level / 8, above = level % 8;
    int64_t first = index << above, n = first / TILE_HASHES;
    size_t at = (size_t)(first % TILE_HASHES), count = (size_t)1 << above, width = width_of(x->size, row, n);
    struct tile_cache *c = &x->cache[row % CACHES];
    must(at + count <= width);
    if ((c->n < at + count || c->level != row || c->index != n) && load(t, x, row, n, width, c) != E_OK)
        return t->err;
    fold(c->bytes + at * TREE_HASH_BYTES, count, out);
    return E_OK;
}

struct tree_reader
tiles_reader(struct tiles *tiles)
{
    return (struct tree_reader){node, tiles};
}

/* Growing -----------------------------------------------------------------------------------------------------------
 */

/* The folders between `folder` and the file. */
static enum err
make_folders(struct task *t, const char *folder, const char *name)
{
    for (const char *s = strchr(name, '/'); s; s = strchr(s + 1, '/'))
        if (fsio_mkdir(t, task_printf(t, "%s/%.*s", folder, (int)(s - name), name), 0755) != E_OK)
            return t->err;
    return E_OK;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

/* A full tile takes the place of its partial ones. */
static enum err
write_tile(struct task *t, const char *folder, const char *level, int64_t n, size_t width, struct span bytes)
{
    const char *name = tiles_path(t, level, n, width), *path = task_printf(t, "%s/%s", folder, name);
    if (make_folders(t, folder, name) != E_OK || fsio_write_atomic(t, path, bytes, 0644) != E_OK)
        return t->err;
    if (width == TILE_HASHES)
        nftw(task_printf(t, "%s.p", path), remove_one, 4, FTW_DEPTH | FTW_PHYS);
    return E_OK;
}

/* Appends hashes to one level of a tree that had `have` of them; those of tiles that became full go one level up. */
static enum err
grow(struct task *t, const struct tiles *x, unsigned level, int64_t have, const struct tree_hash *hash, size_t n)
{
    struct tree_hash *up = task_array(t, n / TILE_HASHES + 2, sizeof *up);
    const char *word = task_printf(t, "%u", level);
    size_t ups = 0, width = (size_t)(have % TILE_HASHES);
    int64_t tile = have / TILE_HASHES;
    struct tile_cache *c = task_new(t, struct tile_cache);
    if (n == 0 || (width > 0 && load(t, x, level, tile, width, c) != E_OK))
        return t->err;
    for (size_t i = 0; i < n;) {
        size_t take = TILE_HASHES - width < n - i ? TILE_HASHES - width : n - i;
        memcpy(c->bytes + width * TREE_HASH_BYTES, hash + i, take * TREE_HASH_BYTES);
        width += take;
        i += take;
        struct span bytes = {(const char *)c->bytes, width * TREE_HASH_BYTES};
        if (write_tile(t, x->folder, word, tile, width, bytes) != E_OK)
            return t->err;
        if (width == TILE_HASHES) {
            fold(c->bytes, TILE_HASHES, &up[ups++]);
            tile++;
            width = 0;
        }
    }
    return grow(t, x, level + 1, have / TILE_HASHES, up, ups);
}

static enum err
grow_entries(struct task *t, const struct tiles *x, const struct span *leaf, size_t n)
{
    int64_t tile = x->size / TILE_HASHES;
    size_t width = (size_t)(x->size % TILE_HASHES);
    struct buf *b = task_buf(t, ENTRIES_BYTES);
    struct span had = SPAN_NONE;
    if (width > 0 && read_tile(t, x->folder, "entries", tile, width, ENTRIES_BYTES, &had) != E_OK)
        return t->err;
    buf_span(b, had);
    for (size_t i = 0; i < n; i++) {
        buf_putc(b, (char)(leaf[i].n >> 8));
        buf_putc(b, (char)(leaf[i].n & 255));
        buf_span(b, leaf[i]);
        width++;
        if (width < TILE_HASHES && i + 1 < n)
            continue;
        if (write_tile(t, x->folder, "entries", tile, width, buf_view(b)) != E_OK)
            return t->err;
        buf_clear(b);
        tile++;
        width = 0;
    }
    return E_OK;
}

enum err
tiles_append(struct task *t, struct tiles *x, const struct span *leaf, size_t n, struct tree_hash *root)
{
    struct tree_hash *hash = task_array(t, n + 1, sizeof *hash);
    const struct tree_reader r = tiles_reader(x);
    for (size_t i = 0; i < n; i++) {
        if (leaf[i].n > TILE_ENTRY_BYTES)
            return task_fail(t, E_LIMIT, "A leaf of the log has at most %d bytes.", TILE_ENTRY_BYTES);
        tree_leaf(leaf[i], &hash[i]);
    }
    if (grow_entries(t, x, leaf, n) != E_OK || grow(t, x, 0, x->size, hash, n) != E_OK)
        return t->err;
    x->size += (int64_t)n;
    for (size_t i = 0; i < CACHES; i++)
        x->cache[i].n = 0;
    return tree_root(t, &r, x->size, root);
}

/* Entries -----------------------------------------------------------------------------------------------------------
 */

/* The k-th of a tile's entries. */
static bool
entry_at(struct span tile, size_t k, struct span *out)
{
    struct span rest = tile;
    for (size_t i = 0;; i++) {
        if (rest.n < 2)
            return false;
        size_t n = (size_t)(unsigned char)rest.p[0] << 8 | (unsigned char)rest.p[1];
        if (rest.n < 2 + n)
            return false;
        *out = (struct span){rest.p + 2, n};
        if (i == k)
            return true;
        rest = span_from(rest, 2 + n);
    }
}

static enum err
check_entry(struct task *t, struct tiles *x, int64_t index, struct span tile, struct span *out)
{
    struct tree_hash want, has;
    if (!entry_at(tile, (size_t)(index % TILE_HASHES), out))
        return task_fail(t, E_CORRUPT, "The log's entry %lld is missing from its tile.", (long long)index);
    tree_leaf(*out, &has);
    if (node(t, x, 0, index, &want) != E_OK)
        return t->err;
    return memcmp(&has, &want, sizeof has) == 0
               ? E_OK
               : task_fail(t, E_CORRUPT, "The log's entry %lld is not what its tree holds.", (long long)index);
}

enum err
tiles_entry(struct task *t, struct tiles *x, int64_t index, struct span *out)
{
    struct span tile;
    int64_t n = index / TILE_HASHES;
    if (index < 0 || index >= x->size)
        return task_fail(t, E_NOTFOUND, "The log has no entry %lld.", (long long)index);
    if (read_tile(t, x->folder, "entries", n, width_of(x->size, 0, n), ENTRIES_BYTES, &tile) != E_OK)
        return t->err;
    return check_entry(t, x, index, tile, out);
}

/* Complete subtrees from the left, ever smaller: what a root is made of. */
struct peaks {
    struct tree_hash at[64];
    int64_t n;
};

/* One more leaf. Each tile's hash that it completes must be the one that the tile above has. */
static enum err
push(struct task *t, struct tiles *x, struct peaks *p, struct tree_hash h)
{
    struct tree_hash above;
    unsigned k = 0;
    for (int64_t n = p->n; n & 1; n >>= 1) {
        tree_node(&p->at[k++], &h, &h);
        if (k % 8 != 0)
            continue;
        if (node(t, x, k, p->n >> k, &above) != E_OK)
            return t->err;
        if (memcmp(&above, &h, sizeof h) != 0)
            return task_fail(
                t, E_CORRUPT, "The log's tile above entry %lld is not what its entries make.", (long long)p->n);
    }
    p->at[k] = h;
    p->n++;
    return E_OK;
}

static void
peaks_root(const struct peaks *p, struct tree_hash *out)
{
    bool any = false;
    tree_empty(out);
    for (unsigned k = 0; k < 63; k++) {
        if (!(p->n >> k & 1))
            continue;
        if (any)
            tree_node(&p->at[k], out, out);
        else
            *out = p->at[k];
        any = true;
    }
}

/* One tile of entries, in memory of its own. */
static enum err
audit_tile(struct task *t, struct tiles *x, int64_t n, struct peaks *peaks)
{
    struct task one;
    struct span tile, text;
    size_t width = width_of(x->size, 0, n);
    task_begin(&one, 0);
    read_tile(&one, x->folder, "entries", n, width, ENTRIES_BYTES, &tile);
    for (size_t k = 0; k < width && one.err == E_OK; k++) {
        struct tree_hash h;
        if (check_entry(&one, x, n * TILE_HASHES + (int64_t)k, tile, &text) != E_OK)
            break;
        tree_leaf(text, &h);
        push(&one, x, peaks, h);
    }
    if (one.err != E_OK)
        task_fail(t, one.err, "%s", one.cause);
    task_end(&one);
    return t->err;
}

enum err
tiles_audit(struct task *t, struct tiles *x, const struct tree_hash *root)
{
    const struct tree_reader r = tiles_reader(x);
    struct peaks *peaks = task_new(t, struct peaks);
    struct tree_hash from_entries, from_tiles;
    for (int64_t n = 0; n * TILE_HASHES < x->size; n++)
        if (audit_tile(t, x, n, peaks) != E_OK)
            return t->err;
    peaks_root(peaks, &from_entries);
    if (tree_root(t, &r, x->size, &from_tiles) != E_OK)
        return t->err;
    if (memcmp(&from_entries, root, sizeof *root) != 0 || memcmp(&from_tiles, root, sizeof *root) != 0)
        return task_fail(t, E_CORRUPT, "The log's entries don't have the root that its checkpoint says.");
    return E_OK;
}
