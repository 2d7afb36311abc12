/* scope: what a name in a template means: innermost context first, as C expressions. */
#ifndef TEMPLATE_COMPILE_SCOPE_H
#define TEMPLATE_COMPILE_SCOPE_H

#include "template/compile/view.h"

/* One context: a struct, whose fields may be named, or a plain value, which is {{.}} alone. */
struct scope {
    const struct scope *up;
    const struct view_struct *type; /* NULL: a plain value */
    enum field_kind kind;
    const char *expr; /* "v->rows.at[i1]." before a field's name; or the plain value itself */
};

struct ref {
    enum field_kind kind;
    enum field_kind item;
    const struct view_struct *type;
    const char *expr;
    const char *guard; /* NULL, or what must hold for expr to exist: "v->pager" */
};

/* Resolves a dotted name or "."; complains and returns false when the name is unknown here. */
bool scope_resolve(struct compile *c, const struct place *at, const struct scope *s, struct span name, struct ref *out);

#endif
