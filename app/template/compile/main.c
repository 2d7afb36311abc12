/* lyceum-templates: compiles templates/ to C at build time. Usage: lyceum-templates TEMPLATES_FOLDER OUTPUT_FOLDER */
#include "template/compile/emit.h"

#include "base/fsio.h"

#include <stdio.h>

enum { MAX_OUTPUT_BYTES = 64 << 20 };

/* An unchanged file keeps its time, so that nothing that includes it is compiled again. */
static enum err
output_write(struct task *t, const char *path, const struct buf *b)
{
    struct span old;
    if (fsio_read(t, path, MAX_OUTPUT_BYTES, &old) == E_OK && span_eq(old, buf_view(b)))
        return E_OK;
    task_clear_error(t);
    return fsio_write_atomic(t, path, buf_view(b), 0644);
}

static enum err
run(struct compile *c, const char *from, const char *to)
{
    enum err e = compile_read_tree(c, from);
    if (e != E_OK)
        return e;
    struct buf *header = task_buf(c->t, MAX_OUTPUT_BYTES);
    struct buf *pages = task_buf(c->t, MAX_OUTPUT_BYTES);
    view_parse_all(c);
    if (c->complaints == 0) {
        view_write_header(c, header);
        emit_pages(c, pages);
    }
    if (c->complaints > 0)
        return task_fail(
            c->t, E_INVALID, "The templates have %d error%s.", c->complaints, c->complaints > 1 ? "s" : "");
    e = output_write(c->t, task_printf(c->t, "%s/views.h", to), header);
    return e == E_OK ? output_write(c->t, task_printf(c->t, "%s/pages.c", to), pages) : e;
}

int
main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("Usage: lyceum-templates TEMPLATES_FOLDER OUTPUT_FOLDER\n", stderr);
        return 2;
    }
    struct task t;
    task_begin(&t, 0);
    t.limit_bytes = 256 << 20;
    struct compile c = {.t = &t};
    enum err e = run(&c, argv[1], argv[2]);
    if (e != E_OK)
        fprintf(stderr, "%s\n", t.cause);
    task_end(&t);
    return e == E_OK ? 0 : 1;
}
