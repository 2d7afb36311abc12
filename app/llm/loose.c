/* loose: try as it is, then repair and try again. */
#include "llm/loose.h"

#include "base/json.h"
#include "base/utf8.h"

#include <math.h>

static json_t *
load(struct span text)
{
    const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
    json_error_t je;
    json_t *j = json_loadb(text.p, text.n, flags, &je);
    if (!j && json_error_code(&je) == json_error_numeric_overflow)
        j = json_loadb(text.p, text.n, flags | JSON_DECODE_INT_AS_REAL, &je);
    return j;
}

/* The code unit of "\uXXXX" at the start of s, else 0. */
static unsigned
escaped_unit(struct span s)
{
    unsigned unit = 0;
    if (s.n < 6 || s.p[0] != '\\' || s.p[1] != 'u')
        return 0;
    for (size_t i = 2; i < 6; i++) {
        char c = s.p[i];
        unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : ((unsigned)c | 0x20U) - 'a' + 10U;
        if (digit > 15)
            return 0;
        unit = unit * 16 + digit;
    }
    return unit;
}

/* Copies one backslash escape of s to out, half surrogates as U+FFFD; returns how many bytes of s it took. */
static size_t
copy_escape(struct buf *out, struct span s)
{
    unsigned unit = escaped_unit(s);
    unsigned next = escaped_unit(span_from(s, 6));
    bool high = unit >= 0xD800 && unit < 0xDC00;
    if (high && next >= 0xDC00 && next < 0xE000) {
        buf_put(out, s.p, 12);
        return 12;
    }
    if (high || (unit >= 0xDC00 && unit < 0xE000)) {
        buf_puts(out, "\\ufffd");
        return 6;
    }
    size_t n = s.n < 2 ? s.n : 2;
    buf_put(out, s.p, n);
    return n;
}

static void
repair(struct buf *out, struct span text)
{
    struct buf clean;
    buf_init(&clean, text.n * 3 + 1);
    utf8_clean(&clean, text);
    struct span s = buf_view(&clean);
    while (s.n > 0) {
        size_t run = 0;
        while (run < s.n && s.p[run] != '\\')
            run++;
        buf_put(out, s.p, run);
        s = span_from(s, run);
        if (s.n > 0)
            s = span_from(s, copy_escape(out, s));
    }
    buf_reset(&clean);
}

json_t *
loose_json(struct span text)
{
    text = span_trim(text);
    if (text.n == 0)
        return NULL;
    json_t *j = load(text);
    if (j || (!span_has(text, '\\') && utf8_valid(text)))
        return j;
    struct buf again;
    buf_init(&again, text.n * 3 + 1);
    repair(&again, text);
    j = load(buf_view(&again));
    buf_reset(&again);
    return j;
}

json_t *
loose_json_task(struct task *t, struct span text)
{
    return task_json(t, loose_json(text));
}

bool
loose_is_object(struct span text)
{
    json_t *j = loose_json(text);
    bool yes = json_is_object(j);
    json_decref(j);
    return yes;
}

struct span
loose_text(const json_t *j)
{
    return json_is_string(j) ? (struct span){json_string_value(j), json_string_length(j)} : SPAN_NONE;
}

bool
loose_is_nothing(const json_t *j)
{
    return !j || json_is_null(j) || json_is_false(j) || (json_is_string(j) && json_string_length(j) == 0) ||
           (json_is_object(j) && json_object_size(j) == 0) || (json_is_array(j) && json_array_size(j) == 0);
}

int64_t
loose_count(const json_t *j)
{
    double count = json_is_number(j) ? json_number_value(j) : -1;
    return fabs(count) < 9e15 ? (int64_t)count : -1; /* beyond that it is no count, and sums would overflow */
}

void
loose_put_text(struct buf *b, struct span s)
{
    struct buf clean;
    buf_init(&clean, s.n * 3 + 1);
    utf8_clean(&clean, s);
    json_put_text(b, buf_view(&clean));
    buf_reset(&clean);
}

static void
put_members(struct buf *b, const json_t *j)
{
    const char *first = "{";
    for (void *it = json_object_iter((json_t *)(uintptr_t)j); it;
         it = json_object_iter_next((json_t *)(uintptr_t)j, it)) {
        buf_puts(b, first);
        loose_put_text(b, span_of(json_object_iter_key(it)));
        buf_putc(b, ':');
        loose_put(b, json_object_iter_value(it));
        first = ",";
    }
    buf_puts(b, json_object_size(j) > 0 ? "}" : "{}");
}

void
loose_put(struct buf *b, const json_t *j)
{
    if (json_is_string(j)) {
        loose_put_text(b, loose_text(j));
    } else if (json_is_object(j)) {
        put_members(b, j);
    } else if (json_is_array(j)) {
        buf_putc(b, '[');
        for (size_t i = 0; i < json_array_size(j); i++) {
            buf_puts(b, i > 0 ? "," : "");
            loose_put(b, json_array_get(j, i));
        }
        buf_putc(b, ']');
    } else {
        json_put(b, j);
    }
}
