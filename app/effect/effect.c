/* effect: requests, their grants, and the receipts of what was done. */
#include "effect/effect.h"

#include "effect/follower.h"
#include "effect/ledger.h"
#include "effect/publish.h"
#include "effect/report.h"
#include "effect/wire.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/json.h"
#include "base/log.h"
#include "base/must.h"
#include "policy/grant.h"
#include "sandbox/peer.h"
#include "wire/sock.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MS = 10000, BRIEF_BYTES = 4000, NAME_BYTES = 63 };

/* One call. `t` ends with it. */
struct call {
    int fd;
    struct frame request;
    int upload; /* the descriptor that came along, or -1 */
    struct grant grant;
    struct span dataset;
    struct db ledger;
    struct buf *reply;
};
typedef enum err call_fn(struct task *t, struct call *c);

static unsigned char own_key[GRANT_SECRET_BYTES];

enum err
effect_start(struct task *t)
{
    struct db ledger;
    if (grant_key_own(t, "leaders", "effect", own_key) != E_OK || ledger_open(t, &ledger) != E_OK)
        return t->err;
    enum err e = follower_clean(t, &ledger);
    db_close(&ledger);
    return e;
}

static void
tell(void *arg, struct span sentence)
{
    struct call *c = arg;
    struct task t;
    task_begin(&t, REQUEST_MS);
    struct buf *b = task_buf(&t, 4096);
    size_t mark = frame_begin(b, "progress");
    frame_put(b, "text", span_first(sentence, 1000));
    frame_end(b, mark);
    if (sock_send(&t, c->fd, buf_view(b)) != E_OK)
        shutdown(c->fd, SHUT_RDWR); /* whoever waits for the client's leaving is told so */
    task_end(&t);
}

/* What gate keeps of a report in a seal of 8 KB: counts, and notes as long as they fit. */
static json_t *
brief(struct task *t, const json_t *report)
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

static enum err
put_receipt(struct task *t, struct call *c, const char *operation, const struct published *p)
{
    json_t *detail =
        task_json(t, json_pack("{s:s,s:I,s:I,s:I,s:O}", "operation", operation, "rows", (json_int_t)p->rows, "bytes",
                         (json_int_t)p->bytes, "tables", (json_int_t)p->tables, "report", brief(t, p->report)));
    must(detail);
    struct grant g = {.audience = SPAN("gate"),
        .subject = c->grant.subject,
        .capability = SPAN("receipt"),
        .dataset = c->dataset,
        .revision = p->sha,
        .detail = json_dump(t, detail),
        .expires_ms = clock_unix_ms() + RECEIPT_LIFE_MS};
    struct span sealed = grant_seal(t, own_key, &g);
    if (!sealed.p)
        return t->err;
    frame_put(c->reply, "receipt", sealed);
    return E_OK;
}

static enum err
check_grant(struct task *t, struct call *c, const char *capability, const struct span *bound, size_t n)
{
    unsigned char key[GRANT_KEY_BYTES];
    struct span sealed = frame_get(&c->request, "grant");
    if (grant_key_read_public(t, "gate", key) != E_OK ||
        grant_open(t, key, sealed, "effect", clock_unix_ms(), &c->grant) != E_OK)
        return t->err;
    if (!span_is(c->grant.capability, capability) || !span_eq(c->grant.dataset, c->dataset) || c->grant.reusable ||
        !span_eq(c->grant.args_hash, grant_args_hash(t, bound, n)))
        return task_fail(t, E_DENIED, "The permission that came along is for something else.");
    return ledger_consume(t, &c->ledger, sealed, clock_unix_ms());
}

static bool
is_format(struct span s)
{
    static const char *const formats[] = {"db", "csv", "tsv", "json", "jsonl"};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (span_is(s, formats[i]))
            return true;
    return false;
}

static enum err
serve_publish(struct task *t, struct call *c)
{
    struct span format = frame_get(&c->request, "format"), meta = frame_get(&c->request, "meta");
    struct publish p = {.dataset = c->dataset,
        .format = format,
        .table = frame_get(&c->request, "table"),
        .fd = c->upload,
        .client = c->fd,
        .progress = tell,
        .arg = c};
    struct published out;
    if (!is_format(format))
        return task_fail(t, E_INVALID, "Only .db, .csv, .tsv, .json and .jsonl files can be published.");
    if (c->upload < 0)
        return task_fail(t, E_INVALID, "No file came with the request.");
    if (check_grant(t, c, "publish", (const struct span[]){SPAN("publish"), c->dataset, format}, 3) != E_OK)
        return t->err;
    if (meta.n > 0 && (json_read(t, meta, &p.meta) != E_OK || !json_is_object(p.meta)))
        return task_fail(t, E_INVALID, "The description is not a JSON object.");
    if (publish_run(t, &c->ledger, &p, &out) != E_OK)
        return t->err;
    if (put_receipt(t, c, "publish", &out) != E_OK)
        return t->err;
    frame_put(c->reply, "report", json_dump(t, out.report));
    log_line(t, "published %.*s: %lld rows in %lld tables", SPAN_ARG(c->dataset), (long long)out.rows,
        (long long)out.tables);
    return E_OK;
}

static enum err
serve_rollback(struct task *t, struct call *c)
{
    struct span sha = frame_get(&c->request, "sha");
    struct ledger_revision r;
    int lock = -1;
    if (check_grant(t, c, "rollback", (const struct span[]){SPAN("rollback"), c->dataset, sha}, 3) != E_OK ||
        ledger_find(t, &c->ledger, c->dataset, sha, &r) != E_OK)
        return t->err;
    if (!follower_has(t, c->dataset, r.sha))
        return task_fail(t, E_NOTFOUND, "The dataset's revision %.12s is not kept any more.", r.sha.p);
    if (follower_lock(t, task_printf(t, "dataset.%.*s", SPAN_ARG(c->dataset)), &lock) != E_OK)
        return t->err;
    enum err e = follower_point(t, c->dataset, r.sha);
    close(lock);
    struct published out = {.sha = r.sha, .rows = r.rows, .bytes = r.bytes, .tables = r.tables};
    if (e == E_OK)
        e = json_read(t, r.report, &out.report);
    return e == E_OK ? put_receipt(t, c, "rollback", &out) : e;
}

static enum err
serve_unpublish(struct task *t, struct call *c)
{
    int lock = -1;
    if (check_grant(t, c, "unpublish", (const struct span[]){SPAN("unpublish"), c->dataset}, 2) != E_OK ||
        follower_lock(t, task_printf(t, "dataset.%.*s", SPAN_ARG(c->dataset)), &lock) != E_OK)
        return t->err;
    enum err e = follower_withdraw(t, c->dataset);
    close(lock);
    return e == E_OK ? ledger_forget_all(t, &c->ledger, c->dataset) : e;
}

static const struct {
    const char *kind;
    call_fn *fn;
} calls[] = {
    {"publish", serve_publish},
    {"rollback", serve_rollback},
    {"unpublish", serve_unpublish},
};

static bool
is_name(struct span s)
{
    static const char legal[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    if (s.n == 0 || s.n > NAME_BYTES || s.p[0] < 'a' || s.p[0] > 'z')
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!memchr(legal, s.p[i], sizeof legal - 1))
            return false;
    return true;
}

static enum err
receive(struct task *t, struct call *c)
{
    static const char *const roles[] = {"operator", "web", NULL};
    struct buf *in = task_buf(t, EFFECT_REQUEST_BYTES + 65536 + 4);
    if (peer_check(t, c->fd, roles) != E_OK ||
        sock_recv(t, c->fd, in, EFFECT_REQUEST_BYTES, &c->request, &c->upload) != E_OK)
        return t->err;
    c->dataset = frame_get(&c->request, "dataset");
    if (!is_name(c->dataset))
        return task_fail(t, E_INVALID,
            "A dataset's name has small letters, digits, - and _, begins with a letter, and is at "
            "most %d characters long.",
            NAME_BYTES);
    return E_OK;
}

static enum err
dispatch(struct task *t, struct call *c)
{
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (frame_is(&c->request, calls[i].kind))
            return calls[i].fn(t, c);
    return task_fail(t, E_INVALID, "The publishing service does not know this request.");
}

/* The answer, whatever came of it, on time of its own. */
static void
answer(struct task *t, struct call *c, size_t mark)
{
    struct task last;
    if (t->err == E_OK)
        frame_end(c->reply, mark);
    else
        buf_clear(c->reply);
    if (t->err == E_OK && c->reply->failed)
        task_fail(t, E_LIMIT, "It was done, but the report is too long to be sent.");
    if (t->err != E_OK) {
        buf_clear(c->reply);
        frame_put_error(c->reply, t->err, t->cause);
    }
    task_begin(&last, REQUEST_MS);
    if (sock_send(&last, c->fd, buf_view(c->reply)) != E_OK)
        log_line(t, "the caller left before its answer");
    task_end(&last);
}

void
effect_serve(int fd)
{
    struct task t;
    struct call c = {.fd = fd, .upload = -1};
    task_begin(&t, REQUEST_MS);
    c.reply = task_buf(&t, EFFECT_REPLY_BYTES);
    size_t mark = frame_begin(c.reply, "ok");
    if (receive(&t, &c) == E_OK) {
        t.deadline_ms = clock_mono_ms() + conf_int("limits.import_ms");
        if (ledger_open(&t, &c.ledger) == E_OK)
            dispatch(&t, &c);
    }
    answer(&t, &c, mark);
    if (c.upload >= 0)
        close(c.upload);
    close(fd);
    /* Removing an old revision of a gigabyte takes its time: nobody waits for it now. */
    if (t.err == E_OK && frame_is(&c.request, "publish") && follower_prune(&t, &c.ledger, c.dataset) != E_OK)
        log_line(&t, "old revisions were not removed: %s", t.cause);
    db_close(&c.ledger);
    task_end(&t);
}
