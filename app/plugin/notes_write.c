/* notes_write: the texts made, sorted as the readers want them, and read once before anybody signs them. */
#include "plugin/notes.h"

#include "base/clock.h"
#include "plugin/lines.h"

#include <stdlib.h>

static const char *
iso(struct task *t, int64_t ms)
{
    char *z = task_alloc(t, 21);
    clock_iso(ms, z);
    return z;
}

static const char *
hex(struct task *t, const unsigned char hash[32])
{
    return hash_text(t, hash).p;
}

static int
by_bytes(const void *a, const void *b)
{
    return span_cmp(*(const struct span *)a, *(const struct span *)b);
}

static void
put_sorted(struct buf *b, struct span *line, size_t n)
{
    if (n > 0)
        qsort(line, n, sizeof *line, by_bytes);
    for (size_t i = 0; i < n; i++)
        buf_span(b, line[i]);
}

static struct buf *
begin(struct task *t, size_t cap, const char *domain, struct span origin, int64_t version, int64_t expires_ms)
{
    struct buf *b = task_buf(t, cap);
    buf_printf(b, "%s\norigin %.*s\nversion %lld\nexpires %s\n", domain, SPAN_ARG(origin), (long long)version,
        iso(t, expires_ms));
    return b;
}

static enum err
finish(struct task *t, struct buf *b, struct span *out)
{
    *out = buf_view(b);
    return b->failed ? task_fail(t, E_LIMIT, "The text would be longer than %zu bytes.", b->cap) : E_OK;
}

enum err
notes_root_write(struct task *t, const struct notes_root *in, struct span *out)
{
    struct notes_root again;
    struct buf *b = begin(t, NOTES_ROOT_BYTES, NOTES_ROOT_DOMAIN, in->origin, in->version, in->expires_ms);
    struct span line[ROLES * NOTES_KEYS];
    size_t n = 0;
    for (enum notes_role r = ROLE_ROOT; r < ROLES; r++)
        line[n++] = task_format(t, "role %s %lld\n", notes_role_word(r), (long long)in->role[r].threshold);
    put_sorted(b, line, n);
    n = 0;
    for (enum notes_role r = ROLE_ROOT; r < ROLES; r++)
        for (size_t i = 0; i < in->role[r].n; i++)
            line[n++] =
                task_format(t, "key %s %.*s\n", notes_role_word(r), SPAN_ARG(note_key_text(t, &in->role[r].key[i])));
    put_sorted(b, line, n);
    return finish(t, b, out) == E_OK ? notes_root_read(t, *out, &again) : t->err;
}

enum err
notes_publishers_write(struct task *t, const struct notes_publishers *in, struct span *out)
{
    struct notes_publishers again;
    struct buf *b = begin(t, NOTES_PUBLISHERS_BYTES, NOTES_PUBLISHERS_DOMAIN, in->origin, in->version, in->expires_ms);
    struct span *line = task_array(t, in->n + 1, sizeof *line);
    for (size_t i = 0; i < in->n; i++)
        line[i] = task_format(t, "publisher %.*s %.*s %.*s\n", SPAN_ARG(in->at[i].namespace), SPAN_ARG(in->at[i].name),
            SPAN_ARG(note_key_text(t, &in->at[i].key)));
    put_sorted(b, line, in->n);
    return finish(t, b, out) == E_OK ? notes_publishers_read(t, *out, &again) : t->err;
}

enum err
notes_vet_write(struct task *t, const struct notes_vet *in, struct span *out)
{
    struct notes_vet again;
    struct buf *b = task_buf(t, NOTES_VET_BYTES);
    struct span line[NOTES_CHECKS];
    buf_printf(b, "%s\nid %.*s\nserial %lld\nmanifest sha256:%s\nlevel %.*s%s%.*s\nabc %d%d%d\n", NOTES_VET_DOMAIN,
        SPAN_ARG(in->id), (long long)in->serial, hex(t, in->manifest), SPAN_ARG(in->level), in->bound.n > 0 ? " " : "",
        SPAN_ARG(in->bound), in->abc[0], in->abc[1], in->abc[2]);
    for (size_t i = 0; i < in->checks; i++)
        line[i] = task_format(t, "check %.*s %.*s\n", SPAN_ARG(in->check[i].name), SPAN_ARG(in->check[i].outcome));
    put_sorted(b, line, in->checks);
    buf_printf(
        b, "report sha256:%s\nat %s\nexpires %s\n", hex(t, in->report), iso(t, in->at_ms), iso(t, in->expires_ms));
    return finish(t, b, out) == E_OK ? notes_vet_read(t, *out, &again) : t->err;
}

enum err
notes_snapshot_write(struct task *t, const struct notes_snapshot *in, struct span *out)
{
    struct notes_snapshot again;
    struct buf *b = begin(t, NOTES_SNAPSHOT_BYTES, NOTES_SNAPSHOT_DOMAIN, in->origin, in->version, in->expires_ms);
    struct span *line = task_array(t, in->n + 1, sizeof *line);
    buf_printf(b, "root %lld\npublishers sha256:%s\n", (long long)in->root, hex(t, in->publishers));
    for (size_t i = 0; i < in->n; i++)
        line[i] = task_format(t, "plugin %.*s %lld %s manifest:sha256:%s vet:sha256:%s\n", SPAN_ARG(in->at[i].id),
            (long long)in->at[i].serial, notes_status_word(in->at[i].status), hex(t, in->at[i].manifest),
            hex(t, in->at[i].vet));
    put_sorted(b, line, in->n);
    return finish(t, b, out) == E_OK ? notes_snapshot_read(t, *out, &again) : t->err;
}

enum err
notes_timestamp_write(struct task *t, const struct notes_timestamp *in, struct span *out)
{
    struct notes_timestamp again;
    struct buf *b = begin(t, NOTES_TIMESTAMP_BYTES, NOTES_TIMESTAMP_DOMAIN, in->origin, in->version, in->expires_ms);
    buf_printf(b, "snapshot %lld sha256:%s\ncheckpoint sha256:%s\n", (long long)in->snapshot_version,
        hex(t, in->snapshot), hex(t, in->checkpoint));
    return finish(t, b, out) == E_OK ? notes_timestamp_read(t, *out, &again) : t->err;
}
