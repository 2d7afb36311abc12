/* csv: a state machine over runs of bytes. */
#include "effect/csv.h"

#include "base/utf8.h"

#include <string.h>

enum { AT_START, IN_PLAIN, IN_QUOTES, AFTER_QUOTE };

void
csv_begin(struct task *t, struct csv *c, struct source *in, char separator)
{
    *c = (struct csv){.in = in,
        .separator = separator,
        .line = 1,
        .bytes = task_buf(t, CSV_RECORD_BYTES),
        .ends = task_array(t, CSV_FIELDS, sizeof *c->ends)};
}

static enum err
check_beginning(struct task *t, struct csv *c)
{
    struct span *s = &c->in->rest;
    c->begun = true;
    if (span_starts(*s, "\xFF\xFE") || span_starts(*s, "\xFE\xFF"))
        return task_fail(t, E_INVALID, "The file is UTF-16 text. Save it as UTF-8 and publish again.");
    if (span_starts(*s, "\xEF\xBB\xBF"))
        *s = span_from(*s, 3);
    if (c->separator)
        return E_OK;
    const char *end = s->n ? memchr(s->p, '\n', s->n) : NULL;
    struct span first = span_first(*s, end ? (size_t)(end - s->p) : s->n);
    c->separator = !span_has(first, ',') && span_has(first, ';') ? ';' : ',';
    return E_OK;
}

/* Bytes at the front that need no decision. */
static size_t
run_length(const struct csv *c, struct span s)
{
    size_t n = 0;
    if (c->state == IN_QUOTES) {
        const char *end = memchr(s.p, '"', s.n);
        return end ? (size_t)(end - s.p) : s.n;
    }
    while (n < s.n && s.p[n] != c->separator && s.p[n] != '\n' && s.p[n] != '\r')
        n++;
    return n;
}

static void
count_lines(struct csv *c, struct span s)
{
    const char *at;
    while (s.n > 0 && (at = memchr(s.p, '\n', s.n))) {
        c->line++;
        s = span_from(s, (size_t)(at - s.p) + 1);
    }
}

static enum err
end_field(struct task *t, struct csv *c)
{
    if (c->n == CSV_FIELDS)
        return task_fail(t, E_LIMIT, "Line %lld has more than %d fields.", (long long)c->line, CSV_FIELDS);
    c->ends[c->n++] = c->bytes->n;
    c->state = AT_START;
    return E_OK;
}

/* Bytes that mean something by where they stand: the LF of a CRLF, an opening quote, the second of two quotes. */
static bool
take_special(struct csv *c)
{
    struct span *in = &c->in->rest;
    bool special = true, after_cr = c->after_cr;
    c->after_cr = false;
    if (after_cr && in->p[0] == '\n') {
        special = true;
    } else if (c->state == AT_START && in->p[0] == '"') {
        c->state = IN_QUOTES;
        c->quote_line = c->line;
    } else if (c->state == AFTER_QUOTE && in->p[0] == '"') {
        buf_putc(c->bytes, '"');
        c->state = IN_QUOTES;
    } else {
        special = false;
    }
    if (special)
        *in = span_from(*in, 1);
    return special;
}

static enum err
take_run(struct task *t, struct csv *c, struct span run)
{
    if (c->state == AFTER_QUOTE && span_trim(run).n > 0)
        return task_fail(t, E_INVALID,
            "Line %lld: text stands behind a closing quote. A quote inside a quoted field must be "
            "doubled (\"\").",
            (long long)c->line);
    if (c->state != AFTER_QUOTE)
        buf_put(c->bytes, run.p, run.n);
    if (c->state == IN_QUOTES)
        count_lines(c, run);
    else if (c->state == AT_START && run.n > 0)
        c->state = IN_PLAIN;
    return E_OK;
}

/* Takes a run and then one deciding byte off the input; *ended: the record is complete. */
static enum err
step(struct task *t, struct csv *c, bool *ended)
{
    struct span *in = &c->in->rest;
    if (take_special(c))
        return E_OK;
    struct span run = span_first(*in, run_length(c, *in));
    *in = span_from(*in, run.n);
    if (take_run(t, c, run) != E_OK || in->n == 0)
        return t->err;
    char end = in->p[0];
    *in = span_from(*in, 1);
    if (c->state == IN_QUOTES) {
        c->state = AFTER_QUOTE;
        return E_OK;
    }
    *ended = end != c->separator;
    c->line += *ended;
    c->after_cr = end == '\r';
    return end_field(t, c);
}

static enum err
check_record(struct task *t, const struct csv *c, int64_t line)
{
    if (c->bytes->failed)
        return task_fail(t, E_LIMIT, "The record at line %lld has more than %d MB. Perhaps a quote is missing.",
            (long long)line, CSV_RECORD_BYTES >> 20);
    if (c->bytes->n > 0 && memchr(c->bytes->p, '\0', c->bytes->n))
        return task_fail(
            t, E_INVALID, "Line %lld holds a NUL byte: the file is not text, or not UTF-8.", (long long)line);
    if (!utf8_valid(buf_view(c->bytes)))
        return task_fail(t, E_INVALID,
            "Line %lld is not UTF-8. Save the file as UTF-8 (in a spreadsheet: \"CSV UTF-8\") and "
            "publish again.",
            (long long)line);
    return E_OK;
}

/* Reads one record, which may be an empty line; c->n is 0 at the end of the file. */
static enum err
read_record(struct task *t, struct csv *c)
{
    bool more = true, ended = false;
    buf_clear(c->bytes);
    c->n = 0;
    c->state = AT_START;
    while (!ended) {
        if (source_fill(t, c->in, &more) != E_OK || (more && !c->begun && check_beginning(t, c) != E_OK))
            return t->err;
        if (!more)
            break;
        if (c->in->rest.n == 0)
            continue; /* a byte order mark was all */
        if (step(t, c, &ended) != E_OK)
            return t->err;
        if (c->bytes->failed)
            break;
    }
    if (!more && c->state == IN_QUOTES)
        return task_fail(t, E_INVALID, "Line %lld: a quote begins there and never ends.", (long long)c->quote_line);
    if (!more && (c->n > 0 || c->state != AT_START))
        return end_field(t, c);
    return E_OK;
}

enum err
csv_next(struct task *t, struct csv *c, struct csv_record *out)
{
    bool empty;
    struct span *fields = out->fields;
    do {
        *out = (struct csv_record){.line = c->line, .fields = fields};
        if (read_record(t, c) != E_OK || check_record(t, c, out->line) != E_OK)
            return t->err;
        empty = c->n == 1 && c->bytes->n == 0 && c->quote_line != out->line;
    } while (empty);
    if (!fields)
        out->fields = task_array(t, CSV_FIELDS, sizeof *out->fields);
    size_t from = 0;
    for (size_t i = 0; i < c->n; i++) {
        out->fields[i] = (struct span){c->bytes->p ? c->bytes->p + from : "", c->ends[i] - from};
        from = c->ends[i];
    }
    out->n = c->n;
    return E_OK;
}
