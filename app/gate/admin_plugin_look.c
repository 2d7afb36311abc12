/* admin_plugin_look: what a reviewer reads: a version's files, beside those of another version, and its report. */
#include "base/fsio.h"
#include "base/id.h"
#include "base/json.h"
#include "gate/admin.h"
#include "gate/plugin_look.h"

#include <string.h>

enum { FILE_SHOWN = 256 << 10, REPORT_SHOWN = 64 << 10 };

static void
put_hash(struct task *t, json_t *j, const char *key, const unsigned char hash[32])
{
    struct buf *hex = task_buf(t, HASH_HEX_BYTES);
    hex_put(hex, hash, 32);
    admin_put(j, key, buf_view(hex));
}

/* Every path of the two versions once, with what became of it: both lists are sorted. */
static void
put_files(struct task *t, json_t *list, const struct manifest *now, const struct manifest *was)
{
    static const struct manifest none;
    const bool first = was == NULL;
    size_t i = 0, k = 0;
    was = first ? &none : was;
    while (i < now->files || k < was->files) {
        int order = i == now->files ? 1 : k == was->files ? -1 : span_cmp(now->file[i].path, was->file[k].path);
        const struct manifest_file *f = order <= 0 ? &now->file[i] : &was->file[k];
        bool same = order == 0 && memcmp(now->file[i].hash, was->file[k].hash, 32) == 0;
        json_t *one = json_object();
        json_array_append_new(list, one);
        admin_put(one, "path", f->path);
        admin_put(one, "change",
            first       ? SPAN("")
            : order < 0 ? SPAN("added")
            : order > 0 ? SPAN("removed")
            : same      ? SPAN("same")
                        : SPAN("changed"));
        json_object_set_new(one, "bytes", json_integer(f->bytes));
        put_hash(t, one, "sha256", f->hash);
        i += order <= 0;
        k += order >= 0;
    }
}

/* The reviewers' note and what `plugin vet` wrote down, where the bundle came with them. Verified when it was let in;
 * here they are for reading. */
static void
put_vet(struct task *t, json_t *out, const char *folder)
{
    struct span bytes;
    struct note note;
    struct notes_vet *vet = task_new(t, struct notes_vet);
    json_t *checks = json_array(), *names = json_array();
    json_object_set_new(out, "checks", checks);
    json_object_set_new(out, "signed_by", names);
    if (fsio_read(t, task_printf(t, "%s/vet.report", folder), BUNDLE_REPORT_BYTES, &bytes) == E_OK)
        admin_put(out, "report", span_first(bytes, REPORT_SHOWN));
    task_clear_error(t);
    if (fsio_read(t, task_printf(t, "%s/vet.note", folder), NOTES_VET_BYTES * 2, &bytes) == E_OK &&
        note_parse(t, bytes, &note) == E_OK && notes_vet_read(t, note.text, vet) == E_OK) {
        for (size_t i = 0; i < vet->checks; i++) {
            json_t *one = json_object();
            admin_put(one, "name", vet->check[i].name);
            admin_put(one, "outcome", vet->check[i].outcome);
            json_array_append_new(checks, one);
        }
        for (size_t i = 0; i < note.n; i++)
            json_array_append_new(names, json_stringn(note.sigs[i].name.p, note.sigs[i].name.n));
        json_object_set_new(out, "at_ms", json_integer(vet->at_ms));
        json_object_set_new(out, "expires_ms", json_integer(vet->expires_ms));
    }
    task_clear_error(t);
}

static void
put_widened(struct task *t, json_t *out, const struct manifest *was, const struct manifest *now)
{
    struct span *said = task_array(t, MANIFEST_DIFFS, sizeof *said);
    json_t *list = json_array();
    size_t n = was ? manifest_widened(t, was, now, said) : 0;
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_stringn(said[i].p, said[i].n));
    json_object_set_new(out, "widened", list);
}

/* {digest, against?: digest} -> {"id","version","serial","manifest": its text,"files":[{"path","change","bytes",
 * "sha256"}],"widened":[sentences],"checks":[{"name","outcome"}],"signed_by","report"?,"against"?:{"version"}} */
enum err
admin_plugin_files(struct task *t, struct admin_call *c)
{
    struct manifest *now = task_new(t, struct manifest), *was = task_new(t, struct manifest);
    struct span digest, against = json_text(c->in, "against"), note;
    json_t *files = json_array();
    c->out = task_json(t, json_object());
    json_object_set_new(c->out, "files", files);
    if (admin_text(t, c, "digest", &digest) != E_OK || plugin_look_bundle(t, digest, &note, now) != E_OK)
        return t->err;
    if (against.n > 0 && plugin_look_bundle(t, against, &note, was) != E_OK)
        return t->err;
    admin_put(c->out, "id", now->id);
    admin_put(c->out, "version", now->version);
    json_object_set_new(c->out, "serial", json_integer(now->serial));
    admin_put(c->out, "manifest", now->text);
    admin_put(c->out, "was_version", was->version);
    admin_put(c->out, "was_manifest", was->text);
    put_files(t, files, now, against.n > 0 ? was : NULL);
    put_widened(t, c->out, against.n > 0 ? was : NULL, now);
    put_vet(t, c->out, plugin_folder(t, digest));
    return E_OK;
}

/* {digest, path} -> {"text"} or, for what is no text or too long to show, {"bytes"}. */
enum err
admin_plugin_file(struct task *t, struct admin_call *c)
{
    struct manifest *m = task_new(t, struct manifest);
    struct span digest, path, note, text;
    const char *code = "";
    c->out = task_json(t, json_object());
    if (admin_text(t, c, "digest", &digest) != E_OK || admin_text(t, c, "path", &path) != E_OK ||
        plugin_look_bundle(t, digest, &note, m) != E_OK)
        return t->err;
    const struct manifest_file *f = manifest_file_find(m, path);
    if (!f)
        return task_fail(t, E_NOTFOUND, "This version has no such file.");
    json_object_set_new(c->out, "bytes", json_integer(f->bytes));
    if (f->bytes > FILE_SHOWN)
        return E_OK;
    if (bundle_read(t, plugin_folder(t, digest), f, &code, &text) != E_OK)
        return t->err;
    json_t *shown = memchr(text.p ? text.p : "", '\0', text.n) ? NULL : json_stringn(text.p ? text.p : "", text.n);
    if (shown)
        json_object_set_new(c->out, "text", shown);
    return E_OK;
}
