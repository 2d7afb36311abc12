/* web_priv: one request on gate's pages while it is answered. */
#ifndef GATE_WEB_PRIV_H
#define GATE_WEB_PRIV_H

#include "gate/web.h"
#include "gate/who.h"
#include "template/views.h"

struct turnstile {
    struct task *t;
    struct gate *gate;
    const struct http_request *req;
    struct http_response *out;
    struct actor actor;
    int64_t now_ms;
};

/* The pages, in signin.c, account.c and viewer.c. */
typedef enum err web_page(struct turnstile *v);
web_page signin_form, signin_post, signin_link_form, signin_link_post, signout_post;
web_page account_show, account_password, account_end, account_idle;
web_page viewer_ask;

/* The frame's data. */
struct view_page web_frame(const struct turnstile *v, const char *title);
/* 303 to a path that came from outside, or to fallback when it is none of ours. */
void web_go(struct turnstile *v, struct span next, const char *fallback);
/* Is it a path on this origin that may be gone to after signing in? */
bool web_path_ok(struct span next);
/* Begins a session for the account, ends the one that the browser had, sets the cookie. In the change's transaction. */
enum err session_begin(struct turnstile *v, const struct auth_user *u, struct span *cookie);
/* After the commit: the cookie to the browser; the old session's streams end. */
void session_give(struct turnstile *v, struct span cookie);

/* Failed sign-ins: may this address try this name now? *wait_s > 0: not yet. A name alone is never counted, so nobody
 * can lock somebody else out. */
enum err attempt_allowed(struct turnstile *v, struct span name, int64_t *wait_s);
enum err attempt_failed(struct turnstile *v, struct span name);
enum err attempt_succeeded(struct turnstile *v, struct span name);

#endif
