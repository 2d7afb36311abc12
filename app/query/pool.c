/* pool: accept, check, read, send. */
#include "query/pool.h"

#include "base/conf.h"
#include "base/log.h"
#include "query/admit.h"
#include "query/page.h"
#include "query/query_client.h"
#include "query/rows.h"
#include "query/sidecar.h"
#include "sandbox/peer.h"
#include "wire/sock.h"

#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_BYTES = 256 << 10, REPLY_SLACK_BYTES = 1 << 20, SEND_MS = 2000 };

static const char *const callers[] = {"web", "agentpub", "agentpriv", "operator", NULL};

/* What an operation needs: the follower or its sidecar is open, the grant was checked. */
typedef enum err operation(struct task *t, struct follower *f, const struct frame *in, struct buf *reply);

static enum err
do_table(struct task *t, struct follower *f, const struct frame *in, struct buf *reply)
{
    struct page_request q = {.table = frame_get(in, "argument"), .sort = frame_get(in, "sort"),
        .after = frame_get(in, "after"), .descending = frame_i64(in, "descending", 0) == 1,
        .count = frame_i64(in, "count", 0) == 1, .size = frame_i64(in, "size", 100)};
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
do_schema(struct task *t, struct follower *f, const struct frame *in, struct buf *reply)
{
    struct buf *json = task_buf(t, ROWS_REPLY_BYTES);
    (void)in;
    return sidecar_schema(t, f, json) == E_OK ? put_json(t, json, reply) : t->err;
}

static enum err
do_find(struct task *t, struct follower *f, const struct frame *in, struct buf *reply)
{
    struct buf *json = task_buf(t, ROWS_REPLY_BYTES);
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
    struct span dataset = frame_get(in, "dataset"), revision;
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        struct follower *f;
        if (!frame_is(in, operations[i].kind))
            continue;
        struct span hash = query_own_hash(t, operations[i].kind, dataset, frame_get(in, "argument"));
        if (admit_check(t, frame_get(in, "grant"), "read", dataset, hash, &revision) != E_OK ||
            follower_get(t, dataset, revision, operations[i].sidecar, &f) != E_OK)
            return t->err;
        return operations[i].run(t, f, in, reply);
    }
    return task_fail(t, E_INVALID, "The query service does not know this request.");
}

static void
serve(int fd, struct prefork_slot *slot, struct buf *in)
{
    struct task t;
    struct frame f;
    int64_t most = conf_int("limits.page_ms");
    task_begin(&t, most);
    struct buf *reply = task_buf(&t, ROWS_REPLY_BYTES + REPLY_SLACK_BYTES);
    buf_clear(in);
    if (peer_check(&t, fd, callers) == E_OK && sock_recv(&t, fd, in, REQUEST_BYTES, &f, NULL) == E_OK) {
        prefork_busy(slot, most + most / 10);
        if (dispatch(&t, &f, reply) != E_OK)
            buf_clear(reply);
        prefork_idle(slot);
    }
    if (t.err != E_OK)
        frame_put_error(reply, t.err, t.cause);
    struct task out;
    task_begin(&out, SEND_MS);
    sock_send(&out, fd, buf_view(reply)); /* whoever asked may have gone: nothing is to be done then */
    task_end(&out);
    task_end(&t);
}

int
pool_run(int listener, struct prefork_slot *slot)
{
    struct buf in;
    buf_init(&in, REQUEST_BYTES + 8);
    if (!guard_process_init(conf_int("limits.heap_bytes"))) {
        log_line(NULL, "SQLite could not be set up");
        return 1;
    }
    while (!prefork_stopping()) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        serve(fd, slot, &in);
        close(fd);
    }
    buf_reset(&in);
    return 0;
}
