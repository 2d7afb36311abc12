/* effect_client: the caller's side of effect.sock. */
#include "effect/effect_client.h"

#include "base/conf.h"
#include "base/json.h"
#include "effect/wire.h"
#include "wire/sock.h"

#include <unistd.h>

/* Frames until one that is no progress. */
static enum err
listen_to(struct task *t, int fd, effect_progress *progress, void *arg, struct frame *out)
{
    struct buf *in = task_buf(t, EFFECT_REPLY_BYTES + 65536 + 4);
    for (;;) {
        if (sock_recv(t, fd, in, EFFECT_REPLY_BYTES, out, NULL) != E_OK)
            return t->err;
        if (!frame_is(out, "progress"))
            return frame_error(t, out);
        if (progress)
            progress(arg, frame_get(out, "text"));
    }
}

static enum err
call(struct task *t, struct buf *request, const struct effect_publish *p, struct frame *out)
{
    int fd = -1;
    if (request->failed)
        return task_fail(t, E_LIMIT, "The description of the dataset is too long: at most 1 MB.");
    if (sock_connect(t, conf_path(t, "run/effect.sock"), "publishing", &fd) != E_OK)
        return t->err;
    enum err e = p ? sock_send_fd(t, fd, buf_view(request), p->fd) : sock_send(t, fd, buf_view(request));
    if (e == E_OK)
        e = listen_to(t, fd, p ? p->progress : NULL, p ? p->arg : NULL, out);
    close(fd);
    return e;
}

enum err
effect_publish(struct task *t, const struct effect_publish *p, struct span *receipt, json_t **report)
{
    struct frame f;
    struct buf *b = task_buf(t, EFFECT_REQUEST_BYTES);
    size_t mark = frame_begin(b, "publish");
    frame_put(b, "grant", p->grant);
    frame_put(b, "dataset", p->dataset);
    frame_put(b, "format", p->format);
    frame_put(b, "table", p->table);
    if (p->meta)
        frame_put(b, "meta", json_dump(t, p->meta));
    frame_end(b, mark);
    if (call(t, b, p, &f) != E_OK)
        return t->err;
    *receipt = frame_get(&f, "receipt");
    return json_read(t, frame_get(&f, "report"), report);
}

enum err
effect_rollback(struct task *t, struct span grant, struct span dataset, struct span sha, struct span *receipt)
{
    struct frame f;
    struct buf *b = task_buf(t, EFFECT_REQUEST_BYTES);
    size_t mark = frame_begin(b, "rollback");
    frame_put(b, "grant", grant);
    frame_put(b, "dataset", dataset);
    frame_put(b, "sha", sha);
    frame_end(b, mark);
    if (call(t, b, NULL, &f) != E_OK)
        return t->err;
    *receipt = frame_get(&f, "receipt");
    return E_OK;
}

enum err
effect_unpublish(struct task *t, struct span grant, struct span dataset)
{
    struct frame f;
    struct buf *b = task_buf(t, EFFECT_REQUEST_BYTES);
    size_t mark = frame_begin(b, "unpublish");
    frame_put(b, "grant", grant);
    frame_put(b, "dataset", dataset);
    frame_end(b, mark);
    return call(t, b, NULL, &f);
}
