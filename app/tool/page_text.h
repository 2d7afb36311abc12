/* page_text: the words of an HTML page, without its tags, scripts and styles. For reading, not for safety: what comes
 * out is foreign text all the same. */
#ifndef TOOL_PAGE_TEXT_H
#define TOOL_PAGE_TEXT_H

#include "base/task.h"

/* Blocks become lines, runs of blanks one blank, empty lines go. Always ends, whatever the bytes; the text is at most
 * as long as the page, and valid UTF-8 when the page is. */
struct span page_text(struct task *t, struct span html);

#endif
