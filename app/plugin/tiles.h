/* tiles: a log as files: C2SP's tlog-tiles: tile/<level>/<n> holds 256 hashes of the tree's level 8 * level,
 * tile/entries/<n> the leaves' texts; tile names are cut into thousands (x001/234). Partial ones end in .p/<width>. */
#ifndef PLUGIN_TILES_H
#define PLUGIN_TILES_H

#include "plugin/tree.h"

enum { TILE_HASHES = 256, TILE_BYTES = TILE_HASHES * TREE_HASH_BYTES, TILE_ENTRY_BYTES = 1024 };

/* A reader of the hashes below <folder>/tile in a log of so many leaves. Hashes are as true as the folder: whoever
 * uses them checks a root or a proof. */
struct tiles {
    const char *folder;
    int64_t size;
    struct tile_cache {
        unsigned level;
        int64_t index;
        size_t n; /* hashes; 0: nothing is cached here */
        unsigned char bytes[TILE_BYTES];
    } cache[4]; /* by level */
};
void tiles_open(const char *folder, int64_t size, struct tiles *out);
struct tree_reader tiles_reader(struct tiles *tiles);
/* Appends leaves (each text at most TILE_ENTRY_BYTES); *root and tiles->size are the new ones. What was there before
 * stays readable: a log's reader never sees a half. */
enum err tiles_append(struct task *t, struct tiles *tiles, const struct span *leaf, size_t n, struct tree_hash *root);
/* The text of a leaf, checked against its hash in the tree. */
enum err tiles_entry(struct task *t, struct tiles *tiles, int64_t index, struct span *out);
/* Reads every entry anew: does the log of these tiles have this root? E_CORRUPT with the first place that is wrong. */
enum err tiles_audit(struct task *t, struct tiles *tiles, const struct tree_hash *root);
/* "tile/0/x001/067" or "tile/entries/000.p/12": for those who mirror. */
const char *tiles_path(struct task *t, const char *level, int64_t n, size_t width);

#endif
