/* fcgi_ev_in: records from the peer, parsed as they come: no record is ever held whole, every length is checked. */
#include "http/fcgi_ev_priv.h"

#include "base/must.h"

#include <string.h>

enum { ROLE_RESPONDER = 1, FLAG_KEEP = 1 };

static const struct {
    int status;
    const char *text;
} refusals[] = {
    {431, "The request's headers are too large."},
    {413, "The request's body is too large."},
    {400, "The request's parameters are malformed."},
};

/* A length of the name-value form: one byte, or four with the top bit set. */
static bool
take_length(struct span *rest, size_t *out)
{
    if (rest->n == 0)
        return false;
    const unsigned char *p = (const unsigned char *)rest->p;
    size_t k = p[0] & 0x80 ? 4 : 1;
    if (rest->n < k)
        return false;
    *out = k == 1 ? p[0] : (size_t)(p[0] & 0x7f) << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
    *rest = span_from(*rest, k);
    return true;
}

static bool
take_pair(struct span *rest, struct span *name, struct span *value)
{
    size_t a = 0;
    size_t b = 0;
    if (!take_length(rest, &a) || !take_length(rest, &b) || a > rest->n || b > rest->n - a)
        return false;
    *name = span_first(*rest, a);
    *value = (struct span){rest->p + a, b};
    *rest = span_from(*rest, a + b);
    return true;
}

static bool
params_valid(const struct fcgi_conn *c)
{
    struct span rest = buf_view(&c->params);
    struct span name;
    struct span value;
    while (rest.n > 0)
        if (!take_pair(&rest, &name, &value) || name.n == 0)
            return false;
    return true;
}

struct span
fcgi_param(const struct fcgi_conn *c, const char *name)
{
    struct span rest = buf_view(&c->params);
    struct span k;
    struct span v;
    while (rest.n > 0 && take_pair(&rest, &k, &v))
        if (span_is(k, name))
            return v;
    return SPAN_NONE;
}

struct span
fcgi_body(const struct fcgi_conn *c)
{
    return buf_view(&c->body);
}

static void
refuse(struct fcgi_conn *c, uint8_t why)
{
    fcgi_conn_forget(c);
    c->refusal = why;
    c->state = REFUSED; /* keeps since_ms: the time for the whole request */
}

static void
begin(struct fcgi_conn *c, uint16_t id)
{
    unsigned role = (unsigned)c->begin[0] << 8 | c->begin[1];
    bool keep = c->begin[2] & FLAG_KEEP;
    if (c->state != IDLE) {
        fcgi_conn_queue_end(c, id, END_CANT_MPX);
        return;
    }
    if (role != ROLE_RESPONDER) {
        fcgi_conn_queue_end(c, id, END_UNKNOWN_ROLE);
        c->closing = !keep;
        return;
    }
    c->id = id;
    c->keep = keep;
    fcgi_conn_set_state(c, PARAMS);
}

static void
stdin_ended(struct fcgi_conn *c)
{
    bool refused = c->state == REFUSED;
    c->state = RUNNING;
    if (refused)
        fcgi_reply(c, refusals[c->refusal].status, "", refusals[c->refusal].text);
    else
        c->ev->set.on_request(c->ev->set.arg, c);
}

static void
aborted(struct fcgi_conn *c)
{
    if (c->state == RUNNING)
        c->ev->set.on_gone(c->ev->set.arg, c);
    fcgi_conn_queue_end(c, c->id, END_COMPLETE);
    fcgi_conn_rest(c);
}

/* A record of request 0: about the connection. */
static void
managed(struct fcgi_conn *c, unsigned type)
{
    char unknown[HEAD_BYTES] = {(char)type};
    if (type == REC_GET_VALUES)
        fcgi_conn_queue(c, REC_GET_VALUES_RESULT, 0,
            SPAN("\x0f\x01"
                 "FCGI_MPXS_CONNS0"));
    else
        fcgi_conn_queue(c, REC_UNKNOWN, 0, (struct span){unknown, sizeof unknown});
}

enum verdict { SKIP, USE, BAD };

/* May this record come now, and is its content wanted? Decided from its head alone. */
static enum verdict
judge(const struct fcgi_conn *c, unsigned type, unsigned id, size_t n)
{
    if (id == 0)
        return SKIP;
    if (type == REC_BEGIN)
        return n != HEAD_BYTES || (c->state != IDLE && id == c->id) ? BAD : USE;
    if (type != REC_ABORT && type != REC_PARAMS && type != REC_STDIN && type != REC_DATA)
        return BAD;
    if (c->state == IDLE || id != c->id || type == REC_DATA || c->state == REFUSED)
        return SKIP;
    if (type == REC_ABORT)
        return n == 0 ? USE : BAD;
    return c->state == (type == REC_PARAMS ? PARAMS : STDIN) ? USE : BAD;
}

static unsigned
head_u16(const struct fcgi_conn *c, size_t at)
{
    return (unsigned)c->head[at] << 8 | c->head[at + 1];
}

static void
content(struct fcgi_conn *c, struct span s)
{
    unsigned type = c->head[1];
    if (judge(c, type, head_u16(c, 2), head_u16(c, 4)) != USE)
        return;
    if (type == REC_BEGIN)
        memcpy(c->begin + (HEAD_BYTES - c->left), s.p, s.n);
    else if (type == REC_PARAMS) {
        buf_span(&c->params, s);
        if (c->params.failed)
            refuse(c, 0);
    } else {
        buf_span(&c->body, s);
        if (c->body.failed)
            refuse(c, 1);
    }
}

static void
record_end(struct fcgi_conn *c)
{
    unsigned type = c->head[1];
    unsigned id = head_u16(c, 2);
    bool empty = head_u16(c, 4) == 0;
    enum verdict v = judge(c, type, id, head_u16(c, 4));
    if (id == 0)
        managed(c, type);
    else if (c->state == REFUSED && id == c->id && type == REC_ABORT)
        aborted(c);
    else if (c->state == REFUSED && id == c->id && type == REC_STDIN && empty)
        stdin_ended(c);
    else if (v != USE)
        return;
    else if (type == REC_BEGIN)
        begin(c, (uint16_t)id);
    else if (type == REC_ABORT)
        aborted(c);
    else if (type == REC_PARAMS && empty && params_valid(c))
        c->state = STDIN;
    else if (type == REC_PARAMS && empty)
        refuse(c, 2);
    else if (type == REC_STDIN && empty)
        stdin_ended(c);
}

/* One step: the rest of a head, of a content or of a padding. Returns the bytes that it took. */
static size_t
step(struct fcgi_conn *c, struct span s)
{
    size_t k = 0;
    if (c->head_n < HEAD_BYTES) {
        k = s.n < (size_t)(HEAD_BYTES - c->head_n) ? s.n : (size_t)(HEAD_BYTES - c->head_n);
        memcpy(c->head + c->head_n, s.p, k);
        c->head_n = (uint8_t)(c->head_n + k);
        if (c->head_n < HEAD_BYTES)
            return k;
        c->left = (uint16_t)head_u16(c, 4);
        c->pad = c->head[6];
        if (c->head[0] != 1 || judge(c, c->head[1], head_u16(c, 2), c->left) == BAD)
            fcgi_conn_close(c);
    } else if (c->left > 0) {
        k = s.n < c->left ? s.n : c->left;
        content(c, span_first(s, k));
        c->left = (uint16_t)(c->left - k);
    } else {
        k = s.n < c->pad ? s.n : c->pad;
        c->pad = (uint8_t)(c->pad - k);
    }
    if (!c->dead && c->left == 0 && c->pad == 0) {
        c->head_n = 0;
        record_end(c);
    }
    return k;
}

bool
fcgi_conn_feed(struct fcgi_conn *c, struct span bytes)
{
    while (bytes.n > 0 && !c->dead && !c->closing)
        bytes = span_from(bytes, step(c, bytes));
    if (!c->dead && c->out.n > 0)
        fcgi_conn_flush(c);
    return !c->dead;
}
