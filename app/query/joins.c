/* joins: edges between tables, breadth first. */
#include "query/joins.h"

#include "query/words.h"

#include <strings.h>

enum { EDGES = 20000, HOLDERS = 6 };

static void
add(struct task *t, struct joins *j, const struct joins_edge *e)
{
    for (size_t i = 0; i < j->n; i++)
        if (j->edges[i].table == e->table && j->edges[i].to_table == e->to_table &&
            (!e->declared || j->edges[i].column == e->column))
            return;
    if (j->n + 2 > EDGES)
        return;
    for (int back = 0; back < 2; back++) {
        j->edges = names_room(t, j->edges, j->n, &j->room, sizeof *j->edges);
        j->edges[j->n++] = back ? (struct joins_edge){e->to_table, e->to_column, e->table, e->column, e->declared} : *e;
    }
}

/* customer_id, CustomerID, country_code: what a key is called when nobody declared it. */
static bool
is_key_name(struct span name)
{
    static const char *const ends[] = {"id", "code", "key", "no", "num"};
    struct words w;
    words_split(name, &w);
    for (size_t i = 0; w.n > 0 && i < sizeof ends / sizeof ends[0]; i++)
        if (span_is(words_span(&w.at[w.n - 1]), ends[i]))
            return w.n > 1;
    return w.n == 1 && name.n > 3 && strncasecmp(name.p + name.n - 2, "id", 2) == 0;
}

static size_t
holders(const struct names *names, struct span column, struct joins_edge out[HOLDERS + 1])
{
    size_t n = 0;
    for (size_t i = 0; i < names->n && n <= HOLDERS; i++) {
        size_t c;
        if (names_column(&names->tables[i], column, &c))
            out[n++] = (struct joins_edge){.table = i, .column = c};
    }
    return n;
}

static void
infer(struct task *t, const struct names *names, size_t table, size_t column, struct joins *out)
{
    struct joins_edge held[HOLDERS + 1];
    size_t n = holders(names, names->tables[table].columns[column], held);
    for (size_t i = 0; n <= HOLDERS && i < n; i++)
        if (held[i].table > table)
            add(t, out, &(struct joins_edge){table, column, held[i].table, held[i].column, false});
}

void
joins_read(struct task *t, const struct names *names, struct joins *out)
{
    *out = (struct joins){.n = 0};
    for (size_t i = 0; i < names->n_keys; i++) {
        const struct names_key *k = &names->keys[i];
        add(t, out, &(struct joins_edge){k->table, k->column, k->to_table, k->to_column, true});
    }
    for (size_t i = 0; i < names->n; i++)
        for (size_t c = 0; c < names->tables[i].n; c++)
            if (is_key_name(names->tables[i].columns[c]))
                infer(t, names, i, c, out);
}

bool
joins_touch(const struct joins *joins, size_t a, size_t b)
{
    for (size_t i = 0; i < joins->n; i++)
        if (joins->edges[i].table == a && joins->edges[i].to_table == b)
            return true;
    return false;
}

/* The edges that led to `to`, first one first. */
static size_t
walk_back(const struct joins *joins, const size_t *by, size_t to, struct joins_edge steps[JOINS_STEPS])
{
    struct joins_edge back[JOINS_STEPS];
    size_t n = 0;
    while (by[to] > 1) {
        if (n == JOINS_STEPS)
            return 0;
        back[n++] = joins->edges[by[to] - 2];
        to = back[n - 1].table;
    }
    for (size_t i = 0; i < n; i++)
        steps[i] = back[n - 1 - i];
    return n;
}

size_t
joins_path(struct task *t, const struct names *names, const struct joins *joins, const size_t *from, size_t n,
    size_t to, struct joins_edge steps[JOINS_STEPS])
{
    size_t *by = task_array(t, names->n + 1, sizeof *by); /* 0: not met; 1: where we begin; else its edge and 2 */
    size_t *queue = task_array(t, names->n + 1, sizeof *queue);
    size_t first = 0, last = 0;
    for (size_t i = 0; i < n; i++)
        if (!by[from[i]]) {
            by[from[i]] = 1;
            queue[last++] = from[i];
        }
    while (first < last && !by[to]) {
        size_t at = queue[first++];
        for (size_t i = 0; i < joins->n; i++)
            if (joins->edges[i].table == at && !by[joins->edges[i].to_table]) {
                by[joins->edges[i].to_table] = i + 2;
                queue[last++] = joins->edges[i].to_table;
            }
    }
    return by[to] ? walk_back(joins, by, to, steps) : 0;
}
