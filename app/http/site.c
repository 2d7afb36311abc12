/* site: the approvals' origin, from the settings. */
#include "http/site.h"

#include "base/conf.h"

/* An address: cookies of 127.0.0.1 go to every port of it, and it can have no name before it. */
static bool
is_address(struct span host)
{
    return span_starts(host, "[") || span_only(host, "0123456789.");
}

struct span
http_approve_origin_of(struct task *t, struct span origin)
{
    ptrdiff_t at = span_find(origin, SPAN("://"));
    size_t after = at < 0 ? 0 : (size_t)at + 3;
    struct span scheme = span_first(origin, after), host = span_from(origin, after), port = SPAN_NONE;
    for (size_t i = host.n; i > 0 && host.p[i - 1] != ']'; i--)
        if (host.p[i - 1] == ':') {
            port = span_from(host, i - 1);
            host.n = i - 1;
            break;
        }
    if (is_address(host) || span_is_nocase(host, "localhost"))
        host = SPAN("localhost");
    return task_format(t, "%.*sapprove.%.*s%.*s", SPAN_ARG(scheme), SPAN_ARG(host), SPAN_ARG(port));
}

struct span
http_approve_origin(struct task *t)
{
    struct span set = span_of(conf_text("http.approve_origin"));
    return set.n > 0 ? set : http_approve_origin_of(t, span_of(conf_text("http.origin")));
}
