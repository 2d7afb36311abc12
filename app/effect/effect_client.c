/* effect_client: the caller's side of effect.sock. */
#include "effect/effect_client.h"

#include "base/conf.h"
#include "base/json.h"
#include "effect/wire.h"
#include "wire/sock.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WORD_BYTES = 40 };
static _Thread_local char word[WORD_BYTES];

const char *
effect_word(void)
{
    return word;
}

/* Frames until one that is no progress. */
static enum err
listen_to(struct task *t, int fd, effect_progress *progress, void *arg, struct frame *out)
{
    struct buf *in = task_buf(t, EFFECT_REPLY_BYTES + 65536 + 4);
    for (;;) {
        if (sock_recv(t, fd, in, EFFECT_REPLY_BYTES, out, NULL) != E_OK)
            return t->err;
        if (!frame_is(out, "progress")) {
            snprintf(word, sizeof word, "%.*s", SPAN_ARG(frame_get(out, "word")));
            return frame_error(t, out);
        }
        if (progress)
            progress(arg, frame_get(out, "text"));
    }
}

enum door { ALL, TRIES };

static enum err
call(struct task *t, enum door door, struct buf *request, const struct effect_publish *p, struct frame *out)
{
    static const char *const paths[] = {"run/effect.sock", "run/effect-try.sock"};
    int fd = -1;
    word[0] = '\0';
    if (request->failed)
        return task_fail(t, E_LIMIT, "The request is too long: at most 2 MB.");
    if (sock_connect(t, conf_path(t, paths[door]), "publishing", &fd) != E_OK)
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
    if (call(t, ALL, b, p, &f) != E_OK)
        return t->err;
    *receipt = frame_get(&f, "receipt");
    return json_read(t, frame_get(&f, "report"), report);
}

/* A request's fields, in order; ended by a NULL name. */
struct field {
    const char *name;
    struct span value;
};

static enum err
ask(struct task *t, const char *kind, const struct field *fields, struct frame *out)
{
    bool tries = strcmp(kind, "dryrun") == 0 || strcmp(kind, "scratch") == 0;
    struct buf *b = task_buf(t, EFFECT_REQUEST_BYTES);
    size_t mark = frame_begin(b, kind);
    for (; fields->name; fields++)
        frame_put(b, fields->name, fields->value);
    frame_end(b, mark);
    return call(t, tries ? TRIES : ALL, b, NULL, out);
}

static enum err
ask_receipt(struct task *t, const char *kind, const struct field *fields, struct span *receipt)
{
    struct frame f;
    if (ask(t, kind, fields, &f) != E_OK)
        return t->err;
    *receipt = frame_get(&f, "receipt");
    return E_OK;
}

static enum err
ask_json(struct task *t, const char *kind, const struct field *fields, json_t **out)
{
    struct frame f;
    if (ask(t, kind, fields, &f) != E_OK)
        return t->err;
    return json_read(t, frame_get(&f, "out"), out);
}

#define FIELDS(...) ((const struct field[]){__VA_ARGS__, {NULL, SPAN_NONE}})

enum err
effect_rollback(struct task *t, struct span grant, struct span dataset, struct span sha, struct span *receipt)
{
    return ask_receipt(t, "rollback", FIELDS({"grant", grant}, {"dataset", dataset}, {"sha", sha}), receipt);
}

enum err
effect_unpublish(struct task *t, struct span grant, struct span dataset)
{
    struct frame f;
    return ask(t, "unpublish", FIELDS({"grant", grant}, {"dataset", dataset}), &f);
}

enum err
effect_dryrun(struct task *t, struct span grant, struct span dataset, struct span sql, struct span *receipt)
{
    return ask_receipt(t, "dryrun", FIELDS({"grant", grant}, {"dataset", dataset}, {"sql", sql}), receipt);
}

enum err
effect_diff(struct task *t, struct span grant, struct span proposal, json_t **out)
{
    return ask_json(t, "diff", FIELDS({"grant", grant}, {"proposal", proposal}), out);
}

enum err
effect_apply(struct task *t, struct span grant, struct span dataset, struct span proposal, struct span digest,
    struct span approval, struct span *receipt)
{
    return ask_receipt(t, "apply",
        FIELDS(
            {"grant", grant}, {"dataset", dataset}, {"proposal", proposal}, {"digest", digest}, {"approval", approval}),
        receipt);
}

enum err
effect_status(struct task *t, struct span grant, struct span approval, struct span *receipt)
{
    return ask_receipt(t, "status", FIELDS({"grant", grant}, {"approval", approval}), receipt);
}

enum err
effect_undo(struct task *t, struct span grant, struct span dataset, struct span change, struct span approval,
    struct span *receipt)
{
    return ask_receipt(
        t, "undo", FIELDS({"grant", grant}, {"dataset", dataset}, {"change", change}, {"approval", approval}), receipt);
}

enum err
effect_changes(struct task *t, struct span grant, struct span dataset, json_t **out)
{
    return ask_json(t, "changes", FIELDS({"grant", grant}, {"dataset", dataset}), out);
}

enum err
effect_relabel(struct task *t, struct span grant, struct span dataset, struct span labels, struct span *receipt)
{
    return ask_receipt(t, "relabel", FIELDS({"grant", grant}, {"dataset", dataset}, {"labels", labels}), receipt);
}

enum err
effect_release(struct task *t, struct span grant, struct span dataset, struct span *receipt)
{
    return ask_receipt(t, "release", FIELDS({"grant", grant}, {"dataset", dataset}), receipt);
}

enum err
effect_scratch(
    struct task *t, struct span grant, struct span conversation, struct span dataset, struct span sql, json_t **out)
{
    return ask_json(t, "scratch",
        FIELDS({"grant", grant}, {"conversation", conversation}, {"dataset", dataset}, {"sql", sql}), out);
}

enum err
effect_scratch_drop(struct task *t, struct span grant, struct span conversation)
{
    struct frame f;
    return ask(t, "scratch.drop", FIELDS({"grant", grant}, {"conversation", conversation}), &f);
}
