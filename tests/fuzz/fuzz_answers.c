/* fuzz: lyc_query */
/* fuzz_answers: any text as a statement and as a question: the scanner, scopes, hints, notes and links never overrun,
 * and what they answer is bounded. */
#include "base/conf.h"
#include "base/id.h"
#include "base/must.h"
#include "base/utf8.h"
#include "query/hint.h"
#include "query/link.h"
#include "query/notes.h"
#include "query/rows.h"
#include "query/scope.h"
#include "query/statement.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct guard guard;
static struct link *made;

static void
set_up(void)
{
    static const char schema[] =
        "CREATE TABLE a(id INTEGER PRIMARY KEY, name TEXT, n INTEGER, \"odd name\" TEXT);"
        "CREATE TABLE b(b_id INTEGER, a_id INTEGER REFERENCES a(id), kind TEXT); CREATE VIEW v AS SELECT name FROM a;"
        "INSERT INTO a VALUES (1, 'Alpha', 3, 'x'), (2, 'Beta', 4, 'y'); INSERT INTO b VALUES (7, 1, 'k'), (8, 2, "
        "'l');";
    static struct task life;
    char path[] = "/tmp/lyceum-fuzz-answers-XXXXXX";
    sqlite3 *db;
    int fd = mkstemp(path);
    id_init();
    task_begin(&life, 0);
    if (fd < 0 || !guard_process_init(64 << 20) || sqlite3_open(path, &db) != SQLITE_OK ||
        sqlite3_exec(db, schema, NULL, NULL, NULL) != SQLITE_OK || sqlite3_close(db) != SQLITE_OK ||
        guard_open(&life, &guard, path, true) != E_OK)
        abort();
    unlink(path);
    made = link_open(&life, &guard);
}

static void
check_problem(const struct frame *f, struct task *t)
{
    struct query_problem p = {.offset = -1};
    rows_read_problem(t, f, &p);
    must(p.code.n > 0 && p.hint.n <= 2000 && utf8_valid(p.hint) && p.n_suggestions <= 8 && p.n_columns <= 24);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct task t;
    struct frame f;
    struct query_rows rows = {0};
    struct link_found found;
    struct names none = {0};
    struct span text = {(const char *)data, size};
    if (!guard.db)
        set_up();
    task_begin(&t, 0);
    struct scope *s = scope_read(&t, text, &none); /* also of what is no text at all */
    must(s->n_blocks >= 1 && s->n <= SCOPE_TOKENS);
    struct buf *reply = task_buf(&t, 4 << 20);
    const struct statement run = {
        .sql = text, .rows = 50, .bytes = 1 << 16, .deadline_ms = 500, .unlabelled = size % 2 == 0};
    statement_run(&t, &guard, &run, reply);
    must(frame_parse(&t, buf_view(reply), &f) == E_OK);
    if (frame_is(&f, "problem"))
        check_problem(&f, &t);
    else
        must(rows_read(&t, &f, &rows) == E_OK && rows.n_notes <= NOTES_MOST + 4);
    link_find(&t, made, text, &found);
    must(found.n_tables <= LINK_TABLES && found.n_values <= LINK_VALUES);
    task_end(&t);
    return 0;
}
