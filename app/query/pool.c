/* pool: check, read, reply. */
#include "query/pool.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "query/admit.h"
#include "query/page.h"
#include "query/query_client.h"
#include "query/rows.h"
#include "query/sidecar.h"
#include "sandbox/callers.h"

enum { REQUEST_BYTES = 256 << 10, REPLY_SLACK_BYTES = 1 << 20, TALK_MS = 2000 };

/* What an operation needs: the follower or its sidecar is open, the grant was checked. */
typedef enum err operation(
    struct task *t, struct follower *f, const struct frame *in, const struct admitted *a, struct buf *reply);

static enum err
do_table(struct task *t, struct follower *f, const struct frame *in, const struct admitted *a, struct buf *reply)
{
    struct page_request q = {.table = frame_get(in, "argument"),
        .sort = frame_get(in, "sort"),
        .after = frame_get(in, "after"),
        .descending = frame_i64(in, "descending", 0) == 1,
        .count = frame_i64(in, "count", 0) == 1,
        .size = frame_i64(in, "size", 100)};
    if (labels_read(t, a->detail, a->which.level, &q.labels) != E_OK)
        return t->err;
    return page_read(t, f, &q, reply);
}

static enum err
put_json(struct task *t, struct buf *json, struct buf *reply)
{
    size_t mark = frame_begin(reply, "json");
    frame_put(reply, "json", buf_view(json));
    frame_end(reply, mark);
    return json->failed ? task_fail(t, E_LIMIT, "The reply is too long.") : E_OK;
}

static enum err
do_schema(struct task *t, struct follower *f, const struct frame *in, const struct admitted *a, struct buf *reply)
{
    struct buf *json = task_buf(t, ROWS_REPLY_BYTES);
    (void)in;
    (void)a;
    return sidecar_schema(t, f, json) == E_OK ? put_json(t, json, reply) : t->err;
}

static enum err
do_find(struct task *t, struct follower *f, const struct frame *in, const struct admitted *a, struct buf *reply)
{
    struct buf *json = task_buf(t, ROWS_REPLY_BYTES);
    (void)a;
    enum err e = sidecar_find(t, f, frame_get(in, "argument"), frame_i64(in, "most", 0), json);
    return e == E_OK ? put_json(t, json, reply) : e;
}

static const struct {
    const char *kind;
    bool sidecar;
    operation *run;
} operations[] = {{"table", false, do_table}, {"schema", true, do_schema}, {"find", true, do_find}};

static enum err
dispatch(struct task *t, const struct frame *in, struct buf *reply)
{
    struct span dataset = frame_get(in, "dataset");
    struct admitted a;
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        struct follower *f;
        if (!frame_is(in, operations[i].kind))
            continue;
        struct span hash = query_own_hash(t, operations[i].kind, dataset, frame_get(in, "argument"));
        if (admit_check(t, frame_get(in, "grant"), "read", dataset, hash, &a) != E_OK ||
            follower_get(t, &a.which, operations[i].sidecar, &f) != E_OK)
            return t->err;
        return operations[i].run(t, f, in, &a, reply);
    }
    return task_fail(t, E_INVALID, "The query service does not know this request.");
}

static void
answer(struct task *t, const struct callers *c, const char *role, const struct frame *request, struct buf *reply)
{
    int64_t most = conf_int("limits.page_ms");
    (void)role;
    t->deadline_ms = clock_mono_ms() + most;
    prefork_busy(c->slot, most + most / 10);
    if (dispatch(t, request, reply) != E_OK) {
        buf_clear(reply);
        reply->failed = false;
        frame_put_error(reply, t->err, t->cause);
    }
    prefork_idle(c->slot);
}

int
pool_run(int listener, struct prefork_slot *slot)
{
    static const char *const roles[] = {"web", "agentpub", "agentpriv", "operator", NULL};
    const struct callers c = {.listener = listener,
        .roles = roles,
        .request_bytes = REQUEST_BYTES,
        .reply_bytes = ROWS_REPLY_BYTES + REPLY_SLACK_BYTES,
        .request_ms = TALK_MS,
        .reply_ms = TALK_MS,
        .answer = answer,
        .slot = slot};
    if (!guard_process_init(conf_int("limits.heap_bytes"))) {
        log_line(NULL, "SQLite could not be set up");
        return 1;
    }
    return callers_serve(&c);
}
