/* view: what the .view files say: the typed fields that a template may name. */
#ifndef TEMPLATE_COMPILE_VIEW_H
#define TEMPLATE_COMPILE_VIEW_H

#include "template/compile/compile.h"

enum field_kind {
    FIELD_TEXT,  /* struct span, escaped */
    FIELD_NUM,   /* int64_t */
    FIELD_FLAG,  /* bool */
    FIELD_HTML,  /* struct safe_html, as it stands */
    FIELD_ONE,   /* a struct that is always there */
    FIELD_MAYBE, /* a pointer to a struct, or NULL */
    FIELD_LIST,  /* pointer and count */
};

struct view_field {
    enum field_kind kind;
    enum field_kind item;           /* of a list: TEXT, NUM, HTML or ONE */
    struct span type_name;          /* as written, where a struct is named */
    const struct view_struct *type; /* that struct, once resolved */
    struct span name;
    struct span c_name; /* the same, unless C keeps that word for itself */
    struct span note;   /* the comment behind it */
    int line;
    struct view_field *next;
};

struct view_struct {
    struct span name;  /* "page", or "data_table" for the view of data/table */
    struct span shown; /* how people call it: "page", "data/table" */
    bool is_view;
    struct span path;
    int line;
    struct span note;
    struct view_field *fields;
    int mark; /* used while the header is ordered */
    struct view_struct *next;
};

/* Parses every .view source into c->structs and resolves the names of structs. Complains about what is wrong. */
void view_parse_all(struct compile *c);
const struct view_field *view_field_named(const struct view_struct *s, struct span name);
/* Writes the C header with all structs and the prototypes of the render functions. */
void view_write_header(struct compile *c, struct buf *out);

#endif
