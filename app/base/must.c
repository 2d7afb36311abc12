/* must: stop at once on a bug of ours; the supervisor starts us again. */
#include "base/must.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void
must_fail(const char *cond, const char *file, int line)
{
    fprintf(stderr, "bug: must(%s) failed at %s:%d\n", cond, file, line);
    abort();
}
