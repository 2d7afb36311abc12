/* emit: walks the nodes with a scope of typed names and writes C. */
#include "template/compile/emit.h"

#include "template/compile/cwrite.h"
#include "template/compile/markup.h"
#include "template/compile/scope.h"

enum { MAX_PARTIAL_DEPTH = 16, MAX_PENDING_BYTES = 16 << 20 };

struct emitter {
    struct compile *c;
    struct cwriter w;
    struct place at;
    struct markup markup;
    int loops;
    int partial_depth;
    bool used; /* v was named */
};

static void emit_nodes(struct emitter *e, const struct node *first, const struct scope *s);

static void
emit_static(struct emitter *e, struct span text)
{
    cwrite_static(&e->w, text);
    const char *why = markup_static(&e->markup, text);
    if (why)
        complain(e->c, &e->at, "%s", why);
}

/* What is wrong with writing r at that place; complains. */
static bool
value_fits(struct emitter *e, const struct node *n, const struct ref *r, enum markup_slot slot)
{
    struct span name = n->text;
    bool raw = n->kind == NODE_RAW;
    if (slot == MARKUP_SLOT_NONE)
        complain(e->c, &e->at, "\"%.*s\" can't stand here: values go between tags and into quoted attributes.",
            SPAN_ARG(name));
    else if (r->kind > FIELD_HTML || r->kind == FIELD_FLAG)
        complain(e->c, &e->at, "\"%.*s\" is no text, number or html; use a section.", SPAN_ARG(name));
    else if (raw && r->kind != FIELD_HTML)
        complain(e->c, &e->at, "\"%.*s\" is not html, so it can't be written raw.", SPAN_ARG(name));
    else if (!raw && r->kind == FIELD_HTML)
        complain(e->c, &e->at, "\"%.*s\" is html: write {{{%.*s}}}.", SPAN_ARG(name), SPAN_ARG(name));
    else if (raw && slot != MARKUP_SLOT_TEXT)
        complain(e->c, &e->at, "\"%.*s\" is html, which can't stand in an attribute.", SPAN_ARG(name));
    else
        return true;
    return false;
}

static void
emit_value(struct emitter *e, const struct node *n, const struct scope *s)
{
    static const char *const TEXT_PUTS[] = {
        [MARKUP_SLOT_TEXT] = "template_put_text(out, %s);",
        [MARKUP_SLOT_VALUE] = "template_put_text(out, %s);",
        [MARKUP_SLOT_URL] = "template_put_url(out, %s);",
        [MARKUP_SLOT_URL_PART] = "template_put_url_part(out, %s);",
    };
    struct ref r;
    if (!scope_resolve(e->c, &e->at, s, n->text, &r))
        return;
    enum markup_slot slot = markup_value(&e->markup);
    if (!value_fits(e, n, &r, slot))
        return;
    const char *put = r.kind == FIELD_NUM    ? "buf_i64(out, %s);"
                      : r.kind == FIELD_HTML ? "buf_span(out, %s.made_by_render);"
                                             : TEXT_PUTS[slot];
    ptrdiff_t hole = span_find(span_of(put), SPAN("%s"));
    e->used = true;
    cwrite_line(&e->w, "%s%s%s%.*s%s%s", r.guard ? "if (" : "", r.guard ? r.guard : "", r.guard ? ") " : "", (int)hole,
        put, r.expr, put + hole + 2);
}

/* The condition under which a section over r shows. */
static const char *
condition(struct emitter *e, const struct ref *r, bool inverted)
{
    static const char *const TESTS[] = {
        [FIELD_TEXT] = ".n > 0",
        [FIELD_NUM] = " != 0",
        [FIELD_FLAG] = "",
        [FIELD_HTML] = ".made_by_render.n > 0",
        [FIELD_ONE] = "",
        [FIELD_MAYBE] = "",
        [FIELD_LIST] = ".n > 0",
    };
    const char *plain = r->kind == FIELD_ONE ? "true" : task_printf(e->c->t, "%s%s", r->expr, TESTS[r->kind]);
    const char *all = r->guard ? task_printf(e->c->t, "%s && %s", r->guard, plain) : plain;
    return inverted ? task_printf(e->c->t, "!(%s)", all) : all;
}

/* The context inside a section over r. */
static struct scope
scope_inside(struct emitter *e, const struct ref *r, const struct scope *up)
{
    struct scope in = {.up = up, .type = r->type, .kind = r->kind, .expr = r->expr};
    if (r->kind == FIELD_ONE)
        in.expr = task_printf(e->c->t, "%s.", r->expr);
    else if (r->kind == FIELD_MAYBE)
        in.expr = task_printf(e->c->t, "%s->", r->expr);
    else if (r->kind == FIELD_LIST) {
        in.kind = r->item;
        in.expr = task_printf(e->c->t, "%s.at[i%d]%s", r->expr, e->loops, r->type ? "." : "");
    }
    return in;
}

/* A guarded list needs no block of its own: the guard goes into the loop's condition. */
static void
section_open(struct emitter *e, const struct ref *r, bool inverted)
{
    if (r->kind == FIELD_LIST && !inverted) {
        int i = ++e->loops;
        cwrite_line(&e->w, "for (size_t i%d = 0; %s%si%d < %s.n; i%d++) {", i, r->guard ? r->guard : "",
            r->guard ? " && " : "", i, r->expr, i);
    } else {
        cwrite_line(&e->w, "if (%s) {", condition(e, r, inverted));
    }
    e->w.indent++;
}

static void
emit_section(struct emitter *e, const struct node *n, const struct scope *s)
{
    struct ref r;
    if (!scope_resolve(e->c, &e->at, s, n->text, &r))
        return;
    bool inverted = n->kind == NODE_INVERTED;
    if (inverted && r.kind == FIELD_ONE && !r.guard)
        complain(e->c, &e->at, "\"%.*s\" is always there, so this never shows.", SPAN_ARG(n->text));
    e->used = true;
    section_open(e, &r, inverted);
    struct markup before = e->markup;
    struct scope in = scope_inside(e, &r, s);
    emit_nodes(e, n->child, inverted ? s : &in);
    e->at.line = n->line;
    if (!markup_join(&e->markup, &before))
        complain(
            e->c, &e->at, "The section \"%.*s\" ends in another place of the markup than it began.", SPAN_ARG(n->text));
    cwrite_flush(&e->w);
    e->w.indent--;
    cwrite_line(&e->w, "}");
}

/* The text with `indent` put before each of its lines. */
static struct span
text_indented(struct compile *c, struct span text, struct span indent)
{
    if (indent.n == 0)
        return text;
    struct buf *b = task_buf(c->t, MAX_PENDING_BYTES);
    for (size_t i = 0; i < text.n; i++) {
        if (i == 0 || text.p[i - 1] == '\n')
            buf_span(b, indent);
        buf_putc(b, text.p[i]);
    }
    return buf_view(b);
}

/* {{> name}} is in the folder of the file that says so, {{> folder/name}} anywhere. */
static const struct source *
partial_source(const struct emitter *e, struct span name)
{
    struct span path = name;
    if (!span_has(name, '/')) {
        const struct place *at = &e->at;
        for (size_t i = 0; i < e->c->source_count; i++) {
            const struct source *s = &e->c->sources[i];
            if (!span_eq(s->path, at->path))
                continue;
            size_t cut = s->name.n;
            while (cut > 0 && s->name.p[cut - 1] != '/')
                cut--;
            path = task_format(e->c->t, "%.*s%.*s", (int)cut, s->name.p, SPAN_ARG(name));
        }
    }
    return compile_source(e->c, path, false);
}

static void
emit_partial(struct emitter *e, const struct node *n, const struct scope *s)
{
    const struct source *src = partial_source(e, n->text);
    if (!src) {
        complain(e->c, &e->at, "There is no template \"%.*s\".", SPAN_ARG(n->text));
        return;
    }
    if (e->partial_depth == MAX_PARTIAL_DEPTH) {
        complain(e->c, &e->at, "Partials are nested more than %d deep; does one include itself?", MAX_PARTIAL_DEPTH);
        return;
    }
    struct place outer = e->at;
    e->partial_depth++;
    e->at = (struct place){.path = src->path, .line = 1, .via = &outer};
    emit_nodes(e, parse_template(e->c, e->at, text_indented(e->c, src->text, n->indent)), s);
    e->partial_depth--;
    e->at = outer;
}

static void
emit_nodes(struct emitter *e, const struct node *first, const struct scope *s)
{
    for (const struct node *n = first; n; n = n->next) {
        e->at.line = n->line;
        switch (n->kind) {
        case NODE_STATIC: emit_static(e, n->text); break;
        case NODE_VALUE:
        case NODE_RAW: emit_value(e, n, s); break;
        case NODE_SECTION:
        case NODE_INVERTED: emit_section(e, n, s); break;
        case NODE_PARTIAL: emit_partial(e, n, s); break;
        }
    }
}

static void
emit_page(struct compile *c, struct buf *out, const struct view_struct *view, const struct source *src)
{
    struct emitter e = {.c = c, .w = {.out = out, .pending = task_buf(c->t, MAX_PENDING_BYTES), .indent = 1}};
    e.at = (struct place){.path = src->path, .line = 1};
    struct scope top = {.type = view, .kind = FIELD_ONE, .expr = "v->"};
    buf_printf(out, "\nvoid\nrender_%.*s(struct buf *out, const struct view_%.*s *v)\n{\n", SPAN_ARG(view->name),
        SPAN_ARG(view->name));
    emit_nodes(&e, parse_template(c, e.at, src->text), &top);
    cwrite_flush(&e.w);
    if (e.markup.where != MARKUP_TEXT && e.markup.where != MARKUP_LESS)
        complain(c, &e.at, "The page ends inside a tag.");
    if (!e.used)
        buf_puts(out, "    (void)v;\n");
    buf_puts(out, "}\n");
}

void
emit_pages(struct compile *c, struct buf *out)
{
    buf_puts(out, "/* pages: the compiled templates. Written by lyceum-templates from templates/; don't edit. */\n"
                  "#include \"template/views.h\"\n\n#include \"template/put.h\"\n");
    for (const struct view_struct *v = c->structs; v; v = v->next) {
        if (!v->is_view)
            continue;
        const struct source *src = compile_source(c, v->shown, false);
        struct place at = {.path = v->path, .line = v->line};
        if (src)
            emit_page(c, out, v, src);
        else
            complain(c, &at, "There is no template %.*s.mustache for this view.", SPAN_ARG(v->shown));
    }
}
