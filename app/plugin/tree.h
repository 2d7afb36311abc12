/* tree: the transparency log's Merkle tree (RFC 6962, SHA-256): roots, proofs made and proofs checked. Pure: hashes
 * come from a reader, which a folder of tiles (tiles.h) or an array may be. */
#ifndef PLUGIN_TREE_H
#define PLUGIN_TREE_H

#include "base/task.h"

enum { TREE_HASH_BYTES = 32, TREE_PROOF_MOST = 64 };

struct tree_hash {
    unsigned char b[TREE_HASH_BYTES];
};
struct tree_proof {
    size_t n;
    struct tree_hash at[TREE_PROOF_MOST];
};

void tree_leaf(struct span data, struct tree_hash *out); /* SHA-256(0x00 || data) */
void tree_node(const struct tree_hash *left, const struct tree_hash *right, struct tree_hash *out); /* 0x01 */
void tree_empty(struct tree_hash *out); /* root of nothing */

/* Where hashes are: node (level, index) is the root of the complete subtree of leaves [index << level, (index + 1) <<
 * level). Asked for those alone that are complete. */
struct tree_reader {
    enum err (*node)(struct task *t, void *arg, unsigned level, int64_t index, struct tree_hash *out);
    void *arg;
};
enum err tree_root(struct task *t, const struct tree_reader *r, int64_t size, struct tree_hash *out);
/* The audit path of leaf `index` in the first `size` leaves. E_NOTFOUND when there is no such leaf. */
enum err tree_inclusion(
    struct task *t, const struct tree_reader *r, int64_t index, int64_t size, struct tree_proof *out);
/* That the first `old` leaves of the tree of `size` are the tree of `old`. Empty for 0 and for size itself. */
enum err tree_consistency(
    struct task *t, const struct tree_reader *r, int64_t old, int64_t size, struct tree_proof *out);

/* The checks: true when the proof shows it; every length and every hash must fit (RFC 9162's algorithms). */
bool tree_check_inclusion(const struct tree_hash *leaf, int64_t index, int64_t size, const struct tree_proof *p,
    const struct tree_hash *root);
bool tree_check_consistency(int64_t old, const struct tree_hash *old_root, int64_t size, const struct tree_hash *root,
    const struct tree_proof *p);

#endif
