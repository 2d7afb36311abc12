/* fuzz: lyc_effect */
/* fuzz_jsonrows: the splitter of JSON files: each row is a balanced object, and the file's end is reached. */
#include "base/must.h"
#include "effect/jsonrows.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct task t;
    struct source in;
    struct jsonrows j;
    struct jsonrows_row r;
    if (n == 0)
        return 0;
    task_begin(&t, 0);
    source_memory(&in, (struct span){(const char *)p + 1, n - 1});
    jsonrows_begin(&t, &j, &in, p[0] & 1);
    while (jsonrows_next(&t, &j, &r) == E_OK && (r.text.n > 0 || r.begins)) {
        must(r.begins || (r.text.p[0] == '{' && r.text.n >= 2));
        must(r.text.n <= n);
    }
    must(t.err != E_OK || in.rest.n == 0);
    task_end(&t);
    return 0;
}
