/* pattern: a schema's patterns, matched by a set of places at a time: linear, whatever the pattern and the text. */
#include "plugin/schema.h"

#include "base/utf8.h"

enum { SETS = SCHEMA_PATTERN_STEPS, SET_BITS = 128, REPEATS = 64, UNBOUNDED = -1 };

/* Which characters one step takes; beyond ASCII all or none. */
struct set {
    uint64_t bits[SET_BITS / 64];
    bool beyond;
};
/* Steps one after another; step n is the end. */
struct machine {
    struct {
        struct set set;
        bool skip; /* may be left out */
        bool loop; /* may be taken again */
    } step[SETS];
    int n;
    bool from_start, to_end;
};

static void
add(struct set *s, uint32_t from, uint32_t to)
{
    for (uint32_t c = from; c <= to && c < SET_BITS; c++)
        s->bits[c / 64] |= UINT64_C(1) << (c % 64);
    s->beyond = s->beyond || to >= SET_BITS;
}

static void
turn_around(struct set *s)
{
    s->bits[0] = ~s->bits[0];
    s->bits[1] = ~s->bits[1];
    s->beyond = !s->beyond;
}

/* What a backslash and c mean; false when nothing. */
static bool
add_escaped(struct set *s, char c)
{
    struct set x = {{0, 0}, false};
    char low = (char)(c | 0x20);
    if (low == 'd' || low == 'w')
        add(&x, '0', '9');
    if (low == 'w') {
        add(&x, 'a', 'z');
        add(&x, 'A', 'Z');
        add(&x, '_', '_');
    } else if (low == 's') {
        add(&x, '\t', '\r');
        add(&x, ' ', ' ');
    } else if (low != 'd') {
        if (!span_has(SPAN(".^$*+?()[]{}|\\/-"), c))
            return false;
        add(&x, (uint32_t)c, (uint32_t)c);
    }
    if (c == 'D' || c == 'W' || c == 'S')
        turn_around(&x);
    s->bits[0] |= x.bits[0];
    s->bits[1] |= x.bits[1];
    s->beyond = s->beyond || x.beyond;
    return true;
}

/* One plain ASCII character of a class or an escape, for both ends of a range. */
static bool
take_class_item(struct span *rest, struct set *s, bool *plain, char *c)
{
    *plain = rest->p[0] != '\\';
    *c = rest->p[0];
    if (*plain) {
        *rest = span_from(*rest, 1);
        return (unsigned char)*c < SET_BITS;
    }
    if (rest->n < 2 || !add_escaped(s, rest->p[1]))
        return false;
    *c = rest->p[1];
    *rest = span_from(*rest, 2);
    return true;
}

/* Behind the opening bracket. */
static bool
take_class(struct span *rest, struct set *s)
{
    bool not_these = span_starts(*rest, "^");
    *rest = span_from(*rest, not_these ? 1 : 0);
    if (span_starts(*rest, "]"))
        return false;
    while (rest->n > 0 && rest->p[0] != ']') {
        bool plain, last_plain;
        char from, to;
        if (!take_class_item(rest, s, &plain, &from))
            return false;
        to = from;
        if (plain && rest->n > 1 && rest->p[0] == '-' && rest->p[1] != ']') {
            *rest = span_from(*rest, 1);
            if (!take_class_item(rest, s, &last_plain, &to) || !last_plain || to < from)
                return false;
        }
        if (plain)
            add(s, (unsigned char)from, (unsigned char)to);
    }
    if (rest->n == 0)
        return false;
    *rest = span_from(*rest, 1);
    if (not_these)
        turn_around(s);
    return true;
}

static bool
take_atom(struct span *rest, struct set *s)
{
    char c = rest->p[0];
    *s = (struct set){{0, 0}, false};
    if (c == '\\') {
        bool plain;
        return take_class_item(rest, s, &plain, &c);
    }
    *rest = span_from(*rest, 1);
    if (c == '[')
        return take_class(rest, s);
    if (c == '.') {
        add(s, '\n', '\n');
        add(s, '\r', '\r');
        turn_around(s);
        return true;
    }
    if ((unsigned char)c >= SET_BITS || span_has(SPAN("^$*+?()]{}|"), c))
        return false;
    add(s, (unsigned char)c, (unsigned char)c);
    return true;
}

static bool
take_number(struct span *rest, int *out)
{
    uint64_t v;
    size_t n = 0;
    while (n < rest->n && n < 3 && rest->p[n] >= '0' && rest->p[n] <= '9')
        n++;
    if (!span_u64(span_first(*rest, n), &v) || v > REPEATS)
        return false;
    *rest = span_from(*rest, n);
    *out = (int)v;
    return true;
}

/* {m}, {m,}, {m,n} behind the brace. */
static bool
take_braces(struct span *rest, int *least, int *most)
{
    if (!take_number(rest, least))
        return false;
    *most = *least;
    if (span_starts(*rest, ",")) {
        *rest = span_from(*rest, 1);
        *most = UNBOUNDED;
        if (!span_starts(*rest, "}") && (!take_number(rest, most) || *most < *least))
            return false;
    }
    bool closed = span_starts(*rest, "}");
    *rest = span_from(*rest, 1);
    return closed;
}

static bool
take_repeat(struct span *rest, int *least, int *most)
{
    char c = rest->n > 0 ? rest->p[0] : '\0';
    *least = c == '*' || c == '?' ? 0 : 1;
    *most = c == '*' || c == '+' ? UNBOUNDED : 1;
    if (c != '*' && c != '+' && c != '?' && c != '{')
        return true;
    *rest = span_from(*rest, 1);
    return c != '{' || take_braces(rest, least, most);
}

static bool
push(struct machine *m, const struct set *s, bool skip, bool loop)
{
    if (m->n == SETS)
        return false;
    m->step[m->n].set = *s;
    m->step[m->n].skip = skip;
    m->step[m->n].loop = loop;
    m->n++;
    return true;
}

static bool
compile(struct span rest, struct machine *m)
{
    *m = (struct machine){.from_start = span_starts(rest, "^")};
    rest = span_from(rest, m->from_start ? 1 : 0);
    while (rest.n > 0) {
        struct set s;
        int least, most;
        if (rest.n == 1 && rest.p[0] == '$') {
            m->to_end = true;
            return true;
        }
        if (!take_atom(&rest, &s) || !take_repeat(&rest, &least, &most))
            return false;
        bool ok = true;
        for (int i = 0; ok && i < least; i++)
            ok = push(m, &s, false, most == UNBOUNDED && i == least - 1);
        if (ok && most == UNBOUNDED && least == 0)
            ok = push(m, &s, true, true);
        for (int i = least; ok && i < most; i++)
            ok = push(m, &s, true, false);
        if (!ok)
            return false;
    }
    return true;
}

/* Adds the places that are reached without taking a character. */
static void
spread(const struct machine *m, bool *at)
{
    for (int i = 0; i < m->n; i++)
        if (at[i] && m->step[i].skip)
            at[i + 1] = true;
}

static bool
takes(const struct set *s, uint32_t c)
{
    return c < SET_BITS ? (s->bits[c / 64] >> (c % 64) & 1) != 0 : s->beyond;
}

static void
advance(const struct machine *m, bool *at, uint32_t c)
{
    bool next[SETS + 1] = {false};
    for (int i = 0; i < m->n; i++) {
        if (!at[i] || !takes(&m->step[i].set, c))
            continue;
        next[i + 1] = true;
        next[i] = next[i] || m->step[i].loop;
    }
    for (int i = 0; i <= m->n; i++)
        at[i] = next[i];
}

bool
schema_pattern_ok(struct span pattern)
{
    struct machine m;
    return compile(pattern, &m);
}

bool
schema_pattern_fits(struct span pattern, struct span text)
{
    struct machine m;
    bool at[SETS + 1] = {true};
    if (!compile(pattern, &m))
        return false;
    spread(&m, at);
    while (text.n > 0 && (m.to_end || !at[m.n])) {
        uint32_t c;
        size_t n = utf8_next(text, &c);
        advance(&m, at, n > 0 ? c : 0xFFFD);
        text = span_from(text, n > 0 ? n : 1);
        at[0] = at[0] || !m.from_start;
        spread(&m, at);
    }
    return at[m.n];
}
