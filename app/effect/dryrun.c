/* dryrun: two small files each. */
#include "effect/dryrun.h"

#include "base/conf.h"
#include "base/fsio.h"
#include "base/id.h"
#include "base/json.h"
#include "base/must.h"

enum { RUN_BYTES = 1 << 20, DIFF_FILE_BYTES = 15 << 20 };

static const char *
path_of(struct task *t, struct span id, const char *file)
{
    return task_printf(t, "%s/%.*s%s", conf_path(t, "leaders/dryruns"), SPAN_ARG(id), file);
}

static struct span
text_of(struct task *t, const struct dryrun *d)
{
    struct buf *key = task_buf(t, CHANGE_KEY_BYTES * 2 + 1);
    hex_put(key, d->key, sizeof d->key);
    json_t *j = task_json(t, json_pack("{s:s%,s:s%,s:s%,s:I,s:i,s:s%}", "dataset", d->dataset.p, d->dataset.n, "sql",
                                 d->sql.p, d->sql.n, "digest", d->digest.p, d->digest.n, "now_ms",
                                 (json_int_t)d->now_ms, "ceiling", d->ceiling, "key", key->p, key->n));
    return j ? json_dump(t, j) : SPAN_NONE; /* NULL: the SQL is no UTF-8 */
}

enum err
dryrun_put(struct task *t, const struct dryrun *d, const json_t *told, struct span *id)
{
    char fresh[ID_BYTES + 1];
    struct span text = text_of(t, d);
    json_t *diff = task_json(
        t, json_pack("{s:s%,s:O,s:O,s:O}", "sql", d->sql.p, d->sql.n, "tables", json_object_get(told, "tables"),
               "schema", json_object_get(told, "schema"), "more", json_object_get(told, "more")));
    if (!text.p || !diff)
        return task_fail(t, E_INVALID, "The statements are not UTF-8 text.");
    struct span shown = json_dump(t, diff);
    if (shown.n > DIFF_FILE_BYTES)
        return task_fail(t, E_LIMIT, "The change touches more than can be shown. Make it in smaller steps.");
    id_new('w', fresh);
    *id = task_dup(t, span_of(fresh));
    if (fsio_mkdir(t, conf_path(t, "leaders/dryruns"), 0700) != E_OK ||
        fsio_mkdir(t, path_of(t, *id, ""), 0700) != E_OK ||
        fsio_write_atomic(t, path_of(t, *id, "/diff.json"), shown, 0600) != E_OK)
        return t->err;
    return fsio_write_atomic(t, path_of(t, *id, "/run.json"), text, 0600);
}

static enum err
read_one(struct task *t, struct span id, const char *file, size_t most, json_t **out)
{
    struct span text;
    if (fsio_read(t, path_of(t, id, file), most, &text) != E_OK) {
        if (t->err != E_NOTFOUND)
            return t->err;
        task_clear_error(t);
        return task_fail(t, E_NOTFOUND, "The dry run is not kept any more. Try the change again.");
    }
    return json_read(t, text, out);
}

enum err
dryrun_get(struct task *t, struct span id, struct dryrun *out)
{
    json_t *j = NULL;
    if (read_one(t, id, "/run.json", RUN_BYTES, &j) != E_OK)
        return t->err;
    *out = (struct dryrun){.dataset = json_text(j, "dataset"),
        .sql = json_text(j, "sql"),
        .digest = json_text(j, "digest"),
        .now_ms = json_int(j, "now_ms", 0),
        .ceiling = (int)json_int(j, "ceiling", 0)};
    return hex_get(json_text(j, "key"), out->key, sizeof out->key)
               ? E_OK
               : task_fail(t, E_CORRUPT, "The record of the dry run is damaged.");
}

enum err
dryrun_diff(struct task *t, struct span id, json_t **out)
{
    return read_one(t, id, "/diff.json", DIFF_FILE_BYTES, out);
}
