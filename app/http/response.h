/* response: status, headers and body of a reply, with the security headers that every reply carries. */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include "base/task.h"

enum { HTTP_HEAD_BYTES = 32768, HTTP_REPLY_BYTES = 64 << 20 };

/* What may keep the reply. */
enum http_caching {
    HTTP_PRIVATE,     /* no-store: the default */
    HTTP_PUBLIC,      /* nginx may share it for a short time: X-Accel-Expires and X-Lyceum-Public */
    HTTP_ASKED_AGAIN, /* the browser alone, and it asks each time whether what it has may still be shown: with an ETag
                       */
};

struct http_response {
    struct task *t;
    int status;
    enum http_caching caching;
    const char *type;    /* Content-Type */
    struct buf *headers; /* further lines, each with CRLF */
    struct buf *body;
    struct span forms_to; /* another origin of ours to which forms of this page may lead: the approvals' */
    bool lifeless;        /* a file that strangers made: opened by itself it may do and load nothing */
    bool has_cookie;      /* a Set-Cookie makes a reply private, whatever was asked */
};

/* 200, HTML, private, empty. */
void http_response_begin(struct task *t, struct http_response *r);
/* Forgets body and headers, Set-Cookie too: for answering with an error instead. */
void http_response_restart(struct http_response *r);
/* Adds a header line. A value with control characters is our bug. */
void http_header(struct http_response *r, const char *name, struct span value);
void http_set_cookie(struct http_response *r, struct span line);
/* 303 to an address of ours: must begin with one slash. */
void http_redirect(struct http_response *r, struct span address);
/* 303 to an address on another origin of ours (http/site.h). */
void http_redirect_site(struct http_response *r, struct span origin, struct span address);
/* Hands the request on to an internal location of nginx's. */
void http_accel_redirect(struct http_response *r, struct span address);
/* The rest of a reply that is a file to keep: type and a safe file name. */
void http_attachment(struct http_response *r, const char *type, struct span file_name);

/* The whole head, from "Status:" to the empty line. */
struct span http_response_head(const struct http_response *r);
/* A failure without any page: the same shape everywhere. JSON {"ok":false,"error","code","id"} or a line of text. */
void http_failure(struct http_response *r, enum err e, const char *sentence, bool json);
/* 400 "Bad Request" ... for headings; "Error" when unknown. */
const char *http_status_words(int status);

#endif
