/* policy_view: the Rule of Two a second time, as an SQL view: what `decide` is compared with, row by row. */
#ifndef STORE_POLICY_VIEW_H
#define STORE_POLICY_VIEW_H

#include "base/task.h"

/* Appends the view's 43,200 rows as TSV under a header line: in the columns and the order of policy/table.h, though not
 * a line of that is used here. */
enum err policy_view_put(struct task *t, struct buf *out);

#endif
