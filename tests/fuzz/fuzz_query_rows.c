/* fuzz: lyc_query */
/* What the query service and its callers decode: parameters of a request, rows and problems of a reply, SQL's tokens.
 */
#include "base/must.h"
#include "query/rows.h"
#include "query/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
scan_all(struct span sql)
{
    struct span token;
    size_t sum = 0;
    struct span rest = sql;
    while (scan_token(&rest, &token) != SCAN_END) {
        must(token.n > 0);
        sum += token.n;
    }
    must(sum == sql.n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct task t;
    struct frame f;
    struct query_rows rows;
    struct query_problem problem;
    const struct span *names;
    const struct cell *cells;
    size_t count;
    task_begin(&t, 0);
    struct span bytes = task_dup(&t, (struct span){(const char *)data, n});
    scan_all(bytes);
    rows_read_params(&t, bytes, &names, &cells, &count);
    task_clear_error(&t);
    if (frame_parse(&t, bytes, &f) == E_OK) {
        rows_read(&t, &f, &rows);
        task_clear_error(&t);
        rows_read_problem(&t, &f, &problem);
    }
    task_end(&t);
    return 0;
}
