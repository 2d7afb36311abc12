/* site: the two origins of a deployment: where people read and ask, and where they approve. */
#ifndef HTTP_SITE_H
#define HTTP_SITE_H

#include "base/task.h"

/* The origin of the approvals' pages, without a final slash: conf http.approve_origin, or, when that is empty, made of
 * http.origin: "approve." before its name; approve.localhost for an address or localhost (browsers take it to be this
 * machine, and keep its cookies apart). */
struct span http_approve_origin(struct task *t);
/* The same of a given main origin. Pure. */
struct span http_approve_origin_of(struct task *t, struct span origin);

#endif
