/* fetch: one transfer: where it may go, what it may bring, how long it may take. */
#include "egress/net_priv.h"

#include "base/clock.h"
#include "base/must.h"
#include "egress/address.h"
#include "egress/header.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHUNK_BYTES = 16 * 1024, LINE_BYTES = 8 * 1024 };

const char *
fetch_host(const struct fetch *f)
{
    return f->host;
}

int64_t
fetch_left_ms(const struct fetch *f, int64_t now_ms)
{
    const int64_t budget[] = {f->ask.connect_ms, f->ask.first_byte_ms, f->ask.idle_ms};
    if (f->paused)
        return INT64_MAX;
    int64_t left = f->since_ms + budget[f->phase] - now_ms;
    return left > 0 ? left : 0;
}

/* libcurl calls these ------------------------------------------------------------------------------------------------
 */

/* The one place where internet sockets are made. */
static curl_socket_t
on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
    struct fetch *f = arg;
    if (purpose != CURLSOCKTYPE_IPCXN || !address_allowed(address_judge(&a->addr), f->ask.loopback)) {
        f->refused_address = true;
        return CURL_SOCKET_BAD;
    }
    return socket(a->family, a->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->protocol);
}

/* A connection that is used again was opened for another grant: its peer is judged once more. */
static int
on_connected(void *arg, char *peer, char *local, int peer_port, int local_port)
{
    struct fetch *f = arg;
    (void)local;
    (void)peer_port;
    (void)local_port;
    if (!address_allowed(address_judge_text(peer), f->ask.loopback)) {
        f->refused_address = true;
        return CURL_PREREQFUNC_ABORT;
    }
    f->phase = FETCH_WAITING;
    f->since_ms = clock_mono_ms();
    return CURL_PREREQFUNC_OK;
}

static void
head_ends(struct fetch *f)
{
    long status = 0;
    curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200)
        return; /* "100 Continue" and the like: the answer comes after */
    f->head_done = true;
    f->ask.on_head(f->ask.arg, (int)status, buf_view(&f->head));
    buf_reset(&f->head);
}

static size_t
on_header(char *p, size_t size, size_t n, void *arg)
{
    struct fetch *f = arg;
    struct span line = {p, size * n};
    if (++f->head_lines > FETCH_HEAD_LINES || line.n > LINE_BYTES || f->head.failed) {
        fetch_fail(f, E_LIMIT, "%s sent too much of a header.", f->host);
        return 0;
    }
    if (f->head_done)
        return line.n; /* trailers: nobody's business */
    if (span_starts(line, "HTTP/"))
        buf_clear(&f->head);
    else if (span_trim(line).n == 0)
        head_ends(f);
    else
        header_put_reply(&f->head, line);
    return line.n;
}

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
    struct fetch *f = arg;
    struct span bytes = {p, size * n};
    f->phase = FETCH_READING;
    f->since_ms = clock_mono_ms();
    if (bytes.n > f->ask.reply_bytes - f->bytes) {
        fetch_fail(f, E_LIMIT, "%s sent more than the %zu bytes that a reply may have.", f->host, f->ask.reply_bytes);
        return 0;
    }
    f->bytes += bytes.n;
    f->ask.on_body(f->ask.arg, bytes);
    return bytes.n;
}

/* Starting -----------------------------------------------------------------------------------------------------------
 */

/* Takes the URL apart with libcurl's own parser, so that what is checked is what is used. */
static enum err
read_url(struct task *t, struct fetch *f)
{
    char *scheme = NULL;
    char *host = NULL;
    char *secret = NULL;
    CURLU *u = curl_url();
    must(u);
    bool good = curl_url_set(u, CURLUPART_URL, f->url, CURLU_DISALLOW_USER) == CURLUE_OK &&
                curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK && strlen(host) < sizeof f->host;
    good = good && curl_url_get(u, CURLUPART_FRAGMENT, &secret, 0) != CURLUE_OK;
    if (!good)
        task_fail(t, E_INVALID, "The address is not a web address.");
    else if (strcmp(scheme, "https") != 0 && !(f->ask.loopback && strcmp(scheme, "http") == 0))
        task_fail(t, E_DENIED, "The address must begin with https:// (http:// is for servers on this machine alone).");
    else
        snprintf(f->host, sizeof f->host, "%s", host);
    curl_free(scheme);
    curl_free(host);
    curl_free(secret);
    curl_url_cleanup(u);
    return t->err;
}

static bool
set_rules(CURL *h, bool loopback)
{
    const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        {CURLOPT_FOLLOWLOCATION, 0},
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_SSL_VERIFYPEER, 1},
        {CURLOPT_SSL_VERIFYHOST, 2},
        {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
        {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS},
        {CURLOPT_NETRC, CURL_NETRC_IGNORED},
        {CURLOPT_BUFFERSIZE, CHUNK_BYTES},
        {CURLOPT_HTTP09_ALLOWED, 0},
        {CURLOPT_TCP_KEEPALIVE, 1},
        {CURLOPT_CONNECTTIMEOUT_MS, 3600000},
        {CURLOPT_TCP_NODELAY, 1},
        {CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
        {CURLOPT_UNRESTRICTED_AUTH, 0},
    };
    bool ok = true;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        ok = ok && curl_easy_setopt(h, numbers[i].option, numbers[i].value) == CURLE_OK;
    ok = ok && curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, loopback ? "http,https" : "https") == CURLE_OK;
    ok = ok && curl_easy_setopt(h, CURLOPT_REDIR_PROTOCOLS_STR, "https") ==
                   CURLE_OK; /* none is followed; libcurl 7.88 refuses "" */
    ok = ok && curl_easy_setopt(h, CURLOPT_PROXY, "") == CURLE_OK &&
         curl_easy_setopt(h, CURLOPT_NOPROXY, "*") == CURLE_OK;
    return ok && curl_easy_setopt(h, CURLOPT_ACCEPT_ENCODING, "gzip") == CURLE_OK;
}

static bool
set_request(struct fetch *f)
{
    CURL *h = f->easy;
    bool ok = curl_easy_setopt(h, CURLOPT_URL, f->url) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_HTTPHEADER, f->ask.headers) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_PRIVATE, f) == CURLE_OK;
    if (f->ask.post)
        ok = ok && curl_easy_setopt(h, CURLOPT_POST, 1L) == CURLE_OK &&
             curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)f->ask.body.n) == CURLE_OK &&
             curl_easy_setopt(h, CURLOPT_POSTFIELDS, f->ask.body.p ? f->ask.body.p : "") == CURLE_OK;
    return ok;
}

static bool
set_callbacks(struct fetch *f)
{
    CURL *h = f->easy;
    return curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, on_open_socket) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_OPENSOCKETDATA, f) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_PREREQFUNCTION, on_connected) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_PREREQDATA, f) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_HEADERDATA, f) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_WRITEDATA, f) == CURLE_OK;
}

enum err
fetch_start(struct task *t, struct net *n, const struct fetch_ask *ask, struct fetch **out)
{
    struct fetch *f = pool_take(&n->fetches);
    *f = (struct fetch){.net = n, .ask = *ask, .url = task_z(t, ask->url), .since_ms = clock_mono_ms()};
    buf_init(&f->head, FETCH_HEAD_BYTES);
    f->next = n->all;
    f->at = &n->all;
    if (f->next)
        f->next->at = &f->next;
    n->all = f;
    if (read_url(t, f) == E_OK) {
        f->easy = curl_easy_init();
        if (!f->easy || !set_rules(f->easy, ask->loopback) || !set_request(f) || !set_callbacks(f) ||
            curl_multi_add_handle(n->multi, f->easy) != CURLM_OK)
            task_fail(t, E_INTERNAL, "libcurl refused one of our rules: the exchange was not begun.");
    }
    f->url = NULL; /* libcurl has its own copy */
    if (t->err != E_OK) {
        fetch_stop(f);
        return t->err;
    }
    *out = f;
    return E_OK;
}

void
fetch_pause(struct fetch *f, bool paused)
{
    if (f->paused == paused)
        return;
    f->paused = paused;
    f->since_ms = clock_mono_ms();
    curl_easy_pause(f->easy, paused ? CURLPAUSE_RECV : CURLPAUSE_CONT);
}

void
fetch_stop(struct fetch *f)
{
    if (f->easy) {
        curl_multi_remove_handle(f->net->multi, f->easy);
        curl_easy_cleanup(f->easy);
    }
    *f->at = f->next;
    if (f->next)
        f->next->at = f->at;
    buf_reset(&f->head);
    pool_give(&f->net->fetches, f);
}
