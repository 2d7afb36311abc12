/* cell: a value as people read it in a table. */
#ifndef RENDER_CELL_H
#define RENDER_CELL_H

#include "base/cell.h"
#include "base/task.h"

struct cell_shown {
    struct span text;   /* to be escaped by the template */
    struct span class;  /* "num", "text", "blob" or "null"; "text cut" when it was cut */
    struct span remark; /* empty, or what the text leaves out: "cut: 12,345 bytes in all" */
};

/* Text of at most `limit` bytes is shown whole; more is cut at a character. NULL is the word NULL with a class of its
 * own; a blob is told by its size; reals as short as they read back. Malformed UTF-8 is replaced. The text may be
 * borrowed from the cell. */
struct cell_shown cell_show(struct task *t, const struct cell *c, size_t limit);

/* "1,234,567": for counts, never for data. */
struct span cell_count(struct task *t, int64_t n);
/* "812 bytes", "1.2 kB", "3.4 MB". */
struct span cell_bytes(struct task *t, int64_t n);

#endif
