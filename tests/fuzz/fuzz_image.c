/* fuzz: lyc_image */
/* fuzz_image: a letter, then what a service that draws sends: JSON (j), a failure (e), events (s), or bytes of a
 * picture (p). A picture has its bounds, a refusal its words. */
#include "base/must.h"
#include "image/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct task t;
    struct picture p;
    struct image_reply r;
    const struct image_order o = {.size = SPAN("auto"), .s = {.price_in = 1, .price_out = 2, .currency = SPAN("USD")}};
    struct span rest = {(const char *)data + 1, n - 1};
    double amount;
    if (n == 0)
        return 0;
    if (data[0] == 'p') {
        must(!picture_read(rest, &p) || (p.type && p.ending));
        return 0;
    }
    task_begin(&t, 0);
    struct span type = data[0] == 's' ? SPAN("text/event-stream") : SPAN("application/json");
    enum err e = image_reply_read(&t, &o, data[0] == 'e' ? 400 : 200, type, rest, &r);
    must(e == E_OK ? r.bytes > 0 && r.bytes <= IMAGE_BYTES + 4 && r.picture.type && r.b64.n > 0 : t.cause[0] != '\0');
    if (e == E_OK)
        (void)image_cost_words(&t, &o.s, &r.usage, &amount);
    task_end(&t);
    return 0;
}
