/* hub: the table of logs: finding, feeding, forgetting. */
#include "stream/hub.h"

#include "base/clock.h"
#include "base/must.h"
#include "stream/session.h"
#include "stream/viewer.h"

#include <string.h>

enum { INDEX_ROWS = 8192, SILENT_MS = 1000 };

void
hub_init(struct task *t, int epoll, const struct hub_limits *limits, struct hub *h)
{
    *h = (struct hub){.task = t, .epoll = epoll, .limits = *limits};
    durable_init(&h->modes[0], "public");
    durable_init(&h->modes[1], "private");
    index_init(t, &h->lives, INDEX_ROWS);
    index_init(t, &h->sessions, INDEX_ROWS);
    pool_init(&h->live_pool, sizeof(struct live));
    pool_init(&h->viewer_pool, sizeof(struct viewer));
    pool_init(&h->session_pool, sizeof(struct session));
}

struct durable *
hub_durable(struct hub *h, const struct live *l)
{
    return &h->modes[live_private(l)];
}

/* The list by use ------------------------------------------------------------------------------------------------ */

static void
list_take(struct hub *h, struct live *l)
{
    *(l->newer ? &l->newer->older : &h->newest) = l->older;
    *(l->older ? &l->older->newer : &h->oldest) = l->newer;
    l->newer = l->older = NULL;
}

static void
list_put(struct hub *h, struct live *l)
{
    l->older = h->newest;
    if (h->newest)
        h->newest->newer = l;
    else
        h->oldest = l;
    h->newest = l;
}

static void
touch(struct hub *h, struct live *l)
{
    if (h->newest == l)
        return;
    list_take(h, l);
    list_put(h, l);
}

/* Logs ----------------------------------------------------------------------------------------------------------- */

struct live *
hub_find(struct hub *h, bool private, struct span turn)
{
    struct live key;
    memset(&key, 0, sizeof key);
    live_init(&key, private, turn, 0);
    struct index_node *n = index_find(&h->lives, key.node.key);
    return n ? (struct live *)(void *)n : NULL; /* the node is the first member */
}

struct live *
hub_make(struct hub *h, bool private, struct span turn)
{
    struct live *l = hub_find(h, private, turn);
    if (l || h->lives_of[private] >= HUB_LIVES)
        return l;
    h->lives_of[private]++;
    l = pool_take(&h->live_pool);
    live_init(l, private, turn, h->limits.window_bytes);
    index_put(&h->lives, &l->node);
    list_put(h, l);
    return l;
}

void
hub_release(struct hub *h, struct live *l)
{
    if (l->viewers || l->feed || l->dirty) /* hub_pump looks at a dirty one again */
        return;
    index_take(&h->lives, &l->node);
    h->lives_of[live_private(l)]--;
    list_take(h, l);
    h->memory -= l->window.room;
    buf_reset(&l->window);
    pool_give(&h->live_pool, l);
}

void
hub_changed(struct hub *h, struct live *l, enum live_change change)
{
    if (change == LIVE_SAME)
        return;
    if (change == LIVE_REWOUND)
        for (struct viewer *v = l->viewers; v; v = v->next)
            viewer_rewind(v, l->epoch_start);
    if (l->dirty)
        return;
    l->dirty = true;
    l->next_dirty = h->dirty;
    h->dirty = l;
}

void
hub_count(struct hub *h, struct live *l, size_t room_before)
{
    h->memory = h->memory - room_before + l->window.room;
    touch(h, l);
    for (size_t i = 0; i < h->lives.n && h->memory > h->limits.memory_bytes; i++) {
        struct live *cold = h->oldest;
        h->memory -= cold->window.room;
        live_shrink(cold);
        touch(h, cold); /* it has no memory left to give */
    }
}

void
hub_pump(struct hub *h)
{
    while (h->dirty) {
        struct live *l = h->dirty;
        h->dirty = l->next_dirty;
        for (struct viewer *v = l->viewers, *next; v; v = next) {
            next = v->next;
            viewer_push(h, v);
        }
        l->dirty = false; /* until here it could not be freed under the loop */
        hub_release(h, l);
    }
}

bool
hub_refresh(struct task *t, struct hub *h, struct live *l)
{
    struct work_log_state s;
    l->heard_ms = clock_mono_ms();
    if (durable_state(t, hub_durable(h, l), live_turn(l), &s) != E_OK)
        return false;
    size_t room = l->window.room;
    hub_changed(h, l, live_durable(l, s.epoch, s.epoch_start, s.bytes, s.over));
    hub_count(h, l, room);
    return true;
}

void
hub_poll(struct hub *h)
{
    int64_t now = clock_mono_ms();
    struct live *l = h->oldest;
    for (size_t i = h->lives.n; i > 0 && l; i--) { /* a look moves it to the newest end: count, or it never ends */
        struct live *next = l->newer;
        if (l->viewers && now - l->heard_ms >= SILENT_MS) {
            struct task t;
            task_begin(&t, 0);
            hub_refresh(&t, h, l);
            task_end(&t);
        }
        l = next;
    }
}

void
hub_close(struct hub *h)
{
    while (h->newest) {
        struct live *l = h->newest;
        must(!l->viewers);
        l->feed = NULL;
        l->dirty = false;
        hub_release(h, l);
    }
    pool_reset(&h->live_pool);
    pool_reset(&h->viewer_pool);
    pool_reset(&h->session_pool);
    durable_close(&h->modes[0]);
    durable_close(&h->modes[1]);
}
