/* notes_log: checkpoints (C2SP's form, not ours), proofs and leaves of the log. */
#include "plugin/notes.h"

#include "base/id.h"
#include "plugin/lines.h"

#include <string.h>

#define SIZE_MOST ((int64_t)1 << 40)

static enum err
read_hash64(struct task *t, struct span text, struct tree_hash *out)
{
    struct buf *b = task_buf(t, 64), *again = task_buf(t, 64);
    if (text.n != 44 || !base64_get(text, b) || b->n != TREE_HASH_BYTES)
        return E_INVALID;
    base64_put(again, buf_view(b));
    if (!span_eq(buf_view(again), text))
        return E_INVALID;
    memcpy(out->b, b->p, TREE_HASH_BYTES);
    return E_OK;
}

/* Three lines; C2SP allows extensions behind them, we have none. */
enum err
notes_checkpoint_read(struct task *t, struct span text, struct notes_checkpoint *out)
{
    struct span rest = text, size, root;
    *out = (struct notes_checkpoint){.text = text};
    if (text.n > NOTES_CHECKPOINT_BYTES)
        return task_fail(t, E_LIMIT, "The checkpoint is longer than %d bytes.", NOTES_CHECKPOINT_BYTES);
    if (!span_cut(&rest, '\n', &out->origin) || !span_cut(&rest, '\n', &size) || !span_cut(&rest, '\n', &root) ||
        rest.n > 0 || !rest.p)
        return task_fail(t, E_INVALID, "The checkpoint is not three lines: origin, size and root.");
    if (!line_name(out->origin, 100))
        return task_fail(t, E_INVALID, "The checkpoint's origin is malformed.");
    if (!line_number(size, 0, SIZE_MOST, &out->size))
        return task_fail(t, E_INVALID, "The checkpoint's size is not a number.");
    if (read_hash64(t, root, &out->root) != E_OK)
        return task_fail(t, E_INVALID, "The checkpoint's root is not the base64 of 32 bytes.");
    return E_OK;
}

enum err
notes_checkpoint_write(struct task *t, const struct notes_checkpoint *in, struct span *out)
{
    struct buf *b = task_buf(t, NOTES_CHECKPOINT_BYTES);
    struct notes_checkpoint again;
    buf_printf(b, "%.*s\n%lld\n", SPAN_ARG(in->origin), (long long)in->size);
    base64_put(b, (struct span){(const char *)in->root.b, TREE_HASH_BYTES});
    buf_putc(b, '\n');
    *out = buf_view(b);
    return notes_checkpoint_read(t, *out, &again);
}

/* Proofs ------------------------------------------------------------------------------------------------------------
 */

static enum err
proof_index(const struct line *l, void *into)
{
    return line_number(l->field[0], 0, SIZE_MOST, &((struct notes_proof *)into)->index)
               ? E_OK
               : line_bad(l, "it is not a number.");
}

static enum err
proof_size(const struct line *l, void *into)
{
    return line_number(l->field[0], 0, SIZE_MOST, &((struct notes_proof *)into)->size)
               ? E_OK
               : line_bad(l, "it is not a number.");
}

/* All hashes on one line, because lines of one key are sorted and a path is not. */
static enum err
proof_path(const struct line *l, void *into)
{
    struct tree_proof *p = &((struct notes_proof *)into)->path;
    struct span rest = l->rest, one;
    while (span_cut(&rest, ' ', &one)) {
        if (p->n == TREE_PROOF_MOST)
            return line_bad(l, "a path has at most %d hashes.", TREE_PROOF_MOST);
        if (read_hash64(l->t, one, &p->at[p->n++]) != E_OK)
            return line_bad(l, "a hash of a path is the base64 of 32 bytes.");
    }
    return E_OK;
}

static enum err
proof_read(
    struct task *t, const char *what, const char *domain, const char *first, struct span text, struct notes_proof *out)
{
    const struct line_rule rules[] = {
        {first, 1, 1, 1, 1, proof_index},
        {"size", 1, 1, 1, 1, proof_size},
        {"path", 0, 1, 0, 0, proof_path},
    };
    *out = (struct notes_proof){.index = 0};
    return lines_read(t, what, text, NOTES_PROOF_BYTES, domain, rules, sizeof rules / sizeof rules[0], out);
}

enum err
notes_inclusion_read(struct task *t, struct span text, struct notes_proof *out)
{
    return proof_read(t, "proof of inclusion", NOTES_INCLUSION_DOMAIN, "index", text, out);
}

enum err
notes_consistency_read(struct task *t, struct span text, struct notes_proof *out)
{
    return proof_read(t, "proof of consistency", NOTES_CONSISTENCY_DOMAIN, "old", text, out);
}

static struct span
proof_write(struct task *t, const char *domain, const char *first, const struct notes_proof *in)
{
    struct buf *b = task_buf(t, NOTES_PROOF_BYTES);
    buf_printf(b, "%s\n%s %lld\nsize %lld\n", domain, first, (long long)in->index, (long long)in->size);
    for (size_t i = 0; i < in->path.n; i++) {
        buf_puts(b, i == 0 ? "path " : " ");
        base64_put(b, (struct span){(const char *)in->path.at[i].b, TREE_HASH_BYTES});
    }
    if (in->path.n > 0)
        buf_putc(b, '\n');
    return buf_view(b);
}

struct span
notes_inclusion_write(struct task *t, const struct notes_proof *in)
{
    return proof_write(t, NOTES_INCLUSION_DOMAIN, "index", in);
}

struct span
notes_consistency_write(struct task *t, const struct notes_proof *in)
{
    return proof_write(t, NOTES_CONSISTENCY_DOMAIN, "old", in);
}

struct span
notes_leaf(struct task *t, const char *kind, struct span subject, int64_t number, const unsigned char hash[32])
{
    return task_format(t, "%s\n%s %.*s %lld sha256:%.*s\n", NOTES_LEAF_DOMAIN, kind, SPAN_ARG(subject),
        (long long)number, SPAN_ARG(hash_text(t, hash)));
}
