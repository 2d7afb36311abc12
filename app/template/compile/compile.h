/* compile: what all parts of the template compiler share: the tree of sources, memory and complaints. */
#ifndef TEMPLATE_COMPILE_H
#define TEMPLATE_COMPILE_H

#include "base/task.h"

struct source {
    struct span path; /* as people see it: templates/data/table.mustache */
    struct span name; /* data/table */
    bool is_view;     /* a .view, else a .mustache */
    struct span text;
};

struct compile {
    struct task *t;
    struct source *sources; /* sorted by path */
    size_t source_count;
    int complaints;
    struct view_struct *structs; /* in order of definition */
};

/* A line of a source; `via` is the line that included it as a partial, or NULL. */
struct place {
    struct span path;
    int line;
    const struct place *via;
};

/* Reads all .view and .mustache files below `root` (two levels of folders at most). */
enum err compile_read_tree(struct compile *c, const char *root);
/* NULL when there is none. */
const struct source *compile_source(const struct compile *c, struct span name, bool is_view);
/* Prints "file:line: sentence" to stderr and counts it: the build will fail, after all complaints were made. */
void complain(struct compile *c, const struct place *at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
