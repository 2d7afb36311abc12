/* parse: a template's text as a tree of nodes, by the rules of the Mustache specification. */
#ifndef TEMPLATE_COMPILE_PARSE_H
#define TEMPLATE_COMPILE_PARSE_H

#include "template/compile/compile.h"

enum node_kind {
    NODE_STATIC,   /* text: the bytes */
    NODE_VALUE,    /* {{name}} */
    NODE_RAW,      /* {{{name}}} and {{&name}} */
    NODE_SECTION,  /* {{#name}} */
    NODE_INVERTED, /* {{^name}} */
    NODE_PARTIAL,  /* {{>name}} */
};

struct node {
    enum node_kind kind;
    struct span text;   /* the bytes, or the name */
    struct span indent; /* of a partial that stands alone on its line */
    int line;
    struct node *child;
    struct node *next;
};

/* The first node of the text, or NULL when it is empty or was complained about. */
struct node *parse_template(struct compile *c, struct place at, struct span text);

#endif
