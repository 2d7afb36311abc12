/* stream_client: pushing live bytes to lyceum-stream without ever waiting for it. */
#include "stream/stream_client.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/id.h"
#include "base/log.h"
#include "base/must.h"
#include "base/pool.h"
#include "wire/frame.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* KEPT: of a live turn, for stream's next start; viewers find what is older in the database. QUEUE: past it stream is
 * not reading; the connection is given up, and made again with what is kept. */
enum {
    KEPT_BYTES = 256 << 10,
    QUEUE_BYTES = 8 << 20,
    PIECE_BYTES = 256 << 10,
    RETRY_LEAST_MS = 50,
    RETRY_MOST_MS = 2000
};

struct turn_out {
    struct turn_out *next;
    int64_t epoch, epoch_start;
    int64_t start; /* offset of the first kept byte */
    struct buf kept;
    char id[ID_BYTES];
};

struct stream_out {
    pthread_mutex_t lock; /* an agent runs its turns on several threads */
    const char *path, *mode;
    int fd;
    bool said; /* that stream is away */
    int64_t retry_ms, wait_ms;
    struct buf queue;
    size_t sent; /* of the queue */
    struct turn_out *turns;
    struct pool pool;
};

struct stream_out *
stream_out_open(struct task *t, const char *mode)
{
    struct stream_out *s = task_new(t, struct stream_out);
    must(pthread_mutex_init(&s->lock, NULL) == 0);
    s->path = conf_path(t, "run/stream-in.sock");
    s->mode = task_printf(t, "%s", mode);
    s->fd = -1;
    s->wait_ms = RETRY_LEAST_MS;
    buf_init(&s->queue, QUEUE_BYTES);
    pool_init(&s->pool, sizeof(struct turn_out));
    return s;
}

/* Frames --------------------------------------------------------------------------------------------------------- */

static void
put_turn(struct buf *b, const struct turn_out *x)
{
    size_t mark = frame_begin(b, "turn");
    frame_put(b, "turn", (struct span){x->id, ID_BYTES});
    frame_put_i64(b, "epoch", x->epoch);
    frame_put_i64(b, "offset", x->epoch_start);
    frame_end(b, mark);
}

static void
put_bytes(struct buf *b, const struct turn_out *x, int64_t offset, struct span bytes)
{
    while (bytes.n > 0) {
        struct span piece = span_first(bytes, PIECE_BYTES);
        size_t mark = frame_begin(b, "bytes");
        frame_put(b, "turn", (struct span){x->id, ID_BYTES});
        frame_put_i64(b, "epoch", x->epoch);
        frame_put_i64(b, "offset", offset);
        frame_put(b, "bytes", piece);
        frame_end(b, mark);
        offset += (int64_t)piece.n;
        bytes = span_from(bytes, piece.n);
    }
}

static void
put_end(struct buf *b, const struct turn_out *x)
{
    size_t mark = frame_begin(b, "end");
    frame_put(b, "turn", (struct span){x->id, ID_BYTES});
    frame_end(b, mark);
}

/* The connection -------------------------------------------------------------------------------------------------- */

static void
lose(struct stream_out *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
    s->sent = 0;
    buf_reset(&s->queue);
    s->retry_ms = clock_mono_ms() + s->wait_ms;
    s->wait_ms = s->wait_ms * 2 < RETRY_MOST_MS ? s->wait_ms * 2 : RETRY_MOST_MS;
    if (!s->said)
        log_line(NULL, "stream does not answer; pages follow the database until it does");
    s->said = true;
}

static bool
dial(struct stream_out *s)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (strlen(s->path) >= sizeof a.sun_path)
        return false;
    memcpy(a.sun_path, s->path, strlen(s->path) + 1);
    s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int room = 1 << 20;
    if (s->fd < 0 || connect(s->fd, (const struct sockaddr *)&a, sizeof a) != 0)
        return false; /* EAGAIN too: its queue is full */
    setsockopt(s->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    return true;
}

/* Connects when it is time; then says who we are and all that is live. */
static bool
connected(struct stream_out *s)
{
    if (s->fd >= 0)
        return true;
    if (clock_mono_ms() < s->retry_ms)
        return false;
    if (!dial(s)) {
        lose(s);
        return false;
    }
    size_t mark = frame_begin(&s->queue, "hello");
    frame_put_z(&s->queue, "mode", s->mode);
    frame_end(&s->queue, mark);
    for (const struct turn_out *x = s->turns; x; x = x->next) {
        put_turn(&s->queue, x);
        put_bytes(&s->queue, x, x->start, buf_view(&x->kept));
    }
    if (s->said)
        log_line(NULL, "stream answers again");
    s->said = false;
    return true;
}

static void
flush(struct stream_out *s)
{
    if (!connected(s))
        return;
    if (s->queue.failed) {
        lose(s);
        return;
    }
    while (s->sent < s->queue.n) {
        ssize_t w = send(s->fd, s->queue.p + s->sent, s->queue.n - s->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (w > 0)
            s->sent += (size_t)w;
        else if (errno == EAGAIN)
            return;
        else if (errno != EINTR) {
            lose(s);
            return;
        }
        s->wait_ms = RETRY_LEAST_MS;
    }
    s->sent = 0;
    buf_clear(&s->queue);
    if (s->queue.room > PIECE_BYTES)
        buf_reset(&s->queue);
}

/* A connection that nobody sends on breaks without a word: a closed one is found by reading. */
static void
notice_loss(struct stream_out *s)
{
    char c;
    if (s->fd < 0)
        return;
    ssize_t r = recv(s->fd, &c, 1, MSG_DONTWAIT);
    if (r == 0 || (r < 0 && errno != EAGAIN && errno != EINTR))
        lose(s);
}

/* Turns ----------------------------------------------------------------------------------------------------------- */

static struct turn_out **
find(struct stream_out *s, struct span turn)
{
    struct turn_out **at = &s->turns;
    while (*at && !span_eq((struct span){(*at)->id, ID_BYTES}, turn))
        at = &(*at)->next;
    return at;
}

void
stream_out_turn(struct stream_out *s, struct span turn, int64_t epoch, int64_t offset)
{
    must(turn.n == ID_BYTES);
    pthread_mutex_lock(&s->lock);
    struct turn_out *x = *find(s, turn);
    if (!x) {
        x = pool_take(&s->pool);
        memcpy(x->id, turn.p, ID_BYTES);
        buf_init(&x->kept, KEPT_BYTES);
        x->next = s->turns;
        s->turns = x;
    }
    x->epoch = epoch;
    x->start = x->epoch_start = offset;
    buf_clear(&x->kept);
    if (s->fd >= 0)
        put_turn(&s->queue, x);
    pthread_mutex_unlock(&s->lock);
}

static void
keep(struct turn_out *x, struct span bytes)
{
    if (bytes.n > KEPT_BYTES / 2) {
        x->start += (int64_t)(x->kept.n + bytes.n);
        buf_clear(&x->kept);
        return;
    }
    if (x->kept.n + bytes.n > KEPT_BYTES) {
        size_t drop = x->kept.n - KEPT_BYTES / 2;
        buf_drop(&x->kept, drop);
        x->start += (int64_t)drop;
    }
    buf_span(&x->kept, bytes);
}

void
stream_out_bytes(struct stream_out *s, struct span turn, struct span bytes)
{
    pthread_mutex_lock(&s->lock);
    struct turn_out *x = *find(s, turn);
    if (x) { /* else it ended meanwhile: the database has its bytes */
        int64_t offset = x->start + (int64_t)x->kept.n;
        keep(x, bytes);
        if (s->fd >= 0)
            put_bytes(&s->queue, x, offset, bytes);
    }
    pthread_mutex_unlock(&s->lock);
}

void
stream_out_end(struct stream_out *s, struct span turn)
{
    pthread_mutex_lock(&s->lock);
    struct turn_out **at = find(s, turn);
    struct turn_out *x = *at;
    if (x) {
        if (s->fd >= 0)
            put_end(&s->queue, x);
        *at = x->next;
        buf_reset(&x->kept);
        pool_give(&s->pool, x);
    }
    pthread_mutex_unlock(&s->lock);
}

void
stream_out_flush(struct stream_out *s)
{
    pthread_mutex_lock(&s->lock);
    if (s->sent == s->queue.n)
        notice_loss(s);
    flush(s);
    pthread_mutex_unlock(&s->lock);
}

void
stream_out_close(struct stream_out *s)
{
    stream_out_flush(s);
    while (s->turns)
        stream_out_end(s, (struct span){s->turns->id, ID_BYTES});
    if (s->fd >= 0)
        close(s->fd);
    buf_reset(&s->queue);
    pool_reset(&s->pool);
    pthread_mutex_destroy(&s->lock);
}
