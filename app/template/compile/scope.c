/* scope: names are looked up when the template is compiled, never when it is rendered. */
#include "template/compile/scope.h"

/* The names that would have been right, for the complaint. */
static struct span
names_known(struct compile *c, const struct scope *s)
{
    struct buf *b = task_buf(c->t, 4096);
    for (; s; s = s->up) {
        if (!s->type)
            continue;
        buf_printf(b, "%s%.*s has", b->n ? "; " : "", SPAN_ARG(s->type->shown));
        for (const struct view_field *f = s->type->fields; f; f = f->next)
            buf_printf(b, "%s%.*s", f == s->type->fields ? " " : ", ", SPAN_ARG(f->name));
    }
    return buf_view(b);
}

static void
ref_set(struct ref *r, const struct view_field *f, const char *expr)
{
    r->kind = f->kind;
    r->item = f->item;
    r->type = f->type;
    r->expr = expr;
}

static bool
resolve_first(struct compile *c, const struct place *at, const struct scope *s, struct span name, struct ref *out)
{
    *out = (struct ref){.guard = NULL};
    for (const struct scope *i = s; i; i = i->up) {
        const struct view_field *f = i->type ? view_field_named(i->type, name) : NULL;
        if (f) {
            ref_set(out, f, task_printf(c->t, "%s%.*s", i->expr, SPAN_ARG(f->c_name)));
            return true;
        }
    }
    complain(c, at, "There is no \"%.*s\" here: %.*s.", SPAN_ARG(name), SPAN_ARG(names_known(c, s)));
    return false;
}

/* Steps from a struct to one of its fields. */
static bool
resolve_next(struct compile *c, const struct place *at, struct span name, struct ref *r)
{
    if (!r->type || r->kind == FIELD_LIST) {
        complain(c, at, "What stands before \".%.*s\" is not a single struct.", SPAN_ARG(name));
        return false;
    }
    const struct view_field *f = view_field_named(r->type, name);
    if (!f) {
        struct scope here = {.type = r->type};
        complain(c, at, "There is no \"%.*s\" there: %.*s.", SPAN_ARG(name), SPAN_ARG(names_known(c, &here)));
        return false;
    }
    bool maybe = r->kind == FIELD_MAYBE;
    if (maybe)
        r->guard = r->guard ? task_printf(c->t, "%s && %s", r->guard, r->expr) : r->expr;
    ref_set(r, f, task_printf(c->t, "%s%s%.*s", r->expr, maybe ? "->" : ".", SPAN_ARG(f->c_name)));
    return true;
}

bool
scope_resolve(struct compile *c, const struct place *at, const struct scope *s, struct span name, struct ref *out)
{
    if (span_is(name, ".")) {
        *out = (struct ref){.kind = s->kind, .expr = s->expr};
        if (s->type)
            complain(c, at, "{{.}} is the whole %.*s here; name one of its fields.", SPAN_ARG(s->type->shown));
        return !s->type;
    }
    struct span part;
    if (!span_cut(&name, '.', &part) || !resolve_first(c, at, s, part, out))
        return false;
    while (span_cut(&name, '.', &part)) {
        if (!resolve_next(c, at, part, out))
            return false;
    }
    return true;
}
