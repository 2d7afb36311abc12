/* toolfile: what a tool tells the model, checked and hashed. */
#include "plugin/toolfile.h"

#include "base/json.h"
#include "base/utf8.h"
#include "plugin/lines.h"
#include "plugin/schema.h"

#include <string.h>

/* Text that a person can read whole: no control or direction character hides a part of it. */
static bool
is_plain(struct span s)
{
    uint32_t c;
    for (size_t n; s.n > 0; s = span_from(s, n)) {
        n = utf8_next(s, &c);
        if (n == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
            (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
            (c >= 0xe0000 && c < 0xe1000))
            return false;
    }
    return true;
}

static enum err
known_members(struct task *t, json_t *j)
{
    static const char *const known[] = {"name", "description", "input_schema", "output", "title"};
    const char *key;
    json_t *value;
    json_object_foreach(j, key, value)
    {
        bool found = false;
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
            found = found || strcmp(known[i], key) == 0;
        if (!found)
            return task_fail(t, E_INVALID, "A tool's file has no member \"%.60s\".", key);
    }
    return E_OK;
}

static size_t
characters(struct span s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}

static enum err
schemas(struct task *t, json_t *j, struct toolfile *out)
{
    json_t *both = task_json(t, json_object());
    out->input = json_object_get(j, "input_schema");
    out->output = json_object_get(j, "output");
    if (!json_is_object(out->input) || !span_is(json_text(out->input, "type"), "object"))
        return task_fail(t, E_INVALID, "The tool %.*s has no input_schema of type object.", SPAN_ARG(out->name));
    if (schema_check(t, out->input) != E_OK || (out->output && schema_check(t, out->output) != E_OK))
        return t->err;
    json_object_set(both, "input_schema", out->input);
    if (out->output)
        json_object_set(both, "output", out->output);
    char *z = json_dumps(both, JSON_COMPACT | JSON_SORT_KEYS);
    if (!z)
        return task_fail(t, E_INVALID, "The schemas of the tool %.*s can't be written.", SPAN_ARG(out->name));
    sha256_bytes(span_of(z), out->schema);
    json_free_t release;
    json_get_alloc_funcs(NULL, &release);
    release(z);
    return E_OK;
}

enum err
toolfile_read(struct task *t, struct span json, struct toolfile *out)
{
    json_t *j;
    *out = (struct toolfile){.name = SPAN_NONE};
    if (json.n > TOOLFILE_BYTES)
        return task_fail(t, E_LIMIT, "A tool's file is longer than %d bytes.", TOOLFILE_BYTES);
    if (json_read(t, json, &j) != E_OK)
        return t->err;
    if (!json_is_object(j) || known_members(t, j) != E_OK)
        return task_fail(t, E_INVALID, "A tool's file is not a JSON object.");
    out->name = json_text(j, "name");
    out->description = json_text(j, "description");
    out->title = json_text(j, "title");
    if (!line_variable(out->name, 32))
        return task_fail(t, E_INVALID, "A tool's name has small letters, digits and _ (at most 32).");
    if (out->description.n == 0 || characters(out->description) > TOOLFILE_DESCRIPTION || !is_plain(out->description) ||
        !is_plain(out->title) || out->title.n > 80)
        return task_fail(t, E_INVALID, "The description of the tool %.*s must be plain text of 1 to %d characters.",
            SPAN_ARG(out->name), TOOLFILE_DESCRIPTION);
    sha256_bytes(out->description, out->desc);
    return schemas(t, j, out);
}
