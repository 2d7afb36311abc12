/* jsonrows: splits a JSON text into its rows by brackets and strings alone; each row is then parsed by itself. */
#include "effect/jsonrows.h"

#include "base/json.h"
#include "base/utf8.h"

#include <string.h>

enum { TOP, FIRST_MEMBER, NEXT_MEMBER, COLON, OPENING, FIRST_ROW, NEXT_ROW, ROW_OR_END, MEMBER_OR_END, ENDED };

void
jsonrows_begin(struct task *t, struct jsonrows *j, struct source *in, bool lines)
{
    *j = (struct jsonrows){.in = in,
        .lines = lines,
        .line = 1,
        .bytes = task_buf(t, JSONROWS_OBJECT_BYTES),
        .name = task_buf(t, JSONROWS_NAME_BYTES)};
}

/* The next byte without taking it; -1 at the end. */
static enum err
peek(struct task *t, struct jsonrows *j, int *out)
{
    bool more;
    if (source_fill(t, j->in, &more) != E_OK)
        return t->err;
    if (more && !j->begun) {
        j->begun = true;
        if (span_starts(j->in->rest, "\xFF\xFE") || span_starts(j->in->rest, "\xFE\xFF"))
            return task_fail(t, E_INVALID, "The file is UTF-16 text. Save it as UTF-8 and publish again.");
        if (span_starts(j->in->rest, "\xEF\xBB\xBF")) {
            j->in->rest = span_from(j->in->rest, 3);
            return peek(t, j, out);
        }
    }
    *out = more ? (unsigned char)j->in->rest.p[0] : -1;
    return E_OK;
}

static void
take(struct jsonrows *j)
{
    j->line += j->in->rest.p[0] == '\n';
    j->in->rest = span_from(j->in->rest, 1);
}

static enum err
skip_blanks(struct task *t, struct jsonrows *j, int *out)
{
    while (peek(t, j, out) == E_OK && (*out == ' ' || *out == '\t' || *out == '\n' || *out == '\r'))
        take(j);
    return t->err;
}

static enum err
unexpected(struct task *t, const struct jsonrows *j, int c)
{
    static const char shape[] = "A .json file must be an array of objects, or an object of such arrays.";
    if (c < 0)
        return task_fail(t, E_INVALID, "The JSON ends too early, at line %lld. %s", (long long)j->line, shape);
    if (c > ' ' && c < 127)
        return task_fail(t, E_INVALID, "Line %lld: \"%c\" is not expected here. %s", (long long)j->line, c, shape);
    return task_fail(t, E_INVALID, "Line %lld is not what is expected here. %s", (long long)j->line, shape);
}

/* Collects a string with its quotes into b. */
static enum err
take_string(struct task *t, struct jsonrows *j, struct buf *b)
{
    int c = 0;
    bool escaped = false;
    int64_t line = j->line;
    for (size_t n = 0;; n++) {
        if (peek(t, j, &c) != E_OK)
            return t->err;
        if (c < 0)
            return task_fail(t, E_INVALID, "Line %lld: a text begins there and never ends.", (long long)line);
        buf_putc(b, (char)c);
        take(j);
        if (b->failed)
            return task_fail(t, E_LIMIT, "Line %lld: a name or an object is too long (%zu bytes are allowed).",
                (long long)line, b->cap);
        if (n > 0 && c == '"' && !escaped)
            return E_OK;
        escaped = !escaped && c == '\\';
    }
}

/* Bytes at the front that neither open, close, nor quote anything. */
static void
take_run(struct jsonrows *j)
{
    struct span *in = &j->in->rest;
    size_t n = 0;
    while (n < in->n && !strchr("\"{}[]", in->p[n] ? in->p[n] : ' ')) {
        j->line += in->p[n] == '\n';
        n++;
    }
    buf_put(j->bytes, in->p, n);
    *in = span_from(*in, n);
}

/* Collects the object at the front, to its closing bracket. */
static enum err
take_object(struct task *t, struct jsonrows *j, int64_t line)
{
    int c = 0;
    size_t depth = 0;
    buf_clear(j->bytes);
    do {
        if (peek(t, j, &c) != E_OK)
            return t->err;
        if (c < 0)
            return task_fail(t, E_INVALID, "Line %lld: an object begins there and never ends.", (long long)line);
        if (c == '"') {
            if (take_string(t, j, j->bytes) != E_OK)
                return t->err;
        } else if (c == '{' || c == '[' || c == '}' || c == ']') {
            depth = c == '{' || c == '[' ? depth + 1 : depth - 1;
            buf_putc(j->bytes, (char)c);
            take(j);
        } else {
            take_run(j);
        }
        if (j->bytes->failed)
            return task_fail(t, E_LIMIT, "The object at line %lld has more than %d MB.", (long long)line,
                JSONROWS_OBJECT_BYTES >> 20);
    } while (depth > 0);
    return E_OK;
}

/* A member's name as text: parsed as JSON, because it may have escapes. */
static enum err
take_name(struct task *t, struct jsonrows *j)
{
    struct task scratch;
    json_t *v = NULL;
    buf_clear(j->name);
    if (take_string(t, j, j->name) != E_OK)
        return t->err;
    task_begin(&scratch, 0);
    bool ok = json_read(&scratch, buf_view(j->name), &v) == E_OK && json_is_string(v);
    buf_clear(j->name);
    if (ok)
        buf_put(j->name, json_string_value(v), json_string_length(v));
    task_end(&scratch);
    return ok ? E_OK : task_fail(t, E_INVALID, "Line %lld: a name is not valid JSON.", (long long)j->line);
}

struct move {
    int state, byte, next;
};
/* Which byte leads from which state to which; '{' of a row and '"' of a name are taken by their own functions. */
static const struct move moves[] = {
    {TOP, '[', FIRST_ROW},
    {TOP, '{', FIRST_MEMBER},
    {FIRST_MEMBER, '"', COLON},
    {FIRST_MEMBER, '}', ENDED},
    {NEXT_MEMBER, '"', COLON},
    {COLON, ':', OPENING},
    {OPENING, '[', FIRST_ROW},
    {FIRST_ROW, '{', ROW_OR_END},
    {FIRST_ROW, ']', MEMBER_OR_END},
    {NEXT_ROW, '{', ROW_OR_END},
    {ROW_OR_END, ',', NEXT_ROW},
    {ROW_OR_END, ']', MEMBER_OR_END},
    {MEMBER_OR_END, ',', NEXT_MEMBER},
    {MEMBER_OR_END, '}', ENDED},
    {ENDED, -1, ENDED},
};

static const struct move *
move_of(const struct jsonrows *j, int c)
{
    for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++)
        if (moves[i].state == j->state && moves[i].byte == c)
            return &moves[i];
    return NULL;
}

/* One step in the file's frame; *row: an object was collected, or an array begins. */
static enum err
step(struct task *t, struct jsonrows *j, struct jsonrows_row *out, bool *row)
{
    int c = 0;
    if (skip_blanks(t, j, &c) != E_OK)
        return t->err;
    const struct move *m = move_of(j, c);
    if (!m)
        return unexpected(t, j, c);
    int before = j->state;
    j->state = m->next;
    if (before == TOP && c == '{')
        j->many = true;
    if (m->next == ROW_OR_END && c == '{') {
        out->line = j->line;
        *row = true;
        return take_object(t, j, out->line);
    }
    if (m->next == COLON)
        return take_name(t, j);
    if (c >= 0)
        take(j);
    if (m->next == MEMBER_OR_END && !j->many)
        j->state = ENDED;
    if (before == OPENING)
        *row = out->begins = true;
    return E_OK;
}

static enum err
next_line(struct task *t, struct jsonrows *j, struct jsonrows_row *out)
{
    int c = 0;
    if (skip_blanks(t, j, &c) != E_OK || c < 0)
        return t->err;
    out->line = j->line;
    if (c != '{')
        return task_fail(t, E_INVALID, "Line %lld is not an object: a .jsonl file has one JSON object on each line.",
            (long long)j->line);
    if (take_object(t, j, out->line) != E_OK)
        return t->err;
    out->text = buf_view(j->bytes);
    return E_OK;
}

enum err
jsonrows_next(struct task *t, struct jsonrows *j, struct jsonrows_row *out)
{
    bool row = false;
    *out = (struct jsonrows_row){.line = j->line};
    if (j->lines)
        return next_line(t, j, out);
    while (!row) {
        if (j->state == ENDED) {
            int c = 0;
            if (skip_blanks(t, j, &c) != E_OK)
                return t->err;
            return c < 0 ? E_OK
                         : task_fail(t, E_INVALID, "Line %lld: something stands behind the end of the JSON.",
                               (long long)j->line);
        }
        if (step(t, j, out, &row) != E_OK)
            return t->err;
    }
    out->table = buf_view(j->name);
    out->text = out->begins ? SPAN_NONE : buf_view(j->bytes);
    return E_OK;
}
