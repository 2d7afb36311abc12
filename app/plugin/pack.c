/* pack: a project's lines put in order, and what follows from its files added. The manifest's own parser then judges.
 */
#include "plugin/pack.h"

#include "plugin/lines.h"
#include "plugin/toolfile.h"
#include "policy/words.h"

#include <stdlib.h>

enum { PROJECT_LINES = 256 };

struct pack {
    struct task *t;
    const struct pack_file *file;
    size_t files;
    size_t n;
    struct pack_line {
        struct span key, rest;
    } line[PROJECT_LINES];
    struct buf *out;
    enum policy_effect worst;
    bool reads_above;
};

/* The manifest's order. many: lines of it are sorted; fallback: where the project says nothing. */
static const struct {
    const char *key;
    bool many;
    const char *fallback;
} rows[] = {
    {"id", false, NULL},
    {"serial", false, "1"},
    {"version", false, NULL},
    {"title", false, NULL},
    {"about", false, NULL},
    {"publisher", false, NULL},
    {"prev", false, NULL},
    {"kind", false, "tool"},
    {"api", false, "1"},
    {"arch", false, "any"},
    {"runtime", false, NULL},
    {"setting", true, NULL},
    {"secret", true, NULL},
    {"file", true, NULL},
    {"cap", true, NULL},
    {"effect", false, NULL},
    {"tool", true, NULL},
    {"abc", false, NULL},
};
enum { N_ROWS = sizeof rows / sizeof rows[0] };

static bool
is_key(struct span key)
{
    for (size_t i = 0; i < N_ROWS; i++)
        if (span_is(key, rows[i].key))
            return !span_is(key, "file") && !span_is(key, "effect") && !span_is(key, "abc");
    return false;
}

static enum err
read_project(struct pack *p, struct span text)
{
    struct span rest = text, one;
    for (size_t number = 1; span_cut(&rest, '\n', &one); number++) {
        one = span_trim(one);
        if (one.n == 0 || one.p[0] == '#')
            continue;
        struct span value = one, key;
        if (p->n == PROJECT_LINES)
            return task_fail(p->t, E_LIMIT, "The project's manifest has more than %d lines.", PROJECT_LINES);
        if (!span_cut(&value, ' ', &key) || !is_key(key))
            return task_fail(p->t, E_INVALID, "The project's manifest, line %zu: \"%.*s\" is not for you to say.",
                number, SPAN_ARG(span_first(key, 60)));
        p->line[p->n++] = (struct pack_line){key, span_trim(value)};
    }
    return E_OK;
}

static int
by_bytes(const void *a, const void *b)
{
    return span_cmp(*(const struct span *)a, *(const struct span *)b);
}

static void
put_lines(struct pack *p, struct span *line, size_t n)
{
    if (n > 1)
        qsort(line, n, sizeof *line, by_bytes);
    for (size_t i = 0; i < n; i++)
        buf_span(p->out, line[i]);
}

static const struct pack_file *
file_of(const struct pack *p, struct span path)
{
    for (size_t i = 0; i < p->files; i++)
        if (span_eq(p->file[i].file.path, path))
            return &p->file[i];
    return NULL;
}

/* "geocode E3 tools/geocode.json dry-run" to the manifest's line. */
static enum err
tool_line(struct pack *p, struct span value, struct span *out)
{
    struct span rest = value, name, word, path, dry = SPAN_NONE;
    enum policy_effect effect;
    struct toolfile tool;
    if (!span_cut(&rest, ' ', &name) || !span_cut(&rest, ' ', &word) || !span_cut(&rest, ' ', &path) ||
        !policy_effect_read(word, &effect))
        return task_fail(p->t, E_INVALID, "A tool of a project reads: tool NAME EFFECT FILE [dry-run].");
    if (rest.n > 0)
        dry = rest;
    const struct pack_file *f = file_of(p, path);
    if (!f)
        return task_fail(p->t, E_NOTFOUND, "The tool %.*s names %.*s, which is not there.",
            SPAN_ARG(span_first(name, 60)), SPAN_ARG(span_first(path, 120)));
    if (toolfile_read(p->t, f->bytes, &tool) != E_OK)
        return p->t->err;
    if (!span_eq(tool.name, name))
        return task_fail(p->t, E_INVALID, "%.*s is the file of a tool called %.*s, not %.*s.", SPAN_ARG(path),
            SPAN_ARG(tool.name), SPAN_ARG(span_first(name, 60)));
    p->worst = effect > p->worst ? effect : p->worst;
    *out = task_format(p->t, "tool %.*s %.*s file:%.*s desc:sha256:%.*s schema:sha256:%.*s%s%.*s\n", SPAN_ARG(name),
        SPAN_ARG(word), SPAN_ARG(path), SPAN_ARG(hash_text(p->t, tool.desc)), SPAN_ARG(hash_text(p->t, tool.schema)),
        dry.n > 0 ? " " : "", SPAN_ARG(dry));
    return E_OK;
}

static void
put_files(struct pack *p)
{
    struct span *line = task_array(p->t, p->files + 1, sizeof *line);
    for (size_t i = 0; i < p->files; i++) {
        const struct manifest_file *f = &p->file[i].file;
        line[i] = task_format(p->t, "file %.*s %lld sha256:%.*s\n", SPAN_ARG(f->path), (long long)f->bytes,
            SPAN_ARG(hash_text(p->t, f->hash)));
    }
    put_lines(p, line, p->files);
}

/* Effect and abc follow from what the tools and caps say; tools were not written yet, so they are looked at first. */
static enum err
foresee(struct pack *p, struct span tool[MANIFEST_TOOLS + 1], size_t *tools)
{
    *tools = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct pack_line *l = &p->line[i];
        if (span_is(l->key, "cap") &&
            (span_is(l->rest, "read.dataset org") || span_is(l->rest, "read.dataset private")))
            p->reads_above = true;
        if (!span_is(l->key, "tool"))
            continue;
        if (*tools == MANIFEST_TOOLS)
            return task_fail(p->t, E_LIMIT, "A plugin has at most %d tools.", MANIFEST_TOOLS);
        if (tool_line(p, l->rest, &tool[(*tools)++]) != E_OK)
            return p->t->err;
    }
    return E_OK;
}

static void
put_row(struct pack *p, size_t row)
{
    struct span line[PROJECT_LINES];
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++)
        if (span_is(p->line[i].key, rows[row].key))
            line[n++] = task_format(p->t, "%s %.*s\n", rows[row].key, SPAN_ARG(p->line[i].rest));
    if (n == 0 && rows[row].fallback)
        line[n++] = task_format(p->t, "%s %s\n", rows[row].key, rows[row].fallback);
    put_lines(p, line, n);
}

static void
put_before(struct pack *p, const struct pack_before *before)
{
    size_t kept = 0;
    if (before->serial == 0)
        return;
    for (size_t i = 0; i < p->n; i++)
        if (!span_is(p->line[i].key, "serial") && !span_is(p->line[i].key, "prev"))
            p->line[kept++] = p->line[i];
    p->n = kept;
    if (p->n + 2 > PROJECT_LINES)
        return;
    p->line[p->n++] = (struct pack_line){SPAN("serial"), task_format(p->t, "%lld", (long long)before->serial + 1)};
    p->line[p->n++] =
        (struct pack_line){SPAN("prev"), task_format(p->t, "sha256:%.*s", SPAN_ARG(hash_text(p->t, before->digest)))};
}

enum err
pack_text(struct task *t, struct span project, const struct pack_file *files, size_t n,
    const struct pack_before *before, struct span *out)
{
    struct pack *p = task_new(t, struct pack);
    struct span tool[MANIFEST_TOOLS + 1];
    size_t tools;
    *p = (struct pack){.t = t, .file = files, .files = n, .out = task_buf(t, MANIFEST_BYTES)};
    if (read_project(p, project) != E_OK || foresee(p, tool, &tools) != E_OK)
        return t->err;
    put_before(p, before);
    buf_puts(p->out, MANIFEST_DOMAIN "\n");
    for (size_t i = 0; i < N_ROWS; i++) {
        if (span_is(span_of(rows[i].key), "file"))
            put_files(p);
        else if (span_is(span_of(rows[i].key), "tool"))
            put_lines(p, tool, tools);
        else if (span_is(span_of(rows[i].key), "effect"))
            buf_printf(p->out, "effect %s\n", policy_effect_word(p->worst));
        else if (span_is(span_of(rows[i].key), "abc"))
            buf_printf(p->out, "abc 1%d%d\n", p->reads_above, p->worst >= EFFECT_DURABLE);
        else
            put_row(p, i);
    }
    *out = buf_view(p->out);
    return p->out->failed ? task_fail(t, E_LIMIT, "The manifest would be longer than %d bytes.", MANIFEST_BYTES) : E_OK;
}
