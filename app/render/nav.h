/* nav: the links in the header of every page, the same whichever process sends it. */
#ifndef RENDER_NAV_H
#define RENDER_NAV_H

#include "base/task.h"
#include "template/views.h"

/* What this role may follow, *n items of the task's; none is marked as current. */
struct view_nav_item *nav_make(struct task *t, struct span role, size_t *n);

#endif
