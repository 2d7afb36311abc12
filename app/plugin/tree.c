/* tree: RFC 6962's recursions over ranges of leaves; a complete subtree is asked of the reader at once. */
#include "plugin/tree.h"

#include <sodium.h>
#include <string.h>

static const unsigned char leaf_mark = 0, node_mark = 1;

void
tree_leaf(struct span data, struct tree_hash *out)
{
    crypto_hash_sha256_state st;
    crypto_hash_sha256_init(&st);
    crypto_hash_sha256_update(&st, &leaf_mark, 1);
    crypto_hash_sha256_update(&st, (const unsigned char *)data.p, data.n);
    crypto_hash_sha256_final(&st, out->b);
}

void
tree_node(const struct tree_hash *left, const struct tree_hash *right, struct tree_hash *out)
{
    unsigned char both[1 + 2 * TREE_HASH_BYTES];
    both[0] = node_mark;
    memcpy(both + 1, left->b, TREE_HASH_BYTES);
    memcpy(both + 1 + TREE_HASH_BYTES, right->b, TREE_HASH_BYTES);
    crypto_hash_sha256(out->b, both, sizeof both);
}

void
tree_empty(struct tree_hash *out)
{
    crypto_hash_sha256(out->b, (const unsigned char *)"", 0);
}

/* The level of the largest complete subtree that is smaller than n leaves (n > 1). */
static unsigned
split_level(int64_t n)
{
    return 63U - (unsigned)__builtin_clzll((unsigned long long)(n - 1));
}

static bool
is_power(int64_t n)
{
    return (n & (n - 1)) == 0;
}

/* The root of leaves [low, low + n), n > 0. low is a multiple of the power of two that is not below n. */
static enum err
range(struct task *t, const struct tree_reader *r, int64_t low, int64_t n, struct tree_hash *out)
{
    struct tree_hash right, left;
    if (is_power(n)) {
        unsigned level = (unsigned)__builtin_ctzll((unsigned long long)n);
        return r->node(t, r->arg, level, low >> level, out);
    }
    unsigned level = split_level(n);
    int64_t k = (int64_t)1 << level;
    if (r->node(t, r->arg, level, low >> level, &left) != E_OK || range(t, r, low + k, n - k, &right) != E_OK)
        return t->err;
    tree_node(&left, &right, out);
    return E_OK;
}

enum err
tree_root(struct task *t, const struct tree_reader *r, int64_t size, struct tree_hash *out)
{
    if (size > 0)
        return range(t, r, 0, size, out);
    tree_empty(out);
    return E_OK;
}

static void
reverse(struct tree_proof *p)
{
    for (size_t i = 0, k = p->n; i + 1 < k; i++) {
        struct tree_hash h = p->at[i];
        p->at[i] = p->at[--k];
        p->at[k] = h;
    }
}

/* Down from the root: at each split the other half's root. The proof has it from the leaf up. */
enum err
tree_inclusion(struct task *t, const struct tree_reader *r, int64_t index, int64_t size, struct tree_proof *out)
{
    int64_t low = 0, n = size;
    out->n = 0;
    if (index < 0 || index >= size)
        return task_fail(t, E_NOTFOUND, "The log has no entry %lld.", (long long)index);
    while (n > 1) {
        int64_t k = (int64_t)1 << split_level(n);
        bool left = index - low < k;
        if (range(t, r, left ? low + k : low, left ? n - k : k, &out->at[out->n++]) != E_OK)
            return t->err;
        low = left ? low : low + k;
        n = left ? k : n - k;
    }
    reverse(out);
    return E_OK;
}

enum err
tree_consistency(struct task *t, const struct tree_reader *r, int64_t old, int64_t size, struct tree_proof *out)
{
    int64_t low = 0, n = size, m = old;
    out->n = 0;
    if (old < 0 || old > size)
        return task_fail(t, E_NOTFOUND, "The log has %lld entries, not %lld.", (long long)size, (long long)old);
    if (old == 0 || old == size)
        return E_OK;
    while (m < n) {
        int64_t k = (int64_t)1 << split_level(n);
        bool left = m <= k;
        if (range(t, r, left ? low + k : low, left ? n - k : k, &out->at[out->n++]) != E_OK)
            return t->err;
        low = left ? low : low + k;
        m = left ? m : m - k;
        n = left ? k : n - k;
    }
    /* The old tree's last complete part, unless it is the old tree: then the checker has it. */
    if (low > 0 && range(t, r, low, m, &out->at[out->n++]) != E_OK)
        return t->err;
    reverse(out);
    return E_OK;
}

/* Checking ----------------------------------------------------------------------------------------------------------
 */

static bool
same(const struct tree_hash *a, const struct tree_hash *b)
{
    return memcmp(a->b, b->b, TREE_HASH_BYTES) == 0;
}

bool
tree_check_inclusion(
    const struct tree_hash *leaf, int64_t index, int64_t size, const struct tree_proof *p, const struct tree_hash *root)
{
    struct tree_hash at = *leaf;
    int64_t fn = index, sn = size - 1;
    if (index < 0 || index >= size)
        return false;
    for (size_t i = 0; i < p->n; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) == 1 || fn == sn) {
            tree_node(&p->at[i], &at, &at);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            tree_node(&at, &p->at[i], &at);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && same(&at, root);
}

/* RFC 9162, 2.1.4.2: both roots grow from one path. */
static bool
grow(int64_t old, const struct tree_hash *old_root, int64_t size, const struct tree_hash *root,
    const struct tree_hash *path, size_t n)
{
    int64_t fn = old - 1, sn = size - 1;
    while (fn & 1) {
        fn >>= 1;
        sn >>= 1;
    }
    struct tree_hash fr = path[0], sr = path[0];
    for (size_t i = 1; i < n; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) == 1 || fn == sn) {
            tree_node(&path[i], &fr, &fr);
            tree_node(&path[i], &sr, &sr);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            tree_node(&sr, &path[i], &sr);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && same(&fr, old_root) && same(&sr, root);
}

bool
tree_check_consistency(int64_t old, const struct tree_hash *old_root, int64_t size, const struct tree_hash *root,
    const struct tree_proof *p)
{
    struct tree_hash path[TREE_PROOF_MOST + 1], none;
    if (old < 0 || old > size || p->n > TREE_PROOF_MOST)
        return false;
    if (old == size)
        return p->n == 0 && same(old_root, root);
    tree_empty(&none);
    if (old == 0) /* everything grew out of nothing */
        return p->n == 0 && same(old_root, &none);
    if (p->n == 0)
        return false;
    if (!is_power(old)) {
        memcpy(path, p->at, p->n * sizeof path[0]);
        return grow(old, old_root, size, root, path, p->n);
    }
    path[0] = *old_root;
    memcpy(path + 1, p->at, p->n * sizeof path[0]);
    return grow(old, old_root, size, root, path, p->n + 1);
}
