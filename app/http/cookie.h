/* cookie: the request's cookie header, and ours in it. */
#ifndef HTTP_COOKIE_H
#define HTTP_COOKIE_H

#include "base/task.h"

enum { HTTP_COOKIE_BYTES = 43, HTTP_COOKIE_HEADER_BYTES = 16384, HTTP_COOKIE_PAIRS = 100 };

/* Of ours. Empty when the browser sent none. */
struct http_cookies {
    struct span session; /* 43 characters of base64url */
    struct span visitor;
    struct span approve; /* on the approvals' origin */
};

/* The names depend on the deployment's origin: "__Host-lyceum", "__Host-visitor" and "__Host-lyceum-approve" on https;
 * "lyceum", "lyceum_visitor" and "lyceum_approve" on plain http (loopback), where browsers take no __Host- cookies. */
const char *http_cookie_session_name(bool https);
const char *http_cookie_visitor_name(bool https);
const char *http_cookie_approve_name(bool https);

/* Cookies of other programs on the same host are passed over whatever they hold. E_INVALID with a sentence: control
 * characters, a piece without "=", ours twice, or ours not in its shape. E_LIMIT: too long. */
enum err http_cookies_read(struct task *t, struct span header, bool https, struct http_cookies *out);

/* "name=value; Path=/; HttpOnly; SameSite=Lax[; Secure][; Max-Age=n]" for Set-Cookie. max_age_s 0: until the browser
 * closes; negative: drop it now. */
struct span http_cookie_line(struct task *t, const char *name, struct span value, bool https, int64_t max_age_s);

#endif
