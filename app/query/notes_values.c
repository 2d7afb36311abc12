/* notes_values: literals that no row has: which values are like them, and where else they stand. */
#include "query/notes_priv.h"

#include "base/alike.h"
#include "query/words.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { SCANNED = 20000, NEAREST = 3, NEAR = 55, PLACES = 3, ELSEWHERE = 30, SAMPLES = 4 };

struct nearest {
    struct span value[NEAREST];
    int score[NEAREST];
    size_t n;
};

static struct span
text(sqlite3_stmt *st, int i)
{
    const void *p = sqlite3_column_text(st, i);
    return (struct span){p, p ? (size_t)sqlite3_column_bytes(st, i) : 0};
}

/* Without LIKE's signs at both ends. */
static struct span
core(struct span value)
{
    while (value.n > 0 && (value.p[0] == '%' || value.p[0] == '_'))
        value = span_from(value, 1);
    while (value.n > 0 && (value.p[value.n - 1] == '%' || value.p[value.n - 1] == '_'))
        value.n--;
    return span_trim(value);
}

static bool
asks_one(struct noting *n, struct span sql, struct span value, bool *yes)
{
    sqlite3_stmt *st = noting_ask(n, sql);
    if (!st)
        return false;
    sqlite3_bind_text(st, 1, value.p ? value.p : "", (int)value.n, SQLITE_STATIC);
    int rc = sqlite3_step(st);
    sqlite3_finalize(st);
    *yes = rc == SQLITE_ROW;
    return rc == SQLITE_ROW || rc == SQLITE_DONE;
}

static struct span
question(struct noting *n, const char *before, const struct names_table *table, size_t column, const char *after)
{
    struct buf *b = task_buf(n->t, (size_t)1 << 16);
    buf_puts(b, before);
    noting_put_names(b, table, column);
    buf_puts(b, " FROM ");
    buf_quoted(b, table->name, '"');
    buf_puts(b, after);
    return buf_view(b);
}

static bool
is_there(struct noting *n, const struct names_table *table, size_t column, const char *op, struct span value, bool *yes)
{
    struct buf *b = task_buf(n->t, (size_t)1 << 16);
    buf_puts(b, "SELECT 1 FROM ");
    buf_quoted(b, table->name, '"');
    buf_puts(b, " WHERE ");
    noting_put_names(b, table, column);
    buf_printf(b, " %s LIMIT 1", op);
    return asks_one(n, buf_view(b), value, yes);
}

/* How like a stored value is; 100: but for case, spaces and signs. Cheap doubts first: most values are unlike. */
static int
likeness(struct span stored, struct span value)
{
    struct span a = span_trim(stored), b = core(value);
    if (a.n == 0 || b.n == 0)
        return 0;
    if (a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0)
        return 100;
    int counts[32] = {0}, apart = 0;
    for (size_t i = 0; i < a.n && i < ALIKE_BYTES; i++)
        counts[(unsigned char)a.p[i] & 31]++;
    for (size_t i = 0; i < b.n && i < ALIKE_BYTES; i++)
        counts[(unsigned char)b.p[i] & 31]--;
    for (size_t i = 0; i < 32; i++)
        apart += counts[i] < 0 ? -counts[i] : counts[i];
    bool holds = b.n >= 3 && a.n < 200 && memmem(a.p, a.n, b.p, b.n);
    size_t longer = a.n > b.n ? a.n : b.n;
    return holds ? 90 : apart > (int)longer ? 0 : words_alike(a, b);
}

static void
keep(struct noting *n, struct nearest *best, struct span value, int score)
{
    size_t at = best->n;
    while (at > 0 && best->score[at - 1] < score)
        at--;
    if (at == NEAREST || score < NEAR)
        return;
    size_t last = best->n < NEAREST ? best->n : NEAREST - 1;
    for (size_t i = last; i > at; i--) {
        best->value[i] = best->value[i - 1];
        best->score[i] = best->score[i - 1];
    }
    best->value[at] = task_dup(n->t, span_first(value, 200));
    best->score[at] = score;
    best->n = last + 1;
}

static void
find_nearest(struct noting *n, const struct names_table *table, size_t column, struct span value, struct nearest *best)
{
    sqlite3_stmt *st =
        noting_ask(n, question(n, "SELECT DISTINCT ", table, column, task_printf(n->t, " LIMIT %d", SCANNED)));
    *best = (struct nearest){.n = 0};
    while (st && sqlite3_step(st) == SQLITE_ROW)
        if (sqlite3_column_type(st, 0) != SQLITE_NULL && sqlite3_column_type(st, 0) != SQLITE_BLOB)
            keep(n, best, text(st, 0), likeness(text(st, 0), value));
    sqlite3_finalize(st);
}

/* Other columns of the tables in the statement that hold the value. */
static size_t
put_elsewhere(struct noting *n, struct buf *b, const struct noted_column *c, struct span value)
{
    const struct scope *s = n->scope;
    size_t found = 0, looked = 0;
    for (size_t i = 0; i < s->n_sources; i++) {
        const struct names_table *table = s->sources[i].table;
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again = again || s->sources[k].table == table;
        for (size_t k = 0; table && !again && k < table->n && found < PLACES && looked < ELSEWHERE; k++) {
            bool yes = false;
            if ((table == c->source->table && k == c->column) || !noting_may_look(n, table, k))
                continue;
            looked++;
            if (!is_there(n, table, k, "= ?1 COLLATE NOCASE", value, &yes) || !yes)
                continue;
            buf_puts(b, found++ ? ", " : " It stands in ");
            scope_put_name(b, table->name);
            buf_putc(b, '.');
            scope_put_name(b, table->columns[k]);
        }
    }
    buf_puts(b, found ? "." : "");
    return found;
}

static void
put_samples(struct noting *n, struct buf *b, const struct noted_column *c)
{
    sqlite3_stmt *st = noting_ask(n, question(n, "SELECT DISTINCT ", c->source->table, c->column, " LIMIT 5"));
    size_t shown = 0;
    while (st && sqlite3_step(st) == SQLITE_ROW && shown < SAMPLES)
        if (sqlite3_column_type(st, 0) != SQLITE_NULL && sqlite3_column_type(st, 0) != SQLITE_BLOB) {
            buf_puts(b, shown++ ? ", " : " It has ");
            noting_put_value(b, text(st, 0));
        }
    buf_puts(b, shown ? " ..." : "");
    sqlite3_finalize(st);
}

static void
tell_absent(struct noting *n, const struct noted_column *c, struct span value, const char *op)
{
    struct nearest best;
    struct buf *b = noting_text(n);
    const char *code = "value_absent";
    find_nearest(n, c->source->table, c->column, value, &best);
    buf_puts(b, "No row has ");
    noting_put(n, b, c);
    buf_printf(b, " %s ", op);
    noting_put_value(b, value);
    buf_putc(b, '.');
    while (best.n > 0 && best.score[0] == 100 && best.score[best.n - 1] < 100)
        best.n--; /* what it is stored as, alone */
    for (size_t i = 0; i < best.n; i++) {
        buf_puts(b, i ? ", " : best.score[0] == 100 ? " It is stored as " : " Stored values like it: ");
        noting_put_value(b, best.value[i]);
    }
    if (best.n > 0)
        code = best.score[0] == 100 ? "value_spelled_otherwise" : code;
    else if (put_elsewhere(n, b, c, core(value)) > 0)
        code = "value_elsewhere";
    else
        put_samples(n, b, c);
    buf_puts(b, best.n > 0 ? "." : "");
    noting_add(n, code, b);
}

static bool
is_number(struct span s)
{
    return s.n > 0 && isdigit((unsigned char)s.p[0]);
}

/* A number that no row has: told only when nothing came, with what the column ranges over. */
static void
check_number(struct noting *n, const struct noted_column *c, struct span value)
{
    bool yes = true;
    sqlite3_stmt *st;
    if (!n->ask->empty ||
        !is_there(n, c->source->table, c->column, task_printf(n->t, "= %.*s", SPAN_ARG(value)), SPAN_NONE, &yes) || yes)
        return;
    struct buf *sql = task_buf(n->t, (size_t)1 << 16), *b = noting_text(n);
    buf_puts(sql, "SELECT min(x), max(x), max(typeof(x) = 'text') FROM (SELECT ");
    noting_put_names(sql, c->source->table, c->column);
    buf_puts(sql, " AS x FROM ");
    buf_quoted(sql, c->source->table->name, '"');
    buf_puts(sql, ")");
    if (!(st = noting_ask(n, buf_view(sql))))
        return;
    if (sqlite3_step(st) == SQLITE_ROW && sqlite3_column_type(st, 0) != SQLITE_NULL) {
        bool texts = sqlite3_column_int(st, 2) == 1;
        buf_puts(b, "No row has ");
        noting_put(n, b, c);
        buf_printf(b, " = %.*s: it %s from ", SPAN_ARG(value), texts ? "holds texts," : "goes");
        noting_put_value(b, text(st, 0));
        buf_puts(b, " to ");
        noting_put_value(b, text(st, 1));
        buf_putc(b, '.');
        noting_add(n, texts ? "type_mismatch" : "value_absent", b);
    }
    sqlite3_finalize(st);
}

static void
check_text(struct noting *n, const struct noted_column *c, struct span value, bool like)
{
    bool yes = true;
    if (value.n > 0 && is_there(n, c->source->table, c->column, like ? "LIKE ?1" : "= ?1", value, &yes) && !yes)
        tell_absent(n, c, value, like ? "LIKE" : "=");
}

/* "col = 'x'", "col LIKE 'x'", "col IN ('x', 'y')", "'x' = col": at the operator. */
static void
check_at(struct noting *n, size_t i)
{
    const struct scope *s = n->scope;
    struct noted_column c;
    bool like = scope_is(s, i, "like"), in = scope_is(s, i, "in");
    if (!like && !in && !scope_is(s, i, "="))
        return;
    size_t right = scope_is(s, i + 1, "=") || in ? i + 2 : i + 1;
    if (i == 0 || (in && !scope_is(s, i + 1, "(")))
        return;
    if (!noting_column_at(n, i - 1, &c)) {
        bool turned = !in && !like && s->tokens[i - 1].kind == SCAN_STRING && noting_column_from(n, right, &c);
        if (turned && noting_may_look(n, c.source->table, c.column))
            check_text(n, &c, s->tokens[i - 1].name, false);
        return;
    }
    if (!noting_may_look(n, c.source->table, c.column))
        return;
    for (; right < s->n && !noting_full(n); right += 2) {
        if (s->tokens[right].kind == SCAN_STRING && !scope_is(s, right + 1, "|"))
            check_text(n, &c, s->tokens[right].name, like);
        else if (!like && is_number(s->tokens[right].text) && !scope_is(s, right + 1, "."))
            check_number(n, &c, s->tokens[right].text);
        if (!in || !scope_is(s, right + 1, ","))
            break;
    }
}

void
notes_values(struct noting *n)
{
    for (size_t i = 0; i < n->scope->n && !noting_full(n); i++)
        check_at(n, i);
}
