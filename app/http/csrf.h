/* csrf: may this request change anything? */
#ifndef HTTP_CSRF_H
#define HTTP_CSRF_H

#include "http/request.h"

/* Unsafe methods need Sec-Fetch-Site: same-origin (browsers set it, pages can't), or, without that header, an Origin
 * that is ours whole. A request with a cookie and neither is refused; one without any cookie has no rights to abuse.
 * E_DENIED with a sentence. origin: conf http.origin. */
enum err http_csrf_check(struct task *t, const struct http_request *req, struct span origin);
/* Did the request come to the site that its name belongs to? The approvals' pages have an origin of their own, and
 * neither site answers by the other's name. approve_origin: http/site.h. E_DENIED with a sentence. */
enum err http_site_check(struct task *t, const struct http_request *req, struct span approve_origin);
/* Was the request sent to a name of ours? Over http a site can point a name of its own at this machine (DNS rebinding)
 * and is then "same origin"; addresses, localhost and the name in `origin` can't be pointed elsewhere. Over https the
 * certificate says it. E_DENIED with a sentence. */
enum err http_host_check(struct task *t, const struct http_request *req, struct span origin);

#endif
