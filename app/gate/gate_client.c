/* gate_client: the caller's side of gate's socket. */
#include "gate/gate_client.h"

#include "base/conf.h"
#include "base/json.h"
#include "gate/wire.h"
#include "wire/sock.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static bool as_operator;

void
gate_client_as_operator(void)
{
    as_operator = true;
}

static void
put_who(struct buf *b, const struct gate_who *who)
{
    frame_put(b, "session", who->session);
    frame_put(b, "visitor", who->visitor);
    frame_put(b, "address", who->address);
    frame_put_i64(b, "operator", as_operator);
}

static void
put_optional(struct buf *b, const char *name, const char *value)
{
    if (value)
        frame_put_z(b, name, value);
}

static void
get_actor(const struct frame *f, struct gate_actor *out)
{
    *out = (struct gate_actor){
        .principal = frame_get(f, "principal"),
        .name = frame_get(f, "name"),
        .role = frame_get(f, "role"),
        .signed_in = frame_i64(f, "signed_in", 0) == 1,
    };
}

/* Sends what b holds. A "no" fails the task only after `actor` was filled. */
static enum err
ask(struct task *t, struct buf *b, size_t mark, struct gate_actor *actor, struct frame *f)
{
    frame_end(b, mark);
    if (b->failed)
        return task_fail(t, E_LIMIT, "The request is too long.");
    if (sock_call(t, conf_path(t, "run/gate.sock"), "sign-in and rights", buf_view(b), GATE_REPLY_BYTES, f) != E_OK)
        return t->err;
    if (actor)
        get_actor(f, actor);
    if (frame_is(f, "ok"))
        return E_OK;
    struct span message = frame_get(f, "message");
    enum err e = err_from_word(task_z(t, frame_get(f, "code")));
    return task_fail(t, e == E_OK ? E_INTERNAL : e, "%.*s", SPAN_ARG(message));
}

static struct buf *
request(struct task *t)
{
    return task_buf(t, GATE_REQUEST_BYTES);
}

/* A reply's JSON field; absent: NULL. */
static enum err
get_json(struct task *t, const struct frame *f, const char *name, json_t **out)
{
    *out = NULL;
    struct span text = frame_get(f, name);
    return text.n == 0 ? E_OK : json_read(t, text, out);
}

enum err
gate_authorize(struct task *t, const struct gate_ask *a, struct gate_answer *out)
{
    struct frame f;
    struct buf *b = request(t);
    size_t mark = frame_begin(b, "authorize");
    *out = (struct gate_answer){.actor = {.role = SPAN("anonymous")}};
    put_who(b, &a->who);
    frame_put_z(b, "verb", a->verb);
    frame_put_z(b, "kind", a->kind);
    frame_put(b, "id", a->id);
    put_optional(b, "audience", a->audience);
    put_optional(b, "capability", a->capability);
    frame_put(b, "dataset", a->dataset);
    frame_put(b, "args_hash", a->args_hash);
    if (ask(t, b, mark, &out->actor, &f) != E_OK)
        return t->err;
    out->mode = frame_get(&f, "mode");
    out->owner = frame_get(&f, "owner");
    out->grant = frame_get(&f, "grant");
    return get_json(t, &f, "object", &out->object);
}

static void
get_start(const struct frame *f, struct gate_start *out)
{
    out->conversation = frame_get(f, "conversation");
    out->turn = frame_get(f, "turn");
    out->ticket = frame_get(f, "ticket");
    out->mode = frame_get(f, "mode");
    out->visitor_cookie = frame_get(f, "visitor_cookie");
}

/* Ids and names have no line ends: one text holds a list. */
static struct span
lines(struct task *t, const struct span *at, size_t n)
{
    enum { LINES_BYTES = 65536 };
    struct buf *b = task_buf(t, LINES_BYTES);
    for (size_t i = 0; i < n; i++) {
        buf_puts(b, i ? "\n" : "");
        buf_span(b, at[i]);
    }
    if (b->failed)
        task_fail(t, E_LIMIT, "The list of names is too long.");
    return buf_view(b);
}

enum err
gate_conversation_start(struct task *t, const struct gate_who *who, const struct span *datasets, size_t n,
    bool private_chat, struct gate_start *out)
{
    struct frame f;
    struct buf *b = request(t);
    size_t mark = frame_begin(b, "conversation.start");
    *out = (struct gate_start){.actor = {.role = SPAN("anonymous")}};
    put_who(b, who);
    frame_put(b, "datasets", lines(t, datasets, n));
    frame_put_i64(b, "private", private_chat);
    if (t->err != E_OK)
        return t->err;
    if (ask(t, b, mark, &out->actor, &f) != E_OK)
        return t->err;
    get_start(&f, out);
    return E_OK;
}

enum err
gate_turn_start(struct task *t, const struct gate_who *who, struct span conversation, struct span turn,
    const char *verb, struct gate_start *out)
{
    struct frame f;
    struct buf *b = request(t);
    size_t mark = frame_begin(b, "turn.start");
    *out = (struct gate_start){.actor = {.role = SPAN("anonymous")}};
    put_who(b, who);
    frame_put(b, "conversation", conversation);
    frame_put(b, "turn", turn);
    frame_put_z(b, "verb", verb);
    if (ask(t, b, mark, &out->actor, &f) != E_OK)
        return t->err;
    get_start(&f, out);
    return E_OK;
}

enum err
gate_propose(struct task *t, const struct gate_proposal *p, struct gate_verdict *out)
{
    struct frame f;
    struct buf *b = request(t);
    size_t mark = frame_begin(b, "propose");
    *out = (struct gate_verdict){.decision = SPAN("REFUSE"), .reason = SPAN("no-answer")};
    frame_put(b, "ticket", p->ticket);
    frame_put_i64(b, "ordinal", p->ordinal);
    put_optional(b, "audience", p->audience);
    put_optional(b, "capability", p->capability);
    frame_put(b, "dataset", p->dataset);
    frame_put(b, "model", p->model);
    frame_put(b, "args_hash", p->args_hash);
    frame_put(b, "body", p->body);
    frame_put(b, "receipt", p->receipt);
    frame_put(b, "approval", p->approval);
    frame_put(b, "plugin", p->plugin);
    frame_put_i64(b, "call", p->call);
    if (ask(t, b, mark, NULL, &f) != E_OK)
        return t->err;
    out->approval = frame_get(&f, "approval");
    out->expires_ms = frame_i64(&f, "expires_ms", 0);
    out->decision = frame_get(&f, "decision");
    out->reason = frame_get(&f, "reason");
    out->grant = frame_get(&f, "grant");
    return get_json(t, &f, "detail", &out->detail);
}

enum err
gate_approvals_settled(struct task *t, const struct span *ids, size_t n, struct span **settled, size_t *n_settled)
{
    struct frame f;
    struct span rest, one;
    struct buf *b = request(t);
    size_t mark = frame_begin(b, "approvals.settled");
    *n_settled = 0;
    *settled = task_array(t, n, sizeof **settled);
    frame_put(b, "ids", lines(t, ids, n));
    if (t->err != E_OK || ask(t, b, mark, NULL, &f) != E_OK)
        return t->err;
    rest = frame_get(&f, "ids");
    while (*n_settled < n && span_cut(&rest, '\n', &one))
        (*settled)[(*n_settled)++] = one;
    return E_OK;
}

enum err
gate_outcome(struct task *t, struct span ticket, struct span approval, json_t **out)
{
    struct frame f;
    struct buf *b = request(t);
    size_t mark = frame_begin(b, "approval.outcome");
    frame_put(b, "ticket", ticket);
    frame_put(b, "approval", approval);
    if (ask(t, b, mark, NULL, &f) != E_OK)
        return t->err;
    return get_json(t, &f, "body", out);
}

enum err
gate_catalogue(struct task *t, const struct gate_who *who, struct gate_actor *actor, json_t **out)
{
    struct frame f;
    struct buf *b = request(t);
    size_t mark = frame_begin(b, "catalogue");
    put_who(b, who);
    *actor = (struct gate_actor){.role = SPAN("anonymous")};
    if (ask(t, b, mark, actor, &f) != E_OK)
        return t->err;
    return get_json(t, &f, "body", out);
}

enum err
gate_turn_context(struct task *t, struct span ticket, json_t **out)
{
    struct frame f;
    struct buf *b = request(t);
    size_t mark = frame_begin(b, "turn.context");
    frame_put(b, "ticket", ticket);
    if (ask(t, b, mark, NULL, &f) != E_OK)
        return t->err;
    return get_json(t, &f, "body", out);
}

/* A named operation of one of gate's tables. */
static enum err
run_named(struct task *t, const char *kind, const struct gate_who *who, const char *operation, json_t *in, json_t **out)
{
    struct frame f;
    struct buf *b = request(t);
    size_t mark = frame_begin(b, kind);
    put_who(b, who);
    frame_put_z(b, "operation", operation);
    if (in)
        frame_put(b, "in", json_dump(t, in));
    if (ask(t, b, mark, NULL, &f) != E_OK)
        return t->err;
    return get_json(t, &f, "body", out);
}

enum err
gate_admin(struct task *t, const struct gate_who *who, const char *operation, json_t *in, json_t **out)
{
    return run_named(t, "admin", who, operation, in, out);
}

enum err
gate_own(struct task *t, const struct gate_who *who, const char *operation, json_t *in, json_t **out)
{
    return run_named(t, "own", who, operation, in, out);
}

uint64_t
gate_epoch(void)
{
    char path[512];
    unsigned char b[8] = {0};
    uint64_t v = 0;
    int n = snprintf(path, sizeof path, "%s/share/epoch", conf_text("state"));
    int fd = n > 0 && (size_t)n < sizeof path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return 0;
    if (pread(fd, b, sizeof b, 0) == (ssize_t)sizeof b)
        for (unsigned i = sizeof b; i-- > 0;)
            v = v << 8 | b[i];
    close(fd);
    return v;
}
