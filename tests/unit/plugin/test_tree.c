/* test_tree: the tree of RFC 6962's well-known eight leaves, all proofs of small trees, what must not pass, and tiles.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fsio.h"
#include "base/id.h"
#include "plugin/tiles.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 70 };
static const char *const leaves[8] = {
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
static const char *const roots[9] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};
#define H0 "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
#define H1 "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
#define H01 "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
#define H23 "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
#define H4 "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
#define H45 "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
#define H67 "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
#define H0123 "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
#define H4567 "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
static const struct vector {
    int64_t a, b;
    const char *path[4];
} inclusions[] = {{0, 8, {H1, H23, H4567, NULL}}, {5, 8, {H4, H67, H0123, NULL}}, {2, 3, {H01, NULL}},
    {1, 5, {H0, H23, H4, NULL}}, {0, 1, {NULL}}},
  consistencies[] = {{1, 8, {H1, H23, H4567, NULL}}, {6, 8, {H45, H67, H0123, NULL}}, {2, 5, {H23, H4, NULL}},
      {4, 8, {H4567, NULL}}, {8, 8, {NULL}}, {0, 5, {NULL}}};

static struct tree_hash hash[MOST];

/* A reader over an array of leaves' hashes. */
static enum err
node(struct task *t, void *arg, unsigned level, int64_t index, struct tree_hash *out)
{
    struct tree_hash left, right;
    if (level == 0) {
        *out = ((const struct tree_hash *)arg)[index];
        return E_OK;
    }
    node(t, arg, level - 1, 2 * index, &left);
    node(t, arg, level - 1, 2 * index + 1, &right);
    tree_node(&left, &right, out);
    return E_OK;
}

static const struct tree_reader reader = {node, hash};

static int
up(void **state)
{
    struct task *t = calloc(1, sizeof *t);
    id_init();
    task_begin(t, 0);
    for (size_t i = 0; i < MOST; i++) {
        unsigned char bytes[32];
        size_t n = i < 8 ? strlen(leaves[i]) / 2 : 1;
        bytes[0] = (unsigned char)i;
        if (i < 8)
            assert_true(hex_get(span_of(leaves[i]), bytes, n));
        tree_leaf((struct span){(const char *)bytes, n}, &hash[i]);
    }
    *state = t;
    return 0;
}

static int
down(void **state)
{
    task_end(*state);
    free(*state);
    return 0;
}

static void
is_hash(const struct tree_hash *h, const char *hex)
{
    struct tree_hash want;
    assert_true(hex_get(span_of(hex), want.b, 32));
    assert_memory_equal(h->b, want.b, 32);
}

static void
is_path(const struct tree_proof *p, const struct vector *v)
{
    size_t n = 0;
    while (v->path[n])
        n++;
    assert_int_equal(p->n, n);
    for (size_t i = 0; i < n; i++)
        is_hash(&p->at[i], v->path[i]);
}

static void
the_well_known_tree_comes_out(void **state)
{
    struct task *t = *state;
    struct tree_hash h;
    struct tree_proof p;
    for (int64_t n = 0; n <= 8; n++) {
        assert_int_equal(tree_root(t, &reader, n, &h), E_OK);
        is_hash(&h, roots[n]);
    }
    for (size_t i = 0; i < sizeof inclusions / sizeof inclusions[0]; i++) {
        assert_int_equal(tree_inclusion(t, &reader, inclusions[i].a, inclusions[i].b, &p), E_OK);
        is_path(&p, &inclusions[i]);
    }
    for (size_t i = 0; i < sizeof consistencies / sizeof consistencies[0]; i++) {
        assert_int_equal(tree_consistency(t, &reader, consistencies[i].a, consistencies[i].b, &p), E_OK);
        is_path(&p, &consistencies[i]);
    }
}

/* A proof that is not exactly it: a bit, a hash more, a hash less, two exchanged. */
static void
no_other_inclusion_passes(int64_t i, int64_t n, const struct tree_proof *good, const struct tree_hash *root)
{
    struct tree_proof p = *good;
    struct tree_hash other = *root;
    other.b[0] ^= 1;
    assert_false(tree_check_inclusion(&hash[i], i, n, good, &other));
    assert_false(tree_check_inclusion(&hash[(i + 1) % MOST], i, n, good, root));
    assert_false(tree_check_inclusion(&hash[i], n, n, good, root));
    assert_false(tree_check_inclusion(&hash[i], -1, n, good, root));
    p.at[p.n++] = *root;
    assert_false(tree_check_inclusion(&hash[i], i, n, &p, root));
    for (size_t k = 0; k < good->n; k++) {
        p = *good;
        p.at[k].b[31] ^= 0x80;
        assert_false(tree_check_inclusion(&hash[i], i, n, &p, root));
    }
    p = *good;
    if (p.n > 0) {
        p.n--;
        assert_false(tree_check_inclusion(&hash[i], i, n, &p, root));
    }
}

static void
every_leaf_is_shown_to_be_in(void **state)
{
    struct task *t = *state;
    struct tree_hash root;
    struct tree_proof p;
    for (int64_t n = 1; n <= MOST; n++) {
        assert_int_equal(tree_root(t, &reader, n, &root), E_OK);
        for (int64_t i = 0; i < n; i++) {
            assert_int_equal(tree_inclusion(t, &reader, i, n, &p), E_OK);
            assert_true(tree_check_inclusion(&hash[i], i, n, &p, &root));
            no_other_inclusion_passes(i, n, &p, &root);
        }
    }
    assert_int_equal(tree_inclusion(t, &reader, 5, 5, &p), E_NOTFOUND);
}

static void
every_growth_is_shown_to_be_one(void **state)
{
    struct task *t = *state;
    struct tree_hash old_root, root, other;
    struct tree_proof p, bad;
    for (int64_t n = 0; n <= MOST; n++)
        for (int64_t m = 0; m <= n; m++) {
            tree_root(t, &reader, m, &old_root);
            tree_root(t, &reader, n, &root);
            assert_int_equal(tree_consistency(t, &reader, m, n, &p), E_OK);
            assert_true(tree_check_consistency(m, &old_root, n, &root, &p));
            other = old_root;
            other.b[3] ^= 4; /* a forked log's head */
            assert_false(tree_check_consistency(m, &other, n, &root, &p));
            other = root;
            other.b[3] ^= 4;
            if (m > 0)
                assert_false(tree_check_consistency(m, &old_root, n, &other, &p));
            bad = p;
            bad.at[bad.n++] = root;
            assert_false(tree_check_consistency(m, &old_root, n, &root, &bad));
            for (size_t k = 0; k < p.n; k++) {
                bad = p;
                bad.at[k].b[0] ^= 1;
                assert_false(tree_check_consistency(m, &old_root, n, &root, &bad));
            }
            assert_false(tree_check_consistency(n + 1, &old_root, n, &root, &p));
        }
    assert_int_equal(tree_consistency(t, &reader, 9, 8, &p), E_NOTFOUND);
}

/* Tiles -------------------------------------------------------------------------------------------------------------
 */

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static void
tiles_grow_in_any_steps(void **state)
{
    enum { ALL = 70000 };
    static const size_t steps[] = {1, 3, 252, 1, 600, 65000, 2, 4141};
    struct task *t = *state;
    char folder[] = "/tmp/lyceum-tiles-XXXXXX";
    struct tree_hash *h = calloc(ALL, sizeof *h), root, want;
    struct span *leaf = calloc(ALL, sizeof *leaf), text;
    struct tiles tiles;
    struct tree_proof p;
    size_t at = 0;
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < ALL; i++) {
        leaf[i] = task_format(t, "leaf %zu\n", i);
        tree_leaf(leaf[i], &h[i]);
    }
    const struct tree_reader array = {node, h};
    tiles_open(folder, 0, &tiles);
    const struct tree_reader files = tiles_reader(&tiles);
    for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
        assert_int_equal(tiles_append(t, &tiles, leaf + at, steps[s], &root), E_OK);
        at += steps[s];
        assert_int_equal(tiles.size, at);
        tree_root(t, &array, (int64_t)at, &want);
        assert_memory_equal(&root, &want, sizeof root);
    }
    assert_int_equal(at, ALL);
    for (int64_t i = 0; i < ALL; i += 997) {
        assert_int_equal(tree_inclusion(t, &files, i, ALL, &p), E_OK);
        assert_true(tree_check_inclusion(&h[i], i, ALL, &p, &root));
        tree_root(t, &array, i, &want);
        assert_int_equal(tree_consistency(t, &files, i, ALL, &p), E_OK);
        assert_true(tree_check_consistency(i, &want, ALL, &root, &p));
    }
    assert_int_equal(tiles_entry(t, &tiles, 69999, &text), E_OK);
    assert_true(span_is(text, "leaf 69999\n"));
    assert_int_equal(tiles_entry(t, &tiles, ALL, &text), E_NOTFOUND);
    task_clear_error(t);
    assert_int_equal(tiles_audit(t, &tiles, &root), E_OK);
    /* An entry rewritten in place. */
    const char *path = task_printf(t, "%s/%s", folder, tiles_path(t, "entries", 3, 256));
    assert_int_equal(fsio_read(t, path, 1 << 20, &text), E_OK);
    char *changed = task_z(t, text);
    changed[7] = 'x';
    assert_int_equal(fsio_write_atomic(t, path, (struct span){changed, text.n}, 0644), E_OK);
    tiles_open(folder, ALL, &tiles);
    assert_int_equal(tiles_audit(t, &tiles, &root), E_CORRUPT);
    assert_non_null(strstr(t->cause, "entry 768"));
    free(h);
    free(leaf);
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
tile_names_are_c2sps(void **state)
{
    struct task *t = *state;
    assert_string_equal(tiles_path(t, "0", 0, 256), "tile/0/000");
    assert_string_equal(tiles_path(t, "1", 999, 12), "tile/1/999.p/12");
    assert_string_equal(tiles_path(t, "0", 1000, 256), "tile/0/x001/000");
    assert_string_equal(tiles_path(t, "entries", 1234067, 256), "tile/entries/x001/x234/067");
    assert_string_equal(tiles_path(t, "0", 1000000, 1), "tile/0/x001/x000/000.p/1");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_well_known_tree_comes_out, up, down),
        cmocka_unit_test_setup_teardown(every_leaf_is_shown_to_be_in, up, down),
        cmocka_unit_test_setup_teardown(every_growth_is_shown_to_be_one, up, down),
        cmocka_unit_test_setup_teardown(tiles_grow_in_any_steps, up, down),
        cmocka_unit_test_setup_teardown(tile_names_are_c2sps, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
