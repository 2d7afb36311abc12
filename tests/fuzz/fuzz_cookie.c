/* fuzz: lyc_http */
/* fuzz_cookie: the cookie header: what is taken as ours has our shape. */
#include "base/must.h"
#include "http/cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int https = 0; https < 2; https++) {
        struct task t;
        struct http_cookies c;
        task_begin(&t, 0);
        if (http_cookies_read(&t, (struct span){(const char *)data, size}, https, &c) == E_OK)
            must((c.session.n == 0 || c.session.n == HTTP_COOKIE_BYTES) &&
                 (c.visitor.n == 0 || c.visitor.n == HTTP_COOKIE_BYTES));
        task_end(&t);
    }
    return 0;
}
