/* cookie: finding ours among everybody's. */
#include "http/cookie.h"

const char *
http_cookie_session_name(bool https)
{
    return https ? "__Host-lyceum" : "lyceum";
}

const char *
http_cookie_visitor_name(bool https)
{
    return https ? "__Host-visitor" : "lyceum_visitor";
}

const char *
http_cookie_approve_name(bool https)
{
    return https ? "__Host-lyceum-approve" : "lyceum_approve";
}

static bool
is_ours(struct span value)
{
    if (value.n != HTTP_COOKIE_BYTES)
        return false;
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i], low = (char)(c | 0x20);
        if (!(low >= 'a' && low <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_')
            return false;
    }
    return true;
}

static enum err
take(struct task *t, struct span name, struct span value, bool https, struct http_cookies *out)
{
    struct span *to = span_is(name, http_cookie_session_name(https))   ? &out->session
                      : span_is(name, http_cookie_visitor_name(https)) ? &out->visitor
                      : span_is(name, http_cookie_approve_name(https)) ? &out->approve
                                                                       : NULL;
    if (!to)
        return E_OK;
    if (to->n > 0 || !is_ours(value))
        return task_fail(t, E_INVALID,
            "This site's cookie is malformed. Reload the page; if it stays, clear the site's "
            "cookies and sign in again.");
    *to = value;
    return E_OK;
}

static bool
has_control(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return true;
    return false;
}

enum err
http_cookies_read(struct task *t, struct span header, bool https, struct http_cookies *out)
{
    *out = (struct http_cookies){0};
    if (header.n > HTTP_COOKIE_HEADER_BYTES)
        return task_fail(t, E_LIMIT, "The cookies for this site are longer than %d bytes.", HTTP_COOKIE_HEADER_BYTES);
    if (has_control(header))
        return task_fail(t, E_INVALID, "The cookie header has control characters.");
    struct span piece, name;
    for (size_t n = 0; span_cut(&header, ';', &piece); n++) {
        piece = span_trim(piece);
        if (piece.n == 0)
            continue;
        if (n >= HTTP_COOKIE_PAIRS || !span_has(piece, '='))
            return task_fail(t, E_INVALID, "The cookie header is malformed.");
        span_cut(&piece, '=', &name);
        if (take(t, name, piece, https, out) != E_OK)
            return t->err;
    }
    return E_OK;
}

struct span
http_cookie_line(struct task *t, const char *name, struct span value, bool https, int64_t max_age_s)
{
    const char *secure = https ? "; Secure" : "";
    if (max_age_s == 0)
        return task_format(t, "%s=%.*s; Path=/; HttpOnly; SameSite=Lax%s", name, SPAN_ARG(value), secure);
    return task_format(t, "%s=%.*s; Path=/; HttpOnly; SameSite=Lax%s; Max-Age=%lld", name, SPAN_ARG(value), secure,
        (long long)(max_age_s < 0 ? 0 : max_age_s));
}
