/* plugin_facts_make: from a manifest and the bundle's files to what gate decides by. */
#include "base/conf.h"
#include "base/id.h"
#include "base/json.h"
#include "gate/plugin_look.h"

#include <string.h>

const char *
plugin_folder(struct task *t, struct span digest)
{
    return conf_path(t, task_printf(t, "plugins/%.*s", SPAN_ARG(digest)));
}

static void
put_text(struct buf *b, const char *key, struct span s)
{
    json_put_key(b, key);
    json_put_text(b, s);
}

static void
put_hash(struct buf *b, const char *key, const unsigned char *raw, size_t n)
{
    json_put_key(b, key);
    buf_putc(b, '"');
    hex_put(b, raw, n);
    buf_putc(b, '"');
}

/* A tool as models are told of it stands in a file that the manifest pins. */
static enum err
put_tool(struct task *t, struct buf *b, const char *folder, const struct manifest *m, const struct manifest_tool *tool)
{
    const struct manifest_file *f = manifest_file_find(m, tool->file);
    const char *code = "";
    struct span text;
    json_t *j = NULL;
    unsigned char both[sizeof tool->desc + sizeof tool->schema];
    if (!f)
        return task_fail(t, E_DENIED, "The tool %.*s has no file.", SPAN_ARG(tool->name));
    if (bundle_read(t, folder, f, &code, &text) != E_OK || json_read(t, text, &j) != E_OK)
        return t->err;
    for (size_t i = 0; i < sizeof both; i++)
        both[i] = i < sizeof tool->desc ? tool->desc[i] : tool->schema[i - sizeof tool->desc];
    buf_printf(b, "%s{\"effect\":%d", b->p[b->n - 1] == '[' ? "" : ",", (int)tool->effect);
    put_text(b, "name", tool->name);
    put_text(b, "description", json_text(j, "description"));
    json_put_key(b, "schema");
    json_put(b, json_object_get(j, "input_schema"));
    json_put_key(b, "dry_run");
    buf_puts(b, tool->dry_run ? "true" : "false");
    put_hash(b, "digest", both, sizeof both);
    buf_putc(b, '}');
    return E_OK;
}

static void
put_outside(struct task *t, struct buf *b, const struct manifest *m)
{
    json_put_key(b, "nets");
    buf_putc(b, '[');
    for (size_t i = 0; i < m->nets; i++) {
        buf_puts(b, i > 0 ? ",{" : "{");
        put_text(b, "method", m->net[i].method);
        put_text(b, "origin",
            task_format(t, "%s://%.*s:%lld", m->net[i].https ? "https" : "http", SPAN_ARG(m->net[i].host),
                (long long)m->net[i].port));
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
    json_put_key(b, "secrets");
    buf_putc(b, '[');
    for (size_t i = 0; i < m->secrets; i++) {
        buf_puts(b, i > 0 ? ",{" : "{");
        put_text(b, "name", m->secret[i].name);
        put_text(b, "host", m->secret[i].host);
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
}

static void
put_settings(struct buf *b, const struct manifest *m)
{
    json_put_key(b, "settings");
    buf_putc(b, '[');
    for (size_t i = 0; i < m->settings; i++) {
        buf_puts(b, i > 0 ? ",{" : "{");
        put_text(b, "name", m->setting[i].name);
        put_text(b, "type", m->setting[i].type);
        put_text(b, "label", m->setting[i].label);
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
}

static void
put_flags(struct buf *b, const struct manifest *m)
{
    const struct {
        const char *key;
        bool value;
    } flags[] = {{"artifact", m->artifact}, {"ask", m->ask}, {"exec", m->sandbox_exec}};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        json_put_key(b, flags[i].key);
        buf_puts(b, flags[i].value ? "true" : "false");
    }
}

static enum err
read_files(struct task *t, struct admin_call *c, struct plugin_files *out)
{
    struct manifest *m = task_new(t, struct manifest);
    struct span digest = json_text(c->in, "digest"), note;
    const char *code = "";
    if (json_text(c->in, "market").n > 0 ? plugin_candidate_peek(t, c, m) != E_OK
                                         : plugin_look_bundle(t, digest, &note, m) != E_OK)
        return t->err;
    memcpy(out->digest, m->digest, sizeof out->digest);
    const char *folder = plugin_folder(t, span_of(m->digest));
    struct buf *b = task_buf(t, PLUGIN_FACTS_BYTES);
    if (bundle_stamp(t, folder, m, &out->stamp) != E_OK || bundle_check(t, folder, m, &code) != E_OK)
        return t->err;
    buf_putc(b, '[');
    for (size_t i = 0; i < m->tools; i++)
        if (put_tool(t, b, folder, m, &m->tool[i]) != E_OK)
            return t->err;
    buf_putc(b, ']');
    out->tools = buf_view(b);
    return b->failed ? task_fail(t, E_LIMIT, "What the plugin's tools say of themselves is too long.") : E_OK;
}

void
plugin_files_look(struct task *t, struct admin_call *c, struct plugin_files *out)
{
    *out = (struct plugin_files){0};
    out->err = read_files(t, c, out);
    out->cause = task_dup(t, span_of(t->cause));
    task_clear_error(t);
}

/* They are of that version, whole, and as they were then. */
static enum err
check_files(struct task *t, const struct manifest *m, const struct plugin_files *files)
{
    struct span stamp;
    if (files->err != E_OK)
        return task_fail(t, files->err, "%.*s", SPAN_ARG(files->cause));
    if (!span_is(span_of(files->digest), m->digest))
        return task_fail(t, E_CONFLICT, "Another version came in between: look again.");
    if (bundle_stamp(t, plugin_folder(t, span_of(m->digest)), m, &stamp) != E_OK)
        return t->err;
    return span_eq(stamp, files->stamp)
               ? E_OK
               : task_fail(t, E_CONFLICT, "The bundle's files were touched while they were checked: try again.");
}

enum err
plugin_facts_make(
    struct task *t, const struct plugin_candidate *k, const struct plugin_files *files, struct span *facts)
{
    const struct manifest *m = &k->manifest;
    struct buf *b = task_buf(t, PLUGIN_FACTS_BYTES);
    if (check_files(t, m, files) != E_OK)
        return t->err;
    buf_printf(b, "{\"serial\":%lld,\"effect\":%d,\"reads\":%d,\"files\":%zu,\"bytes\":%lld", (long long)m->serial,
        (int)m->effect, m->reads ? (int)m->read_level : PLUGIN_NO_DATA, m->files, (long long)m->bytes);
    buf_printf(b, ",\"until_ms\":%lld", (long long)k->until_ms);
    put_text(b, "id", m->id);
    put_text(b, "version", m->version);
    put_text(b, "title", m->title);
    put_text(b, "about", m->about);
    put_text(b, "publisher", m->publisher);
    put_text(b, "key", k->key);
    put_text(b, "runtime", span_of(manifest_runtime_word(m->runtime)));
    put_flags(b, m);
    put_outside(t, b, m);
    put_settings(b, m);
    json_put_key(b, "tools");
    buf_span(b, files->tools);
    buf_putc(b, '}');
    *facts = buf_view(b);
    return b->failed ? task_fail(t, E_LIMIT, "What the plugin's tools say of themselves is too long.") : E_OK;
}
