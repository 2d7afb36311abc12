/* bench_query: what the query service adds to SQLite in the process: a foreign statement, and a page of our own.
 * Usage: bench_query [rounds]. Prints one line of JSON. */
#include "../support/query_world.h"

#include "query/rows.h"

enum { ROUNDS = 2000, MOST_ROUNDS = 1000000, WARM = 50 };

static const char items_sql[] =
    "CREATE TABLE item(id INTEGER PRIMARY KEY, kind TEXT, price REAL, note TEXT);"
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 20000) INSERT INTO item SELECT x, "
    "'kind ' || (x % 50), x % 1100 / 2.0, 'note ' || x FROM c; CREATE INDEX item_kind ON item(kind);";
static const char statement[] =
    "SELECT id, kind, price, note FROM item WHERE kind = 'kind 7' ORDER BY price DESC LIMIT 20";

typedef void work(struct task *t, void *arg);

static void
in_process(struct task *t, void *arg)
{
    sqlite3 *db = arg;
    sqlite3_stmt *st;
    int rc;
    struct buf *cells = task_buf(t, 1 << 20);
    world_must(sqlite3_prepare_v2(db, statement, -1, &st, NULL) == SQLITE_OK, "prepare");
    while ((rc = sqlite3_step(st)) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(st); i++) {
            struct span s = {(const char *)sqlite3_column_text(st, i), (size_t)sqlite3_column_bytes(st, i)};
            rows_put_text(cells, s);
        }
    world_must(rc == SQLITE_DONE, "step");
    sqlite3_finalize(st);
}

static void
foreign(struct task *t, void *arg)
{
    struct query_sql q = {.dataset = SPAN("demo"), .sql = span_of(statement), .grant = *(struct span *)arg};
    struct query_rows r;
    struct query_problem p;
    world_must(query_sql(t, &q, &r, &p) == E_OK && r.n_rows == 20, t->cause);
}

static void
page(struct task *t, void *arg)
{
    struct query_table q = {.dataset = SPAN("demo"), .table = SPAN("item"), .size = 100, .grant = *(struct span *)arg};
    struct query_rows r;
    world_must(query_table(t, &q, &r) == E_OK && r.n_rows == 100, t->cause);
}

static int
by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

struct figure {
    work *fn;
    void *arg;
    int64_t p50, p99; /* microseconds */
};

/* Side by side: each in turn in every round, so that a drifting machine meets all of them. */
static void
measure(struct task *keep, struct figure *f, size_t n, size_t rounds)
{
    int64_t *us = task_array(keep, n * rounds, sizeof *us);
    for (size_t i = 0; i < (rounds + WARM) * n; i++) {
        struct task t;
        size_t which = i % n, round = i / n;
        task_begin(&t, 0);
        int64_t begin = clock_mono_us();
        f[which].fn(&t, f[which].arg);
        if (round >= WARM)
            us[which * rounds + round - WARM] = clock_mono_us() - begin;
        task_end(&t);
    }
    for (size_t k = 0; k < n; k++) {
        qsort(us + k * rounds, rounds, sizeof *us, by_size);
        f[k].p50 = us[k * rounds + rounds / 2];
        f[k].p99 = us[k * rounds + rounds * 99 / 100];
    }
}

/* A person's grant on a dataset with 20 labelled columns, three of which the statement reads. */
static struct span
labelled_grant(struct task *t)
{
    struct buf *b = task_buf(t, 4096);
    buf_puts(b, "{\"level\":0,\"integrity\":2,\"labels\":[[\"item\",\"price\",1],[\"item\",\"note\",2],[\"item\","
                "\"kind\",1,4]");
    for (int i = 0; i < 17; i++)
        buf_printf(b, ",[\"item\",\"column %d\",%d]", i, i % 3);
    buf_puts(b, "]}");
    struct grant g = {.audience = SPAN("query"),
        .subject = SPAN("operator"),
        .capability = SPAN("sql"),
        .dataset = SPAN("demo"),
        .level = 3,
        .detail = buf_view(b),
        .expires_ms = clock_unix_ms() + GRANT_LIFE_MS,
        .reusable = true};
    return grant_seal(t, world.secret, &g);
}

int
main(int argc, char **argv)
{
    struct task t;
    sqlite3 *db;
    int64_t rounds = ROUNDS;
    if (argc > 1 && (!span_i64(span_of(argv[1]), &rounds) || rounds < 100 || rounds > MOST_ROUNDS))
        return 2;
    world_begin();
    world_publish("demo", items_sql, NULL);
    world_serve();
    task_begin(&t, 0);
    struct span sql_grant = world_grant(&t, "sql", "demo", SPAN_NONE),
                read_grant = world_grant(&t, "read", "demo", SPAN_NONE), label_grant = labelled_grant(&t);
    const char *path = world_path(&t, task_printf(&t, "followers/demo/%s.db", world.revision));
    world_must(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK, path);
    struct figure own = {in_process, db, 0, 0}, of_page = {page, &read_grant, 0, 0};
    struct figure sql[] = {{foreign, &sql_grant, 0, 0}, {foreign, &label_grant, 0, 0}};
    measure(&t, &own, 1, (size_t)rounds);
    sqlite3_close(db);
    measure(&t, sql, 2, (size_t)rounds);
    measure(&t, &of_page, 1, (size_t)rounds);
    printf("{\"rounds\":%lld,\"in_process_us\":{\"p50\":%lld,\"p99\":%lld},\"foreign_us\":{\"p50\":%lld,\"p99\":%lld},"
           "\"labelled_us\":{\"p50\":%lld,\"p99\":%lld},\"foreign_overhead_us\":{\"p50\":%lld,\"p99\":%lld},"
           "\"page_of_100_us\":{\"p50\":%lld,\"p99\":%lld}}\n",
        (long long)rounds, (long long)own.p50, (long long)own.p99, (long long)sql[0].p50, (long long)sql[0].p99,
        (long long)sql[1].p50, (long long)sql[1].p99, (long long)(sql[0].p50 - own.p50),
        (long long)(sql[0].p99 - own.p99), (long long)of_page.p50, (long long)of_page.p99);
    task_end(&t);
    return world_end() ? 0 : 1;
}
