/* tree: finds and reads the sources below templates/, and prints complaints about them. */
#include "template/compile/compile.h"

#include "base/fsio.h"
#include "base/utf8.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_SOURCES = 2000, MAX_SOURCE_BYTES = 256 << 10, MAX_DEPTH = 3 };

static enum err
source_add(struct compile *c, const char *path, size_t root_bytes)
{
    struct span name = span_from(span_of(path), root_bytes + 1);
    bool is_view = span_ends(name, ".view");
    if (!is_view && !span_ends(name, ".mustache"))
        return E_OK;
    if (c->source_count == MAX_SOURCES)
        return task_fail(c->t, E_LIMIT, "There are more than %d templates.", MAX_SOURCES);
    struct source *s = &c->sources[c->source_count++];
    s->path = task_dup(c->t, span_of(path));
    s->name = task_dup(c->t, span_first(name, name.n - (is_view ? strlen(".view") : strlen(".mustache"))));
    s->is_view = is_view;
    enum err e = fsio_read(c->t, path, MAX_SOURCE_BYTES, &s->text);
    if (e == E_OK && !utf8_valid(s->text))
        return task_fail(c->t, E_INVALID, "%s is not UTF-8.", path);
    return e;
}

static enum err
folder_read(struct compile *c, const char *path, size_t root_bytes, int depth)
{
    DIR *d = opendir(path);
    if (!d)
        return task_fail(c->t, E_NOTFOUND, "The folder %s can't be read.", path);
    enum err e = E_OK;
    for (struct dirent *entry; e == E_OK && (entry = readdir(d));) {
        if (entry->d_name[0] == '.')
            continue;
        const char *child = task_printf(c->t, "%s/%s", path, entry->d_name);
        struct stat st;
        if (stat(child, &st) != 0)
            continue; /* an editor's temporary file that is gone again */
        if (S_ISDIR(st.st_mode) && depth < MAX_DEPTH)
            e = folder_read(c, child, root_bytes, depth + 1);
        else if (S_ISREG(st.st_mode))
            e = source_add(c, child, root_bytes);
    }
    closedir(d);
    return e;
}

static int
source_order(const void *a, const void *b)
{
    const struct source *x = a;
    const struct source *y = b;
    return span_cmp(x->path, y->path);
}

enum err
compile_read_tree(struct compile *c, const char *root)
{
    c->sources = task_array(c->t, MAX_SOURCES, sizeof *c->sources);
    enum err e = folder_read(c, root, strlen(root), 0);
    if (e == E_OK)
        qsort(c->sources, c->source_count, sizeof *c->sources, source_order);
    return e;
}

const struct source *
compile_source(const struct compile *c, struct span name, bool is_view)
{
    for (size_t i = 0; i < c->source_count; i++) {
        if (c->sources[i].is_view == is_view && span_eq(c->sources[i].name, name))
            return &c->sources[i];
    }
    return NULL;
}

void
complain(struct compile *c, const struct place *at, const char *fmt, ...)
{
    c->complaints++;
    fprintf(stderr, "%.*s:%d: ", SPAN_ARG(at->path), at->line);
    va_list ap;
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    for (at = at->via; at; at = at->via)
        fprintf(stderr, "    included at %.*s:%d\n", SPAN_ARG(at->path), at->line);
}
