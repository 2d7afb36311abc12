/* request: from FastCGI's environment to a struct. */
#include "http/request.h"

#include "base/must.h"

#include <string.h>

static struct span
environment_get(char *const *environment, const char *name)
{
    size_t n = strlen(name);
    for (char *const *e = environment; *e; e++)
        if (strncmp(*e, name, n) == 0 && (*e)[n] == '=')
            return span_of(*e + n + 1);
    return SPAN_NONE;
}

struct span
http_request_param(const struct http_request *req, const char *name)
{
    return environment_get(req->environment, name);
}

static enum http_method
method_of(struct span s)
{
    static const struct {
        const char *name;
        enum http_method method;
    } rows[] = {{"GET", HTTP_GET}, {"HEAD", HTTP_HEAD}, {"POST", HTTP_POST}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (span_is(s, rows[i].name))
            return rows[i].method;
    return HTTP_OTHER;
}

static enum err
read_segments(struct task *t, struct http_request *req)
{
    struct span rest = span_from(req->path, 1), piece;
    while (span_cut(&rest, '/', &piece)) {
        if (piece.n == 0 && rest.n == 0) {
            req->final_slash = true;
            break;
        }
        if (req->n_segments == HTTP_SEGMENTS)
            return task_fail(t, E_NOTFOUND, "There is no page at this address.");
        if (http_decode(t, piece, false, "address", &req->segment[req->n_segments++]) != E_OK)
            return t->err;
    }
    return E_OK;
}

/* Internal redirects and subrequests keep the browser's REQUEST_URI; where they went is DOCUMENT_URI, and only nginx
 * can have put it under /-/internal/. */
static enum err
read_address(struct task *t, struct http_request *req)
{
    struct span uri = http_request_param(req, "REQUEST_URI");
    struct span document = http_request_param(req, "DOCUMENT_URI");
    req->internal = span_starts(document, "/-/internal/");
    req->query_text = http_request_param(req, "QUERY_STRING");
    if (uri.n > HTTP_URI_BYTES)
        return task_fail(t, E_LIMIT, "The address is longer than %d bytes.", HTTP_URI_BYTES);
    struct span path;
    if (req->internal)
        path = document;
    else if (!span_cut(&uri, '?', &path))
        path = SPAN_NONE;
    if (path.n == 0 || path.p[0] != '/')
        return task_fail(t, E_INVALID, "The address must begin with a slash.");
    req->path = path;
    return read_segments(t, req);
}

enum err
http_request_read(struct task *t, char *const *environment, bool https, struct http_request *out)
{
    *out = (struct http_request){.environment = environment, .https = https, .path = SPAN("/")};
    out->method = method_of(http_request_param(out, "REQUEST_METHOD"));
    out->content_type = http_request_param(out, "CONTENT_TYPE");
    out->accept = http_request_param(out, "HTTP_ACCEPT");
    out->origin = http_request_param(out, "HTTP_ORIGIN");
    out->fetch_site = http_request_param(out, "HTTP_SEC_FETCH_SITE");
    out->host = http_request_param(out, "HTTP_HOST");
    out->approve = span_is(http_request_param(out, "LYCEUM_SITE"), "approve");
    out->if_none_match = http_request_param(out, "HTTP_IF_NONE_MATCH");
    struct span cookies = http_request_param(out, "HTTP_COOKIE");
    out->has_cookie = cookies.n > 0;
    if (read_address(t, out) != E_OK)
        return t->err;
    out->bad_cookie = http_cookies_read(t, cookies, https, &out->cookies) != E_OK;
    if (out->bad_cookie)
        return t->err;
    return http_params_read(t, out->query_text, "address", &out->query);
}

enum err
http_request_length(struct task *t, const struct http_request *req, size_t cap, size_t *out)
{
    *out = 0;
    struct span text = http_request_param(req, "CONTENT_LENGTH");
    uint64_t n = 0;
    if (text.n == 0)
        return E_OK;
    if (!span_u64(text, &n))
        return task_fail(t, E_INVALID, "The length of the request is not a number.");
    if (n > cap)
        return task_fail(
            t, E_LIMIT, "The request is larger than %zu bytes, which is the most that this site takes.", cap);
    *out = (size_t)n;
    return E_OK;
}

enum err
http_request_body(struct task *t, struct http_request *req, struct span body)
{
    req->body = body;
    struct span type = req->content_type, essence;
    if (body.n == 0 || !span_cut(&type, ';', &essence))
        return E_OK;
    if (!span_is_nocase(span_trim(essence), "application/x-www-form-urlencoded"))
        return E_OK;
    return http_params_read(t, body, "form", &req->form);
}

bool
http_request_wants_json(const struct http_request *req)
{
    return span_ends(req->path, ".json") || span_starts(req->accept, "application/json");
}
