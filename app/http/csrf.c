/* csrf: judged by headers that a page can't forge, so that forms need no tokens. */
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
