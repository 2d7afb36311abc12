/* notes_joins: columns that are joined though they share no values, and tables that nothing joins. */
#include "query/notes_priv.h"

enum { COMPARED = 1000, FEW = 50 };

/* How many in a hundred distinct values of one column stand in another; -1 when there are none or it can't be said. */
static int
share(struct noting *n, const struct noted_column *a, const struct noted_column *b)
{
    struct buf *sql = task_buf(n->t, (size_t)1 << 16);
    int hundredths = -1;
    buf_puts(sql, "SELECT count(*), sum(v IN (SELECT ");
    noting_put_names(sql, b->source->table, b->column);
    buf_puts(sql, " FROM ");
    buf_quoted(sql, b->source->table->name, '"');
    buf_puts(sql, ")) FROM (SELECT DISTINCT ");
    noting_put_names(sql, a->source->table, a->column);
    buf_puts(sql, " AS v FROM ");
    buf_quoted(sql, a->source->table->name, '"');
    buf_puts(sql, " WHERE v IS NOT NULL");
    buf_printf(sql, " LIMIT %d)", COMPARED);
    sqlite3_stmt *st = noting_ask(n, buf_view(sql));
    if (st && sqlite3_step(st) == SQLITE_ROW && sqlite3_column_int64(st, 0) > 0)
        hundredths = (int)(100 * sqlite3_column_int64(st, 1) / sqlite3_column_int64(st, 0));
    sqlite3_finalize(st);
    return hundredths;
}

static void
put_better(struct noting *n, struct buf *b, const struct noted_column *x, const struct noted_column *y)
{
    struct joins_edge steps[JOINS_STEPS];
    size_t from = (size_t)(x->source->table - n->names.tables), to = (size_t)(y->source->table - n->names.tables);
    if (from == to)
        return;
    size_t k = joins_path(n->t, &n->names, &n->joins, &from, 1, to, steps);
    if (k == 1 && ((steps[0].column == x->column && steps[0].to_column == y->column)))
        return;
    for (size_t i = 0; i < k; i++) {
        const struct names_table *one = &n->names.tables[steps[i].table], *two = &n->names.tables[steps[i].to_table];
        buf_puts(b, i ? " and " : " The tables are joined by ");
        scope_put_name(b, one->name);
        buf_putc(b, '.');
        scope_put_name(b, one->columns[steps[i].column]);
        buf_puts(b, " = ");
        scope_put_name(b, two->name);
        buf_putc(b, '.');
        scope_put_name(b, two->columns[steps[i].to_column]);
    }
    buf_puts(b, k ? "." : "");
}

static void
tell(struct noting *n, const struct noted_column *x, const struct noted_column *y, int hundredths)
{
    struct buf *b = noting_text(n);
    if (hundredths == 0)
        buf_puts(b, "No value of ");
    else
        buf_printf(b, "Only %d%% of the values of ", hundredths);
    noting_put(n, b, x);
    buf_puts(b, hundredths == 0 ? " stands in " : " stand in ");
    noting_put(n, b, y);
    buf_puts(b, hundredths == 0 ? ", so this comparison finds nothing." : ".");
    put_better(n, b, x, y);
    noting_add(n, hundredths == 0 ? "join_without_match" : "join_keys_differ", b);
}

static bool
is_declared(const struct noting *n, const struct noted_column *x, const struct noted_column *y)
{
    size_t a = (size_t)(x->source->table - n->names.tables), b = (size_t)(y->source->table - n->names.tables);
    for (size_t i = 0; i < n->joins.n; i++) {
        const struct joins_edge *e = &n->joins.edges[i];
        if (e->declared && e->table == a && e->column == x->column && e->to_table == b && e->to_column == y->column)
            return true;
    }
    return false;
}

static void
compare(struct noting *n, const struct noted_column *x, const struct noted_column *y)
{
    if (x->source->table == y->source->table && x->column == y->column)
        return;
    if (!noting_may_look(n, x->source->table, x->column) || !noting_may_look(n, y->source->table, y->column))
        return;
    bool declared = is_declared(n, x, y);
    if (declared && !n->ask->empty)
        return;
    int one = share(n, x, y);
    if (one < 0 || one >= FEW)
        return;
    int two = share(n, y, x);
    int most = one > two ? one : two;
    if (two >= 0 && (most == 0 || (most < FEW && !declared)))
        tell(n, one >= two ? x : y, one >= two ? y : x, most);
}

/* "a.x = b.y", "a.x IN (SELECT y FROM ..." and "a.x = (SELECT y FROM ...": at the operator. */
static void
check_at(struct noting *n, size_t i)
{
    const struct scope *s = n->scope;
    struct noted_column x, y;
    bool in = scope_is(s, i, "in");
    if (i == 0 || (!in && !scope_is(s, i, "=")))
        return;
    size_t left = in && scope_is(s, i - 1, "not") ? i - 2 : i - 1, right = i + 1;
    bool subquery = scope_is(s, right, "(") && scope_is(s, right + 1, "select");
    if (subquery)
        right = scope_is(s, right + 2, "distinct") ? right + 3 : right + 2;
    if ((in && !subquery) || left >= s->n || !noting_column_at(n, left, &x) || !noting_column_from(n, right, &y))
        return;
    if (x.source != y.source && (!subquery || scope_is(s, y.last + 1, "from")))
        compare(n, &x, &y);
}

void
notes_joins(struct noting *n)
{
    for (size_t i = 0; i < n->scope->n && !noting_full(n); i++)
        check_at(n, i);
}
