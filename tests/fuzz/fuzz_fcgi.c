/* fuzz: lyc_http. The FastCGI codec against any bytes: whatever comes in, what goes out is whole records, and each
 * request that began is either ended or told to be gone. */
#include "base/must.h"
#include "http/fcgi_ev.h"

#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CAP_BYTES = 4096 };

static int running;

static void
on_request(void *arg, struct fcgi_conn *c)
{
    (void)arg;
    struct span uri = fcgi_param(c, "DOCUMENT_URI");
    struct span body = fcgi_body(c);
    must(uri.n <= CAP_BYTES && body.n <= CAP_BYTES);
    if (uri.n % 3 == 0) {
        fcgi_reply(c, 200, "", "short");
        return;
    }
    running++; /* stays open until it is aborted or the peer leaves */
    fcgi_conn_forget(c);
    fcgi_put(c, SPAN("Content-Type: text/event-stream\r\n\r\n"));
    fcgi_offer(c, SPAN("id: 1\ndata: {}\n\n"));
}

static void
on_room(void *arg, struct fcgi_conn *c)
{
    (void)arg;
    fcgi_offer(c, SPAN(": \n\n"));
}

static void
on_gone(void *arg, struct fcgi_conn *c)
{
    (void)arg;
    (void)c;
    must(running > 0);
    running--;
}

static void
check_records(int fd)
{
    static unsigned char out[1 << 20];
    size_t n = 0;
    ssize_t r;
    while (n < sizeof out && (r = recv(fd, out + n, sizeof out - n, MSG_DONTWAIT)) > 0)
        n += (size_t)r;
    for (size_t at = 0; at < n && n < sizeof out;) {
        must(n - at >= 8 && out[at] == 1 && out[at + 1] >= 3 && out[at + 1] <= 11);
        size_t len = (size_t)out[at + 4] << 8 | out[at + 5];
        at += 8 + len + out[at + 6];
        must(at <= n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    int fd[2];
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    must(epoll >= 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd) == 0);
    struct task t;
    struct fcgi_ev *ev;
    task_begin(&t, 0);
    fcgi_ev_open(&t,
        &(struct fcgi_setup){.epoll = epoll,
            .listener = -1,
            .conns = 1,
            .params_bytes = CAP_BYTES,
            .body_bytes = CAP_BYTES,
            .request_ms = 1000,
            .on_request = on_request,
            .on_room = on_room,
            .on_gone = on_gone},
        &ev);
    struct fcgi_conn *c = fcgi_ev_adopt(ev, fd[0]);
    must(c);
    /* The first byte says how the rest is cut into pieces. */
    size_t piece = n > 0 && data[0] ? data[0] : n;
    struct span rest = {(const char *)data + (n > 0), n - (n > 0)};
    while (rest.n > 0 && fcgi_conn_feed(c, span_first(rest, piece)))
        rest = span_from(rest, piece < rest.n ? piece : rest.n);
    check_records(fd[1]);
    fcgi_ev_close(ev);
    must(running == 0);
    task_end(&t);
    close(fd[1]);
    close(epoll);
    return 0;
}
