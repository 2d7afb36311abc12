"""Helpers of the box, there without an import: small, in plain Python, for rows as lists of dictionaries (or of lists).

table(rows)                     shows rows as a table beside the answer
describe(rows or numbers)       count, mean, standard deviation, quartiles, smallest and largest
correlation(x, y)               Pearson's r
regression(x, y)                least squares with one x, or with several (a list of columns)
chart(spec)                     draws a figure spec of the charts (a dictionary)
"""
import json
import math
import statistics

import _host

_TABLE, _CHART, _ROWS_MOST = 3, 4, 2000


def _plain(value):
    """What JSON can carry; all else as its text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


def _columns(rows):
    names = []
    for row in rows:
        for name in row:
            if name not in names:
                names.append(name)
    return names


def table(rows, columns=None, title=None):
    rows = [row if isinstance(row, dict) else dict(enumerate(row)) for row in rows]
    columns = list(columns) if columns else _columns(rows)
    cells = [[_plain(row.get(c)) for c in columns] for row in rows[:_ROWS_MOST]]
    out = {"title": title, "columns": [str(c) for c in columns], "rows": cells, "total": len(rows)}
    _host.emit(_TABLE, json.dumps(out).encode())


def chart(spec):
    _host.emit(_CHART, json.dumps(spec, default=_plain).encode())


def _numbers(values):
    return [float(v) for v in values if isinstance(v, (int, float)) and not isinstance(v, bool) and v == v]


def describe(data):
    data = list(data)
    if data and isinstance(data[0], dict):
        columns = {c: _numbers(row.get(c) for row in data) for c in _columns(data)}
        return {c: describe(values) for c, values in columns.items() if values}
    v = sorted(_numbers(data))
    if not v:
        raise ValueError("There are no numbers to describe.")
    quartile = statistics.quantiles(v, n=4, method="inclusive") if len(v) > 1 else [v[0]] * 3
    return {"count": len(v), "mean": statistics.fmean(v), "sd": statistics.stdev(v) if len(v) > 1 else None, "min": v[0],
            "q1": quartile[0], "median": quartile[1], "q3": quartile[2], "max": v[-1]}


def correlation(x, y):
    return statistics.correlation(list(x), list(y))


def _solve(a, b):
    """Gauss with pivots: a x = b."""
    n = len(b)
    m = [list(row) + [v] for row, v in zip(a, b)]
    for i in range(n):
        pivot = max(range(i, n), key=lambda r: abs(m[r][i]))
        if abs(m[pivot][i]) < 1e-12:
            raise ValueError("The columns depend on one another: there is no single solution.")
        m[i], m[pivot] = m[pivot], m[i]
        for r in range(i + 1, n):
            f = m[r][i] / m[i][i]
            for c in range(i, n + 1):
                m[r][c] -= f * m[i][c]
    x = [0.0] * n
    for i in reversed(range(n)):
        x[i] = (m[i][n] - sum(m[i][c] * x[c] for c in range(i + 1, n))) / m[i][i]
    return x


def regression(x, y):
    """{"intercept", "slopes", "r2", "n"}; columns are centred first, so that large numbers lose nothing."""
    y = [float(v) for v in y]
    x = list(x)
    columns = [list(map(float, c)) for c in x] if x and isinstance(x[0], (list, tuple)) else [list(map(float, x))]
    n = len(y)
    if n < len(columns) + 1 or any(len(c) != n for c in columns):
        raise ValueError("A regression needs columns of one length, and more rows than columns.")
    mean_y, means = statistics.fmean(y), [statistics.fmean(c) for c in columns]
    dy = [v - mean_y for v in y]
    dx = [[v - m for v in c] for c, m in zip(columns, means)]
    slopes = _solve([[math.fsum(map(float.__mul__, p, q)) for q in dx] for p in dx],
                    [math.fsum(map(float.__mul__, p, dy)) for p in dx])
    total = math.fsum(v * v for v in dy)
    left = math.fsum((v - sum(s * p[i] for s, p in zip(slopes, dx))) ** 2 for i, v in enumerate(dy))
    return {"intercept": mean_y - sum(s * m for s, m in zip(slopes, means)), "slopes": slopes,
            "r2": 1 - left / total if total else None, "n": n}
