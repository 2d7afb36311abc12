/* fuzz: lyc_plugin */
/* fuzz_trust: the marketplace's texts, by the first byte; what parses is written back to a text that says the same.
 * Proofs made of any bytes don't pass; a remembered state reads back. */
#include "base/id.h"
#include "base/must.h"
#include "plugin/trust.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
same(struct task *t, enum err written, struct span again, struct span text)
{
    if (written == E_OK) /* sorted and spelled as the reader wants it, so there is one way to write it */
        must(span_eq(again, text));
    task_clear_error(t);
}

static void
signed_texts(struct task *t, unsigned which, struct span text)
{
    struct span out;
    struct notes_root *root = task_new(t, struct notes_root);
    struct notes_publishers p;
    struct notes_vet *vet = task_new(t, struct notes_vet);
    struct notes_snapshot s;
    struct notes_timestamp ts;
    struct notes_checkpoint c;
    if (which == 0 && notes_root_read(t, text, root) == E_OK)
        same(t, notes_root_write(t, root, &out), out, text);
    if (which == 1 && notes_publishers_read(t, text, &p) == E_OK)
        same(t, notes_publishers_write(t, &p, &out), out, text);
    if (which == 2 && notes_vet_read(t, text, vet) == E_OK)
        same(t, notes_vet_write(t, vet, &out), out, text);
    if (which == 3 && notes_snapshot_read(t, text, &s) == E_OK)
        same(t, notes_snapshot_write(t, &s, &out), out, text);
    if (which == 4 && notes_timestamp_read(t, text, &ts) == E_OK)
        same(t, notes_timestamp_write(t, &ts, &out), out, text);
    if (which == 5 && notes_checkpoint_read(t, text, &c) == E_OK)
        same(t, notes_checkpoint_write(t, &c, &out), out, text);
}

static void
proofs(struct task *t, unsigned which, struct span text)
{
    struct notes_proof *p = task_new(t, struct notes_proof);
    struct tree_hash leaf, root;
    tree_leaf(text, &leaf);
    tree_leaf(SPAN("another"), &root);
    if (which == 6 && notes_inclusion_read(t, text, p) == E_OK) {
        must(!tree_check_inclusion(&leaf, p->index, p->size, &p->path, &root));
        same(t, E_OK, notes_inclusion_write(t, p), text);
    }
    if (which == 7 && notes_consistency_read(t, text, p) == E_OK) {
        must(!tree_check_consistency(p->index, &leaf, p->size, &root, &p->path));
        same(t, E_OK, notes_consistency_write(t, p), text);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct task t;
    if (size == 0)
        return 0;
    struct span text = {(const char *)data + 1, size - 1}, json;
    unsigned which = data[0] % 9;
    id_init();
    task_begin(&t, 0);
    struct trust_state *s = task_new(&t, struct trust_state), *again = task_new(&t, struct trust_state);
    signed_texts(&t, which, text);
    proofs(&t, which, text);
    if (which == 8 && trust_state_read(&t, text, s) == E_OK) {
        json = trust_state_write(&t, s);
        must(trust_state_read(&t, json, again) == E_OK && span_eq(trust_state_write(&t, again), json));
    }
    task_end(&t);
    return 0;
}
