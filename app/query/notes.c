/* notes: the order of looking, and what all kinds share. */
#include "query/notes_priv.h"

#include "base/clock.h"
#include "base/utf8.h"

enum { TEXT_BYTES = 400, VALUE_BYTES = 60 };

bool
noting_full(const struct noting *n)
{
    return n->n == NOTES_MOST || n->g->late;
}

struct buf *
noting_text(struct noting *n)
{
    return task_buf(n->t, (size_t)TEXT_BYTES * 16);
}

void
noting_add(struct noting *n, const char *code, struct buf *text)
{
    if (n->n == NOTES_MOST)
        return;
    struct span s = utf8_first(buf_view(text), TEXT_BYTES);
    for (size_t i = 0; i < n->n; i++)
        if (span_eq(n->out[i].text, s))
            return;
    n->out[n->n++] = (struct note){span_of(code), s};
}

void
noting_put(const struct noting *n, struct buf *b, const struct noted_column *c)
{
    (void)n;
    scope_put_name(b, c->source->table->name);
    buf_putc(b, '.');
    scope_put_name(b, c->source->table->columns[c->column]);
}

void
noting_put_value(struct buf *b, struct span value)
{
    buf_quoted(b, utf8_first(value, VALUE_BYTES), '\'');
    buf_puts(b, value.n > VALUE_BYTES ? "..." : "");
}

bool
noting_column_at(const struct noting *n, size_t last, struct noted_column *out)
{
    *out = (struct noted_column){.first = last, .last = last};
    if (last >= n->scope->n || !scope_column(n->scope, last, &out->source, &out->column))
        return false;
    if (last >= 2 && scope_is(n->scope, last - 1, "."))
        out->first = last - 2;
    return true;
}

bool
noting_column_from(const struct noting *n, size_t first, struct noted_column *out)
{
    size_t last = scope_is(n->scope, first + 1, ".") ? first + 2 : first;
    return !scope_is(n->scope, last + 1, "(") && noting_column_at(n, last, out);
}

sqlite3_stmt *
noting_ask(struct noting *n, struct span sql)
{
    sqlite3_stmt *st = NULL;
    if (n->g->late || sqlite3_prepare_v2(n->g->db, sql.p, (int)sql.n, &st, NULL) != SQLITE_OK) {
        sqlite3_finalize(st);
        return NULL;
    }
    return st;
}

void
noting_put_names(struct buf *b, const struct names_table *table, size_t column)
{
    buf_quoted(b, table->name, '"');
    buf_putc(b, '.');
    buf_quoted(b, table->columns[column], '"');
}

bool
noting_may_look(const struct noting *n, const struct names_table *table, size_t column)
{
    for (size_t i = 0; i < n->g->n_reads && !n->ask->wide; i++)
        if (span_eq(n->g->reads[i].table, table->name) && span_eq(n->g->reads[i].column, table->columns[column]))
            return true;
    return n->ask->wide;
}

/* A statement without any of these gives no reason for a doubt, and costs nothing. */
static bool
may_be_doubted(struct span sql)
{
    static const char *const words[] = {"where", "join", "limit", "on", "having", "sum"};
    struct span token;
    size_t froms = 0;
    enum scan_kind k;
    while ((k = scan_next(&sql, &token)) != SCAN_END) {
        for (size_t i = 0; k == SCAN_WORD && i < sizeof words / sizeof words[0]; i++)
            if (span_is_nocase(token, words[i]))
                return true;
        froms += k == SCAN_WORD && span_is_nocase(token, "from");
        if (k == SCAN_OTHER && (span_is(token, "/") || (span_is(token, ",") && froms > 0)))
            return true;
    }
    return froms > 1;
}

size_t
notes_find(struct guard *g, const struct notes_ask *ask, struct note out[NOTES_MOST])
{
    struct noting n = {.t = g->t, .g = g, .ask = ask, .out = out};
    int64_t due_us = g->due_us, until_us = clock_mono_us() + ask->budget_ms * 1000;
    bool ours = g->ours;
    if (!may_be_doubted(ask->sql) || (due_us > 0 && until_us > due_us))
        return 0; /* what is left of the statement's time is its reply's */
    if (due_us == 0 || until_us < due_us)
        g->due_us = until_us;
    names_load_near(g, ask->sql, &n.names);
    joins_read(n.t, &n.names, &n.joins);
    n.scope = scope_read(n.t, ask->sql, &n.names);
    g->ours = true; /* only columns that are among the reads are looked at, so nothing new is read */
    notes_values(&n);
    notes_joins(&n);
    notes_shape(&n);
    notes_predicates(&n);
    g->ours = ours;
    g->late = false; /* the answer was there before */
    g->due_us = due_us;
    return n.n;
}
