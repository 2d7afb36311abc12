/* gold_sql: reference queries of the shared question sets give the same rows through the gate as in plain SQLite. */
#include "base/conf.h"
#include "base/fsio.h"
#include "base/id.h"
#include "base/json.h"
#include "query/child.h"
#include "query/rows.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_BYTES = 64 << 20, EVERY = 40, DEADLINE_MS = 5000, ROWS = 1000, DOUBTS_PERCENT = 1 };

static struct {
    int tried, same, refused, different, unfit;
} tally;

/* Rows that plain SQLite gives (double-quoted words as strings allowed), encoded as the child encodes them; false when
 * it refuses the statement itself or takes long. */
static bool
plain(struct task *t, const char *path, const char *sql, struct buf *cells, size_t *n)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
    (void)t;
    for (*n = 0; rc == SQLITE_OK && *n < ROWS && (rc = sqlite3_step(st)) == SQLITE_ROW; ++*n, rc = SQLITE_OK) {
        for (int i = 0; i < sqlite3_column_count(st); i++) {
            int kind = sqlite3_column_type(st, i);
            struct cell c = {.kind = kind == SQLITE_INTEGER ? CELL_INT
                                     : kind == SQLITE_FLOAT ? CELL_REAL
                                     : kind == SQLITE_NULL  ? CELL_NULL
                                                            : CELL_TEXT,
                .i = sqlite3_column_int64(st, i),
                .r = sqlite3_column_double(st, i)};
            if (c.kind == CELL_TEXT)
                c.s = (struct span){(const char *)sqlite3_column_text(st, i), (size_t)sqlite3_column_bytes(st, i)};
            c.full_bytes = (int64_t)c.s.n;
            rows_put_cell(cells, &c);
        }
    }
    sqlite3_finalize(st);
    sqlite3_close(db);
    return rc == SQLITE_OK || rc == SQLITE_DONE;
}

static bool
same_rows(struct span plain_cells, size_t n, const struct query_rows *r)
{
    if (r->n_rows != n)
        return false;
    for (size_t i = 0; i < n * r->n_columns; i++) {
        struct cell a, b = r->cells[i];
        if (!rows_take_cell(&plain_cells, &a) || a.kind != (b.kind == CELL_BLOB ? CELL_TEXT : b.kind))
            return false;
        bool same = a.kind == CELL_INT    ? a.i == b.i
                    : a.kind == CELL_REAL ? fabs(a.r - b.r) < 1e-9 * (1 + fabs(a.r))
                                          : span_eq(a.s, b.s);
        if (!same)
            return false;
    }
    return plain_cells.n == 0;
}

static void
try_query(const char *db, const char *id, const char *sql)
{
    struct task t;
    struct frame f;
    struct query_rows r;
    struct query_problem p = {0};
    size_t n;
    task_begin(&t, 0);
    struct buf *cells = task_buf(&t, ROWS_REPLY_BYTES);
    struct child_request q = {.path = db,
        .sql = span_of(sql),
        .rows = ROWS,
        .bytes = 8 << 20,
        .deadline_ms = DEADLINE_MS,
        .heap_bytes = conf_int("limits.heap_bytes")};
    if (!plain(&t, db, sql, cells, &n) || cells->failed) {
        tally.unfit++;
    } else if (child_run_alone(&t, &q, &f) != E_OK || !frame_is(&f, "rows")) {
        if (frame_is(&f, "problem"))
            rows_read_problem(&t, &f, &p);
        tally.refused++;
        printf("refused %s: %.*s: %s %.*s\n", id, SPAN_ARG(p.code), t.cause, SPAN_ARG(p.hint));
    } else if (rows_read(&t, &f, &r) != E_OK || !same_rows(buf_view(cells), n, &r)) {
        tally.different++;
        printf("different %s: %zu rows, not %zu\n", id, r.n_rows, n);
    } else {
        tally.same++;
    }
    tally.tried++;
    task_end(&t);
}

static void
try_line(const char *shared, struct span line)
{
    struct task t;
    json_t *j;
    char real[4096];
    task_begin(&t, 0);
    if (json_read_lax(&t, line, &j) == E_OK && json_text(j, "gold_sql").n > 0 && json_text(j, "db").n > 0) {
        const char *path = task_printf(&t, "%s/data/db/%.*s", shared, SPAN_ARG(json_text(j, "db")));
        if (realpath(path, real))
            try_query(real, task_z(&t, json_text(j, "id")), task_z(&t, json_text(j, "gold_sql")));
    }
    task_end(&t);
}

static void
try_file(const char *shared, const char *name, int64_t every)
{
    struct task t;
    struct span text, line;
    task_begin(&t, 0);
    int64_t i = 0;
    if (fsio_read(&t, task_printf(&t, "%s/data/qa/%s", shared, name), FILE_BYTES, &text) == E_OK)
        while (span_cut(&text, '\n', &line))
            if (i++ % every == 0)
                try_line(shared, line);
    task_end(&t);
}

int
main(int argc, char **argv)
{
    static const char *const files[] = {"ambrosia.jsonl", "archer_dev.jsonl", "bird_dev_subset.jsonl",
        "defog_sql_eval.jsonl", "handmade_public.jsonl", "kaggledbqa.jsonl", "spider2_lite_subset.jsonl",
        "spider_dev.jsonl", "spider_train.jsonl", "text2sql_data.jsonl"};
    struct task t;
    id_init();
    task_begin(&t, 0);
    int64_t every = EVERY; /* an argument: each so manieth query */
    if (argc > 1 && (!span_i64(span_of(argv[1]), &every) || every < 1))
        return 2;
    const char *named = getenv("LYCEUM_SHARED");
    const char *shared = named ? named : LYCEUM_SOURCE_DIR "/../shared";
    if (conf_load_file(&t, NULL) != E_OK)
        return 1;
    task_end(&t);
    if (access(shared, R_OK) != 0) {
        printf("gold_sql: skipped, there is no shared data here\n0 passed, 0 failed, 1 skipped\n");
        return 0;
    }
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        try_file(shared, files[i], every);
    printf("gold_sql: %d queries: %d the same, %d refused, %d different, %d that plain SQLite does not run\n",
        tally.tried, tally.same, tally.refused, tally.different, tally.unfit);
    bool good = (tally.refused + tally.different) * 100 <= tally.tried * DOUBTS_PERCENT && tally.same > 0;
    printf(
        "%d passed, %d failed, %d skipped\n", tally.same, good ? 0 : tally.refused + tally.different + 1, tally.unfit);
    return good ? 0 : 1;
}
