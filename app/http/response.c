/* response: heads are made in one place, so that no reply lacks a security header. */
#include "http/response.h"

#include "base/json.h"
#include "base/must.h"

#include <string.h>

/* design 07. No frame-src until plugins have an origin of their own. */
static const char security_headers[] =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src "
    "'self'; "
    "font-src 'self'; form-action 'self'";
static const char security_headers_more[] =
    "; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types lyceum\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Permissions-Policy: camera=(), microphone=(), geolocation=(), payment=(), usb=()\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "X-DNS-Prefetch-Control: off\r\n";

static const struct {
    int status;
    const char *words;
} statuses[] = {
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Content"},
    {303, "See Other"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
};

const char *
http_status_words(int status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (statuses[i].status == status)
            return statuses[i].words;
    return "Error";
}

void
http_response_begin(struct task *t, struct http_response *r)
{
    *r = (struct http_response){.t = t, .status = 200, .type = "text/html; charset=utf-8"};
    r->headers = task_buf(t, HTTP_HEAD_BYTES);
    r->body = task_buf(t, HTTP_REPLY_BYTES);
}

void
http_response_restart(struct http_response *r)
{
    r->status = 200;
    r->caching = HTTP_PRIVATE;
    r->type = "text/html; charset=utf-8";
    r->has_cookie = false;
    r->forms_to = SPAN_NONE;
    r->lifeless = false;
    buf_clear(r->headers);
    buf_clear(r->body);
    r->headers->failed = false;
    r->body->failed = false;
}

static bool
has_control(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return true;
    return false;
}

void
http_header(struct http_response *r, const char *name, struct span value)
{
    must(!has_control(value));
    buf_puts(r->headers, name);
    buf_puts(r->headers, ": ");
    buf_span(r->headers, value);
    buf_puts(r->headers, "\r\n");
}

void
http_set_cookie(struct http_response *r, struct span line)
{
    http_header(r, "Set-Cookie", line);
    r->has_cookie = true;
}

void
http_redirect(struct http_response *r, struct span address)
{
    must(address.n > 0 && address.p[0] == '/' && (address.n == 1 || (address.p[1] != '/' && address.p[1] != '\\')));
    r->status = 303;
    http_header(r, "Location", address);
}

void
http_redirect_site(struct http_response *r, struct span origin, struct span address)
{
    must(origin.n > 0 && address.n > 0 && address.p[0] == '/');
    r->status = 303;
    http_header(r, "Location", task_format(r->t, "%.*s%.*s", SPAN_ARG(origin), SPAN_ARG(address)));
}

void
http_accel_redirect(struct http_response *r, struct span address)
{
    must(span_starts(address, "/-/internal/"));
    http_header(r, "X-Accel-Redirect", address);
}

/* Only characters that need no quoting in any header or file system. */
static void
put_file_name(struct buf *b, struct span name)
{
    for (size_t i = 0; i < name.n && i < 100; i++) {
        char c = name.p[i], low = (char)(c | 0x20);
        bool plain =
            (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || (c == '.' && i > 0);
        buf_putc(b, plain ? c : '_');
    }
}

void
http_attachment(struct http_response *r, const char *type, struct span file_name)
{
    r->type = type;
    buf_puts(r->headers, "Content-Disposition: attachment; filename=\"");
    put_file_name(r->headers, file_name);
    buf_puts(r->headers, "\"\r\n");
}

/* What a page may do is written once; what is no page may do nothing. */
static void
put_policy(struct buf *b, const struct http_response *r)
{
    if (r->lifeless) {
        buf_puts(b, "Content-Security-Policy: default-src 'none'; sandbox; form-action 'none'");
    } else {
        buf_put(b, security_headers, sizeof security_headers - 1);
        if (r->forms_to.n > 0) {
            buf_putc(b, ' ');
            buf_span(b, r->forms_to);
        }
    }
    buf_put(b, security_headers_more, sizeof security_headers_more - 1);
}

static const char *
caching_headers(const struct http_response *r)
{
    if (r->caching == HTTP_PUBLIC && !r->has_cookie)
        return "Cache-Control: no-cache\r\nX-Accel-Expires: 10\r\nX-Lyceum-Public: 1\r\n";
    if (r->caching == HTTP_ASKED_AGAIN && r->status < 400)
        return "Cache-Control: private, no-cache\r\nVary: Cookie\r\n";
    return "Cache-Control: no-store\r\n";
}

struct span
http_response_head(const struct http_response *r)
{
    must(!r->headers->failed);
    struct buf *b = task_buf(r->t, HTTP_HEAD_BYTES + sizeof security_headers + sizeof security_headers_more + 1024);
    buf_printf(b, "Status: %d %s\r\n", r->status, http_status_words(r->status));
    if (r->status != 303 && r->status != 304 && r->status != 204)
        buf_printf(b, "Content-Type: %s\r\n", r->type);
    put_policy(b, r);
    buf_puts(b, caching_headers(r));
    buf_span(b, buf_view(r->headers));
    buf_puts(b, "\r\n");
    return buf_view(b);
}

void
http_failure(struct http_response *r, enum err e, const char *sentence, bool json)
{
    http_response_restart(r);
    r->status = err_http(e);
    if (!json) {
        r->type = "text/plain; charset=utf-8";
        buf_printf(r->body, "%d %s\n%s\nRequest: %s\n", r->status, http_status_words(r->status), sentence, r->t->id);
        return;
    }
    r->type = "application/json";
    buf_puts(r->body, "{\"ok\":false,\"error\":");
    json_put_text(r->body, span_of(sentence));
    buf_printf(r->body, ",\"code\":\"%s\",\"id\":\"%s\"}\n", err_word(e), r->t->id);
}
