/* host_bundle: reading, hashing and copying a bundle's files. */
#include "plugin/host_bundle.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/fsio.h"
#include "base/pool.h"
#include "plugin/bundle.h"
#include "plugin/talk.h"
#include "plugin/toolfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct pool bundles = {.item_bytes = sizeof(struct host_bundle)};

/* Copies --------------------------------------------------------------------------------------------------------------
 */

/* The folders on the way to a file of the copy. */
static enum err
make_folders(struct task *t, const char *to, struct span path)
{
    for (size_t i = 0; i < path.n; i++)
        if (path.p[i] == '/' &&
            fsio_mkdir(t, task_printf(t, "%s/%.*s", to, SPAN_ARG(span_first(path, i))), 0755) != E_OK)
            return t->err;
    return E_OK;
}

static enum err
copy_file(struct task *t, const struct host_bundle *b, const char *to, const struct manifest_file *f, struct span bytes)
{
    const char *path = task_printf(t, "%s/%.*s", to, SPAN_ARG(f->path));
    if (make_folders(t, to, f->path) != E_OK)
        return t->err;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok = fd >= 0 && fsio_write_all(fd, bytes) && fchmod(fd, span_eq(f->path, b->m.entry) ? 0555 : 0444) == 0;
    if (fd >= 0)
        close(fd);
    return ok ? E_OK : task_fail(t, E_UNAVAILABLE, "The plugin's files could not be copied: %s.", strerror(errno));
}

/* Tools
 * ------------------------------------------------------------------------------------------------------------------ */

static enum err
read_tool(struct task *t, struct host_bundle *b, const struct manifest_tool *m, struct span bytes)
{
    struct toolfile f;
    if (toolfile_read(&b->t, bytes, &f) != E_OK)
        return task_fail(t, b->t.err, "The file of the tool %.*s: %s", SPAN_ARG(m->name), b->t.cause);
    b->tool[b->tools++] = (struct host_tool){.name = m->name, .input = f.input, .output = f.output};
    return E_OK;
}

static enum err
read_tools(struct task *t, struct host_bundle *b, const struct manifest_file *f, struct span bytes)
{
    for (size_t i = 0; i < b->m.tools; i++)
        if (span_eq(b->m.tool[i].file, f->path) && read_tool(t, b, &b->m.tool[i], bytes) != E_OK)
            return t->err;
    return E_OK;
}

static unsigned
may_of(const struct manifest *m)
{
    return (m->reads ? TALK_MAY_QUERY : 0U) | (m->nets > 0 ? TALK_MAY_FETCH : 0U) |
           (m->artifact ? TALK_MAY_ARTIFACT : 0U) | (m->ask ? TALK_MAY_ASK : 0U);
}

/* All
 * --------------------------------------------------------------------------------------------------------------------
 */

static enum err
load_files(struct task *t, struct host_bundle *b, const char *folder, const char *to)
{
    for (size_t i = 0; i < b->m.files; i++) {
        const struct manifest_file *f = &b->m.file[i];
        const char *code;
        struct span bytes;
        struct task one;
        task_begin(&one, 0);
        if (bundle_read(&one, folder, f, &code, &bytes) != E_OK || copy_file(&one, b, to, f, bytes) != E_OK ||
            read_tools(&one, b, f, bytes) != E_OK)
            task_fail(t, one.err, "%s", one.cause);
        task_end(&one);
        if (t->err != E_OK)
            return t->err;
    }
    return b->tools == b->m.tools ? E_OK : task_fail(t, E_INVALID, "A tool of the plugin has no file.");
}

static enum err
load(struct task *t, struct host_bundle *b, const char *folder, const char *work, struct span digest)
{
    struct span note;
    const char *to = task_printf(t, "%s/plugin.%.*s.new", work, SPAN_ARG(digest));
    if (bundle_manifest(&b->t, folder, &note, &b->m) != E_OK)
        return task_fail(t, b->t.err, "%s", b->t.cause);
    if (!span_is(digest, b->m.digest))
        return task_fail(t, E_DENIED, "The plugin's manifest is not the one that was installed.");
    b->tool = task_array(&b->t, b->m.tools + 1, sizeof *b->tool);
    b->may = may_of(&b->m);
    host_jail_remove(to);
    const char *last = task_printf(t, "%s/%.*s", work, SPAN_ARG(digest));
    if (fsio_mkdir(t, to, 0755) != E_OK || load_files(t, b, folder, to) != E_OK)
        return t->err;
    if (rename(to, last) != 0)
        return task_fail(t, E_UNAVAILABLE, "The plugin's files could not be copied: %s.", strerror(errno));
    return E_OK;
}

enum err
host_bundle_load(struct task *t, const char *folder, const char *work, struct span digest, struct host_bundle **out)
{
    struct stat st;
    if (digest.n != HOST_DIGEST_BYTES - 1 || !span_only(digest, "0123456789abcdef"))
        return task_fail(t, E_INVALID, "That is no plugin's digest.");
    if (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode))
        return task_fail(t, E_NOTFOUND, "This version of the plugin is not installed here.");
    struct host_bundle *b = pool_take(&bundles);
    *b = (struct host_bundle){.used_ms = clock_mono_ms()};
    task_begin(&b->t, 0);
    *out = b;
    if (load(t, b, folder, work, digest) == E_OK)
        return E_OK;
    host_jail_remove(task_printf(t, "%s/plugin.%.*s.new", work, SPAN_ARG(digest)));
    task_end(&b->t);
    pool_give(&bundles, b);
    *out = NULL;
    return t->err;
}

void
host_bundle_free(struct host_bundle *b, const char *work)
{
    struct task t;
    task_begin(&t, 0);
    host_jail_remove(task_printf(&t, "%s/%s", work, b->m.digest));
    task_end(&t);
    task_end(&b->t);
    pool_give(&bundles, b);
}

const struct host_tool *
host_bundle_tool(const struct host_bundle *b, struct span name)
{
    for (size_t i = 0; i < b->tools; i++)
        if (span_eq(b->tool[i].name, name))
            return &b->tool[i];
    return NULL;
}

/* Orders
 * ----------------------------------------------------------------------------------------------------------------- */

static enum err
check_interpreter(struct task *t, enum host_runtime runtime)
{
    const char *path = conf_text(runtime == HOST_NODE ? "plugin.node" : "plugin.python3");
    if (runtime == HOST_PROGRAM || access(path, X_OK) == 0)
        return E_OK;
    return task_fail(t, E_UNAVAILABLE,
        "This plugin needs %s, which is not installed on this machine: apt install %s, or set plugin.%s.", path,
        runtime == HOST_NODE ? "nodejs" : "python3", runtime == HOST_NODE ? "node" : "python3");
}

static bool
put_word(char to[HOST_WORD_BYTES], struct span s)
{
    bool ok = s.n < HOST_WORD_BYTES && !span_has(s, '\0');
    if (ok && s.n > 0)
        memcpy(to, s.p, s.n);
    return ok;
}

enum err
host_bundle_order(struct task *t, const struct host_bundle *b, struct host_order *out)
{
    static const enum host_runtime runtimes[] = {
        [MANIFEST_PYTHON3] = HOST_PYTHON, [MANIFEST_NODE] = HOST_NODE, [MANIFEST_PROCESS] = HOST_PROGRAM};
    const struct manifest *m = &b->m;
    *out = (struct host_order){.stdio = m->runtime == MANIFEST_MCP, .args = m->args};
    out->runtime = !out->stdio                          ? runtimes[m->runtime]
                   : span_is(m->interpreter, "python3") ? HOST_PYTHON
                   : span_is(m->interpreter, "node")    ? HOST_NODE
                                                        : HOST_PROGRAM;
    bool ok = put_word(out->entry, m->entry);
    for (size_t i = 0; ok && i < m->args && i < HOST_ARGS; i++)
        ok = put_word(out->arg[i], m->arg[i]);
    memcpy(out->digest, m->digest, sizeof out->digest);
    if (!ok)
        return task_fail(t, E_INVALID, "The plugin's runtime line is too long.");
    return check_interpreter(t, out->runtime);
}
