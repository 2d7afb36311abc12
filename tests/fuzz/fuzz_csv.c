/* fuzz: lyc_effect */
/* fuzz_csv: the CSV reader: nothing is read past the end, and the chunking of the input changes no record. */
#include "base/must.h"
#include "effect/csv.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct task t;
    struct source in;
    struct csv c;
    struct csv_record r = {.fields = NULL};
    size_t total = 0;
    int64_t line = 0;
    task_begin(&t, 0);
    source_memory(&in, (struct span){(const char *)p, n});
    csv_begin(&t, &c, &in, '\0');
    while (csv_next(&t, &c, &r) == E_OK && r.n > 0) {
        must(r.line > line);
        line = r.line;
        for (size_t i = 0; i < r.n; i++) {
            total += r.fields[i].n;
            must(r.fields[i].n == 0 || !memchr(r.fields[i].p, '\0', r.fields[i].n));
        }
    }
    must(total <= n);
    task_end(&t);
    return 0;
}
