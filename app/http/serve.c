/* serve: the accept loop of libfcgi's workers. */
#include "http/serve.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "http/csrf.h"
#include "sandbox/prefork.h"

#include <errno.h>
#include <fcgiapp.h>
#include <malloc.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { HANG_MS = 10000, SLOW_MS = 2000, RECORD_BYTES = 65528, FCGI_STDOUT_TYPE = 6 };
/* A worker keeps so much freed memory: giving it back and taking it again costs a page's worth of faults. */
enum { KEEP_BYTES = 4 << 20 };

static bool
is_https(const struct http_service *s)
{
    return strncmp(s->origin, "https:", 6) == 0;
}

/* A malformed cookie of ours would lock its owner out until it is dropped. */
static void
drop_cookies(struct task *t, const struct http_service *s, struct http_response *out)
{
    bool https = is_https(s);
    http_set_cookie(out, http_cookie_line(t, http_cookie_session_name(https), SPAN_NONE, https, -1));
    http_set_cookie(out, http_cookie_line(t, http_cookie_visitor_name(https), SPAN_NONE, https, -1));
    http_set_cookie(out, http_cookie_line(t, http_cookie_approve_name(https), SPAN_NONE, https, -1));
}

static void
fail(struct task *t, const struct http_service *s, const struct http_request *req, struct http_response *out)
{
    int status = err_http(t->err);
    struct span path = span_starts(req->path, "/-/signin/") ? SPAN("/-/signin/...") : span_first(req->path, 200);
    if (status >= 500) /* a sign-in link is a secret */
        log_line(t, "%.*s: %d %s: %s", SPAN_ARG(path), status, err_word(t->err), t->cause);
    http_response_restart(out);
    if (s->failed)
        s->failed(t, req, out, s->arg);
    else
        http_failure(out, t->err, t->cause, http_request_wants_json(req));
}

/* Does it come from where it says, to where it belongs? */
static enum err
check(struct task *t, const struct http_service *s, const struct http_request *req)
{
    if (req->approve && !(s->approves && s->approve_origin))
        return task_fail(t, E_NOTFOUND, "There is no page at this address.");
    struct span origin = span_of(req->approve ? s->approve_origin : s->origin);
    if (s->approve_origin && http_site_check(t, req, span_of(s->approve_origin)) != E_OK)
        return t->err;
    return http_host_check(t, req, origin) == E_OK ? http_csrf_check(t, req, origin) : t->err;
}

/* Head and body were read, or t failed over them. */
static void
answer(struct task *t, const struct http_service *s, struct http_request *req, struct http_response *out)
{
    if (t->err == E_OK && check(t, s, req) == E_OK && s->handle(t, req, out, s->arg) == E_OK && !out->body->failed)
        return;
    if (t->err == E_OK)
        task_fail(t, E_LIMIT, "The reply would be larger than this site sends.");
    bool drop = req->bad_cookie; /* and for nothing else: a link from anywhere could bring it about */
    fail(t, s, req, out);
    if (drop)
        drop_cookies(t, s, out);
}

void
http_answer(struct task *t, const struct http_service *s, char *const *environment, struct span body,
    struct http_request *req, struct http_response *out)
{
    size_t length;
    http_response_begin(t, out);
    if (http_request_read(t, environment, is_https(s), req) == E_OK &&
        http_request_length(t, req, s->body_bytes, &length) == E_OK)
        http_request_body(t, req, span_first(body, length));
    answer(t, s, req, out);
}

static enum err
read_body(struct task *t, FCGX_Stream *in, size_t length, struct span *out)
{
    char *to = task_alloc(t, length + 1);
    size_t n = 0;
    while (n < length) {
        int got = FCGX_GetStr(to + n, (int)(length - n), in);
        if (got <= 0)
            return task_fail(t, E_INVALID, "The request ended before its body was whole.");
        n += (size_t)got;
    }
    *out = (struct span){to, n};
    return E_OK;
}

/* False: the peer is gone. */
static bool
write_both(int fd, struct iovec iov[2])
{
    while (iov[0].iov_len + iov[1].iov_len > 0) {
        ssize_t n = writev(fd, iov, 2);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        for (int i = 0; i < 2; i++) {
            size_t took = (size_t)n < iov[i].iov_len ? (size_t)n : iov[i].iov_len;
            iov[i].iov_base = (char *)iov[i].iov_base + took;
            iov[i].iov_len -= took;
            n -= (ssize_t)took;
        }
    }
    return true;
}

/* Through libfcgi's stream a page of 60 KB is eight copies and eight writes. Nothing has been written to the stream
 * yet, so that whole records may go to its socket before it: FCGX_Finish_r then only ends them. */
static void
send_records(FCGX_Request *r, struct span bytes)
{
    while (bytes.n > 0) {
        struct span piece = span_first(bytes, RECORD_BYTES);
        unsigned char head[8] = {1, FCGI_STDOUT_TYPE, (unsigned char)(r->requestId >> 8), (unsigned char)r->requestId,
            (unsigned char)(piece.n >> 8), (unsigned char)piece.n, 0, 0};
        struct iovec iov[2] = {{head, sizeof head}, {NULL, 0}};
        union {
            const char *in;
            void *out;
        } p = {.in = piece.p};
        iov[1] = (struct iovec){p.out, piece.n};
        if (!write_both(r->ipcFd, iov))
            return;
        bytes = span_from(bytes, piece.n);
    }
}

static void
send_reply(struct task *t, FCGX_Request *r, const struct http_request *req, const struct http_response *out)
{
    struct span head = http_response_head(out);
    struct buf *all = task_buf(t, head.n + out->body->n + 1);
    buf_span(all, head);
    if (req->method != HTTP_HEAD)
        buf_span(all, buf_view(out->body));
    send_records(r, buf_view(all));
}

static void
one_request(const struct http_service *s, FCGX_Request *r, struct prefork_slot *slot)
{
    struct task t;
    struct http_request req;
    struct http_response out;
    struct span body = SPAN_NONE;
    size_t length;
    task_begin(&t, s->budget_ms);
    prefork_busy(slot, s->budget_ms + HANG_MS);
    int64_t begun_ms = clock_mono_ms();
    http_response_begin(&t, &out);
    if (http_request_read(&t, r->envp, is_https(s), &req) == E_OK &&
        http_request_length(&t, &req, s->body_bytes, &length) == E_OK && length > 0 &&
        read_body(&t, r->in, length, &body) == E_OK)
        http_request_body(&t, &req, body);
    answer(&t, s, &req, &out);
    send_reply(&t, r, &req, &out);
    int64_t took_ms = clock_mono_ms() - begun_ms;
    if (took_ms > SLOW_MS)
        log_line(&t, "%.*s took %lld ms", (int)(req.path.n < 200 ? req.path.n : 200), req.path.p, (long long)took_ms);
    FCGX_Finish_r(r);
    if (s->after)
        s->after(&t, s->arg);
    prefork_idle(slot);
    task_end(&t);
}

static int
work(int number, struct prefork_slot *slot, void *arg)
{
    (void)number;
    const struct http_service *s = arg;
    struct task worker;
    task_begin(&worker, 0);
    if (s->start && s->start(&worker, s->arg) != E_OK) {
        log_line(&worker, "%s", worker.cause);
        task_end(&worker);
        return 1;
    }
    mallopt(M_TRIM_THRESHOLD, KEEP_BYTES);
    mallopt(M_MMAP_THRESHOLD, KEEP_BYTES);
    FCGX_Request r;
    must(FCGX_Init() == 0 && FCGX_InitRequest(&r, s->listener, FCGI_FAIL_ACCEPT_ON_INTR) == 0);
    while (!prefork_stopping())
        if (FCGX_Accept_r(&r) == 0)
            one_request(s, &r, slot);
    FCGX_Free(&r, 1);
    task_end(&worker);
    return 0;
}

int
http_serve(const struct http_service *s)
{
    union {
        const struct http_service *in;
        void *out;
    } arg = {.in = s};
    struct prefork p = {
        .workers = s->workers, .stop_ms = s->budget_ms, .deadlines = true, .work = work, .arg = arg.out};
    unsetenv("HTTP_PROXY");
    return prefork_run(&p);
}
