/* csrf: judged by headers that a page can't forge, so that forms need no tokens; and by which name we were called. */
#include "http/csrf.h"

enum err
http_csrf_check(struct task *t, const struct http_request *req, struct span origin)
{
    if (req->method == HTTP_GET || req->method == HTTP_HEAD)
        return E_OK;
    /* Our own Referrer-Policy makes browsers send "Origin: null" with forms, so that Sec-Fetch-Site is judged first. */
    if (req->fetch_site.n > 0) {
        if (span_is(req->fetch_site, "same-origin"))
            return E_OK;
    } else if (req->origin.n > 0) {
        if (span_eq(req->origin, origin))
            return E_OK;
    } else if (!req->has_cookie) {
        return E_OK;
    }
    return task_fail(t, E_DENIED, "This request came from another site. Open the page here and send it again.");
}

/* "name:port" or "[address]:port" without the port. */
static struct span
without_port(struct span host)
{
    struct span name;
    if (span_starts(host, "["))
        return span_cut(&host, ']', &name) ? name : host;
    return span_cut(&host, ':', &name) ? name : host;
}

static bool
is_address(struct span name)
{
    for (size_t i = 0; i < name.n; i++)
        if ((name.p[i] < '0' || name.p[i] > '9') && name.p[i] != '.')
            return name.p[0] == '[';
    return true;
}

static bool
ends_nocase(struct span s, const char *ending)
{
    size_t n = span_of(ending).n;
    return s.n >= n && span_is_nocase(span_from(s, s.n - n), ending);
}

enum err
http_site_check(struct task *t, const struct http_request *req, struct span approve_origin)
{
    ptrdiff_t scheme = span_find(approve_origin, SPAN("://"));
    struct span ours = without_port(span_from(approve_origin, scheme < 0 ? 0 : (size_t)scheme + 3));
    bool by_that_name = span_is_nocase(without_port(req->host), task_z(t, ours));
    if (req->host.n == 0 || by_that_name == req->approve)
        return E_OK;
    return task_fail(t, E_DENIED, "Approvals have an address of their own; this is not it. Open the page here again.");
}

enum err
http_host_check(struct task *t, const struct http_request *req, struct span origin)
{
    static const char scheme[] = "http://";
    struct span name = without_port(req->host);
    if (!span_starts(origin, scheme) || is_address(name) || span_is_nocase(name, "localhost") ||
        ends_nocase(name, ".localhost") ||
        span_is_nocase(name, task_z(t, without_port(span_from(origin, sizeof scheme - 1)))))
        return E_OK;
    return task_fail(t, E_DENIED,
        "This site is not known by that name. Open it at %.*s; its admin can set another address (http.origin).",
        SPAN_ARG(origin));
}
