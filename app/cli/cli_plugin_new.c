/* cli_plugin_new: a project begun from the template of a language. */
#include "base/fsio.h"
#include "cli/cli_dataset.h"
#include "cli/cli_plugin.h"
#include "plugin/lines.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES = 1 << 20 };

/* Where the templates are: LYCEUM_SDK, beside the installed program, or in the source tree. */
static const char *
sdk_folder(struct task *t)
{
    static const char *const places[] = {"../share/lyceum/sdk", "../share/sdk", "../plugins/sdk", "../../plugins/sdk"};
    const char *named = getenv("LYCEUM_SDK");
    char self[4096] = "";
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (named && named[0])
        return named;
    while (n > 0 && self[n - 1] != '/')
        n--;
    for (size_t i = 0; n > 0 && i < sizeof places / sizeof places[0]; i++) {
        const char *path = task_printf(t, "%.*s%s", (int)n, self, places[i]);
        if (access(path, R_OK) == 0)
            return path;
    }
    return NULL;
}

struct new_order {
    struct span id, publisher;
    const char *to;
};

/* The template's names become the author's. */
static struct span
fill(struct task *t, struct span text, const struct new_order *o)
{
    struct buf *b = task_buf(t, FILE_BYTES * 2);
    struct span rest = text, line;
    while (span_cut(&rest, '\n', &line)) {
        if (span_starts(line, "id "))
            buf_printf(b, "id %.*s", SPAN_ARG(o->id));
        else if (span_starts(line, "publisher ") && o->publisher.n > 0)
            buf_printf(b, "publisher %.*s", SPAN_ARG(o->publisher));
        else
            buf_span(b, line);
        if (rest.p)
            buf_putc(b, '\n');
    }
    return buf_view(b);
}

static enum err copy_folder(struct task *t, const char *from, const char *to, const struct new_order *o);

static enum err
copy_entry(struct task *t, const char *from, const char *to, const char *name, const struct new_order *o)
{
    const char *path = task_printf(t, "%s/%s", from, name), *out = task_printf(t, "%s/%s", to, name);
    struct span bytes;
    struct stat st;
    if (name[0] == '.' || lstat(path, &st) != 0)
        return E_OK;
    if (S_ISDIR(st.st_mode) && strcmp(name, "template") != 0)
        return fsio_mkdir(t, out, 0755) == E_OK ? copy_folder(t, path, out, o) : t->err;
    if (!S_ISREG(st.st_mode))
        return E_OK;
    if (fsio_read(t, path, FILE_BYTES, &bytes) != E_OK)
        return t->err;
    if (strcmp(name, "manifest") == 0)
        bytes = fill(t, bytes, o);
    return fsio_write_atomic(t, out, bytes, (st.st_mode & 0111) != 0 ? 0755 : 0644);
}

static enum err
copy_folder(struct task *t, const char *from, const char *to, const struct new_order *o)
{
    DIR *dir = opendir(from);
    struct dirent *e;
    if (!dir)
        return task_fail(t, E_NOTFOUND, "The template %s can't be read: %s.", from, strerror(errno));
    while (t->err == E_OK && (e = readdir(dir)))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            copy_entry(t, from, to, e->d_name, o);
    closedir(dir);
    return t->err;
}

/* The template, and beside its files the language's library. */
static enum err
make(struct task *t, const char *lang, const struct new_order *o)
{
    const char *sdk = sdk_folder(t);
    if (!sdk)
        return task_fail(t, E_NOTFOUND, "The templates are not installed: name their folder in LYCEUM_SDK.");
    const char *library = task_printf(t, "%s/%s", sdk, lang), *template = task_printf(t, "%s/template", library);
    if (access(template, R_OK) != 0)
        return task_fail(t, E_NOTFOUND, "There is no template for %.20s: c, python or js.", lang);
    if (mkdir(o->to, 0755) != 0)
        return task_fail(t, errno == EEXIST ? E_CONFLICT : E_UNAVAILABLE, "The folder %s can't be made: %s.", o->to,
            strerror(errno));
    return copy_folder(t, library, o->to, o) == E_OK ? copy_folder(t, template, o->to, o) : t->err;
}

int
cli_plugin_new(struct task *t, int argc, char **argv)
{
    const char *word[1], *lang = NULL, *publisher = NULL;
    struct new_order o = {.to = NULL};
    size_t n = 0;
    const struct cli_option options[] = {
        {"--lang", &lang, NULL}, {"--to", &o.to, NULL}, {"--publisher", &publisher, NULL}};
    if (cli_options(t, argc, argv, options, 3, word, 1, &n) != E_OK || n != 1 || !lang || strchr(lang, '/') ||
        lang[0] == '.') {
        if (t->err == E_OK)
            task_fail(t, E_INVALID,
                "usage: lyceum plugin new NAMESPACE/NAME --lang c|python|js [--to FOLDER] [--publisher SIGNER]");
        cli_dataset_end(t, t->err, false, NULL);
        return 2;
    }
    o.id = span_of(word[0]);
    o.publisher = publisher ? span_of(publisher) : SPAN_NONE;
    if (!line_plugin_id(o.id))
        return cli_dataset_end(t,
            task_fail(t, E_INVALID, "A plugin's id reads namespace/name: small letters, digits, dashes."), false, NULL);
    o.to = o.to ? o.to : strchr(word[0], '/') + 1;
    if (make(t, lang, &o) == E_OK)
        printf("%s is there. Change it, try it (lyceum plugin test %s), then pack and sign it.\n", o.to, o.to);
    return cli_dataset_end(t, t->err, false, NULL);
}
