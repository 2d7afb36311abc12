/* failure: what goes wrong on the way to a server, as codes and sentences for people. */
#include "egress/net_priv.h"

#include <stdarg.h>
#include <stdio.h>

void
fetch_fail(struct fetch *f, enum err e, const char *fmt, ...)
{
    va_list ap;
    if (f->e != E_OK)
        return;
    f->e = e;
    va_start(ap, fmt);
    vsnprintf(f->sentence, sizeof f->sentence, fmt, ap);
    va_end(ap);
}

void
fetch_fail_clock(struct fetch *f)
{
    switch (f->phase) {
    case FETCH_CONNECTING:
        fetch_fail(f, E_DEADLINE, "%s could not be reached within %.1f s.", f->host, (double)f->ask.connect_ms / 1000);
        break;
    case FETCH_WAITING:
        fetch_fail(f, E_DEADLINE, "%s took the request but sent nothing within %.1f s.", f->host,
            (double)f->ask.first_byte_ms / 1000);
        break;
    case FETCH_READING:
        fetch_fail(f, E_DEADLINE, "%s fell silent for %.1f s in the middle of its reply.", f->host,
            (double)f->ask.idle_ms / 1000);
        break;
    }
}

/* All say %s for the host. What has no row is told with libcurl's own words. */
static const struct {
    CURLcode rc;
    const char *sentence;
} rows[] = {
    {CURLE_COULDNT_RESOLVE_HOST, "%s could not be found: is the name right, and does this machine have a network?"},
    {CURLE_COULDNT_CONNECT, "Nothing answers at %s: is the server running?"},
    {CURLE_PEER_FAILED_VERIFICATION, "%s could not prove who it is: its certificate is not valid for that name here."},
    {CURLE_SSL_CONNECT_ERROR, "A secure connection to %s could not be made."},
    {CURLE_SSL_CACERT_BADFILE,
        "This machine's list of trusted certificates can't be read, so %s can't be trusted (package ca-certificates)."},
    {CURLE_GOT_NOTHING, "%s closed the connection without an answer."},
    {CURLE_PARTIAL_FILE, "%s closed the connection in the middle of its reply."},
    {CURLE_RECV_ERROR, "The connection to %s broke in the middle of its reply."},
    {CURLE_SEND_ERROR, "The connection to %s broke while the request was sent."},
    {CURLE_HTTP2, "The connection to %s broke (HTTP/2)."},
    {CURLE_HTTP2_STREAM, "%s gave the reply up in the middle."},
    {CURLE_BAD_CONTENT_ENCODING, "%s sent a reply that can't be unpacked."},
    {CURLE_WEIRD_SERVER_REPLY, "%s answered, but not as a web server does."},
    {CURLE_UNSUPPORTED_PROTOCOL, "%s answered, but not as a web server does."},
};

void
fetch_fail_curl(struct fetch *f, CURLcode rc)
{
    if (rc == CURLE_OK)
        return;
    if (f->refused_address && (rc == CURLE_COULDNT_CONNECT || rc == CURLE_ABORTED_BY_CALLBACK)) {
        fetch_fail(f, E_DENIED, "%s",
            f->ask.loopback ? "This is set to run on this machine, but its address is another machine's."
                            : "This server's address is on a private or local network, where the service does not go.");
        return;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].rc == rc) {
            char text[TASK_CAUSE_BYTES];
            const char *gap = rows[i].sentence;
            size_t before = (size_t)span_find(span_of(gap), SPAN("%s"));
            snprintf(text, sizeof text, "%.*s%s%s", (int)before, gap, f->host, gap + before + 2);
            fetch_fail(f, E_UNAVAILABLE, "%s", text);
            return;
        }
    fetch_fail(f, E_UNAVAILABLE, "The exchange with %s failed: %s.", f->host, curl_easy_strerror(rc));
}
