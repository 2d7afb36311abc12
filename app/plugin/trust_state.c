/* trust_state: what is remembered of a marketplace, as JSON. */
#include "plugin/trust.h"

#include "base/id.h"
#include "base/json.h"
#include "base/must.h"
#include "plugin/lines.h"

#include <string.h>

enum { STATE_BYTES = 256 << 10 };

enum err
trust_state_new(struct task *t, struct span root_key, struct span *json)
{
    struct trust_state *s = task_new(t, struct trust_state);
    if (note_key_read(t, root_key, &s->pinned) != E_OK)
        return t->err;
    *json = trust_state_write(t, s);
    return E_OK;
}

static const struct {
    const char *name;
    size_t at;
} numbers[] = {
    {"publishers_version", offsetof(struct trust_state, publishers_version)},
    {"snapshot_version", offsetof(struct trust_state, snapshot_version)},
    {"snapshot_expires_ms", offsetof(struct trust_state, snapshot_expires_ms)},
    {"timestamp_version", offsetof(struct trust_state, timestamp_version)},
    {"timestamp_expires_ms", offsetof(struct trust_state, timestamp_expires_ms)},
    {"size", offsetof(struct trust_state, size)},
};
enum { N_NUMBERS = sizeof numbers / sizeof numbers[0] };

static bool
read_seen(const json_t *list, struct trust_state *out)
{
    json_t *row;
    size_t i;
    json_array_foreach(list, i, row)
    {
        struct trust_seen one = {json_text(row, "id"), json_text(row, "publisher"), json_int(row, "since_ms", -1)};
        if (out->n_seen == TRUST_SEEN_MOST || one.id.n == 0 || one.publisher.n == 0 || one.since_ms < 0)
            return false;
        out->seen[out->n_seen++] = one;
    }
    return true;
}

static bool
read_all(struct task *t, struct span json, struct trust_state *out)
{
    json_t *j = NULL;
    if (json.n > STATE_BYTES || json_read(t, json, &j) != E_OK ||
        note_key_read(t, json_text(j, "pinned"), &out->pinned) != E_OK)
        return false;
    struct span root = json_text(j, "root"), head = json_text(j, "head");
    if (root.n > 0 && notes_root_read(t, root, &out->root) != E_OK)
        return false;
    for (size_t i = 0; i < N_NUMBERS; i++) {
        int64_t *at = (int64_t *)(void *)((char *)out + numbers[i].at);
        if ((*at = json_int(j, numbers[i].name, 0)) < 0)
            return false;
    }
    if (head.n > 0 ? !hex_get(head, out->head.b, TREE_HASH_BYTES) : out->size > 0)
        return false;
    return read_seen(json_object_get(j, "seen"), out);
}

enum err
trust_state_read(struct task *t, struct span json, struct trust_state *out)
{
    memset(out, 0, sizeof *out);
    if (t->err != E_OK)
        return t->err;
    if (read_all(t, json, out))
        return E_OK;
    task_clear_error(t);
    return task_fail(t, E_CORRUPT, "What is remembered of the marketplace is damaged: restore it from a backup.");
}

struct span
trust_state_write(struct task *t, const struct trust_state *s)
{
    struct buf *b = task_buf(t, STATE_BYTES);
    buf_putc(b, '{');
    json_put_key(b, "pinned");
    json_put_text(b, note_key_text(t, &s->pinned));
    json_put_key(b, "root");
    json_put_text(b, s->root.text);
    for (size_t i = 0; i < N_NUMBERS; i++) {
        json_put_key(b, numbers[i].name);
        buf_i64(b, *(const int64_t *)(const void *)((const char *)s + numbers[i].at));
    }
    json_put_key(b, "head");
    json_put_text(b, s->size > 0 ? hash_text(t, s->head.b) : SPAN(""));
    json_put_key(b, "seen");
    buf_putc(b, '[');
    for (size_t i = 0; i < s->n_seen; i++) {
        buf_puts(b, i > 0 ? ",{" : "{");
        json_put_key(b, "id");
        json_put_text(b, s->seen[i].id);
        json_put_key(b, "publisher");
        json_put_text(b, s->seen[i].publisher);
        json_put_key(b, "since_ms");
        buf_i64(b, s->seen[i].since_ms);
        buf_putc(b, '}');
    }
    buf_puts(b, "]}");
    must(!b->failed);
    return buf_view(b);
}
