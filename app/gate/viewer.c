/* viewer: nginx asks who may watch a turn's stream (auth_request). */
#include "gate/web_priv.h"

#include "base/id.h"
#include "gate/object.h"
#include "gate/seal.h"

enum { NO_CONTENT = 204 };

/* nginx lets 401 and 403 through to the browser and makes an error of any other status. */
static enum err
no(struct turnstile *v, enum err e)
{
    v->out->status = err_http(e == E_UNAUTHENTICATED ? E_UNAUTHENTICATED : E_DENIED);
    return E_OK;
}

enum err
viewer_ask(struct turnstile *v)
{
    struct span id = http_request_param(v->req, "LYCEUM_CONVERSATION"),
                turn = http_request_param(v->req, "LYCEUM_TURN");
    struct auth_conversation c;
    struct may_object o;
    struct may_rules rules;
    struct span sealed;
    const char *why = "";
    if (!v->req->internal || !id_is(id, 'c') || !id_is(turn, 't'))
        return no(v, E_DENIED);
    if (who_rules(v->t, v->gate, &rules) != E_OK || object_conversation(v->t, v->gate, id, &c, &o) != E_OK)
        return v->t->err;
    enum err e = gate_may(&v->actor.public, "read", "conversation", &o, &rules, &why);
    if (e != E_OK)
        return no(v, e);
    if (seal_view(v->t, v->gate, &v->actor, &c, turn, &sealed) != E_OK)
        return v->t->err;
    struct buf *b = task_buf(v->t, GRANT_SEAL_BYTES * 2);
    base64url_put(b, sealed);
    v->out->status = NO_CONTENT;
    http_header(v->out, "X-Lyceum-Viewer", buf_view(b));
    return E_OK;
}
