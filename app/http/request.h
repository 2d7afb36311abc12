/* request: one request, parsed once and strictly. */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "http/cookie.h"
#include "http/params.h"

enum http_method { HTTP_GET = 1, HTTP_HEAD = 2, HTTP_POST = 4, HTTP_OTHER = 8 };
enum { HTTP_SEGMENTS = 16, HTTP_URI_BYTES = 16384 };

/* Everything is borrowed from the environment or the task. Absent headers are SPAN_NONE. */
struct http_request {
    enum http_method method;
    struct span path;                   /* as sent, without the query; for internal redirects nginx's own */
    struct span segment[HTTP_SEGMENTS]; /* between the slashes, decoded: "/a/b%2Fc" is "a", "b/c"; "/" has none */
    size_t n_segments;
    bool final_slash;       /* "/a/": the address ends in a slash after its last segment */
    struct span query_text; /* undecoded */
    struct http_params query;
    struct http_params form; /* of a urlencoded body */
    struct span body;        /* as it came, whatever its type */
    struct span content_type;
    struct http_cookies cookies;
    bool has_cookie; /* any cookie, even somebody else's */
    bool bad_cookie; /* the header or a cookie of ours is malformed */
    struct span accept, origin, fetch_site, host, if_none_match;
    bool https;    /* of the deployment's origin */
    bool approve;  /* asked of the approvals' origin: nginx says so, by the server block that it came to */
    bool internal; /* reached by X-Accel-Redirect or auth_request, not by a browser */
    char *const *environment;
};

/* The environment is libfcgi's: "NAME=value" strings, NULL at the end. Reads everything but the body. E_INVALID,
 * E_LIMIT with a sentence; what was read until then stays in out. */
enum err http_request_read(struct task *t, char *const *environment, bool https, struct http_request *out);
/* The body that the head announced: 0 when none. E_LIMIT past cap, E_INVALID for a length that is none. */
enum err http_request_length(struct task *t, const struct http_request *req, size_t cap, size_t *out);
/* Gives the request its body; a urlencoded one becomes `form`. */
enum err http_request_body(struct task *t, struct http_request *req, struct span body);
/* A FastCGI parameter by its name ("LYCEUM_NEXT", "HTTP_X_THING"), SPAN_NONE if absent. */
struct span http_request_param(const struct http_request *req, const char *name);
/* Does the client want JSON? By Accept, or by an address that ends in .json. */
bool http_request_wants_json(const struct http_request *req);

#endif
