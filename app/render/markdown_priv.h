/* markdown_priv: the writer of a parsed tree, apart from the parser's bounds. */
#ifndef RENDER_MARKDOWN_PRIV_H
#define RENDER_MARKDOWN_PRIV_H

#include "render/markdown.h"

#include <cmark-gfm.h>

struct markdown_writer {
    struct task *t;
    struct buf *out;
    const struct markdown_options *options;
    int depth;      /* of the node at hand */
    int flat_depth; /* not 0: that of a node (an image, or one too deep) inside which there are no tags, but text */
    int column;     /* of the cell at hand */
    bool in_link;   /* an <a> is open: links don't nest */
};

/* Writes the tree's nodes. Every tag and attribute is a literal of markdown_tree.c; all else is escaped. */
void markdown_tree_put(struct markdown_writer *w, cmark_node *root);

#endif
