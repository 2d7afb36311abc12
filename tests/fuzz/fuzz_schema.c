/* fuzz: lyc_plugin */
/* Lines: a schema, a value, a pattern, a text. What is taken as a schema measures any value; what is taken as a pattern
 * matches any text; nothing reads beyond. */
#include "base/json.h"
#include "base/must.h"
#include "plugin/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct task t;
    struct span rest = {(const char *)data, n}, schema, value, pattern, text;
    json_t *s, *v;
    if (!span_cut(&rest, '\n', &schema) || !span_cut(&rest, '\n', &value) || !span_cut(&rest, '\n', &pattern) ||
        !span_cut(&rest, '\n', &text))
        return 0;
    task_begin(&t, 0);
    if (json_read(&t, schema, &s) == E_OK && json_read(&t, value, &v) == E_OK && schema_check(&t, s) == E_OK) {
        enum err e = schema_fits(&t, s, v, "value");
        must(e == E_OK || (e == E_INVALID && t.cause[0]));
    }
    must(schema_pattern_ok(pattern) || !schema_pattern_fits(pattern, text));
    task_end(&t);
    return 0;
}
