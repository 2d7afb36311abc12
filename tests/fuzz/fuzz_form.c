/* fuzz: lyc_http */
/* fuzz_form: forms and queries: what is let through is UTF-8 without NUL, and encodes back to the same pairs. */
#include "base/must.h"
#include "base/utf8.h"
#include "http/params.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct task t;
    struct http_params p, again;
    task_begin(&t, 0);
    if (http_params_read(&t, (struct span){(const char *)data, size}, "form", &p) == E_OK) {
        struct buf *b = task_buf(&t, (size_t)16 << 20);
        for (size_t i = 0; i < p.n; i++) {
            must(utf8_valid(p.at[i].name) && utf8_valid(p.at[i].value));
            must(!span_has(p.at[i].name, '\0') && !span_has(p.at[i].value, '\0'));
            if (i > 0)
                buf_putc(b, '&');
            http_encode(b, p.at[i].name);
            buf_putc(b, '=');
            http_encode(b, p.at[i].value);
        }
        must(http_params_read(&t, buf_view(b), "form", &again) == E_OK && again.n == p.n);
        for (size_t i = 0; i < p.n; i++)
            must(span_eq(p.at[i].name, again.at[i].name) && span_eq(p.at[i].value, again.at[i].value));
    }
    task_end(&t);
    return 0;
}
