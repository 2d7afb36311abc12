/* pack: the interpreter's library: a read-only tree of files in one mapped file. */
#include "box/pack.h"

#include "base/must.h"

#include <string.h>

enum { HEAD_BYTES = 16, NODE_BYTES = 32 };

static uint32_t
u32_at(const struct pack *p, size_t at)
{
    uint32_t v;
    memcpy(&v, p->at + at, sizeof v);
    return v;
}

static uint64_t
u64_at(const struct pack *p, size_t at)
{
    uint64_t v;
    memcpy(&v, p->at + at, sizeof v);
    return v;
}

static bool
inside(const struct pack *p, uint64_t at, uint64_t n)
{
    return at <= p->bytes && n <= p->bytes - at;
}

struct pack_node
pack_at(const struct pack *p, uint32_t node)
{
    must(node < p->nodes);
    size_t at = HEAD_BYTES + (size_t)NODE_BYTES * node;
    struct pack_node n = {.name = {(const char *)p->at + u32_at(p, at), u32_at(p, at + 4)},
        .folder = u32_at(p, at + 8) == 1,
        .parent = u32_at(p, at + 12)};
    if (n.folder) {
        n.first = (uint32_t)u64_at(p, at + 16);
        n.children = (uint32_t)u64_at(p, at + 24);
    } else {
        n.content = (struct span){(const char *)p->at + u64_at(p, at + 16), u64_at(p, at + 24)};
    }
    return n;
}

static bool
sound(const struct pack *p, uint32_t node)
{
    size_t at = HEAD_BYTES + (size_t)NODE_BYTES * node;
    uint64_t where = u64_at(p, at + 16), size = u64_at(p, at + 24);
    bool folder = u32_at(p, at + 8) == 1;
    bool content = folder ? where <= p->nodes && size <= p->nodes - where : inside(p, where, size);
    return content && inside(p, u32_at(p, at), u32_at(p, at + 4)) && u32_at(p, at + 12) < p->nodes &&
           (u32_at(p, at + 8) <= 1);
}

enum err
pack_open(struct task *t, struct span bytes, struct pack *out)
{
    *out = (struct pack){.at = (const unsigned char *)bytes.p, .bytes = bytes.n};
    if (!span_starts(bytes, "LYPACK1\n") || bytes.n < HEAD_BYTES)
        return task_fail(t, E_CORRUPT, "The interpreter's library is no library of ours: build it again.");
    out->nodes = u32_at(out, 8);
    bool ok = out->nodes > 0 && inside(out, HEAD_BYTES, (uint64_t)NODE_BYTES * out->nodes);
    for (uint32_t i = 0; ok && i < out->nodes; i++)
        ok = sound(out, i);
    if (!ok || !pack_at(out, 0).folder)
        return task_fail(t, E_CORRUPT, "The interpreter's library is damaged: build it again.");
    return E_OK;
}

uint32_t
pack_find(const struct pack *p, uint32_t folder, struct span name)
{
    struct pack_node in = pack_at(p, folder);
    uint32_t low = 0, high = in.folder ? in.children : 0;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        struct span here = pack_at(p, in.first + mid).name;
        size_t common = here.n < name.n ? here.n : name.n;
        int order = common > 0 ? memcmp(here.p, name.p, common) : 0;
        if (order == 0 && here.n == name.n)
            return in.first + mid;
        if (order < 0 || (order == 0 && here.n < name.n))
            low = mid + 1;
        else
            high = mid;
    }
    return PACK_NONE;
}
