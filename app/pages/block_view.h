/* block_view: what a plugin answered, block by block, as pages show it: a stranger's words, none of which is clicked.
 */
#ifndef PAGES_BLOCK_VIEW_H
#define PAGES_BLOCK_VIEW_H

#include "base/task.h"
#include "template/views.h"

enum { BLOCK_VIEW_ROWS = 100 };

/* Where blocks are shown. */
struct block_place {
    struct span id;        /* begins the ids of figures on the page */
    const char *artifacts; /* the address before a picture's name: "/-/artifact" */
};
/* blocks: a stored result's JSON array (store/work_result.h). E_CORRUPT when it can't be read. */
enum err block_view(
    struct task *t, struct span blocks, const struct block_place *place, struct view_block **out, size_t *n);

#endif
