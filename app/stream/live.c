/* live: the window over a turn's log. */
#include "stream/live.h"

#include "base/must.h"

#include <string.h>

void
live_init(struct live *l, bool private, struct span turn, size_t window_bytes)
{
    must(turn.n == ID_BYTES);
    l->key[0] = private ? 'p' : 'o';
    memcpy(l->key + 1, turn.p, ID_BYTES);
    l->node.key = (struct span){l->key, LIVE_KEY_BYTES};
    buf_init(&l->window, window_bytes);
}

bool
live_private(const struct live *l)
{
    return l->key[0] == 'p';
}

struct span
live_turn(const struct live *l)
{
    return (struct span){l->key + 1, ID_BYTES};
}

int64_t
live_end(const struct live *l)
{
    int64_t end = l->base + (int64_t)l->window.n;
    return end > l->durable ? end : l->durable;
}

struct span
live_bytes(const struct live *l, int64_t offset)
{
    if (offset < l->base || l->window.n == 0)
        return SPAN_NONE;
    return span_from(buf_view(&l->window), (size_t)(offset - l->base));
}

void
live_shrink(struct live *l)
{
    l->base += (int64_t)l->window.n;
    buf_reset(&l->window);
}

/* Forgets what is behind an offset. */
static void
cut(struct live *l, int64_t start)
{
    l->epoch_start = start;
    if (start < l->base || l->window.n == 0) {
        buf_reset(&l->window);
        l->base = start;
    } else if (start < l->base + (int64_t)l->window.n)
        l->window.n = (size_t)(start - l->base);
    if (l->durable > start)
        l->durable = start;
}

enum live_change
live_begin(struct live *l, int64_t epoch, int64_t start)
{
    if (epoch <= l->epoch)
        return LIVE_SAME;
    l->epoch = epoch;
    l->over = false;
    cut(l, start);
    return LIVE_REWOUND;
}

/* The data of an event is one line, so these bytes can only be an event's own. */
static bool
holds_done(struct span bytes)
{
    return span_find(bytes, SPAN("\nevent: done\n")) >= 0;
}

static void
put(struct live *l, struct span bytes)
{
    size_t cap = l->window.cap;
    if (bytes.n > cap / 2) { /* one enormous event: viewers get it from the database */
        live_shrink(l);
        l->base += (int64_t)bytes.n;
        return;
    }
    if (l->window.n + bytes.n > cap) {
        size_t drop = l->window.n - cap / 2;
        buf_drop(&l->window, drop);
        l->base += (int64_t)drop;
    }
    buf_span(&l->window, bytes);
    must(!l->window.failed);
}

enum live_change
live_append(struct live *l, int64_t epoch, int64_t offset, struct span bytes)
{
    if (epoch < l->epoch || offset < 0 || bytes.n == 0)
        return LIVE_SAME;
    enum live_change change = live_begin(l, epoch, offset) == LIVE_REWOUND ? LIVE_REWOUND : LIVE_GREW;
    int64_t end = l->base + (int64_t)l->window.n;
    if (l->window.n == 0 || offset > end) {
        buf_clear(&l->window);
        l->base = offset;
        end = offset;
    }
    if (offset < end)
        bytes = span_from(bytes, (size_t)(end - offset));
    if (bytes.n == 0)
        return change == LIVE_REWOUND ? change : LIVE_SAME;
    put(l, bytes);
    l->over = l->over || holds_done(bytes);
    return change;
}

enum live_change
live_durable(struct live *l, int64_t epoch, int64_t epoch_start, int64_t bytes, bool over)
{
    if (epoch < l->epoch)
        return LIVE_SAME; /* the agent has told of an epoch that has no row yet */
    enum live_change change = live_begin(l, epoch, epoch_start);
    int64_t before = live_end(l);
    if (bytes > l->durable)
        l->durable = bytes;
    if (over && bytes < live_end(l)) { /* the runner died and somebody else ended the turn: the rows are the truth */
        cut(l, bytes);
        change = LIVE_REWOUND;
    }
    bool ended = over && !l->over;
    l->over = l->over || over;
    return change == LIVE_SAME && (live_end(l) > before || ended) ? LIVE_GREW : change;
}

bool
live_id(struct span id, struct span turn, int64_t *epoch, int64_t *offset)
{
    struct span field;
    return span_cut(&id, '.', &field) && span_eq(field, turn) && span_cut(&id, '.', &field) && span_i64(field, epoch) &&
           *epoch >= 0 && span_i64(id, offset) && *offset >= 0;
}
