/* alike: folding two names and counting the slips between them. */
#include "base/alike.h"

#include <ctype.h>

struct span
alike_fold(struct span s, char out[ALIKE_BYTES])
{
    size_t n = 0;
    for (size_t i = 0; i < s.n && n < ALIKE_BYTES; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c >= 0x80 || isalnum(c))
            out[n++] = (char)tolower(c);
    }
    return (struct span){out, n};
}

static int
least(int a, int b)
{
    return a < b ? a : b;
}

/* Optimal string alignment over three rows. */
static int
distance(struct span a, struct span b)
{
    int row[3][ALIKE_BYTES + 1];
    for (size_t j = 0; j <= b.n; j++)
        row[0][j] = (int)j;
    for (size_t i = 1; i <= a.n; i++) {
        int *now = row[i % 3], *before = row[(i + 2) % 3], *two = row[(i + 1) % 3];
        now[0] = (int)i;
        for (size_t j = 1; j <= b.n; j++) {
            int change = a.p[i - 1] != b.p[j - 1];
            now[j] = least(least(before[j] + 1, now[j - 1] + 1), before[j - 1] + change);
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
                now[j] = least(now[j], two[j - 2] + 1);
        }
    }
    return row[a.n % 3][b.n];
}

int
alike_distance(struct span a, struct span b, int most)
{
    char x[ALIKE_BYTES], y[ALIKE_BYTES];
    struct span p = alike_fold(a, x), q = alike_fold(b, y);
    size_t gap = p.n > q.n ? p.n - q.n : q.n - p.n;
    if (gap > (size_t)most)
        return most + 1;
    return least(distance(p, q), most + 1);
}

int
alike_score(struct span a, struct span b)
{
    char x[ALIKE_BYTES], y[ALIKE_BYTES];
    struct span p = alike_fold(a, x), q = alike_fold(b, y);
    size_t longer = p.n > q.n ? p.n : q.n, shorter = p.n > q.n ? q.n : p.n;
    if (shorter == 0)
        return 0;
    if (span_eq(p, q))
        return 100;
    int score = 95 - 95 * distance(p, q) / (int)longer;
    bool holds = span_find(p, q) >= 0 || span_find(q, p) >= 0;
    if (holds && shorter >= 3)
        score = score > 72 ? score : 72;
    return score < 0 ? 0 : score;
}
