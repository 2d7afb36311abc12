/* linediff: the common beginning and end first; between them a table of longest common subsequences. */
#include "pages/linediff.h"

enum { CELLS_MOST = 1 << 20 };

struct lines {
    struct span *at;
    size_t n;
};
struct diff {
    struct lines was, is;
    struct linediff_line *out;
    size_t n;
};

static struct lines
split(struct task *t, struct span text, bool *cut)
{
    struct lines l = {task_array(t, LINEDIFF_LINES, sizeof *l.at), 0};
    struct span rest = text;
    while (rest.n > 0 && l.n < LINEDIFF_LINES)
        span_cut(&rest, '\n', &l.at[l.n++]);
    *cut = *cut || rest.n > 0;
    return l;
}

static void
put(struct diff *d, enum linediff_kind kind, size_t was, size_t is)
{
    d->out[d->n++] = (struct linediff_line){.kind = kind,
        .was = kind == LINE_ADDED ? 0 : (int64_t)was + 1,
        .is = kind == LINE_REMOVED ? 0 : (int64_t)is + 1,
        .text = kind == LINE_ADDED ? d->is.at[is] : d->was.at[was]};
}

/* best[i * (m + 1) + k]: how many lines stay of was[a + i ...] and is[b + k ...]. */
static void
middle(struct task *t, struct diff *d, size_t a, size_t a_end, size_t b, size_t b_end)
{
    size_t n = a_end - a, m = b_end - b, i = 0, k = 0;
    uint16_t *best = (n + 1) * (m + 1) <= CELLS_MOST ? task_array(t, (n + 1) * (m + 1), sizeof *best) : NULL;
    for (size_t r = n; best && r-- > 0;)
        for (size_t c = m; c-- > 0;) {
            uint16_t down = best[(r + 1) * (m + 1) + c], right = best[r * (m + 1) + c + 1];
            best[r * (m + 1) + c] = span_eq(d->was.at[a + r], d->is.at[b + c])
                                        ? (uint16_t)(best[(r + 1) * (m + 1) + c + 1] + 1)
                                    : down > right ? down
                                                   : right;
        }
    while (i < n || k < m) {
        if (best && i < n && k < m && span_eq(d->was.at[a + i], d->is.at[b + k])) {
            put(d, LINE_SAME, a + i, b + k);
            i++;
            k++;
        } else if (i < n && (!best || k == m || best[(i + 1) * (m + 1) + k] >= best[i * (m + 1) + k + 1])) {
            put(d, LINE_REMOVED, a + i++, 0);
        } else {
            put(d, LINE_ADDED, 0, b + k++);
        }
    }
}

void
linediff(struct task *t, struct span was, struct span is, struct linediff_line **out, size_t *n, bool *cut)
{
    struct diff d = {.was = split(t, was, cut), .is = split(t, is, cut)};
    size_t head = 0, tail = 0;
    d.out = task_array(t, d.was.n + d.is.n, sizeof *d.out);
    while (head < d.was.n && head < d.is.n && span_eq(d.was.at[head], d.is.at[head]))
        head++;
    while (tail < d.was.n - head && tail < d.is.n - head &&
           span_eq(d.was.at[d.was.n - tail - 1], d.is.at[d.is.n - tail - 1]))
        tail++;
    for (size_t i = 0; i < head; i++)
        put(&d, LINE_SAME, i, i);
    middle(t, &d, head, d.was.n - tail, head, d.is.n - tail);
    for (size_t i = 0; i < tail; i++)
        put(&d, LINE_SAME, d.was.n - tail + i, d.is.n - tail + i);
    *out = d.out;
    *n = d.n;
}
