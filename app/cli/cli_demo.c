/* cli_demo: a recorded conversation becomes rows of the public work database. */
#include "cli/cli_demo.h"

#include "agent/tell.h"
#include "base/fsio.h"
#include "base/id.h"
#include "base/json.h"
#include "store/work_conversation.h"
#include "store/work_event.h"
#include "store/work_lease.h"
#include "store/work_log.h"
#include "store/work_result.h"
#include "store/work_step.h"

#include <stdio.h>
#include <string.h>

enum { DEMO_FILE_BYTES = 4 << 20 };

/* Pages look for it under this owner, which no principal has. */
static const struct span OWNER = {"demo", sizeof "demo" - 1};

/* One recorded turn on its way into the database. */
struct recorded {
    struct work *w;
    const json_t *turn;
    struct span conversation, id;
    json_t *ids; /* of the results, by handle */
};

static enum err
broken(struct task *t)
{
    return task_fail(t, E_INVALID, "The file is not a recorded conversation: make it with deploy/scripts/record-demo.");
}

static struct span
fresh(struct task *t, char prefix)
{
    char id[ID_BYTES + 1];
    id_new(prefix, id);
    return task_dup(t, span_of(id));
}

static struct cell
cell_of(const json_t *v)
{
    if (json_is_integer(v))
        return (struct cell){.kind = CELL_INT, .i = json_integer_value(v)};
    if (json_is_real(v))
        return (struct cell){.kind = CELL_REAL, .r = json_real_value(v)};
    if (!json_is_string(v))
        return (struct cell){.kind = CELL_NULL};
    struct span s = {json_string_value(v), json_string_length(v)};
    return (struct cell){.kind = CELL_TEXT, .s = s, .full_bytes = (int64_t)s.n};
}

static struct span
columns_json(struct task *t, const json_t *columns)
{
    json_t *list = task_json(t, json_array()), *one;
    size_t i;
    json_array_foreach(columns, i, one) json_array_append_new(list, json_pack("{s:O,s:s}", "name", one, "type", ""));
    return json_dump(t, list);
}

static enum err
put_result(struct task *t, struct recorded *r, const json_t *result)
{
    const json_t *rows = json_object_get(result, "rows"), *columns = json_object_get(result, "columns");
    size_t width = json_array_size(columns), height = json_array_size(rows);
    struct cell *cells = task_array(t, width * height, sizeof *cells);
    for (size_t i = 0; i < width * height; i++)
        cells[i] = cell_of(json_array_get(json_array_get(rows, i / width), i % width));
    struct work_result row = {
        .conversation = r->conversation,
        .turn = r->id,
        .handle = json_text(result, "id"),
        .dataset = json_text(r->turn, "dataset"),
        .revision = json_text(result, "revision"),
        .sql = json_text(result, "sql"),
        .columns = columns_json(t, columns),
        .row_count = (int64_t)height,
        .reads = SPAN("[]"),
        .notes = SPAN("[]"),
        .shown = SPAN("both"),
    };
    if (row.handle.n == 0 || width == 0 || width > CELLS_COLUMNS)
        return broken(t);
    if (work_result_put(t, r->w, &row, cells, width) != E_OK)
        return t->err;
    json_object_set_new(r->ids, task_z(t, row.handle), json_stringn(row.id.p, row.id.n));
    return E_OK;
}

/* The row for pages, and the same in the log. */
static enum err
put_event(struct task *t, struct recorded *r, struct tell *log, const json_t *event)
{
    const char *kind = task_z(t, json_text(event, "kind"));
    json_t *body = task_json(t, json_deep_copy(json_object_get(event, "body")));
    if (kind[0] == '\0' || !json_is_object(body))
        return broken(t);
    const json_t *id = json_object_get(r->ids, task_z(t, json_text(body, "handle")));
    if (id)
        json_object_set_new(body, "result", json_string(json_string_value(id)));
    if (work_event_put(t, r->w, r->id, kind, json_dump(t, body)) != E_OK)
        return t->err;
    if (strcmp(kind, "text") == 0)
        body = task_json(t, json_pack("{s:O}", "d", json_object_get(body, "text")));
    tell_event(log, kind, json_dump(t, body));
    return E_OK;
}

static enum err
put_events(struct task *t, struct recorded *r)
{
    struct tell log;
    const json_t *event;
    size_t i;
    enum err e = E_OK;
    tell_open(&log, r->id, 1, 0, NULL);
    json_array_foreach(json_object_get(r->turn, "events"), i, event)
    {
        if (e == E_OK)
            e = put_event(t, r, &log, event);
    }
    if (e == E_OK)
        e = work_log_append(t, r->w, r->id, 1, 0, buf_view(&log.pending));
    tell_close(&log);
    return e;
}

static enum err
put_turn(struct task *t, struct work *w, struct span conversation, const json_t *turn)
{
    struct work_turn row;
    const json_t *usage = json_object_get(turn, "usage"), *result;
    size_t i;
    struct recorded r = {w, turn, conversation, fresh(t, 't'), task_json(t, json_object())};
    const struct work_question q = {
        conversation, r.id, SPAN("none"), SPAN("a scripted model, recorded"), json_text(turn, "question")};
    if (work_turn_queue(t, w, &q) != E_OK || work_lease_claim(t, w, r.id, OWNER, &row) != E_OK)
        return t->err;
    json_array_foreach(json_object_get(turn, "results"), i, result)
    {
        if (put_result(t, &r, result) != E_OK)
            return t->err;
    }
    if (put_events(t, &r) != E_OK)
        return t->err;
    row.steps = json_int(usage, "steps", 0);
    row.tokens_in = json_int(usage, "in", 0);
    row.tokens_out = json_int(usage, "out", 0);
    if (work_turn_count(t, w, &row) != E_OK)
        return t->err;
    return work_turn_finish(t, w, r.id, task_z(t, json_text(turn, "outcome")), "", SPAN_NONE);
}

static enum err
remove_older(struct task *t, struct work *w)
{
    struct work_conversation *list;
    size_t n;
    if (work_conversation_list(t, w, OWNER, 0, WORK_LIST_MOST, &list, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++)
        if (work_conversation_delete(t, w, list[i].id) != E_OK)
            return t->err;
    return E_OK;
}

/* In one transaction: no pool sees a turn of it that is not over. */
static enum err
put_all(struct task *t, struct work *w, const json_t *recorded)
{
    const json_t *turn, *turns = json_object_get(recorded, "turns");
    size_t i;
    const struct work_conversation c = {.id = fresh(t, 'c'),
        .owner = OWNER,
        .title = json_text(recorded, "title"),
        .datasets = task_format(t, "[\"%.*s\"]", SPAN_ARG(json_text(json_array_get(turns, 0), "dataset")))};
    if (remove_older(t, w) != E_OK || work_conversation_create(t, w, &c) != E_OK)
        return t->err;
    json_array_foreach(turns, i, turn)
    {
        if (put_turn(t, w, c.id, turn) != E_OK)
            return t->err;
    }
    return i > 0 ? E_OK : broken(t);
}

static enum err
load(struct task *t, const char *path)
{
    struct span text;
    json_t *recorded;
    struct work *w;
    if (fsio_read(t, path, DEMO_FILE_BYTES, &text) != E_OK)
        return t->err;
    if (json_read(t, text, &recorded) != E_OK || work_open(t, "public", &w) != E_OK || work_begin(t, w) != E_OK)
        return t->err;
    return work_end(t, w, put_all(t, w, recorded));
}

int
cli_demo(struct task *t, int argc, char **argv)
{
    if (argc != 3 || strcmp(argv[1], "load") != 0) {
        fprintf(stderr, "usage: lyceum demo load FILE\n");
        return 2;
    }
    if (load(t, argv[2]) == E_OK)
        return 0;
    fprintf(stderr, "%s\n", t->cause);
    return 1;
}
