/* fcgi_ev: connections of a FastCGI responder: accepting, bounded records out (FastCGI 1.0, one request a connection).
 */
#include "http/fcgi_ev_priv.h"

#include "base/clock.h"
#include "base/must.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_BYTES = 65536, ACCEPTS = 64 };
/* A viewer's bytes wait in its log, not in the kernel: small socket buffers bound what 10,000 slow ones can hold. */
enum { SEND_BUFFER_BYTES = 16384 };

static void conn_ready(struct ev_source *s, uint32_t events);

/* Connections --------------------------------------------------------------------------------------------------- */

static void
watch(struct fcgi_conn *c, bool out)
{
    if (c->want_out == out || c->dead || c->fd < 0)
        return;
    c->want_out = out;
    struct epoll_event e = {.events = EPOLLIN | (out ? EPOLLOUT : 0U), .data.ptr = &c->source};
    must(epoll_ctl(c->ev->set.epoll, EPOLL_CTL_MOD, c->fd, &e) == 0);
}

static void
list_put(struct fcgi_conn **list, struct fcgi_conn *c)
{
    c->next = *list;
    c->at = list;
    if (c->next)
        c->next->at = &c->next;
    *list = c;
}

static void
list_take(struct fcgi_conn *c)
{
    *c->at = c->next;
    if (c->next)
        c->next->at = c->at;
}

void
fcgi_conn_close(struct fcgi_conn *c)
{
    if (c->dead)
        return;
    c->dead = true;
    if (c->state == RUNNING)
        c->ev->set.on_gone(c->ev->set.arg, c);
    c->state = IDLE;
    close(c->fd);
    c->fd = -1;
    list_take(c);
    list_put(&c->ev->dead, c);
}

void
fcgi_conn_set_state(struct fcgi_conn *c, enum conn_state s)
{
    c->state = (uint8_t)s;
    c->since_ms = clock_mono_ms();
}

/* Sending ------------------------------------------------------------------------------------------------------- */

static void
head_make(unsigned char h[HEAD_BYTES], enum record_type type, uint16_t id, size_t n)
{
    must(n <= UINT16_MAX);
    h[0] = 1;
    h[1] = (unsigned char)type;
    h[2] = (unsigned char)(id >> 8);
    h[3] = (unsigned char)id;
    h[4] = (unsigned char)(n >> 8);
    h[5] = (unsigned char)n;
    h[6] = h[7] = 0;
}

void
fcgi_conn_queue(struct fcgi_conn *c, enum record_type type, uint16_t id, struct span s)
{
    unsigned char h[HEAD_BYTES];
    head_make(h, type, id, s.n);
    buf_put(&c->out, h, sizeof h);
    buf_span(&c->out, s);
}

/* A send that failed ends the connection, but not from within the owner's call: epoll reports it next. */
static void
conn_break(struct fcgi_conn *c)
{
    c->broken = true;
    buf_reset(&c->out);
    shutdown(c->fd, SHUT_RDWR);
    watch(c, false);
}

void
fcgi_conn_flush(struct fcgi_conn *c)
{
    size_t at = 0;
    if (c->out.failed) /* a peer that asks and asks but does not read */
        conn_break(c);
    while (at < c->out.n) {
        ssize_t w = send(c->fd, c->out.p + at, c->out.n - at, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (w > 0)
            at += (size_t)w;
        else if (errno == EAGAIN)
            break;
        else if (errno != EINTR) {
            conn_break(c);
            at = 0;
        }
    }
    buf_drop(&c->out, at);
    watch(c, c->out.n > 0);
    if (c->out.n > 0)
        return;
    buf_reset(&c->out);
    if (c->closing)
        fcgi_conn_close(c);
}

void
fcgi_conn_queue_end(struct fcgi_conn *c, uint16_t id, enum end_status how)
{
    char body[HEAD_BYTES] = {0, 0, 0, 0, (char)how, 0, 0, 0};
    fcgi_conn_queue(c, REC_END, id, (struct span){body, sizeof body});
}

void
fcgi_put(struct fcgi_conn *c, struct span bytes)
{
    if (c->dead || c->broken)
        return;
    must(c->state == RUNNING);
    while (bytes.n > 0) {
        struct span part = span_first(bytes, FCGI_RECORD_BYTES);
        fcgi_conn_queue(c, REC_STDOUT, c->id, part);
        bytes = span_from(bytes, part.n);
    }
    fcgi_conn_flush(c);
}

/* One record from the caller's memory; what the socket did not take of it is copied. False: the socket is full or gone.
 */
static bool
send_record(struct fcgi_conn *c, struct span s)
{
    unsigned char h[HEAD_BYTES];
    head_make(h, REC_STDOUT, c->id, s.n);
    struct iovec v[2] = {{h, sizeof h}, {(void *)(uintptr_t)s.p, s.n}};
    struct msghdr m = {.msg_iov = v, .msg_iovlen = 2};
    ssize_t w;
    do
        w = sendmsg(c->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (w < 0 && errno == EINTR);
    if (w < 0 && errno != EAGAIN) {
        conn_break(c);
        return false;
    }
    size_t sent = w < 0 ? 0 : (size_t)w;
    if (sent == sizeof h + s.n)
        return true;
    if (sent > 0) {
        if (sent < sizeof h)
            buf_put(&c->out, h + sent, sizeof h - sent);
        buf_span(&c->out, span_from(s, sent < sizeof h ? 0 : sent - sizeof h));
    }
    watch(c, true);
    return sent > 0;
}

size_t
fcgi_offer(struct fcgi_conn *c, struct span bytes)
{
    size_t taken = 0;
    while (!c->dead && !c->broken && c->out.n == 0 && taken < bytes.n) {
        must(c->state == RUNNING);
        struct span part = span_first(span_from(bytes, taken), FCGI_RECORD_BYTES);
        if (!send_record(c, part))
            break;
        taken += part.n;
    }
    return taken;
}

bool
fcgi_idle(const struct fcgi_conn *c)
{
    return !c->dead && !c->broken && c->out.n == 0 && !c->want_out;
}

void
fcgi_conn_rest(struct fcgi_conn *c)
{
    fcgi_conn_forget(c);
    c->user = NULL;
    fcgi_conn_set_state(c, IDLE);
    c->closing = !c->keep;
    fcgi_conn_flush(c);
}

void
fcgi_end(struct fcgi_conn *c)
{
    if (c->dead)
        return;
    must(c->state == RUNNING);
    fcgi_conn_queue(c, REC_STDOUT, c->id, SPAN_NONE);
    fcgi_conn_queue_end(c, c->id, END_COMPLETE);
    fcgi_conn_rest(c);
}

void
fcgi_reply(struct fcgi_conn *c, int status, const char *extra, const char *text)
{
    struct buf b;
    buf_init(&b, FCGI_RECORD_BYTES);
    buf_printf(&b, "Status: %d\r\nCache-Control: no-store\r\n%s", status, extra);
    if (status == 204)
        buf_puts(&b, "\r\n");
    else
        buf_printf(&b, "Content-Type: text/plain; charset=utf-8\r\n\r\n%s\n", text);
    must(!b.failed);
    fcgi_put(c, buf_view(&b));
    buf_reset(&b);
    fcgi_end(c);
}

static void
readable(struct fcgi_conn *c)
{
    for (;;) {
        ssize_t r = recv(c->fd, c->ev->scratch, READ_BYTES, MSG_DONTWAIT);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0 && errno == EAGAIN)
            return;
        if (r <= 0) {
            fcgi_conn_close(c);
            return;
        }
        if (!fcgi_conn_feed(c, (struct span){c->ev->scratch, (size_t)r}) || r < READ_BYTES)
            return;
    }
}

static void
conn_ready(struct ev_source *s, uint32_t events)
{
    struct fcgi_conn *c = (struct fcgi_conn *)(void *)s;
    if (!c->dead && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        readable(c);
    if (c->dead || !(events & EPOLLOUT))
        return;
    fcgi_conn_flush(c);
    if (c->state == RUNNING && fcgi_idle(c))
        c->ev->set.on_room(c->ev->set.arg, c);
}

/* The server ---------------------------------------------------------------------------------------------------- */

struct fcgi_conn *
fcgi_ev_adopt(struct fcgi_ev *s, int fd)
{
    if (s->conns.in_use >= s->set.conns) {
        close(fd);
        return NULL;
    }
    int room = SEND_BUFFER_BYTES;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    struct fcgi_conn *c = pool_take(&s->conns);
    c->source.ready = conn_ready;
    c->ev = s;
    c->fd = fd;
    buf_init(&c->params, s->set.params_bytes);
    buf_init(&c->body, s->set.body_bytes);
    buf_init(&c->out, FCGI_QUEUE_BYTES);
    fcgi_conn_set_state(c, IDLE);
    list_put(&s->all, c);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = &c->source};
    must(epoll_ctl(s->set.epoll, EPOLL_CTL_ADD, fd, &e) == 0);
    return c;
}

/* Out of descriptors: the spare one lets us take the connection off the queue and close it, or epoll would spin. */
static void
turn_away(struct fcgi_ev *s)
{
    close(s->spare_fd);
    int fd = accept4(s->set.listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        close(fd);
    s->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void
listener_ready(struct ev_source *source, uint32_t events)
{
    struct fcgi_ev *s = (struct fcgi_ev *)(void *)source;
    (void)events;
    for (int i = 0; i < ACCEPTS; i++) {
        int fd = accept4(s->set.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE))
            turn_away(s);
        if (fd < 0)
            return;
        fcgi_ev_adopt(s, fd);
    }
}

void
fcgi_ev_open(struct task *t, const struct fcgi_setup *setup, struct fcgi_ev **out)
{
    struct fcgi_ev *s = task_new(t, struct fcgi_ev);
    s->source.ready = listener_ready;
    s->set = *setup;
    s->scratch = task_alloc(t, READ_BYTES);
    s->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    pool_init(&s->conns, sizeof(struct fcgi_conn));
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = &s->source};
    if (setup->listener >= 0)
        must(epoll_ctl(setup->epoll, EPOLL_CTL_ADD, setup->listener, &e) == 0);
    *out = s;
}

void
fcgi_ev_reap(struct fcgi_ev *s)
{
    while (s->dead) {
        struct fcgi_conn *c = s->dead;
        list_take(c);
        fcgi_conn_forget(c);
        buf_reset(&c->out);
        pool_give(&s->conns, c);
    }
}

void
fcgi_ev_sweep(struct fcgi_ev *s)
{
    int64_t now = clock_mono_ms();
    for (struct fcgi_conn *c = s->all, *next; c; c = next) {
        next = c->next;
        bool waits = c->state != RUNNING && (c->state != IDLE || c->closing || c->head_n > 0);
        if (waits && now - c->since_ms > s->set.request_ms)
            fcgi_conn_close(c);
    }
}

void
fcgi_ev_stop(struct fcgi_ev *s)
{
    if (s->set.listener >= 0)
        close(s->set.listener);
    s->set.listener = -1;
}

size_t
fcgi_ev_open_conns(const struct fcgi_ev *s)
{
    return s->conns.in_use;
}

size_t
fcgi_ev_unsent(const struct fcgi_ev *s)
{
    size_t n = 0;
    for (const struct fcgi_conn *c = s->all; c; c = c->next)
        n += c->out.n > 0;
    return n;
}

void
fcgi_ev_close(struct fcgi_ev *s)
{
    fcgi_ev_stop(s);
    while (s->all)
        fcgi_conn_close(s->all);
    fcgi_ev_reap(s);
    pool_reset(&s->conns);
    if (s->spare_fd >= 0)
        close(s->spare_fd);
}

void
fcgi_conn_forget(struct fcgi_conn *c)
{
    buf_reset(&c->params);
    buf_reset(&c->body);
}

void
fcgi_conn_set_user(struct fcgi_conn *c, void *user)
{
    c->user = user;
}

void *
fcgi_conn_user(const struct fcgi_conn *c)
{
    return c->user;
}
