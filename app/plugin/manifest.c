/* manifest: the table of its lines. */
#include "plugin/manifest.h"

#include "plugin/lines.h"
#include "plugin/manifest_priv.h"
#include "policy/words.h"

#include <string.h>

enum { SHOWN = 80 };

static enum err
read_id(const struct line *l, void *into)
{
    struct manifest *m = into;
    struct span rest = l->field[0];
    if (!line_plugin_id(l->field[0]))
        return line_bad(l, "an id reads namespace/name: small letters, digits and dashes, at most 32 each.");
    m->id = rest;
    span_cut(&rest, '/', &m->namespace);
    m->name = rest;
    return E_OK;
}

static enum err
read_serial(const struct line *l, void *into)
{
    return line_number(l->field[0], 1, INT32_MAX, &((struct manifest *)into)->serial)
               ? E_OK
               : line_bad(l, "a serial is a number from 1 to %d.", INT32_MAX);
}

static enum err
read_version(const struct line *l, void *into)
{
    static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-";
    struct span s = l->field[0];
    ((struct manifest *)into)->version = s;
    return s.n <= 32 && span_only(s, set) ? E_OK : line_bad(l, "a version has letters, digits and . + - (at most 32).");
}

static enum err
read_title(const struct line *l, void *into)
{
    ((struct manifest *)into)->title = l->rest;
    return l->rest.n <= 80 ? E_OK : line_bad(l, "a title has at most 80 characters.");
}

static enum err
read_about(const struct line *l, void *into)
{
    ((struct manifest *)into)->about = l->rest;
    return l->rest.n <= 400 ? E_OK : line_bad(l, "what it is about has at most 400 characters.");
}

static enum err
read_publisher(const struct line *l, void *into)
{
    struct manifest *m = into;
    struct span rest = l->field[0];
    m->signer = rest;
    return span_cut(&rest, '/', &m->publisher) && line_name(m->publisher, 64) && line_name(rest, 32)
               ? E_OK
               : line_bad(l, "a publisher reads name/key, as acme.example/2026a.");
}

static enum err
read_prev(const struct line *l, void *into)
{
    struct manifest *m = into;
    m->has_prev = line_sha256(l->field[0], m->prev);
    return m->has_prev ? E_OK : line_bad(l, "a digest reads sha256: and 64 digits of 0-9a-f.");
}

static const char *const kinds[] = {"tool", "execution", "auth"};
static const char *const runtimes[] = {"python3", "node", "process", "mcp-stdio"};

static int
place_of(struct span s, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (span_is(s, words[i]))
            return (int)i;
    return -1;
}

static enum err
read_kind(const struct line *l, void *into)
{
    int at = place_of(l->field[0], kinds, 3);
    if (at < 0)
        return line_bad(l, "a kind is tool, execution or auth.");
    ((struct manifest *)into)->kind = (enum manifest_kind)at;
    return E_OK;
}

static enum err
read_api(const struct line *l, void *into)
{
    (void)into;
    return span_is(l->field[0], "1") ? E_OK : line_bad(l, "this program knows api 1.");
}

static enum err
read_arch(const struct line *l, void *into)
{
    static const char *const archs[] = {"any", "x86_64", "aarch64"};
    ((struct manifest *)into)->arch = l->field[0];
    return place_of(l->field[0], archs, 3) >= 0 ? E_OK : line_bad(l, "an arch is any, x86_64 or aarch64.");
}

static enum err
read_runtime(const struct line *l, void *into)
{
    struct manifest *m = into;
    int at = place_of(l->field[0], runtimes, 4);
    if (at < 0)
        return line_bad(l, "a runtime is python3, node, process or mcp-stdio.");
    m->runtime = (enum manifest_runtime)at;
    size_t entry = 1;
    if (m->runtime == MANIFEST_MCP && l->n > 2 && (span_is(l->field[1], "python3") || span_is(l->field[1], "node")))
        m->interpreter = l->field[entry++];
    m->entry = l->field[entry];
    for (size_t i = entry + 1; i < l->n; i++) {
        if (m->args == MANIFEST_ARGS)
            return line_bad(l, "a program has at most %d arguments.", MANIFEST_ARGS);
        m->arg[m->args++] = l->field[i];
    }
    return E_OK;
}

static enum err
read_setting(const struct line *l, void *into)
{
    static const char *const types[] = {"string", "integer", "number", "boolean"};
    struct manifest *m = into;
    struct manifest_setting *s = &m->setting[m->settings];
    struct span rest = l->rest;
    if (!span_cut(&rest, ' ', &s->name) || !span_cut(&rest, ' ', &s->type) || !line_variable(s->name, 32))
        return line_bad(l, "a setting reads name type label; names are small letters, digits and _.");
    if (place_of(s->type, types, 4) < 0)
        return line_bad(l, "a setting is a string, integer, number or boolean.");
    if (m->settings > 0 && span_eq(m->setting[m->settings - 1].name, s->name))
        return line_bad(l, "the setting %.*s stands there twice.", SPAN_ARG(s->name));
    s->label = rest;
    m->settings++;
    return rest.n > 0 && rest.n <= 80 ? E_OK : line_bad(l, "a label has 1 to 80 characters.");
}

static enum err
read_secret(const struct line *l, void *into)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    struct manifest *m = into;
    struct manifest_secret *s = &m->secret[m->secrets++];
    *s = (struct manifest_secret){l->field[0], l->field[1]};
    if (s->name.n > 32 || !span_only(s->name, set) || s->name.p[0] < 'A' || s->name.p[0] > 'Z')
        return line_bad(l, "a secret's name has capitals, digits and _ (at most 32).");
    for (size_t i = 0; i + 1 < m->secrets; i++)
        if (span_eq(m->secret[i].name, s->name))
            return line_bad(l, "the secret %.*s stands there twice.", SPAN_ARG(s->name));
    return line_name(s->host, 253) ? E_OK
                                   : line_bad(l, "\"%.*s\" is not a host.", SPAN_ARG(span_first(s->host, SHOWN)));
}

static enum err
read_file(const struct line *l, void *into)
{
    struct manifest *m = into;
    struct manifest_file *f = &m->file[m->files];
    const char *fault = manifest_path_fault(l->field[0]);
    f->path = l->field[0];
    if (fault)
        return line_bad(l, "%s.", fault);
    if (manifest_path_is_reserved(f->path))
        return line_bad(l, "%.*s is a name of the bundle's own.", SPAN_ARG(f->path));
    if (!line_number(l->field[1], 0, MANIFEST_BUNDLE_BYTES, &f->bytes))
        return line_bad(l, "a size is a number of bytes, at most %d.", MANIFEST_BUNDLE_BYTES);
    if (!line_sha256(l->field[2], f->hash))
        return line_bad(l, "a hash reads sha256: and 64 digits of 0-9a-f.");
    if (m->files > 0 && span_eq(m->file[m->files - 1].path, f->path))
        return line_bad(l, "the file %.*s stands there twice.", SPAN_ARG(f->path));
    m->bytes += f->bytes;
    m->files++;
    return m->bytes <= MANIFEST_BUNDLE_BYTES
               ? E_OK
               : line_bad(l, "the files are more than %d bytes together.", MANIFEST_BUNDLE_BYTES);
}

static enum err
read_net(const struct line *l, struct manifest *m)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    struct manifest_net *n = &m->net[m->nets++];
    *n = (struct manifest_net){.method = l->field[1], .origin = l->field[2], .https = true};
    struct span rest = n->origin;
    if (place_of(n->method, methods, 5) < 0)
        return line_bad(l, "a method is GET, POST, PUT, PATCH or DELETE.");
    n->https = span_starts(rest, "https://");
    if (!n->https && !span_starts(rest, "http://"))
        return line_bad(l, "a host is named as https://host:port.");
    rest = span_from(rest, n->https ? 8 : 7);
    if (!span_cut(&rest, ':', &n->host) || !line_name(n->host, 253) || !line_number(rest, 1, 65535, &n->port))
        return line_bad(l, "a host is named as https://host:port, with nothing behind it.");
    return n->https || span_is(n->host, "127.0.0.1") ? E_OK
                                                     : line_bad(l, "http is for this machine alone (127.0.0.1).");
}

static enum err
read_cap(const struct line *l, void *into)
{
    struct manifest *m = into;
    const struct {
        const char *word;
        bool *at;
    } flags[] = {{"artifact", &m->artifact}, {"ask", &m->ask}, {"sandbox.exec", &m->sandbox_exec}};
    m->caps++;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (l->n == 1 && span_is(l->field[0], flags[i].word)) {
            *flags[i].at = true;
            return E_OK;
        }
    if (l->n == 3 && span_is(l->field[0], "net"))
        return read_net(l, m);
    if (l->n != 2 || !span_is(l->field[0], "read.dataset"))
        return line_bad(l, "\"%.*s\" is not a capability.", SPAN_ARG(span_first(l->rest, SHOWN)));
    if (m->reads)
        return line_bad(l, "read.dataset stands there twice.");
    m->reads = true;
    return policy_level_read(l->field[1], &m->read_level) && m->read_level <= LEVEL_PRIVATE
               ? E_OK
               : line_bad(l, "datasets are read up to public, org or private.");
}

static bool
read_effect_word(struct span s, enum policy_effect *out)
{
    return policy_effect_read(s, out) && *out <= EFFECT_OUTSIDE;
}

static enum err
read_effect(const struct line *l, void *into)
{
    return read_effect_word(l->field[0], &((struct manifest *)into)->effect) ? E_OK
                                                                             : line_bad(l, "an effect is E0 to E3.");
}

static bool
cut_prefix(struct span s, const char *prefix, struct span *out)
{
    *out = span_from(s, strlen(prefix));
    return span_starts(s, prefix);
}

static enum err
read_tool(const struct line *l, void *into)
{
    struct manifest *m = into;
    struct manifest_tool *tool = &m->tool[m->tools];
    struct span desc, schema;
    tool->name = l->field[0];
    if (!line_variable(tool->name, 32))
        return line_bad(l, "a tool's name has small letters, digits and _ (at most 32).");
    if (!read_effect_word(l->field[1], &tool->effect))
        return line_bad(l, "an effect is E0 to E3.");
    if (!cut_prefix(l->field[2], "file:", &tool->file) || !cut_prefix(l->field[3], "desc:", &desc) ||
        !cut_prefix(l->field[4], "schema:", &schema) || !line_sha256(desc, tool->desc) ||
        !line_sha256(schema, tool->schema))
        return line_bad(l, "a tool reads name effect file:path desc:sha256:hash schema:sha256:hash.");
    tool->dry_run = l->n == 6;
    if (tool->dry_run && !span_is(l->field[5], "dry-run"))
        return line_bad(l, "\"%.*s\" is not dry-run.", SPAN_ARG(span_first(l->field[5], SHOWN)));
    if (m->tools > 0 && span_eq(m->tool[m->tools - 1].name, tool->name))
        return line_bad(l, "the tool %.*s stands there twice.", SPAN_ARG(tool->name));
    m->tools++;
    return E_OK;
}

static enum err
read_abc(const struct line *l, void *into)
{
    struct manifest *m = into;
    if (l->field[0].n != 3 || !span_only(l->field[0], "01"))
        return line_bad(l, "abc is three digits of 0 and 1.");
    for (size_t i = 0; i < 3; i++)
        m->abc[i] = l->field[0].p[i] == '1';
    return E_OK;
}

static const struct line_rule rules[] = {
    {"id", 1, 1, 1, 1, read_id},
    {"serial", 1, 1, 1, 1, read_serial},
    {"version", 1, 1, 1, 1, read_version},
    {"title", 0, 1, 0, 0, read_title},
    {"about", 0, 1, 0, 0, read_about},
    {"publisher", 1, 1, 1, 1, read_publisher},
    {"prev", 0, 1, 1, 1, read_prev},
    {"kind", 1, 1, 1, 1, read_kind},
    {"api", 1, 1, 1, 1, read_api},
    {"arch", 1, 1, 1, 1, read_arch},
    {"runtime", 1, 1, 2, MANIFEST_ARGS + 3, read_runtime},
    {"setting", 0, MANIFEST_SETTINGS, 0, 0, read_setting},
    {"secret", 0, MANIFEST_SECRETS, 2, 2, read_secret},
    {"file", 1, MANIFEST_FILES, 3, 3, read_file},
    {"cap", 0, MANIFEST_CAPS, 1, 3, read_cap},
    {"effect", 1, 1, 1, 1, read_effect},
    {"tool", 0, MANIFEST_TOOLS, 5, 6, read_tool},
    {"abc", 1, 1, 1, 1, read_abc},
};

enum err
manifest_parse(struct task *t, struct span text, struct manifest *out)
{
    unsigned char digest[32];
    *out = (struct manifest){.text = text};
    if (text.n > MANIFEST_BYTES)
        return task_fail(t, E_LIMIT, "The manifest is longer than %d bytes.", MANIFEST_BYTES);
    out->file = task_array(t, MANIFEST_FILES, sizeof *out->file);
    out->tool = task_array(t, MANIFEST_TOOLS, sizeof *out->tool);
    if (lines_read(t, "manifest", text, MANIFEST_BYTES, MANIFEST_DOMAIN, rules, sizeof rules / sizeof rules[0], out) !=
        E_OK)
        return t->err;
    if (manifest_check(t, out) != E_OK)
        return t->err;
    sha256_bytes(text, digest);
    memcpy(out->digest, hash_text(t, digest).p, MANIFEST_DIGEST_BYTES);
    return E_OK;
}

const char *
manifest_kind_word(enum manifest_kind k)
{
    return kinds[k];
}

const char *
manifest_runtime_word(enum manifest_runtime r)
{
    return runtimes[r];
}
