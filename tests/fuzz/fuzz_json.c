/* fuzz: lyc_base */
/* fuzz_json: what is read as JSON prints, reads back and is equal; any bytes become a string that may stand in HTML. */
#include "base/json.h"
#include "base/must.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_value(struct task *t, const json_t *j)
{
    json_t *again;
    struct span text = json_dump(t, j);
    must(utf8_valid(text));
    must(json_read(t, text, &again) == E_OK && json_equal(j, again));
}

static void
check_text(struct task *t, struct span bytes)
{
    json_t *j;
    struct buf *b = task_buf(t, bytes.n * 6 + 16);
    json_put_text(b, bytes);
    must(!b->failed && !span_has(buf_view(b), '<') && !span_has(buf_view(b), '&'));
    must(utf8_valid(buf_view(b)));
    /* A NUL may be in a text of ours, but not in what is read. */
    must(span_has(bytes, '\0') || (json_read(t, buf_view(b), &j) == E_OK && json_is_string(j)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct task t;
    json_t *j;
    struct span bytes = {(const char *)data, size};
    task_begin(&t, 0);
    if (json_read(&t, bytes, &j) == E_OK)
        check_value(&t, j);
    task_clear_error(&t);
    if (json_read_lax(&t, bytes, &j) == E_OK)
        check_value(&t, j);
    task_clear_error(&t);
    check_text(&t, bytes);
    task_end(&t);
    return 0;
}
