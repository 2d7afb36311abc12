/* box: a session's worker: starting, ending, going back. */
#include "box/box_priv.h"

#include "box/module.h"
#include "box/talk.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

struct box_limits
box_limits_default(void)
{
    return (struct box_limits){
        .memory_bytes = (uint64_t)256 << 20, .timeout_ms = 30000, .grace_ms = 1000, .output_bytes = 8 << 20};
}

static void
drop(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void
box_stop(struct box *b)
{
    if (b->process >= 0)
        syscall(SYS_pidfd_send_signal, b->process, SIGKILL, NULL, 0);
    drop(&b->sock);
    drop(&b->process);
    drop(&b->pagemap);
    buf_clear(&b->in);
    b->in_done = 0;
}

/* A worker that was taken over may stop reading: then sending to it fails, and it is ended. */
static void
bound_sending(int sock)
{
    struct timeval most = {.tv_sec = 5};
    setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
}

enum err
box_start(struct task *t, struct box *b, const struct image *from)
{
    b->state = from ? from->state : b->host->fresh;
    b->touched = false;
    enum err e = box_host_spawn(t, b->host, b->limits.memory_bytes, from, &b->sock, &b->process);
    if (e == E_OK)
        bound_sending(b->sock);
    return e;
}

static enum err
own_copy(struct task *t, const struct image *im, struct image *out)
{
    *out = *im;
    out->fd = fcntl(im->fd, F_DUPFD_CLOEXEC, 3);
    return out->fd >= 0 ? E_OK : task_fail(t, E_UNAVAILABLE, "There are no descriptors left: %s.", strerror(errno));
}

enum err
box_open(struct task *t, struct box_host *h, struct box_limits limits, const struct image *from, struct box *out)
{
    *out = (struct box){.host = h, .limits = limits, .sock = -1, .process = -1, .pagemap = -1};
    out->from.fd = out->before.fd = -1;
    buf_init(&out->in, TALK_SUPERVISOR_BYTES);
    if (from && own_copy(t, from, &out->from) != E_OK)
        return t->err;
    enum err e = box_start(t, out, from ? &out->from : NULL);
    if (e != E_OK)
        box_close(out);
    return e;
}

void
box_close(struct box *b)
{
    box_stop(b);
    image_close(&b->from);
    image_close(&b->before);
    buf_reset(&b->in);
}

enum err
box_restore(struct task *t, struct box *b, const struct image *im)
{
    struct image from = {.fd = -1};
    if (im && own_copy(t, im, &from) != E_OK)
        return t->err;
    box_stop(b);
    image_close(&b->from);
    image_close(&b->before);
    b->from = from;
    return box_start(t, b, im ? &b->from : NULL);
}

enum err
box_remember(struct task *t, struct box *b)
{
    image_close(&b->before);
    return b->touched ? box_checkpoint(t, b, &b->before) : E_OK;
}

enum err
box_roll_back(struct task *t, struct box *b)
{
    box_stop(b);
    if (b->before.fd >= 0) {
        image_close(&b->from);
        b->from = b->before;
        b->before.fd = -1;
    }
    return box_start(t, b, b->from.fd >= 0 ? &b->from : NULL);
}

enum err
box_say(struct task *t, struct box *b, struct span frames)
{
    for (size_t done = 0; done < frames.n;) {
        ssize_t n = send(b->sock, frames.p + done, frames.n - done, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return E_UNAVAILABLE;
        done += (size_t)n;
    }
    (void)t;
    return E_OK;
}

enum err
box_hear(struct task *t, struct box *b, int64_t wait_us, struct frame *out)
{
    enum { CHUNK = 65536 };
    size_t size = 0;
    buf_drop(&b->in, b->in_done);
    b->in_done = 0;
    for (;;) {
        if (frame_size(t, buf_view(&b->in), TALK_SUPERVISOR_BYTES, &size) != E_OK)
            return task_clear_error(t), E_CORRUPT;
        if (size > 0 && b->in.n >= size)
            break;
        struct pollfd p = {.fd = b->sock, .events = POLLIN};
        struct timespec wait = {wait_us / 1000000, wait_us % 1000000 * 1000};
        int ready = ppoll(&p, 1, &wait, NULL);
        if (ready == 0 || (ready < 0 && errno == EINTR))
            return E_DEADLINE;
        char *room = buf_room(&b->in, CHUNK);
        ssize_t n = room ? recv(b->sock, room, CHUNK, 0) : -1;
        if (n <= 0)
            return room ? E_UNAVAILABLE : E_CORRUPT;
        b->in.n += (size_t)n;
    }
    b->in_done = size;
    return frame_parse(t, span_first(buf_view(&b->in), size), out) == E_OK ? E_OK : (task_clear_error(t), E_CORRUPT);
}

bool
box_note_state(struct box *b, const struct frame *f)
{
    int64_t pages = frame_i64(f, "pages", -1), stack = frame_i64(f, "stack", -1);
    if (pages < 0 || pages > 65536 || stack < 0 || stack > pages * BOX_PAGE_BYTES)
        return false;
    b->state = (struct image_state){(uint32_t)pages, (uint32_t)stack};
    return true;
}

enum err
box_resize(struct task *t, struct box *b, uint64_t memory_bytes)
{
    struct buf *out = task_buf(t, 4096);
    struct frame f;
    size_t mark = frame_begin(out, "limit");
    frame_put_i64(out, "memory_bytes", (int64_t)memory_bytes);
    frame_end(out, mark);
    if (box_say(t, b, buf_view(out)) != E_OK || box_hear(t, b, 5000000, &f) != E_OK || !frame_is(&f, "done"))
        return task_fail(t, E_UNAVAILABLE, "The box does not answer.");
    b->limits.memory_bytes = memory_bytes;
    return E_OK;
}
