/* fuzz: lyc_plugin */
/* fuzz_note: bytes that claim to be a signed note or a key: what parses is borrowed from them, signing it again keeps
 * its text, and no signature of a stranger counts. */
#include "base/id.h"
#include "base/must.h"
#include "plugin/note.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct task t;
    struct note n, again;
    struct note_key key;
    struct note_secret own;
    struct span bytes = {(const char *)data, size}, more;
    bool by = false;
    id_init();
    task_begin(&t, 0);
    if (note_key_read(&t, bytes, &key) == E_OK)
        must(span_eq(note_key_text(&t, &key), bytes));
    task_clear_error(&t);
    must(note_secret_new(&t, SPAN("fuzz"), &own) == E_OK);
    if (note_parse(&t, bytes, &n) == E_OK) {
        must(n.n > 0 && n.n <= NOTE_SIGS && n.text.p == bytes.p && n.text.n < size && n.text.p[n.text.n - 1] == '\n');
        must(note_check(&t, &n, &own.key, 1, &by) == E_OK);
        must(!by);
        if (note_add(&t, bytes, &own, &more) == E_OK) {
            must(note_parse(&t, more, &again) == E_OK && span_eq(again.text, n.text));
            must(note_check(&t, &again, &own.key, 1, &by) == E_OK && by);
        }
    }
    task_end(&t);
    return 0;
}
