/* call: grants, receipts and progress of one request. */
#include "effect/call.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/must.h"
#include "wire/sock.h"

#include <sys/socket.h>

enum { BRIEF_BYTES = 3000, TELL_MS = 10000 };

void
call_tell(void *arg, struct span sentence)
{
    struct call *c = arg;
    struct task t;
    task_begin(&t, TELL_MS);
    struct buf *b = task_buf(&t, 4096);
    size_t mark = frame_begin(b, "progress");
    frame_put(b, "text", span_first(sentence, 1000));
    frame_end(b, mark);
    if (sock_send(&t, c->fd, buf_view(b)) != E_OK)
        shutdown(c->fd, SHUT_RDWR); /* whoever waits for the client's leaving is told so */
    task_end(&t);
}

json_t *
call_brief(struct task *t, const json_t *report)
{
    json_t *b = task_json(t, json_object()), *notes = json_array();
    must(b && notes && json_object_set_new(b, "notes", notes) == 0);
    const json_t *took = json_object_get(report, "took_ms");
    must(json_object_set_new(
             b, "dropped", json_integer((json_int_t)json_array_size(json_object_get(report, "dropped")))) == 0);
    if (took)
        must(json_object_set(b, "took_ms", (json_t *)(uintptr_t)took) == 0);
    size_t i, bytes = 0;
    const json_t *note;
    json_array_foreach((json_t *)(uintptr_t)json_object_get(report, "notes"), i, note)
    {
        bytes += json_string_length(note);
        if (bytes < BRIEF_BYTES)
            must(json_array_append(notes, (json_t *)(uintptr_t)note) == 0);
    }
    return b;
}

enum err
call_receipt(struct task *t, struct call *c, struct span dataset, struct span revision, json_t *detail)
{
    must(detail);
    struct grant g = {.audience = SPAN("gate"),
        .subject = c->grant.subject,
        .capability = SPAN("receipt"),
        .conversation = c->grant.conversation,
        .turn = c->grant.turn,
        .ordinal = c->grant.ordinal,
        .dataset = dataset,
        .revision = revision,
        .detail = json_dump(t, detail),
        .expires_ms = clock_unix_ms() + RECEIPT_LIFE_MS};
    struct span sealed = call_seal(t, &g);
    if (!sealed.p)
        return t->err;
    frame_put(c->reply, "receipt", sealed);
    return E_OK;
}

enum err
call_check(struct task *t, struct call *c, const char *capability, const struct span *bound, size_t n)
{
    unsigned char key[GRANT_KEY_BYTES];
    struct span sealed = frame_get(&c->request, "grant");
    if (grant_key_read_public(t, "gate", key) != E_OK ||
        grant_open(t, key, sealed, "effect", clock_unix_ms(), &c->grant) != E_OK)
        return t->err;
    bool fits = span_is(c->grant.capability, capability) && !c->grant.reusable &&
                (c->dataset.n == 0 || span_eq(c->grant.dataset, c->dataset)) &&
                span_eq(c->grant.args_hash, grant_args_hash(t, bound, n));
    if (!fits)
        return task_fail(t, E_DENIED, "The permission that came along is for something else.");
    return ledger_consume(t, &c->ledger, sealed, clock_unix_ms());
}

enum err
call_labels(struct task *t, struct call *c, struct labels *out, struct span *detail)
{
    struct ledger_leader l;
    *detail = c->grant.detail;
    if (detail->n == 0) {
        if (ledger_leader(t, &c->ledger, c->dataset, &l) != E_OK)
            return t->err;
        *detail = l.detail;
    }
    return labels_read(t, *detail, out);
}

enum err
call_id(struct task *t, const struct call *c, const char *field, char kind, struct span *out)
{
    *out = frame_get(&c->request, field);
    return id_is(*out, kind) ? E_OK : task_fail(t, E_INVALID, "The request's \"%s\" is malformed.", field);
}
