/* header: the generated views.h. */
#include "template/compile/view.h"

static const char *const C_TYPES[] = {
    [FIELD_TEXT] = "struct span ",
    [FIELD_NUM] = "int64_t ",
    [FIELD_FLAG] = "bool ",
    [FIELD_HTML] = "struct safe_html ",
};

static void
type_put(struct buf *out, enum field_kind kind, const struct view_struct *type)
{
    if (type)
        buf_printf(out, "struct view_%.*s ", SPAN_ARG(type->name));
    else
        buf_puts(out, C_TYPES[kind]);
}

static void
field_put(struct buf *out, const struct view_field *f)
{
    buf_puts(out, "    ");
    if (f->kind == FIELD_LIST) {
        buf_puts(out, "struct {\n        const ");
        type_put(out, f->item, f->type);
        buf_printf(out, "*at;\n        size_t n;\n    } %.*s;", SPAN_ARG(f->c_name));
    } else if (f->kind == FIELD_MAYBE) {
        buf_puts(out, "const ");
        type_put(out, f->kind, f->type);
        buf_printf(out, "*%.*s;", SPAN_ARG(f->c_name));
    } else {
        type_put(out, f->kind, f->type);
        buf_printf(out, "%.*s;", SPAN_ARG(f->c_name));
    }
    if (f->note.n)
        buf_printf(out, " /* %.*s */", SPAN_ARG(f->note));
    buf_putc(out, '\n');
}

/* A struct that holds another one by value has to follow it. */
static void
struct_put(struct compile *c, struct buf *out, struct view_struct *s)
{
    enum { UNSEEN, OPEN, WRITTEN };
    if (s->mark == WRITTEN)
        return;
    struct place at = {.path = s->path, .line = s->line};
    if (s->mark == OPEN) {
        complain(c, &at, "\"%.*s\" holds itself; use maybe or list.", SPAN_ARG(s->shown));
        return;
    }
    s->mark = OPEN;
    for (const struct view_field *f = s->fields; f; f = f->next) {
        for (struct view_struct *d = c->structs; d && f->kind == FIELD_ONE; d = d->next) {
            if (d == f->type)
                struct_put(c, out, d);
        }
    }
    s->mark = WRITTEN;
    if (s->note.n)
        buf_printf(out, "/* %.*s */\n", SPAN_ARG(s->note));
    buf_printf(out, "struct view_%.*s {\n", SPAN_ARG(s->name));
    for (const struct view_field *f = s->fields; f; f = f->next)
        field_put(out, f);
    buf_puts(out, "};\n\n");
}

void
view_write_header(struct compile *c, struct buf *out)
{
    buf_puts(out,
        "/* views: what each page template needs. Written by lyceum-templates from templates/; don't edit. */\n"
        "#ifndef TEMPLATE_VIEWS_H\n#define TEMPLATE_VIEWS_H\n\n"
        "#include \"base/buf.h\"\n#include \"template/html.h\"\n\n");
    for (const struct view_struct *s = c->structs; s; s = s->next)
        buf_printf(out, "struct view_%.*s;\n", SPAN_ARG(s->name));
    buf_putc(out, '\n');
    for (struct view_struct *s = c->structs; s; s = s->next)
        struct_put(c, out, s);
    for (const struct view_struct *s = c->structs; s; s = s->next) {
        if (s->is_view)
            buf_printf(out, "void render_%.*s(struct buf *out, const struct view_%.*s *v);\n", SPAN_ARG(s->name),
                SPAN_ARG(s->name));
    }
    buf_puts(out, "\n#endif\n");
}
