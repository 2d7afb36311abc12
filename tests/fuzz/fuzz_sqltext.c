/* fuzz: lyc_render */
/* fuzz_sqltext: the marked SQL without its tags is the escaped input, and its tags are spans of ours in pairs. */
#include "base/must.h"
#include "base/utf8.h"
#include "render/sqltext.h"
#include "template/put.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span sql = {(const char *)data, size};
    struct task t;
    task_begin(&t, 0);
    struct buf *clean = task_buf(&t, 4 * size + 1);
    struct buf *want = task_buf(&t, 24 * size + 1);
    utf8_clean(clean, sql);
    template_put_text(want, buf_view(clean));
    struct span rest = sqltext_html(&t, sql).made_by_render;
    struct buf *got = task_buf(&t, 24 * size + 1);
    bool open = false;
    while (rest.n > 0) {
        bool tag = rest.p[0] == '<';
        if (!tag) {
            buf_putc(got, rest.p[0]);
            rest = span_from(rest, 1);
            continue;
        }
        must(span_starts(rest, open ? "</span>" : "<span class=\"sql-"));
        open = !open;
        rest = span_from(rest, (size_t)span_find(rest, SPAN(">")) + 1);
    }
    must(!open && !want->failed && span_eq(buf_view(got), buf_view(want)));
    task_end(&t);
    return 0;
}
