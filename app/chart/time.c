/* time: dates as SQLite's date functions write them. */
#include "chart/data.h"

/* Exactly `digits` digits from *at. */
static bool
take(struct span s, size_t *at, size_t digits, int low, int high, int *out)
{
    int v = 0;
    if (s.n < *at + digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        char c = s.p[*at + i];
        if (c < '0' || c > '9')
            return false;
        v = v * 10 + (c - '0');
    }
    *at += digits;
    *out = v;
    return v >= low && v <= high;
}

static bool
mark(struct span s, size_t *at, char a, char b)
{
    bool is = s.n > *at && (s.p[*at] == a || s.p[*at] == b);
    *at += is;
    return is;
}

/* Days since 1970-01-01 (Howard Hinnant's days_from_civil). */
static int64_t
days(int64_t y, int m, int d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* ":52[:10[.123]]" */
static bool
clock_part(struct span s, size_t *at, int *minute, double *second)
{
    int whole = 0, digit;
    double unit = 1;
    if (!mark(s, at, ':', ':') || !take(s, at, 2, 0, 59, minute))
        return false;
    if (!mark(s, at, ':', ':'))
        return true;
    if (!take(s, at, 2, 0, 60, &whole))
        return false;
    *second = whole;
    if (!mark(s, at, '.', '.'))
        return true;
    size_t from = *at;
    while (*at < from + 9 && take(s, at, 1, 0, 9, &digit))
        *second += digit * (unit /= 10);
    return *at > from;
}

bool
chart_time_ms(struct span s, double *out)
{
    int year, month, day = 1, hour = 0, minute = 0;
    double second = 0;
    size_t at = 0;
    if (!take(s, &at, 4, 0, 9999, &year) || !mark(s, &at, '-', '-') || !take(s, &at, 2, 1, 12, &month))
        return false;
    if (at < s.n && (!mark(s, &at, '-', '-') || !take(s, &at, 2, 1, 31, &day)))
        return false;
    if (at < s.n && (!mark(s, &at, ' ', 'T') || !take(s, &at, 2, 0, 24, &hour)))
        return false;
    if (at < s.n && !clock_part(s, &at, &minute, &second))
        return false;
    mark(s, &at, 'Z', 'Z');
    if (at != s.n)
        return false;
    *out = ((double)days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second) * 1000;
    return true;
}
