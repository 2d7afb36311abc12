/* statement: prepare, check, bind, step within caps. */
#include "query/statement.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "query/hint.h"
#include "query/notes.h"
#include "query/quoted.h"
#include "query/rows.h"
#include "query/scan.h"

#include <string.h>

static const char explain_prefix[] = "EXPLAIN QUERY PLAN ";

/* What a run holds while it goes. */
struct run {
    struct task *t;
    struct guard *g;
    const struct statement *s;
    struct quoted text; /* the statement as it is prepared */
    size_t prefix;      /* bytes of ours before it */
    sqlite3_stmt *st;
    struct query_rows rows;
    struct query_problem problem;
    struct span notes[NOTES_MOST + 4], codes[NOTES_MOST + 4];
    bool cut_cell;
};

static bool
refuse(struct run *r, const char *code, const char *message, const char *hint)
{
    hint_plain(r->t, code, message, hint, &r->problem);
    return false;
}

static bool
fail_with(struct run *r, int rc, int64_t offset)
{
    if (offset >= 0)
        offset = quoted_offset(&r->text, offset) - (int64_t)r->prefix;
    hint_fill(r->g, r->s->sql, rc, offset < 0 ? -1 : offset, &r->problem);
    return false;
}

/* The first word says what a statement does before SQLite is asked: the only early check with a sentence of its own. */
static bool
first_word_is_a_question(struct run *r)
{
    static const char *const asks[] = {"select", "with", "values", "explain"};
    struct span rest = r->s->sql, token;
    enum scan_kind k;
    if (rest.n > 0 && (!utf8_valid(rest) || span_has(rest, '\0')))
        return refuse(r, "syntax", "The statement holds bytes that are not text.", "");
    do
        k = scan_next(&rest, &token);
    while (k == SCAN_OTHER && span_is(token, ";"));
    if (k == SCAN_END)
        return refuse(r, "syntax", "There is no statement.", "Write one SELECT.");
    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++)
        if (span_is_nocase(token, asks[i]))
            return true;
    if (!GUARD_ON(GUARD_WORD))
        return true;
    hint_plain(r->t, k == SCAN_WORD ? "not_allowed" : "syntax",
        k == SCAN_WORD
            ? task_printf(r->t, "%.*s is not allowed: only statements that read are.", SPAN_ARG(span_first(token, 40)))
            : "The statement does not begin with SELECT.",
        span_is_nocase(token, "pragma") ? "Use SELECT * FROM pragma_table_info('table') for a table's columns."
                                        : "Write one SELECT (or WITH, VALUES, EXPLAIN QUERY PLAN).",
        &r->problem);
    r->problem.token = span_first(token, 40);
    r->problem.offset = token.p - r->s->sql.p;
    if (k != SCAN_WORD)
        hint_text(r->t, r->s->sql, &r->problem);
    return false;
}

/* Nothing but space, comments and semicolons may follow. */
static bool
tail_is_empty(struct run *r, struct span tail)
{
    struct span token;
    enum scan_kind k;
    do
        k = scan_next(&tail, &token);
    while (k == SCAN_OTHER && span_is(token, ";"));
    if (k == SCAN_END || !GUARD_ON(GUARD_WORD))
        return true;
    refuse(r, "not_one_statement", "There is more than one statement.", "Send one statement at a time.");
    r->problem.offset = quoted_offset(&r->text, token.p - r->text.sql.p) - (int64_t)r->prefix;
    return false;
}

static bool
prepare(struct run *r)
{
    const char *tail = NULL;
    int rc;
    if (r->prefix > 0)
        r->text.sql = task_format(r->t, "%s%.*s", explain_prefix, SPAN_ARG(r->s->sql));
    for (;;) {
        r->g->denied[0] = '\0';
        rc = sqlite3_prepare_v2(r->g->db, r->text.sql.p, (int)r->text.sql.n, &r->st, &tail);
        if (rc == SQLITE_OK)
            break;
        int64_t offset = sqlite3_error_offset(r->g->db);
        if (rc != SQLITE_ERROR || !strstr(sqlite3_errmsg(r->g->db), "string literal") ||
            !quoted_rewrite(r->g, &r->text, offset)) {
            /* A rewrite that looked at the schema has put another failure in the place of this one. */
            if (rc == SQLITE_ERROR)
                rc = sqlite3_prepare_v2(r->g->db, r->text.sql.p, (int)r->text.sql.n, &r->st, NULL);
            return fail_with(r, rc, offset);
        }
    }
    if (!r->st)
        return refuse(r, "syntax", "There is no statement.", "Write one SELECT.");
    if (!tail_is_empty(r, span_from(r->text.sql, (size_t)(tail - r->text.sql.p))))
        return false;
    bool reads = sqlite3_stmt_readonly(r->st) && sqlite3_column_count(r->st) > 0;
    if (!reads && GUARD_ON(GUARD_WORD))
        return refuse(r, "not_allowed", "The statement changes something: only statements that read are allowed.", "");
    return true;
}

/* The value that was sent for a parameter: by its name with or without its mark, or by its number. */
static const struct cell *
value_of(const struct run *r, int number, struct span name)
{
    char digits[16];
    struct buf b;
    buf_init(&b, sizeof digits);
    buf_i64(&b, number);
    struct span count = buf_view(&b);
    const struct cell *found = NULL;
    for (size_t i = 0; i < r->s->n_values && !found; i++) {
        struct span sent = r->s->names[i];
        if (name.n == 0 ? span_eq(sent, count) : span_eq(sent, name) || span_eq(sent, span_from(name, 1)))
            found = &r->s->values[i];
    }
    buf_reset(&b);
    return found;
}

static int
bind_one(sqlite3_stmt *st, int i, const struct cell *c)
{
    switch (c->kind) {
    case CELL_NULL: return sqlite3_bind_null(st, i);
    case CELL_INT: return sqlite3_bind_int64(st, i, c->i);
    case CELL_REAL: return sqlite3_bind_double(st, i, c->r);
    case CELL_TEXT: return sqlite3_bind_text(st, i, c->s.p ? c->s.p : "", (int)c->s.n, SQLITE_STATIC);
    case CELL_BLOB: return sqlite3_bind_blob(st, i, c->s.p ? c->s.p : "", (int)c->s.n, SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

static bool
bind(struct run *r)
{
    struct buf *missing = task_buf(r->t, 1000);
    int n = sqlite3_bind_parameter_count(r->st);
    for (int i = 1; i <= n; i++) {
        struct span name = span_of(sqlite3_bind_parameter_name(r->st, i));
        const struct cell *c = value_of(r, i, name);
        if (!c) {
            buf_puts(missing, missing->n ? ", " : "");
            if (name.n > 0)
                buf_span(missing, span_first(name, 80));
            else
                buf_i64(missing, i);
        } else {
            int rc = bind_one(r->st, i, c);
            if (rc != SQLITE_OK)
                return fail_with(r, rc, -1);
        }
    }
    if (missing->n == 0)
        return true;
    hint_plain(r->t, "parameter",
        task_printf(r->t, "No value was given for the parameter %.*s.", SPAN_ARG(buf_view(missing))),
        "Give each parameter a value, or write the value into the statement.", &r->problem);
    r->problem.token = buf_view(missing);
    return false;
}

static struct span
text_of(struct task *t, const char *z)
{
    return z ? task_dup(t, span_of(z)) : SPAN("");
}

void
statement_columns(struct task *t, sqlite3_stmt *st, struct query_rows *r)
{
    int n = sqlite3_column_count(st);
    r->n_columns = (size_t)n;
    r->columns = task_array(t, (size_t)n, sizeof *r->columns);
    for (int i = 0; i < n; i++)
        r->columns[i] =
            (struct query_column){text_of(t, sqlite3_column_name(st, i)), text_of(t, sqlite3_column_decltype(st, i)),
                text_of(t, sqlite3_column_table_name(st, i)), text_of(t, sqlite3_column_origin_name(st, i))};
}

struct cell
statement_cell(sqlite3_stmt *st, int i, size_t most)
{
    switch (sqlite3_column_type(st, i)) {
    case SQLITE_INTEGER: return (struct cell){.kind = CELL_INT, .i = sqlite3_column_int64(st, i)};
    case SQLITE_FLOAT: return (struct cell){.kind = CELL_REAL, .r = sqlite3_column_double(st, i)};
    case SQLITE_NULL: return (struct cell){.kind = CELL_NULL};
    default: break;
    }
    bool text = sqlite3_column_type(st, i) == SQLITE_TEXT;
    const void *p = text ? (const void *)sqlite3_column_text(st, i) : sqlite3_column_blob(st, i);
    int n = sqlite3_column_bytes(st, i);
    struct span s = {p ? p : "", p && n > 0 ? (size_t)n : 0};
    struct cell c = {.kind = text ? CELL_TEXT : CELL_BLOB, .s = s, .full_bytes = (int64_t)s.n};
    if (s.n > most)
        c.s = text ? utf8_first(s, most) : span_first(s, most);
    return c;
}

/* Appends the row that the statement stands on; false when it passes the cap of bytes (then it is not there). */
static bool
put_row(struct run *r, struct buf *cells)
{
    size_t before = cells->n;
    bool cut = false;
    for (int i = 0; i < (int)r->rows.n_columns; i++) {
        struct cell c = statement_cell(r->st, i, STATEMENT_CELL_BYTES);
        cut = cut || c.full_bytes > (int64_t)c.s.n;
        rows_put_cell(cells, &c);
        if (cells->failed || cells->n > (size_t)r->s->bytes) {
            cells->n = before;
            cells->failed = false;
            return false;
        }
    }
    r->cut_cell = r->cut_cell || cut;
    r->rows.n_rows++;
    return true;
}

static bool
step_all(struct run *r, struct buf *cells)
{
    int rc;
    while ((rc = sqlite3_step(r->st)) == SQLITE_ROW) {
        if ((int64_t)r->rows.n_rows >= r->s->rows)
            r->rows.truncated_by = SPAN("rows");
        else if (!put_row(r, cells))
            r->rows.truncated_by = SPAN("bytes");
        if (r->rows.truncated_by.n > 0)
            break;
    }
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return fail_with(r, rc, -1);
    if (r->rows.truncated_by.n == 0 && r->cut_cell)
        r->rows.truncated_by = SPAN("cell");
    r->rows.truncated = r->rows.truncated_by.n > 0;
    return true;
}

static void
add_note(struct run *r, const char *code, struct span note)
{
    if (note.n == 0)
        return;
    r->codes[r->rows.n_notes] = span_of(code);
    r->notes[r->rows.n_notes++] = note;
}

/* No row, or one of nothing but NULL and 0: what an aggregate over no rows gives. */
static bool
gives_nothing(const struct run *r, struct span cells)
{
    struct cell c;
    bool nothing = r->rows.n_rows <= 1 && !r->rows.truncated;
    while (nothing && cells.n > 0)
        nothing = rows_take_cell(&cells, &c) && (c.kind == CELL_NULL || (c.kind == CELL_INT && c.i == 0));
    return nothing;
}

static void
add_doubts(struct run *r, struct span cells)
{
    struct note found[NOTES_MOST];
    struct notes_ask ask = {.sql = r->text.sql,
        .n_rows = r->rows.n_rows,
        .empty = gives_nothing(r, cells),
        .wide = r->s->unlabelled,
        .budget_ms = r->s->unlabelled ? 5 * NOTES_MS : NOTES_MS};
    if (r->s->explain || r->s->n_values > 0)
        return;
    size_t n = notes_find(r->g, &ask, found);
    for (size_t i = 0; i < n; i++)
        add_note(r, task_z(r->t, found[i].code), found[i].text);
}

static void
add_notes(struct run *r, struct span cells)
{
    r->rows.notes = r->notes;
    r->rows.note_codes = r->codes;
    add_note(r, "quoted_word", quoted_note(r->t, &r->text));
    if (span_is(r->rows.truncated_by, "rows"))
        add_note(r, "more_rows", task_format(r->t, "There are more rows: these are the first %zu.", r->rows.n_rows));
    if (span_is(r->rows.truncated_by, "bytes"))
        add_note(r, "more_rows",
            task_format(r->t, "There are more rows: the first %zu fill the %lld bytes that a result may have.",
                r->rows.n_rows, (long long)r->s->bytes));
    if (r->cut_cell)
        add_note(r, "cut_cells",
            task_format(r->t, "Some values are longer than %d bytes and were cut.", STATEMENT_CELL_BYTES));
    add_doubts(r, cells);
}

static bool
run(struct run *r, struct buf *cells)
{
    if (!first_word_is_a_question(r) || !prepare(r) || !bind(r))
        return false;
    statement_columns(r->t, r->st, &r->rows);
    r->g->stepping = true;
    bool ok = step_all(r, cells);
    r->g->stepping = false;
    return ok;
}

static enum err
error_of(const struct query_problem *p)
{
    return span_is(p->code, "timeout") ? E_DEADLINE : E_INVALID;
}

void
statement_run(struct task *t, struct guard *g, const struct statement *s, struct buf *reply)
{
    struct run r = {.t = t, .g = g, .s = s, .text = {.sql = s->sql}};
    struct buf *cells = task_buf(t, (size_t)s->bytes + ROWS_COLUMNS * 16);
    int64_t begin = clock_mono_us();
    r.prefix = s->explain && !span_starts(span_trim(s->sql), "EXPLAIN") ? sizeof explain_prefix - 1 : 0;
    r.rows = (struct query_rows){.total = -1, .revision = s->revision};
    guard_begin(g, t, s->deadline_ms);
    bool ok = run(&r, cells);
    sqlite3_finalize(r.st);
    r.rows.took_us = clock_mono_us() - begin;
    r.rows.reads = g->reads;
    r.rows.n_reads = g->n_reads;
    if (ok) {
        labels_join(&s->labels, g, &r.rows);
        add_notes(&r, buf_view(cells));
        rows_put(reply, &r.rows, buf_view(cells));
    } else {
        rows_put_problem(reply, error_of(&r.problem), &r.problem);
    }
}
