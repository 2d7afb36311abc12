/* bench_trust: how long a bundle of 200 files takes to verify, all signatures, proofs and bytes of it, and an inclusion
 * proof of a log of 100,000 entries to make and check. One JSON line, microseconds.
 *   bench_trust [rounds] [leaves] */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../unit/plugin/market_world.h"
#include "base/clock.h"

enum { FILES = 200, FILE_BYTES = 4096, LEAF_BYTES = 160 };

static int
by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void
put(const char *name, int64_t *us, size_t n, bool last)
{
    qsort(us, n, sizeof *us, by_value);
    printf("\"%s\":{\"p50\":%lld,\"p99\":%lld,\"n\":%zu}%s", name, (long long)us[n / 2], (long long)us[n * 99 / 100], n,
        last ? "" : ",");
}

/* A plugin of many files, published and vetted. */
static struct manifest *
publish(struct world *w)
{
    struct task *t = w->t;
    struct manifest *m = task_new(t, struct manifest);
    const char *project = task_printf(t, "%s/big", w->folder), *bundle = task_printf(t, "%s/b1", w->folder);
    const struct pack_order o = {project, bundle, NULL};
    struct span note;
    char text[FILE_BYTES + 1];
    world_must(w, fsio_mkdir(t, project, 0755));
    for (int i = 0; i < FILES - 1; i++) {
        memset(text, 'a' + i % 26, FILE_BYTES);
        text[FILE_BYTES] = '\0';
        world_write(w, task_printf(t, "%s/f%03d.py", project, i), text);
    }
    world_write(w, task_printf(t, "%s/geo.json", project),
        "{\"name\":\"geo\",\"description\":\"Finds places.\",\"input_schema\":{\"type\":\"object\"}}");
    world_write(w, task_printf(t, "%s/manifest", project),
        "id acme/geo\nversion 1\npublisher acme.example/2026a\nruntime python3 f000.py\ntool geo E0 geo.json\n");
    world_must(w, pack_project(t, &o, m));
    world_must(w, note_sign(t, m->text, &w->acme, &note));
    world_must(w, fsio_write_atomic(t, task_printf(t, "%s/manifest.note", bundle), note, 0644));
    unlink(task_printf(t, "%s/manifest", bundle));
    world_must(w, market_publish(t, w->market, bundle, m));
    world_vet(w, m);
    world_refresh(w);
    return m;
}

/* From the folder's bytes to "ok", each round in a task of its own. */
static void
verify(struct world *w, const struct manifest *m, int64_t *us, size_t rounds)
{
    const char *at = market_bundle(w->t, w->market, m->id, m->serial), *code;
    for (size_t i = 0; i < rounds; i++) {
        struct task t;
        int64_t started_us = clock_mono_us();
        task_begin(&t, 0);
        struct trust_input *in = task_new(&t, struct trust_input);
        struct trust_verdict *v = task_new(&t, struct trust_verdict);
        if (market_gather(&t, w->market, &w->state, m->id, 1, 0, in) != E_OK ||
            trust_verify(&t, in, &w->state, w->now, v) != E_OK || bundle_check(&t, at, &v->manifest, &code) != E_OK)
            fail_msg("%s", t.cause);
        task_end(&t);
        us[i] = clock_mono_us() - started_us;
    }
}

static void
prove(struct world *w, int64_t leaves, int64_t *us, size_t rounds)
{
    struct span *leaf = task_array(w->t, (size_t)leaves, sizeof *leaf);
    const char *folder = task_printf(w->t, "%s/log", w->folder);
    struct tiles tiles;
    struct tree_hash root, hash;
    for (int64_t i = 0; i < leaves; i++)
        leaf[i] = task_format(w->t, "%0*lld\n", LEAF_BYTES, (long long)i);
    world_must(w, fsio_mkdir(w->t, folder, 0755));
    tiles_open(folder, 0, &tiles);
    world_must(w, tiles_append(w->t, &tiles, leaf, (size_t)leaves, &root));
    for (size_t i = 0; i < rounds; i++) {
        struct task t;
        struct tree_proof p;
        int64_t index = (int64_t)(i * 7919 % (size_t)leaves), started_us = clock_mono_us();
        task_begin(&t, 0);
        tiles_open(folder, leaves, &tiles); /* nothing is kept from the last one */
        const struct tree_reader r = tiles_reader(&tiles);
        tree_leaf(leaf[index], &hash);
        if (tree_inclusion(&t, &r, index, leaves, &p) != E_OK || !tree_check_inclusion(&hash, index, leaves, &p, &root))
            fail_msg("%s", t.cause);
        task_end(&t);
        us[i] = clock_mono_us() - started_us;
    }
}

int
main(int argc, char **argv)
{
    static struct world w;
    int64_t rounds = 200, leaves = 100000;
    if ((argc > 1 && !span_i64(span_of(argv[1]), &rounds)) || (argc > 2 && !span_i64(span_of(argv[2]), &leaves)) ||
        rounds < 1 || leaves < 1) {
        fputs("usage: bench_trust [rounds] [leaves]\n", stderr);
        return 2;
    }
    world_begin(&w);
    int64_t *us = task_array(w.t, (size_t)rounds, sizeof *us);
    printf("{");
    verify(&w, publish(&w), us, (size_t)rounds);
    put("bundle", us, (size_t)rounds, false);
    prove(&w, leaves, us, (size_t)rounds);
    put("inclusion", us, (size_t)rounds, true);
    printf("}\n");
    world_end(&w);
    return 0;
}
