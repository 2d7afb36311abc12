/* markdown: a model's or a person's Markdown as markup that holds only tags of ours. */
#ifndef RENDER_MARKDOWN_H
#define RENDER_MARKDOWN_H

#include "base/task.h"
#include "template/html.h"

enum {
    MARKDOWN_LIMIT_BYTES = 256 << 10, /* of the whole text: what is longer is cut, and says so */
    MARKDOWN_BLOCK_BYTES = 16 << 10,  /* of one block; libcmark-gfm is quadratic on a table's columns */
};

struct markdown_options {
    /* URLs that may be clicked, exactly as written in the text: what the user wrote, and the config's. */
    const struct span *links;
    size_t link_count;
    /* Handles of results ("r1") that exist: [r1] becomes a link to #r1. */
    const struct span *results;
    size_t result_count;
    /* Other links to the outside: those for which may_leave is true lead to `leave` with the address put behind it as
     * one component: a page that asks before it lets anybody go. NULL: none does. */
    const char *leave;
    bool (*may_leave)(void *arg, struct span url);
    void *arg;
};

/* Renders GitHub's Markdown with tables and strikethrough. Raw HTML is shown as text, images become their description,
 * links that are neither in `links` nor let through by may_leave become text. A block past its limit is shown
 * unformatted. Never fails: a text that can't be rendered in time is shown as it was written. `text` may be malformed
 * UTF-8. The result lives as long as the task. */
struct safe_html markdown_html(struct task *t, struct span text, const struct markdown_options *options);

#endif
