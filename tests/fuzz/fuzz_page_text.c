/* fuzz: lyc_tool */
/* fuzz_page_text: whatever the page, its words end, are no longer than it, and hold no empty line. */
#include "tool/page_text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct task t;
    task_begin(&t, 0);
    struct span got = page_text(&t, (struct span){(const char *)data, n});
    if (got.n > n || span_find(got, SPAN("\n\n")) >= 0)
        abort();
    task_end(&t);
    return 0;
}
